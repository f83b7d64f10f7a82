"""Are tables written so that people and screen readers can use them?"""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from course_utils.tables import Table


class Cells(HTMLParser):
    """The cells of a table: tag, scope, alignment, text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[list[str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a cell."""
        if tag in ("th", "td"):
            given = dict(attrs)
            style = given.get("style") or ""
            self.found.append(
                [tag, given.get("scope") or "", style.removeprefix("text-align: "), ""]
            )

    def handle_data(self, data: str) -> None:
        """Add to the text of the cell."""
        self.found[-1][-1] += data


TABLE = Table(["layer", "weights", "note"], [["a < b", 9408, "x"], ["fc", 1024000, "y, z"]])


def test_plain_text():
    """Are texts aligned to the left, numbers to the right, with commas?"""
    assert str(TABLE).splitlines() == [
        "layer    weights  note",
        "a < b      9,408  x",
        "fc     1,024,000  y, z",
    ]


def test_html():
    """Has each column and each row a heading, and is text that looks like HTML left as text?"""
    assert Cells(TABLE._repr_html_()).found == [
        ["th", "col", "left", "layer"],
        ["th", "col", "right", "weights"],
        ["th", "col", "left", "note"],
        ["th", "row", "left", "a < b"],
        ["td", "", "right", "9,408"],
        ["td", "", "left", "x"],
        ["th", "row", "left", "fc"],
        ["td", "", "right", "1,024,000"],
        ["td", "", "left", "y, z"],
    ]


@pytest.mark.parametrize(
    ("column", "right"),
    [
        (["0.5", "12.25", "−3"], True),
        (["1.5e-15", "+.3", "1,024"], True),
        (["4 %", "16.4%"], True),
        ([1, "many"], True),
        (["0.5", "none"], False),
        (["1 to 3", "2"], False),
        (["3×3", "5"], False),
        (["", ""], False),
        (["."], False),
    ],
)
def test_numbers_that_are_written_already(column, right):
    """Are they aligned like numbers, where there is nothing else in their column?"""
    text = str(Table(["a wide heading"], [[cell] for cell in column]))
    assert text.splitlines()[1].startswith(" ") == right


def test_no_rows():
    """Can a table be empty?"""
    assert str(Table(["layer", "weights"], [])) == "layer  weights"


@pytest.mark.parametrize("row", [["conv"], ["conv", 1, 2]])
def test_a_row_of_another_length(row):
    """Is a row that does not fit refused?"""
    with pytest.raises(ValueError, match=f"2 headings, but a row has {len(row)} cells"):
        Table(["layer", "weights"], [row])


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("1.5e-15 (<2)", "[1.5 × 10^−15^] (&lt;2)"),
        ("0.43 (0.41 to 0.45)", "0.43 [(0.41 to 0.45)]"),
        ("(-6e-57 to 8e-40)", "[(−6 × 10^−57^ to 8 × 10^−40^)]"),
        ("6e-57 to 8e+05", "[6 × 10^−57^] to [8 × 10^5^]"),
        ("46 to 4.2e+02", "46 to [420]"),
        ("6e+04 (1.234e+02 to 9e0)", "[60,000] [(123.4 to 9)]"),
        ("1e-12", "[10^−12^]"),
        ("1.0e-12", "[1.0 × 10^−12^]"),
        ("-0.5", "−0.5"),
        ("-1e6", "[−10^6^]"),
        ("3-4", "3-4"),
        ("eps=1e-5, x-1", "eps=[1e-5], x-1"),
        ("a word (or two)", "a word (or two)"),
    ],
)
def test_numbers_are_set_as_books_have_them(cell, shown):
    """Are minus signs and powers of ten set in numbers, not in code, and numbers kept in a line?"""
    html = Table(["case", "ratio"], [["a", cell]])._repr_html_()
    kept = shown.replace("[", '<span style="white-space: nowrap">').replace("]", "</span>")
    kept = re.sub(r"\^(.*?)\^", r"<sup>\1</sup>", kept)
    assert f">{kept}</td>" in html
