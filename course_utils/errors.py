"""The error that a command shows to a person: one line that names the mend."""


class CourseError(Exception):
    """Something a person can mend. Its message is one line and says how."""
