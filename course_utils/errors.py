"""What a command shows to a person: errors, a proposal for an unknown word, text that is safe."""

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


def printable(text: str, keep: str = "\n") -> str:
    r"""Return text that any terminal and any log shows as it is, and acts on in no way.

    What cannot be seen is written as Python writes it: escape sequences of a terminal, marks that
    turn the direction of writing, halves of characters, blanks that are no blank. Everything that
    comes from a student, names and paths among it, goes through here before it is shown.

    >>> printable("a\x1b[2Jb"), printable("c\u202ed"), printable("e\udcff")
    ('a\\x1b[2Jb', 'c\\u202ed', 'e\\xff')
    """
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() or letter in keep else _escaped(letter) for letter in text
    )


def _escaped(letter: str) -> str:
    code = ord(letter)
    # Python gives a byte of a file's name that is no UTF-8 such a half of a character.
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else ascii(letter)[1:-1]
