"""The `course` command: a verb for each thing that a person does with the course."""

from course_utils.cli import assigning, authors, book, grading, students
from course_utils.cli.verb import course, main

__all__ = ["assigning", "authors", "book", "course", "grading", "main", "students"]
