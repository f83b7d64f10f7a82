"""Check an answer where it is written: ``from course_utils.checks import check``."""

from course_utils.checks.check import CheckFailed, case_inputs, check

__all__ = ["CheckFailed", "case_inputs", "check"]
