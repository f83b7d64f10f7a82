"""Tables of results: a notebook and the book show them as tables, print as plain text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

NUMBER = re.compile(r"[-−+]?[\d,]*\.?\d+(e[-+]?\d+)? ?%?")  # as a text
FIGURES = re.compile(r"(?:[-−+\d.,e% ()<>/]|to)+")  # numbers, and what stands between them


class Table:
    """Rows under headings; the first column names the row.

    Parameters
    ----------
    headings : sequence of str
    rows : sequence of sequences
        Whole numbers are written with commas, texts as they are; format other numbers yourself.
        Numbers, as text or not, are aligned to the right, where all of a column are numbers.

    Raises
    ------
    ValueError
        If a row has more or fewer cells than there are headings.

    Examples
    --------
    >>> print(Table(["layer", "weights"], [["conv", 9408], ["fc", 1024000]]))
    layer    weights
    conv       9,408
    fc     1,024,000
    """

    def __init__(self, headings: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        for row in rows:
            if len(row) != len(headings):
                raise ValueError(f"{len(headings)} headings, but a row has {len(row)} cells")
        self.headings = list(headings)
        self.rows = [[_written(cell) for cell in row] for row in rows]
        # A column of texts is aligned to the left, one with numbers to the right.
        self.texts = [_are_texts([row[place] for row in rows]) for place in range(len(headings))]

    def __str__(self) -> str:
        """Return the table with columns of spaces."""
        lines = [self.headings, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(
                f"{cell:<{width}}" if text else f"{cell:>{width}}"
                for cell, width, text in zip(line, widths, self.texts, strict=True)
            ).rstrip()
            for line in lines
        )

    def _repr_html_(self) -> str:
        """Return the table as a notebook shows it."""
        align = ["left" if text else "right" for text in self.texts]
        head = "".join(
            f'<th scope="col" style="text-align: {side}">{escape(cell)}</th>'
            for cell, side in zip(self.headings, align, strict=True)
        )
        body = "".join(f"<tr>{_row(row, align)}</tr>" for row in self.rows)
        return (
            f'<table class="dataframe"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
        )


def _row(row: list[str], align: list[str]) -> str:
    first, *others = (
        f'style="text-align: {side}">{_typeset(cell)}'
        for cell, side in zip(row, align, strict=True)
    )
    return f'<th scope="row" {first}</th>' + "".join(f"<td {cell}</td>" for cell in others)


def _typeset(cell: str) -> str:
    """Escape a cell, with numbers as books have them; no line breaks in a number or a range."""
    html = re.sub(
        r"[-−+]?[\d.]+e[-+]?\d+|\([^()]{1,20} to [^()]{1,20}\)",
        lambda found: f'<span style="white-space: nowrap">{found[0]}</span>',
        escape(cell),
    )
    if not FIGURES.fullmatch(cell):
        return html  # it may be code
    html = re.sub(r"(?<![\w.])-(?=[\d.])", "−", html)
    return re.sub(r"([\d.]+)e([-+]?\d+)", _power_of_ten, html)


def _power_of_ten(found: re.Match[str]) -> str:
    """Write 2.5e-07 as 2.5 times a power of ten, 1e-07 as the power alone, and 2.5e+03 as 2,500."""
    power = int(found[2])
    if 0 <= power < 5:
        return f"{float(found[0]):,.10g}"
    factor = "" if found[1] == "1" else f"{found[1]} × "
    return f"{factor}10<sup>{power}</sup>".replace("-", "−")


def _are_texts(column: Sequence[object]) -> bool:
    """Say whether a column has texts alone, and not just numbers that are written already."""
    texts = [cell for cell in column if isinstance(cell, str)]
    return len(texts) == len(column) and not (texts and all(map(NUMBER.fullmatch, texts)))


def _written(cell: object) -> str:
    return f"{cell:,}" if isinstance(cell, int) else str(cell)
