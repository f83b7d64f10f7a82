"""The error that a command shows to a person, and what it proposes for an unknown word."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class CourseError(Exception):
    """Something a person can mend. Its message is one line and says how."""


def did_you_mean(word: str, known: Iterable[str], otherwise: str | None = None) -> str:
    """Return what an error about an unknown word ends with: the nearest known one.

    Where none is near, it is `otherwise`, or if that is not given, all that are known.

    Examples
    --------
    >>> did_you_mean("lstm_fwd", ["lstm_forward", "gru_forward"])
    "did you mean 'lstm_forward'?"
    >>> did_you_mean("cnn", ["lstm", "gru"])
    'there are gru, lstm'
    """
    known = sorted(known)
    if near := difflib.get_close_matches(word, known, n=1):
        return f"did you mean {near[0]!r}?"
    return f"there are {', '.join(known) or 'none'}" if otherwise is None else otherwise
