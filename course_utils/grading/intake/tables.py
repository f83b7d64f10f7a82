"""Tables that a person keeps beside the submissions, as an editor or a spreadsheet saved them."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from course_utils.grading.intake.salvage import read_regular

MAX_BYTES = 10_000_000
Row = dict[str | Any, str | Any]
DELIMITERS = ",;\t"  # a spreadsheet takes the one of its language


def read_table(path: Path, columns: Iterable[str]) -> list[Row]:
    """Read a table: a row for each line below the one with the names of its columns.

    It is CSV with commas, semicolons or tabs, whichever the first line has most of. A line with
    fewer fields than the first has None for those that are missing; one with more has them under
    the name None.

    Parameters
    ----------
    path : Path
    columns : iterable of str
        Those that must be there.

    Raises
    ------
    OSError
        If it is not there, or is no file that may be read.
    ValueError, csv.Error
        If it is no table, or has no such column.
    """
    text = decoded(read_regular(path, MAX_BYTES))
    head = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=head.count)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    if missing := sorted(set(columns) - set(rows.fieldnames or ())):
        raise ValueError(f"no column is called {missing[0]}")
    return list(rows)


def decoded(data: bytes) -> str:
    r"""Return a text that is UTF-8 or UTF-16, or else what Excel writes on Windows.

    >>> decoded("Ü–é".encode("cp1252")), decoded("\ufeffÜ–é".encode())
    ('Ü–é', 'Ü–é')
    """
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252")
