"""Tables that a person keeps beside the submissions, as an editor or a spreadsheet saved them."""

from __future__ import annotations

import codecs
import csv
import io
from pathlib import Path
from typing import Any

from course_utils.grading.intake.salvage import read_regular

MAX_BYTES = 10_000_000
DELIMITERS = ",;\t"  # a spreadsheet takes the one of its language


def read_table(path: Path) -> list[dict[str | Any, str | Any]]:
    """Read a table: a row for each line below the one with the names of its columns.

    It is CSV with commas, semicolons or tabs, whichever the first line has most of.

    Raises
    ------
    OSError
        If it is not there, or is no file that may be read.
    ValueError, csv.Error
        If it is no table.
    """
    text = decoded(read_regular(path, MAX_BYTES))
    head = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=head.count)
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))


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
