"""Exercises, for instructors only: cases, references, mistakes and right answers.

Nothing in this package belongs in a student's kit.
"""

from course_utils.exercises.catalog import (
    catalog,
    find,
    frozen_cases,
    hidden_cases,
)
from course_utils.exercises.exercise import Exercise, Inputs, case

__all__ = [
    "Exercise",
    "Inputs",
    "case",
    "catalog",
    "find",
    "frozen_cases",
    "hidden_cases",
]
