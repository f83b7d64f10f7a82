"""Notes on what was done to a submission before it was graded."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

SHOWN = 5
LONGEST_NAME = 60
NEVER_WRITTEN = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True)
class Note:
    """What was done to a submission, for its student and the instructor.

    Attributes
    ----------
    kind : str
        One or two words to count by, such as ``"duplicate"``.
    says : str
        One sentence: what was done, and how to mend it.
    """

    kind: str
    says: str


def listed(names: Iterable[str]) -> str:
    """Write names as a list for a sentence: the first five, and how many more.

    >>> listed(["a", "b"]), listed("abcdefg")
    ('a, b', 'a, b, c, d, e and 2 more')
    """
    names = [_printable(name) for name in names]
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def counted(number: int, noun: str) -> str:
    """Write a number of things: ``1 cell``, ``2 cells``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def clean_text(text: str) -> str:
    """Return the text without what no file of text can hold: NULs and halves of a character."""
    return NEVER_WRITTEN.sub(lambda found: "" if found[0] == "\x00" else "\ufffd", text)


def _printable(name: str) -> str:
    name = "".join(letter if letter.isprintable() else "?" for letter in name)
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
