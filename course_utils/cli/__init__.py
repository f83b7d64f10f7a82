"""The `course` command: a verb for each thing that a person does with the course."""

from course_utils.cli import (
    appeals,
    assigning,
    authors,
    book,
    collecting,
    grading,
    learning,
    returning,
    students,
    terms,
)
from course_utils.cli.verb import course, main

__all__ = [
    "appeals",
    "assigning",
    "authors",
    "book",
    "collecting",
    "course",
    "grading",
    "learning",
    "main",
    "returning",
    "students",
    "terms",
]
