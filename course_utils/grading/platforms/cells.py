"""Where each cell of a table stands in its text: one can be replaced, and no other is touched.

Python's `csv` gives the values and forgets how they were written. A platform wants its file back
as it wrote it, so the quotes, blanks and line ends around a grade stay what they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

QUOTE = '"'
LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Cell:
    """A cell: what it says, and where it begins and ends in the text."""

    value: str
    start: int
    end: int


def located(text: str, delimiter: str) -> list[list[Cell]]:
    r"""Return the cells of each row; a line with nothing in it is no row.

    Parameters
    ----------
    text : str
        Comma-separated values, or whatever else separates them.
    delimiter : str
        One character.

    Examples
    --------
    >>> [[cell.value for cell in row] for row in located('a,"b ""c""\nd"\n\n,e', ",")]
    [['a', 'b "c"\nd'], ['', 'e']]
    """
    stop = re.escape(delimiter)
    # A cell is a text in quotes, in which a quote is written twice, and what follows up to its end.
    cell = re.compile(rf'(?:"((?:[^"]|"")*+)(?:"|\Z))?([^{stop}\r\n]*)')
    rows: list[list[Cell]] = []
    row: list[Cell] = []
    place = 0
    while found := cell.match(text, place):
        value = (found[1] or "").replace(QUOTE * 2, QUOTE) + found[2]
        row.append(Cell(value, found.start(), found.end()))
        place = found.end()
        if text.startswith(delimiter, place):
            place += 1
            continue
        if len(row) > 1 or row[0].end > row[0].start:
            rows.append(row)
        row = []
        end = LINE_END.match(text, place)
        if not end:
            break
        place = end.end()
    return rows


def replaced(text: str, changes: Iterable[tuple[Cell, str]], delimiter: str) -> str:
    """Return the text with other values in some of its cells, and the rest as it was.

    A value is put in quotes where the cell had some, or where it would be no single cell without.
    """
    kept, place = [], 0
    for cell, value in sorted(changes, key=lambda change: change[0].start):
        kept.append(text[place : cell.start])
        bare = not set(value) & {delimiter, QUOTE, "\r", "\n"}
        if bare and not text.startswith(QUOTE, cell.start):
            kept.append(value)
        else:
            kept.append(f"{QUOTE}{value.replace(QUOTE, QUOTE * 2)}{QUOTE}")
        place = cell.end
    return "".join([*kept, text[place:]])
