"""Are numbers in live pictures written as a reader reads them?"""

from __future__ import annotations

import pytest

from tests.book.node import run_in_node


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (0, {}, "0"),
        (0.25, {}, "0.25"),
        (0.0312, {"digits": 3}, "0.0312"),
        (999.6, {}, "1000"),
        (1000, {}, "1.0·10³"),
        (1000, {"most": 10000}, "1000"),
        (0.00098, {}, "9.8·10⁻⁴"),
        (0.009, {"least": 0.01}, "9.0·10⁻³"),
        (9.97e-12, {}, "1.0·10⁻¹¹"),
        (3.14159e21, {}, "3.1·10²¹"),
        ("Infinity", {}, "too large"),
    ],
)
def test_numbers_are_written_in_few_digits(
    value: float | str, form: dict[str, float], text: str
) -> None:
    """Is a number short, and a power of ten beyond where it is easily read?"""
    written = run_in_node(
        "explorer.js", "explorer.number(Number(value[0]), value[1])", [value, form]
    )
    assert written == text
