"""Does a report read well as text and as HTML, and is a student's text kept harmless?"""

import dataclasses
import json

from course_utils.checks.grade import grade
from course_utils.checks.report import MIME, Finding, Opened, Part, Report, Row
from tests.checks.doubling import right

REPORT = Report(
    name="double",
    score=1.5,
    points=4,
    rows=(
        Row(1, "a vector", "x (3,)", "0", True),
        Row(2, "float32", "x (1, 2) float32", "dtype", False),
        Row(3, "nothing to double", "x (0,)", "", None),
    ),
    opened=Opened(2, "float32", "x (1, 2) float32", (), "the type."),
    findings=(Finding("upcasts", "You forget the type of x.", 2),),
)


def test_text_is_a_table_with_the_sentences_below():
    """Are the columns aligned, and do summary, difference and sentences stand round them?"""
    assert str(REPORT).splitlines() == [
        "double: 1 of 3 cases right, 1.5 of 4 points",
        "",
        "  #  case               inputs            error  verdict",
        "  1  a vector           x (3,)            0      right",
        "  2  float32            x (1, 2) float32  dtype  wrong",
        "  3  nothing to double  x (0,)                   not run",
        "",
        "Case 2, float32: the type.",
        "",
        "You forget the type of x.",
    ]


def test_html_says_the_same():
    """Does the HTML hold every cell of the text, with heads for a screen reader?"""
    page = REPORT.to_html()
    for text in ("1.5 of 4 points", "✗ wrong", "✓ right", "– not run", "You forget"):
        assert text in page
    assert page.count('scope="col"') == 5


def test_a_students_text_is_escaped(double):
    """Is markup in an error message shown, and not obeyed?"""

    def attack(x, times=2):
        raise RuntimeError("<script>alert(1)</script>")

    page = grade(double, attack).to_html()
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_backticks_become_code():
    """Is code in a sentence set as code?"""
    report = dataclasses.replace(REPORT, findings=(Finding("a", "Use `//` for `<b>`.", 2),))
    assert "Use <code>//</code> for <code>&lt;b&gt;</code>." in report.to_html()


def test_json_holds_what_a_program_needs(double):
    """Are score, verdicts and mistakes there, and is it JSON?"""
    bundle = grade(double, right)._repr_mimebundle_()
    data = json.loads(json.dumps(bundle[MIME]))
    wanted = {"name": "double", "score": 4.0, "points": 4, "verdicts": ["right"] * 3}
    assert data | wanted == data
    assert data["mistakes"] == data["shortcuts"] == data["sentences"] == []
    assert data["rows"][0] == {
        "number": 1, "label": "a vector", "inputs": "x (3,)", "error": "0", "passed": True,
        "share": None,
    }  # fmt: skip
    assert bundle["text/plain"].startswith("double: 3 of 3")


def test_json_is_read_back_as_it_was(double):
    """Is a report that went through JSON the same report, with all that is in it?"""
    parts = (Part("dx", False, "step 0"), Part("db", True))
    opened = Opened(2, "float32", "f(x)", parts, "the type.", "1", "2", "line 3", "<svg/>")
    for report in (dataclasses.replace(REPORT, opened=opened), grade(double, right)):
        assert Report.from_json(json.loads(json.dumps(report.to_json()))) == report
