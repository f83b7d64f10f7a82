"""Take submissions from learning platforms, and give results back: Moodle, Canvas, Blackboard."""
