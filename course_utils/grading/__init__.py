"""Releasing assignments and grading submissions, on top of nbgrader's own commands."""
