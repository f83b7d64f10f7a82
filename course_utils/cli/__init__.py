"""The `course` command: a verb for each thing that a person does with the course."""

from course_utils.cli import authors, book, collecting, grading, returning, students
from course_utils.cli.verb import course, main

__all__ = ["authors", "book", "collecting", "course", "grading", "main", "returning", "students"]
