"""Are formulas set as MathML, and is nothing else let through?"""

import re

import pytest

from course_utils.grading.pages.formula import LONGEST, formula


def test_a_formula_is_set():
    """Does an index become one, and are letters and numbers told apart?"""
    html = formula(r"K_H \times 2")
    assert "<msub><mi>K</mi><mi>H</mi></msub><mo>×</mo><mn>2</mn>" in html
    assert html.startswith('<math display="inline">')


def test_a_displayed_formula_scrolls_by_itself():
    """Does a formula on its own line stand in a box that the keyboard can reach?"""
    html = formula(r"\sum_{k=0}^{K-1} x_k", display=True)
    assert re.fullmatch(r'<span class="display" tabindex="0"><math display="block">.*</span>', html)
    assert "<munderover><mo>∑</mo>" in html


@pytest.mark.parametrize("name", ["aligned", "pmatrix", "cases"])
def test_lines_are_rows(name):
    """Do the environments that the book uses become tables of two rows?"""
    html = formula(rf"\begin{{{name}}} a & b \\ c & d \end{{{name}}}")
    assert html.count("<mtr>") == 2


@pytest.mark.parametrize("tex", [r"\frac{", r"\nosuch{a}", "", r"\text{a < b}", "x" * 2 * LONGEST])
def test_what_cannot_be_read_is_shown_as_it_is(tex):
    """Does a reader see the source rather than nothing or half?"""
    assert formula(tex) == f"<code>{tex.replace('<', '&lt;')}</code>"


@pytest.mark.parametrize(
    "tex",
    [
        r"\href{javascript:attack()}{x}",
        r"\href{attack}{x}",
        r"\class{attack}{x}",
        r"\text{<script>attack()</script>}",
        r"\text{<mi onclick='attack()' href='javascript:attack()'>x</mi>}",
        r"\style{background:url(https://example.org)}{x}",
        r"\color{red' onclick='attack()}{x}",
        r"x_{<img src=x onerror=attack()>}",
    ],
)
def test_nothing_in_a_formula_acts(tex):
    """Are there no tags but MathML's, and no attributes that run or fetch?"""
    for display in (False, True):
        for tag in re.findall("<[^>]*>", formula(tex, display=display)):
            assert re.fullmatch(
                r'</?(code|span|m[a-z]+)( (class|tabindex|display|stretchy)="[a-z0]+")*>', tag
            )
