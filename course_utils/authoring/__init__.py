"""What authors call: begin a topic, begin an exercise, and be told what is still missing."""
