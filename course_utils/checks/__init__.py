"""Check an answer where it is written: ``from course_utils.checks import check``."""

from course_utils.checks.check import CheckFailed, case_inputs, check
from course_utils.checks.hints import hint
from course_utils.checks.progress import assignment, progress

__all__ = ["CheckFailed", "assignment", "case_inputs", "check", "hint", "progress"]
