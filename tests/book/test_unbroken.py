"""Does what is read in one breath stay in one line?"""

from __future__ import annotations

import pytest
from docutils import nodes

from tests.book.extension import extension


def boxes(*parts: nodes.Node) -> list[str]:
    """Return the texts that no line breaks in a paragraph of these parts; none is lost."""
    paragraph = nodes.paragraph("", "", *parts)
    before = paragraph.astext()
    extension("unbroken").keep_together(paragraph)
    assert paragraph.astext() == before
    return [box.astext() for box in paragraph.findall(nodes.inline) if "unbroken" in box["classes"]]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("It errs on 16.4 % of them, or 4 %.", ["16.4 %", "4 %"]),
        ("A 10 × 10 image, 224 × 224 × 3 numbers", ["10 × 10", "224 × 224 × 3"]),
        ("−3 % of 1,000 × 12", ["−3 %", "1,000 × 12"]),
        ("90 % × 3", ["90 %"]),
        ("Nothing to keep: 4 of 5, 100% and 3 ×.", []),
        ("", []),
    ],
)
def test_amounts_are_kept_together(text: str, kept: list[str]) -> None:
    """Is a number kept with its per cent sign, and a product whole?"""
    assert boxes(nodes.Text(text)) == kept


@pytest.mark.parametrize(
    ("behind", "kept"),
    [(", and so on", ["x,"]), (").", ["x)."]), (" and 5 %", ["5 %"]), (", 5 %", ["x,", "5 %"])],
)
def test_a_formula_keeps_its_comma(behind: str, kept: list[str]) -> None:
    """Does what follows a formula at once stay with it, and nothing else?"""
    assert boxes(nodes.Text("of "), nodes.math("", "x"), nodes.Text(behind)) == kept


def test_texts_that_read_alike_are_told_apart() -> None:
    """Is each comma kept with its own formula?"""
    formulas = [nodes.math("", letter) for letter in "xyz"]
    commas = [nodes.Text(", ") for _ in formulas]
    parts = [part for pair in zip(formulas, commas, strict=True) for part in pair]
    assert boxes(*parts) == ["x,", "y,", "z,"]


def test_emphasis_is_looked_into_and_code_is_not() -> None:
    """Are amounts found in other inline text, and is code left as it was written?"""
    strong, code = nodes.strong("", "4 %"), nodes.literal("", "4 % 3 × 3")
    assert boxes(strong, nodes.Text(", "), code, nodes.Text(", 3 × 3")) == ["4 %", "3 × 3"]
