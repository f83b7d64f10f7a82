"""The code behind the course: arithmetic, references, checks and the grader."""

__version__ = "0.1.0"
