"""Does a report read well as text and as HTML, and is a student's text kept harmless?"""

import dataclasses
import html
import json
import re

import numpy as np
import pytest

from course_utils.checks.cases import Case, CaseSet, Returned
from course_utils.checks.grade import grade
from course_utils.checks.picture import Wrong, drawn, sketched
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
        Row(5, "two axes", "x (2, 2)", "another dtype", False),
        Row(6, "a dict", "x dict", "refused", True, refusal=True),
        Row(7, "a text", "x text", "not refused", False, refusal=True),
    ),
    opened=Opened(
        2,
        "float32",
        "`double(x)` with x (1, 2) float32",
        (Part("dx", False, "step 0"), Part("db", True)),
        "the type differs.",
        "[[2., 4.]]",
        "[[1., 2.]]",
        alike=(5,),
    ),
    findings=(
        Finding("upcasts", "You forget the type of x.", 2, "dx", "try `double(1)`: 2, not 3"),
    ),
)


def stub(x, times=2):
    raise NotImplementedError


def always_raises(x, times=2):
    raise IndexError("no")


def test_the_verdict_comes_first_and_right_cases_fold():
    """Does the text open the first wrong case, and say the others in a line each?"""
    assert str(REPORT).splitlines() == [
        "✗ Not right yet: double, 1 of 4 cases right, 1.5 of 4 points",
        "",
        "Case 2, float32",
        "  `double(x)` with x (1, 2) float32",
        "  The type differs.",
        "    expected  [[2., 4.]]",
        "    yours     [[1., 2.]]",
        "  Wrong: `dx` (step 0)",
        "  Right: `db`",
        "  Case 5 fails in the same way.",
        "",
        "In case 2, `dx`: You forget the type of x.",
        "Try `double(1)`: 2, not 3.",
        "",
        "Right: case 1.",
        "Refuses 1 of 2 inputs that make no sense; not: a text (case 7).",
        "Not run: case 3.",
    ]


def test_html_says_the_same():
    """Does the HTML hold each line of the text, and all cases with heads for a screen reader?"""
    page = re.sub(
        "<[^>]*>",
        "",
        REPORT.to_html()
        .replace("expected</span>", "expected  ")
        .replace("yours</span>", "yours     "),
    )
    for line in str(REPORT).replace("`", "").splitlines():
        assert html.escape(line.strip()) in page
    for text in ("✗ wrong", "✓ right", "– not run"):
        assert text in page
    assert REPORT.to_html().count('scope="col"') == 5


def test_readings_are_a_list():
    """Do they stand in items of their own, as text and as HTML, products as code?"""
    report = dataclasses.replace(REPORT, readings=("`db`: you have `dh (1 - h^2)`.", "It <is>."))
    lines = str(report).splitlines()
    at = lines.index("- `db`: you have `dh (1 - h^2)`.")
    assert lines[at - 1].startswith("Read off your function")
    assert lines[at + 1] == "- It <is>."
    text = report.to_html()
    assert "<li><code>db</code>: you have <code>dh (1 - h^2)</code>.</li>" in text
    assert "<li>It &lt;is&gt;.</li>" in text
    assert Report.from_json(json.loads(json.dumps(report.to_json()))) == report
    assert "Read off" not in str(REPORT) + REPORT.to_html()


def test_the_first_line_says_it_all_where_all_is_right(double):
    """Is a right answer told in one line, in text and in HTML?"""
    line = "✓ Right: double, all 2 cases, 4 of 4 points"  # beside one input that is refused
    report = grade(double, right)
    assert str(report) == line
    assert re.sub("<[^>]*>", "", report.to_html()) == line


@pytest.mark.parametrize("function", [stub, lambda x, times=2: stub(x)])
def test_an_untouched_answer_is_told_in_one_line(double, function):
    """Is an answer that is as it came told so, and one that calls such a one told more?"""
    report = grade(double, function)
    assert report.blank is (function is stub)
    assert (len(str(report).splitlines()) == 1) is report.blank


@pytest.mark.parametrize("count", [1, 4, 5, 9])
def test_many_wrong_cases_are_told_in_few_lines(count):
    """Has each of a few other wrong cases a line, and do many share one?"""
    others = tuple(Row(i, f"label {i}", "", "0.5", False) for i in range(3, 3 + count))
    report = dataclasses.replace(REPORT, rows=(*REPORT.rows[:2], *others))
    told = [row for row in others if row.number != 5]  # which is told with the opened one
    lines = [line for line in str(report).splitlines()[1:] if line.startswith("✗")]
    assert len(lines) == (len(told) if len(told) <= 3 else 1)
    assert all(str(row.number) in "".join(lines) for row in told)


def test_words_are_english(double):
    """Is nothing said in the words of a program: of what is raised, of ndarrays, of holding NaN?"""
    for function in (right, lambda x, times=2: np.nan * x, lambda x, times=2: [x], always_raises):
        told = str(grade(double, function)) + grade(double, function).to_html()
        assert not re.search(r"\ba ndarray|\bholds NaN|\braises\b|\bNoneType", told)


def test_nothing_is_cut_off_in_a_narrow_window():
    """May every word break, and does only what is in columns scroll for itself?"""
    page = REPORT.to_html()
    assert "overflow-wrap:anywhere" in page
    assert "nowrap" not in page[: page.index("<details>")]
    assert page.index("Not right yet") < page.index("<details>")


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
        "share": None, "refusal": False,
    }  # fmt: skip
    assert bundle["text/plain"].startswith("✓ Right: double")


def test_json_is_read_back_as_it_was(double):
    """Is a report that went through JSON the same report, with all that is in it?"""
    parts = (Part("dx", False, "step 0"), Part("db", True))
    opened = Opened(2, "float32", "f(x)", parts, "the type.", "1", "2", "line 3", "<svg/>")
    for report in (dataclasses.replace(REPORT, opened=opened), grade(double, right)):
        assert Report.from_json(json.loads(json.dumps(report.to_json()))) == report


def test_the_size_of_a_report_is_bounded():
    """Does an answer that is wrong in many large outputs get a text that can be read?"""
    places = np.zeros((4, 3, 8), bool)
    places[1:] = True
    wrong = [Wrong(name, places) for name in ("h", "c", "gates", "a")]
    opened = dataclasses.replace(REPORT.opened, picture=drawn(wrong), sketch=sketched(wrong))
    report = dataclasses.replace(REPORT, opened=opened)
    assert len(str(report).splitlines()) < 45
    assert max(map(len, str(report).splitlines())) < 92
    assert len(report.to_html()) < 30_000


def test_hidden_cases_show_squares_and_no_numbers():
    """Is it shown where an output of a hidden case is wrong, with none of its numbers?"""
    want = np.arange(1000.0, 1006.0).reshape(2, 3)
    case = Case("", (np.full(3, 777.0),), {"scale": 888.0}, Returned(want))
    cases = CaseSet("f", 1.0, ("x",), ("y",), (case,), {}, hidden=True)
    got = want + np.eye(2, 3)
    for hidden in (True, False):
        report = grade(dataclasses.replace(cases, hidden=hidden), lambda x, scale: got)
        told = json.dumps(report.to_json()) + report.to_html() + str(report)
        assert "■ · ·" in str(report)
        assert "<path" in report.opened.picture
        seen = [number for number in ("777", "888", "1000", "1001") if number in told]
        assert bool(seen) is not hidden
