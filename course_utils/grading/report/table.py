"""Tables as CSV that a spreadsheet shows and does not execute."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import TextIO

from course_utils.grading.note import FORMULA, printable


def write_rows(file: TextIO, rows: Iterable[Iterable[object]]) -> None:
    """Write rows as CSV: numbers as numbers, and no text that is anything else than text."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerows([_cell(value) for value in row] for row in rows)


def _cell(value: object) -> object:
    """Return what stands for a value in a table: a text that would be a formula is marked as text.

    >>> _cell("=1+1"), _cell(-1.5), _cell("student-001"), _cell(None)
    ("'=1+1", -1.5, 'student-001', '')
    """
    if value is None or isinstance(value, (int, float)):
        return "" if value is None else value
    text = str(value)
    mark = "'" if text.lstrip().startswith(FORMULA) or text.startswith(FORMULA) else ""
    return mark + printable(text, keep="")
