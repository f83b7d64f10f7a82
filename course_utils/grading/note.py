"""Notes on what was done to a submission before it was graded."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from course_utils.errors import printable as printable  # what is noted is shown, too

SHOWN = 5
LONGEST_NAME = 60
# What a formula begins with in a spreadsheet: the wide forms do so, too, in some.
FORMULA = tuple("=+-@\t\r＝＋－＠")
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
    names = [_name(name) for name in names]
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def counted(number: int, noun: str) -> str:
    """Write a number of things: ``1 cell``, ``2 cells``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def clean_text(text: str) -> str:
    """Return the text without what no file of text can hold: NULs and halves of a character."""
    return NEVER_WRITTEN.sub(lambda found: "" if found[0] == "\x00" else "\ufffd", text)


def log_printable() -> None:
    """Have every line that this process logs, nbgrader's too, be printable."""
    make = logging.getLogRecordFactory()
    if getattr(make, "printable", False):
        return

    def make_printable(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make(*args, **kwargs)
        record.msg, record.args = printable(record.getMessage(), keep="\n\t"), ()
        if record.exc_info:
            trace = logging.Formatter().formatException(record.exc_info)
            record.exc_text = printable(trace, keep="\n\t")
        return record

    make_printable.printable = True  # type: ignore[attr-defined]  # looked for above: once is enough
    logging.setLogRecordFactory(make_printable)


def quoted(name: str) -> str:
    """Return a name between quotes, so that blanks at its ends are seen, on one line, not long."""
    return f"'{_name(name)}'"


def _name(name: str) -> str:
    name = printable(name[:LONGEST_NAME], keep="") + name[LONGEST_NAME:]
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
