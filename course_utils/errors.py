"""The error that a command shows to a person, and what it proposes for an unknown word."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class CourseError(Exception):
    """Something a person can mend. Its message is one line and says how."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return what an error about an unknown word ends with: the nearest known one, or all.

    Examples
    --------
    >>> did_you_mean("lstm_fwd", ["lstm_forward", "gru_forward"])
    "did you mean 'lstm_forward'?"
    """
    known = sorted(known)
    near = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
