"""What an entry in the gradebook depends on, in parts, so that it can be said why one changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

TEST = "test "  # begins the name of a test's part
# The student's own, then the course's, as a sentence names them.
OWN = {
    "notebook": "another notebook was handed in",
    "files": "another time of submission",
    "time": "another time of submission",
}
COURSES = {
    "due": "the due date",
    "extension": "the student's extension",
    "late": "the rule for late work",
    "release": "the released notebook",
    "limits": "time limits or other limits",
    "steps": "the settings of the steps of grading",
    "environment": "the course's code or its libraries",
    "secret": "the secret",
    "config": "the settings of the course",
}
OF_PENALTY = frozenset({"files", "time", "due", "extension", "late", "steps", "config"})
OF_SCORES = frozenset({"notebook", "release", "limits", "steps", "environment", "secret", "config"})
# What changes with many others, and is no cause of its own where one of them is.
BESIDE = {"release", "config"}


def changed(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """Return the names of the parts that are no longer what they were, in the order of `now`."""
    names = [*now, *(name for name in before if name not in now)]
    return [name for name in names if before.get(name) != now.get(name)]


def relevant(parts: Iterable[str], tests: Iterable[str], penalty: bool) -> list[str]:
    """Return those parts that can have changed the scores of some tests, or a penalty.

    Where none of them can, all are returned.

    Parameters
    ----------
    parts : iterable of str
        Those that have changed.
    tests : iterable of str
        The tests whose scores have changed.
    penalty : bool
        Whether it has changed.
    """
    parts = list(parts)
    wanted = {TEST + name for name in tests}
    wanted |= (OF_SCORES if wanted else set()) | (OF_PENALTY if penalty else set())
    found = [part for part in parts if part in wanted] or parts
    return [part for part in found if part not in BESIDE] or found


def in_words(parts: Iterable[str]) -> str:
    """Say why something changed, as a list of causes."""
    parts = list(parts)
    tests = [part.removeprefix(TEST) for part in parts if part.startswith(TEST)]
    words = [OWN[part] for part in parts if part in OWN]
    words += [f"the exercise or test {name}" for name in tests]
    words += [COURSES[part] for part in parts if part in COURSES]
    return "; ".join(dict.fromkeys(words)) or "it was run again, and nothing else has changed"


def are_own(parts: Iterable[str]) -> bool:
    """Say whether all causes are the student's own; no cause that is known is none of these."""
    parts = list(parts)
    return bool(parts) and all(part in OWN for part in parts)
