"""Is the page that a student gets back complete, inert, quiet and accessible?"""

from __future__ import annotations

import dataclasses
import os
import re
import shutil
import struct
import sys
import warnings
import zlib
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from playwright.sync_api import Page, sync_playwright
from traitlets.config import Config

from course_utils.checks.catch import Call, Caught
from course_utils.checks.picture import Wrong, drawn
from course_utils.checks.report import MIME, Finding, Opened, Part, Report, Row
from course_utils.grading.nbgrader_command import nbgrader
from course_utils.grading.pages.feedback import (
    FeedbackExporter,
    configure_feedback,
    page,
    rendered,
)
from tests.book import reader

SLUG = "some-sizes"
EVE = 'eve"><img src=x onerror=attack()>'
SCRIPT = "<script>attack()</script>"
CONFIG = """
from course_utils.grading.pages.feedback import configure_feedback, page
configure_feedback(get_config())
"""
ROWS = (
    Row(1, "stride 1", "size, kernel", "0", True),
    Row(2, "a remainder", "size, kernel, stride", "1", False),
    Row(3, "a loop", "size", "", None),
)
SAYS = "the result differs; look at `size // stride`."
SQUARES = drawn([Wrong("out", np.eye(3, dtype=bool)[None])])
FIRST = Opened(
    2, "a remainder", "`output_size(size, kernel, stride)`", (Part("out", False, "row 2"),), SAYS,
    "[3]", "[4]", "Line 2 of `output_size`", SQUARES, alike=(3,),
)  # fmt: skip
ADVICE = "You round up, but a window has no place there."
TAGS = (
    "html|head|meta|title|style|body|header|main|section|footer|h[123]|p|a|strong|em|ul|ol|li|wbr|"
    "table|thead|tbody|tr|th|td|span|i|code|pre|div|details|summary|svg|circle|path|text|img|blockquote|"
    "math|m[a-z]+"
)
POINTS = {"output_size": 2, "same_padding": 1, "essay": 3, "correlate1d": 3, "a_very_long_name": 1}


def cell(source: str, name: str = "", kind: str = "code", **marks: Any) -> NotebookNode:
    """Return a cell as nbgrader marks it, if it has a name; the rest of `marks` are outputs."""
    outputs = marks.pop("outputs", [])
    made = new_code_cell(source) if kind == "code" else new_markdown_cell(source)
    if outputs:
        made.outputs = outputs
    if name:
        flags = {"grade": False, "solution": False, "task": False, "locked": False, **marks}
        made.metadata["nbgrader"] = {"grade_id": name, "schema_version": 3, **flags}
    return made


def answer(name: str, source: str, *outputs: NotebookNode) -> NotebookNode:
    """Return the cell of a student's answer."""
    return cell(source, f"{name}-answer", solution=True, outputs=list(outputs))


def graded_cell(name: str, *outputs: NotebookNode) -> NotebookNode:
    """Return the cell of a test."""
    marks = {"grade": True, "locked": True, "points": POINTS[name]}
    return cell(f'check("{name}", {name})', name, outputs=list(outputs), **marks)


def found(report: Report) -> NotebookNode:
    """Return a check's output."""
    data = report._repr_mimebundle_()
    return new_output("display_data", data=data)


def png(size: int) -> str:
    """Return a grey square as base64."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    lines = zlib.compress((b"\0" + b"\x99" * size) * size)
    head = struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")
    return b64encode(b"\x89PNG\r\n\x1a\n" + parts).decode()


def printed(text: str) -> NotebookNode:
    """Return what a cell prints."""
    return new_output("stream", name="stdout", text=text)


def notebook(bad: str = "") -> NotebookNode:
    """Return an autograded notebook, with `bad` wherever a student can write."""
    texts = ("label", "call", "says", "expected", "got", "line", "picture", "sketch")
    spoiled: dict[str, Any] = {name: getattr(FIRST, name) + bad for name in texts}
    report = Report(
        "output_size",
        0.67,
        2.0,
        ROWS,
        opened=dataclasses.replace(FIRST, **spoiled),
        findings=(Finding("ceil", ADVICE, 2),),
        shortcuts=("torch.nn.Conv2d" + bad,),
        kept=0.5,
        note="A rule.",
    )
    right = Report("same_padding", 1.0, 1.0, ROWS[:1])
    error = new_output("error", ename="NameError", evalue="no f" + bad, traceback=["secret trace"])
    said = "invalid syntax (2270499418.py, line 1)"
    syntax = new_output("error", ename="SyntaxError", evalue=said, traceback=[])
    html = new_output(
        "display_data", data={"text/html": "<b>rich</b>" + bad, "text/plain": "plain"}
    )
    drawn = new_output("display_data", data={"image/png": png(40), "text/plain": "<Figure>"})
    forged = new_output("display_data", data={"image/png": 'x" onerror="attack()'})
    long = "".join(f"line {i} {'x' * 30}\n" for i in range(90))
    wide = f"def same_padding(kernel):{bad}\n    return 0  # {'long ' * 60}"
    nb = new_notebook(
        metadata={"course": {"notes": [{"kind": "duplicate", "says": "One cell was twice." + bad}]}}
    )
    nb.cells = [
        cell(f"# Some <sizes> & more{bad}\n\nHow it works.", kind="markdown"),
        cell("import numpy", "setup", locked=True),
        cell(f"### 1. `output_size`\n\n$$a_{{i}}$$ {bad}", "s", kind="markdown", locked=True),
        cell(f"helper = 1{bad}", outputs=[printed("\x1b[31mr"), printed(f"ed\x1b[0m{bad}")]),
        answer("output_size", f"def output_size():\n    return '{bad}'", html, drawn, forged),
        graded_cell("output_size", found(report)),
        answer("same_padding", wide, printed(long)),
        graded_cell("same_padding", found(right)),
        cell(
            f"*My* essay. {bad} [a](javascript:attack()) ![p](http://example.org/p.png)",
            "essay",
            kind="markdown",
            grade=True,
            solution=True,
            points=3,
        ),
        answer("correlate1d", "def correlate1d(:", syntax),
        graded_cell("correlate1d", error),
        graded_cell("a_very_long_name", new_output("display_data", data={MIME: {"rows": [3]}})),
        cell(f"my_own = 2{bad}"),
    ]
    return nb


def fill(gradebook: Gradebook, root: Path, student: str, nb: NotebookNode, comment: str) -> None:
    """Write a student's notebook where nbgrader looks for it, and grades for it."""
    folder = root / "autograded" / student / SLUG
    folder.mkdir(parents=True)
    nbformat.write(nb, folder / f"{SLUG}.ipynb")
    gradebook.add_student(student)
    submission = gradebook.add_submission(SLUG, student)
    scores = {"output_size": 0.67, "same_padding": 1, "correlate1d": 0, "a_very_long_name": 0}
    for name, score in scores.items():
        grade = gradebook.find_grade(name, SLUG, SLUG, student)
        grade.auto_score, grade.needs_manual_grade = score, False
    gradebook.find_grade("same_padding", SLUG, SLUG, student).manual_score = 0.5
    gradebook.find_grade("output_size", SLUG, SLUG, student).extra_credit = 0.25
    gradebook.find_grade("essay", SLUG, SLUG, student).needs_manual_grade = True
    comments = gradebook.find_comment("output_size-answer", SLUG, SLUG, student)
    comments.manual_comment = f"Well tried.\nSee page 3. {comment}"
    submission.notebooks[0].late_submission_penalty = 0.1
    gradebook.db.commit()


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """The feedback of two students: of one who is calm, and of Eve."""
    root = tmp_path_factory.mktemp("feedback")
    (root / "nbgrader_config.py").write_text(CONFIG)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", path)  # nbgrader looks there for its helper `alembic`
        gradebook = Gradebook(f"sqlite:///{root / 'gradebook.db'}")
    with gradebook, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nbgrader's use of its database
        gradebook.add_assignment(SLUG)
        gradebook.add_notebook(SLUG, SLUG)
        for name, points in POINTS.items():
            kind = "markdown" if name == "essay" else "code"
            gradebook.add_grade_cell(name, SLUG, SLUG, max_score=points, cell_type=kind)
            answer_name = name if name == "essay" else f"{name}-answer"
            gradebook.add_solution_cell(answer_name, SLUG, SLUG)
        fill(gradebook, root, "student-001", notebook(), "*Good*")
        fill(gradebook, root, EVE, notebook(f'"><img src=x onerror=attack()>{SCRIPT}'), SCRIPT)
    nbgrader(root, root, "generate_feedback", SLUG)
    return {
        student: root / "feedback" / student / SLUG / f"{SLUG}.html"
        for student in ("student-001", EVE)
    }


def test_the_formgrader_makes_the_same_page(pages, monkeypatch):
    """Is the page ours, too, when the formgrader makes it, with its own template in the config?"""
    path = pages["student-001"]
    before = path.read_text(encoding="utf-8")
    config = Config()
    configure_feedback(config)
    config.HTMLExporter.template_name = "formgrade"
    config.CourseDirectory.root = str(path.parents[3])
    monkeypatch.chdir(path.parents[3])
    done = NbGraderAPI(config=config).generate_feedback(SLUG, "student-001")
    assert done["success"], done
    assert path.read_text(encoding="utf-8") == before


class Document(HTMLParser):
    """The tags of a page, and its text with one space between words."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))
        self.text = " ".join("".join(self.words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag; a cell of a table begins with a space."""
        self.words += [" "] if tag in ("td", "th") else []
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Note text, but not the style sheet's."""
        if self.cdata_elem is None:
            self.words.append(data)


@pytest.fixture(scope="module")
def calm(pages):
    """The page of the calm student."""
    return Document(pages["student-001"])


@pytest.mark.parametrize(
    "text",
    [
        "Feedback for student-001",
        "Some <sizes> & more",
        "1.32 of 10 points",
        "0.25 points of these are extra credit.",
        "For handing in late, 0.1 points are taken off the total.",
        "1 exercise is not graded yet, so the total may rise.",
        "One cell was twice.",
        "output_size 0.92 of 2 partly right",
        "same_padding 0.5 of 1 partly right",
        "essay 0 of 3 not graded yet",
        "correlate1d 0 of 3 no points",
        "1 of 3 cases right. They come to 0.67 points; the grade is 0.92.",
        "1 of 1 cases right. They come to 1 point; the grade is 0.5.",
        "✗ wrong 2 a remainder size, kernel, stride 1",
        "✓ right 1 stride 1 size, kernel 0",
        "– not run 3 a loop size",
        "Case 2, a remainder output_size(size, kernel, stride) "
        "The result differs; look at size // stride. Line 2 of output_size "
        "Expected [3] Yours [4] Where: row 2 Case 3 fails in the same way. "
        "out: 3 of 9 numbers wrong (rows down, columns across) [0] Filled squares are wrong",
        "In case 2: " + ADVICE,
        "Right: case 1.",
        "Not run: case 3.",
        ADVICE,
        "A rule.",
        "Your answer uses torch.nn.Conv2d, which this exercise asks you to do yourself. "
        "By its rule such an answer keeps 50% of the points for its cases.",
        "Well tried. See page 3. *Good*",
        "The test ended with an error: NameError: no f",
        "Cells that you added (1) helper = 1 Printed red",
        "My essay. a (javascript:attack()) p",
        "After the last exercise Cells that you added (1) my_own = 2",
        "Result plain",
        "Error SyntaxError: invalid syntax (line 1) What",
        "This cell holds or printed more than is shown here.",
    ],
)
def test_the_page_says(calm, text):
    """Does the page hold what a student is to know?"""
    assert text in calm.text


@pytest.mark.parametrize(
    "text", ["secret trace", "rich", "import numpy", "\x1b", "line 40", "<Fig"]
)
def test_the_page_does_not_say(calm, text):
    """Are traces, rich outputs, released code and floods left out?"""
    assert text not in calm.text


def test_what_fits_is_shown(calm):
    """Is the text before the cut there, to the last line?"""
    assert "line 39" in calm.text


def test_a_report_of_another_version_is_shown_as_text():
    """Is the check's plain text shown where its data does not hold a table?"""
    report = Report("correlate1d", 1.0, 3.0, ROWS)
    output = found(report)
    output.data[MIME] = {"name": "correlate1d", "score": 1.0}
    test = graded_cell("correlate1d", output)
    test.metadata.nbgrader |= {"score": 1.0, "points": 3.0, "extra_credit": 0.0, "waits": False}
    nb = new_notebook()
    nb.cells = [test]
    graded = {"student": "s", "assignment": SLUG, "score": 1.0, "max_score": 3.0, "late_penalty": 0}
    made = page(nb, graded)
    assert made.title == SLUG
    assert made.parts[0].plain_report == str(report)


HALF = "def half(n):\n    return n // 2 + 1"
CALLS = "def correlate1d(x):\n    return output_size(len(x), 3)"
THROUGH = "def own(n):\n    return output_size(n, 3)\n\ndef correlate1d(x):\n    return own(1)"
ALONE = "def correlate1d(x):\n    return 3\n\noutput_size(3, 1) == correlate1d([])"
FAILS = "your function calls your `output_size`, and that raised ValueError."


@pytest.mark.parametrize(
    ("source", "share", "says", "told"),
    [
        (CALLS, 0.5, SAYS, True),
        (THROUGH, 0.5, SAYS, True),
        (ALONE, 0.5, SAYS, False),
        (CALLS, 1.0, SAYS, False),
        (CALLS, 0.5, FAILS, False),
    ],
    ids=["it calls it", "through another", "it does not", "it is right", "it is told already"],
)
def test_a_wrong_answer_names_the_one_that_it_calls(source, share, says, told):
    """Is it said where a fault may come from, if what is called is wrong, too?"""
    rows = ROWS if share < 1 else ROWS[:1]
    reports = (
        Report("output_size", 2 * share, 2.0, rows),
        Report("correlate1d", 1.0, 3.0, ROWS, opened=dataclasses.replace(FIRST, says=says)),
    )
    nb = new_notebook()
    nb.cells = [answer("output_size", HALF), graded_cell("output_size", found(reports[0]))]
    nb.cells += [answer("correlate1d", source), graded_cell("correlate1d", found(reports[1]))]
    for test, report in zip(nb.cells[1::2], reports, strict=True):
        marks = {"score": report.score, "points": report.points}
        test.metadata.nbgrader |= {**marks, "extra_credit": 0.0, "waits": False}
    graded = {"student": "s", "assignment": SLUG, "score": 2.0, "max_score": 5.0, "late_penalty": 0}
    made = rendered(page(nb, graded))
    sentence = "calls your <code>output_size</code>, which is not right yet. Mend it first"
    assert (f"Your <code>correlate1d</code> {sentence}" in made) is told
    assert "Your <code>output_size</code> calls" not in made


def test_what_calls_caught_is_on_the_page():
    """Is what was caught named, the rest counted, and a call that is none explained?"""
    calls = (
        Call("output_size(size=9, kernel=2)", "", ("rounds_up", "pads_once")),
        Call("output_size(size=<b>)", "`size` must be a whole number; it is a str"),
    )
    report = Report("correlate1d", 1.0, 3.0, ROWS[:1], caught=Caught(calls, 12))
    test = graded_cell("correlate1d", found(report))
    test.metadata.nbgrader |= {"score": 1.0, "points": 3.0, "extra_credit": 0.0, "waits": False}
    nb = new_notebook()
    nb.cells = [test]
    graded = {"student": "s", "assignment": SLUG, "score": 1.0, "max_score": 3.0, "late_penalty": 0}
    made = rendered(page(nb, graded))
    assert "1 of 2 calls valid, 2 of 12 mistakes caught." in made
    assert "<code>output_size(size=9, kernel=2)</code>, catches 2: rounds up; pads once." in made
    assert "<code>size</code> must be a whole number; it is a str." in made
    assert "10 of 12 known mistakes were not caught." in made
    assert "<b>" not in made
    assert "All 1 cases" not in made


@pytest.mark.parametrize(
    ("course", "picture", "address"),
    [
        ("https://example.org/c/", "lstm/gates.html?f=0.5&t=1#try-it-out", True),
        ("", "lstm/gates.html?f=0.5&t=1#try-it-out", False),
        ("https://example.org/c", "lstm/gates.html?f=0.5'>&t=1#try-it-out", False),
    ],
)
def test_a_mistake_links_to_the_courses_book(course, picture, address):
    """Is the book that the instructor names linked to, whatever the report says, and no other?"""
    says = Finding("ceil", ADVICE, 2, picture=picture)
    report = Report("correlate1d", 1.0, 3.0, ROWS, findings=(says,), book="https://evil.example/")
    test = graded_cell("correlate1d", found(report))
    test.metadata.nbgrader |= {"score": 1.0, "points": 3.0, "extra_credit": 0.0, "waits": False}
    nb = new_notebook()
    nb.cells = [test]
    graded = {"student": "s", "assignment": SLUG, "score": 1.0, "max_score": 3.0, "late_penalty": 0}
    exporter = FeedbackExporter(config=Config({"FeedbackExporter": {"book": course}}))
    made, _ = exporter.from_notebook_node(nb, {"nbgrader": graded})
    link = '<a href="https://example.org/c/book/lstm/gates.html?f=0.5&amp;t=1#try-it-out">'
    assert (link in made) is address
    assert made.count("https://") == address
    assert ADVICE in made


def test_code_is_in_colours(pages):
    """Are keywords marked for the style sheet?"""
    html = pages["student-001"].read_text(encoding="utf-8")
    assert re.search(r'<span class="k">def</span>.*<span class="nf">output_size</span>', html)


def test_a_comment_keeps_its_lines(pages):
    """Does the style sheet break a comment's lines where the text does?"""
    html = pages["student-001"].read_text(encoding="utf-8")
    assert '<blockquote class="comment">Well tried.\nSee page 3. *Good*</blockquote>' in html
    assert re.search(r"\.comment \{[^}]*white-space: pre-line", html)


def test_links_lead_somewhere(calm):
    """Does each link point at a part of the page that is there once?"""
    ids = [attrs["id"] for _, attrs in calm.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    links = [attrs["href"] for tag, attrs in calm.tags if tag == "a"]
    assert len(links) == len(POINTS) + 2
    assert {link[1:] for link in links} <= set(ids)


def test_headings_are_in_order(calm):
    """Is there one h1, and no level left out?"""
    levels = [int(tag[1]) for tag, _ in calm.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))


@pytest.mark.parametrize("student", ["student-001", EVE])
def test_nothing_on_the_page_acts(pages, student):
    """Is all that students wrote text: no script, no handler, no address, no style?"""
    document = Document(pages[student])
    for tag, attrs in document.tags:
        assert re.fullmatch(TAGS, tag)
        assert not any(name.startswith("on") for name in attrs), attrs
        assert (attrs.get("href") or "#").startswith("#")
        assert (attrs.get("src") or "data:image/png;base64,").startswith("data:image/png;base64,")
        assert re.fullmatch(r"(flex-grow|width):[0-9.]+%?", attrs.get("style") or "width:0")
    assert sum(tag == "img" for tag, _ in document.tags) == 1


def test_what_eve_wrote_is_shown(pages):
    """Does her page show her text as she typed it: her id, source, prints and notes?"""
    text = Document(pages[EVE]).text
    assert f"Feedback for {EVE}" in text
    bad = f'"><img src=x onerror=attack()>{SCRIPT}'
    places = ("helper = 1", "Printed red", "One cell was twice.", "my_own = 2", "torch.nn.Conv2d")
    for place in (*places, "NameError: no f", "# Some <sizes> & more"[2:]):
        assert place + bad in text
    assert f"See page 3. {SCRIPT}" in text
    assert "Filled squares" not in text  # what is no picture of a check's is not shown


@dataclasses.dataclass
class Look:
    """What a browser shows of a page, and what it does."""

    requests: list[str]
    complaints: list[str]
    light: list[str]
    dark: list[str]
    too_wide: list[str]
    attacked: bool


def in_a_browser(path: Path) -> Look:
    """Open a page in Chromium in light and dark, unfolded, and on a phone."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])],
        )
        tab = browser.new_page(color_scheme="light", reduced_motion="reduce")
        requests, complaints = reader.listen(tab)
        tab.add_init_script("window.attack = () => (window.attacked = true)")
        tab.goto(path.as_uri())
        tab.evaluate("document.querySelectorAll('details').forEach((fold) => (fold.open = true))")
        light = axe(tab)
        tab.emulate_media(color_scheme="dark")
        dark = axe(tab)
        tab.set_viewport_size(reader.PHONE)
        too_wide = tab.evaluate(reader.TOO_WIDE)
        attacked = tab.evaluate("window.attacked === true")
        browser.close()
    elsewhere = [url for url in requests if not url.startswith(("file:", "data:"))]
    return Look(elsewhere, complaints, light, dark, too_wide, attacked)


def axe(tab: Page) -> list[str]:
    """Return what axe finds."""
    rules = Axe().run(tab, options={"resultTypes": ["violations"]}).response["violations"]
    return [f"{rule['id']}: {node['html'][:200]}" for rule in rules for node in rule["nodes"]]


@pytest.fixture(scope="module")
def look(pages) -> Callable[[str], Look]:
    """A function that opens a student's page once."""
    if shutil.which("chromium") is None:
        mend = "chromium is not installed: on Debian, apt-get install chromium"
        pytest.fail(mend) if os.environ.get("CI") else pytest.skip(mend)
    # In a thread of its own, because the book's browser may be open in this one.
    with ThreadPoolExecutor(1) as pool:
        looks = dict(zip(pages, pool.map(in_a_browser, pages.values()), strict=True))
    return looks.__getitem__


@pytest.mark.browser
@pytest.mark.parametrize("student", ["student-001", EVE])
def test_the_page_needs_only_itself(look, student):
    """Is nothing fetched, nothing complained of, and no attack run?"""
    seen = look(student)
    assert seen.requests == []
    assert seen.complaints == []
    assert not seen.attacked


@pytest.mark.browser
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_page_is_accessible(look, mode):
    """Does axe find nothing, with all folds open, in both modes?"""
    assert getattr(look("student-001"), mode) == []


@pytest.mark.browser
@pytest.mark.parametrize("student", ["student-001", EVE])
def test_the_page_fits_a_phone(look, student):
    """Does only what scrolls by itself reach beyond 360 pixels?"""
    assert look(student).too_wide == []
