"""Does the page of a class show what its report holds, and nothing that anybody smuggled in?"""

import csv
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from html.parser import HTMLParser
from itertools import pairwise
from urllib.parse import unquote

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from nbgrader.api import Gradebook
from playwright.sync_api import sync_playwright

from course_utils import cli
from course_utils.errors import CourseError
from course_utils.grading.note import printable
from course_utils.grading.report.class_report import class_report
from course_utils.grading.report.clusters import Marked
from course_utils.grading.report.page import (
    MAX_LINES,
    MAX_WIDTH,
    MISTAKES,
    lateness,
    listing,
    write_class_page,
)
from course_utils.grading.report.similar import CAUTION
from tests.book import reader
from tests.grading.report.test_results import WRONG, blank, check, put_grades, put_notebook
from tests.grading.report.test_similar import SLUG, answered, open_course, renamed, styles

EVE = '<img src=x onerror="attack()">'
MARKUP = "</mark></code></td><script>attack()</script><a href='https://example.org'>"
HIDDEN = "e\u202evil"
SCORES = {
    "anna": {"output_size": 2.0, "same_padding": 1.0},
    "bert": {"output_size": 1.5, "same_padding": 0.0},
    "cleo": {"output_size": 0.0, "same_padding": 0.5},
    "dora": {"output_size": None, "same_padding": None},
    EVE: {"output_size": 1.25, "same_padding": 0.5},
}
# A page has no others.
ATTRIBUTES = {
    "lang", "charset", "name", "content", "http-equiv", "class", "href", "id", "tabindex", "role",
    "scope", "open", "width", "height", "x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "r",
    "aria-label", "aria-labelledby", "aria-hidden", "focusable",
}  # fmt: skip
VOID = {"meta", "br", "wbr", "img", "link", "input", "hr"}


class Seen(HTMLParser):
    """What there is on a page: each element with its attributes and its text, in order."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.unbalanced = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        element = {"tag": tag, "attrs": dict(attrs), "text": "", "inside": [*self.open]}
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop()["tag"] != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data):
        for element in self.open:
            element["text"] += data

    def all(self, *tags, within=None):
        found = [e for e in self.elements if e["tag"] in tags]
        return [
            e
            for e in found
            if within is None or any(e is not o and o is within for o in e["inside"])
        ]

    def table(self, caption):
        """Return the rows of the table whose caption begins so, without that of its headings."""
        for table in self.all("table"):
            if "".join(e["text"] for e in self.all("caption", within=table)).startswith(caption):
                rows = self.all("tr", within=table)[1:]
                return [
                    [" ".join(c["text"].split()) for c in self.all("th", "td", within=r)]
                    for r in rows
                ]
        raise AssertionError(f"no table {caption!r}")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A class with a list, in which somebody writes markup wherever that is possible."""
    root = open_course(tmp_path_factory.mktemp("class"))
    put_grades(root, SCORES)
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        gradebook.find_student("anna").first_name = MARKUP
        gradebook.find_assignment(SLUG).duedate = datetime(2026, 10, 1, 12)
        gradebook.find_submission(SLUG, "bert").timestamp = datetime(2026, 10, 2, 15, 1)
        gradebook.find_submission_notebook(SLUG, SLUG, "bert").late_submission_penalty = 0.25
        for student, name in ((s, n) for s, each in SCORES.items() for n in each):
            waits = (student, name) == ("cleo", "same_padding")
            gradebook.find_grade(name, SLUG, SLUG, student).needs_manual_grade = waits
        gradebook.db.commit()
    notes = [
        {"kind": MARKUP, "says": f"{HIDDEN}{MARKUP}"},
        {"kind": "moved", "says": "Cell moved."},
    ]
    rare = [f"mistake_{i:02}" for i in range(MISTAKES)]
    put_notebook(root, "anna", check("output_size"), check("same_padding"))
    put_notebook(
        root, "bert", check("output_size", mistakes=[WRONG[0], *rare]), blank("same_padding")
    )
    caught = {"counted": True, "calls": [{"catches": [WRONG[1]]}]}
    put_notebook(
        root,
        EVE,
        check("output_size", mistakes=[WRONG[0], MARKUP], shortcuts=[MARKUP]),
        check("cases_for_output_size", caught=caught),
        notes=notes,
    )
    put_notebook(root, "gone", check("output_size", mistakes=[WRONG[0]]))
    answers = styles()
    copied = {name: renamed(source) for name, source in answers.items()}
    copied["convolve2d"] += f"\n# {MARKUP}{HIDDEN}\n"
    handed_in = {"anna": answered(answers), EVE: answered(copied), "cleo": answered(styles(1))}
    for student, notebook in handed_in.items():
        nbformat.write(notebook, folder(root, "submitted", student) / f"{SLUG}.ipynb")
    for student in ("bert", "emil", "gone", HIDDEN):
        folder(root, "submitted", student)
    (folder(root, "feedback", EVE) / f"{SLUG}.html").touch()
    os.symlink("/etc/passwd", folder(root, "feedback", "anna") / f"{SLUG}.html")
    with (root / "roster.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "first_name", "last_name", "dropped"])
        writer.writerows([who, "", "", ""] for who in ("anna", "bert", "cleo", "dora", "emil"))
        writer.writerows(
            [[EVE, "Eve", MARKUP, ""], ["missing", "", "", ""], ["gone", "", "", "yes"]]
        )
    return root


def folder(root, kind, student):
    path = root / kind / student / SLUG
    path.mkdir(parents=True, exist_ok=True)
    return path


@pytest.fixture(scope="module")
def report(root):
    """What is known of that class."""
    return class_report(root, SLUG)


@pytest.fixture(scope="module")
def pages(root, report):
    """The pages of that class, by name."""
    path = write_class_page(root, report)
    assert path == root / "reports" / SLUG / "index.html"
    return {p.name: Seen(p.read_text(encoding="utf-8")) for p in sorted(path.parent.iterdir())}


def test_there_is_a_page_for_the_class_and_one_for_each_group(pages):
    """Are the two who have one source a group, and is nobody else in one?"""
    assert list(pages) == ["index.html", "similar-1.html"]
    (row,) = pages["index.html"].table("Groups of submissions")
    assert row == ["Group 1", f"{EVE} (Eve {MARKUP}), anna ({MARKUP})", "1.00"]


def test_the_head_has_the_numbers_of_the_report(pages, report):
    """Are who handed in, median and quartiles those of the report's grades?"""
    page = pages["index.html"]
    facts = {dt["text"]: dd["text"] for dt, dd in zip(page.all("dt"), page.all("dd"), strict=True)}
    assert facts["Handed in"] == "6 of 7on the list of the class"
    grades = sorted(one.grade for one in report.students if one.graded)
    assert grades == [0.5, 1.25, 1.75, 3]
    assert facts["Graded"].startswith("4")
    assert facts["Median"] == "1.5of 3 points"
    assert facts["Quartiles"].startswith("1.06 to 2.06")
    assert facts["Isolation"] == "namespacesfor 3 students"


def test_the_table_of_students_is_that_of_the_report(pages, report):
    """Does each student have grades after and before the penalty, and all that is known?"""
    rows = {row[0]: row[1:-1] for row in pages["index.html"].table("Grades, of 3 points")}
    assert list(rows) == [one.student for one in report.students]
    assert rows["anna"] == [MARKUP, "3", "3", "", "", ""]
    assert rows["bert"] == ["", "1.25", "1.5", "1 d 3 h", "", ""]
    assert rows["cleo"] == ["", "0.5", "0.5", "", "1", ""]
    assert rows["dora"] == ["", "none", "", "", "", ""]
    assert rows[EVE] == [f"Eve {MARKUP}", "1.75", "1.75", "", "", "2"]


def test_the_exercises_are_those_of_the_report(pages, report):
    """Does the table hold the statistics, and the plot a dot for each?"""
    rows = pages["index.html"].table("Full marks is the share")
    assert [row[0] for row in rows] == ["1 output_size", "2 same_padding"]
    for row, item in zip(rows, report.exercises, strict=True):
        assert row[1:] == [
            f"{item.points:g}", f"{item.students}", f"{100 * item.full:.0f} %",
            f"{100 * item.mean:.0f} %", f"{item.discrimination:.2f}", f"{item.blank}",
        ]  # fmt: skip
    (figure,) = [f for f in pages["index.html"].all("figure") if "discrimination" in f["text"]]
    full = [
        c for c in pages["index.html"].all("circle", within=figure) if c["attrs"]["class"] == "full"
    ]
    assert len(full) == 4


def test_the_histogram_counts_every_grade(pages):
    """Do the numbers on its bars sum to the grades, and do its words say the same?"""
    page = pages["index.html"]
    counts = [t["text"] for t in page.all("text") if t["attrs"]["class"] == "count"]
    assert counts == ["1", "1", "1", "1"]
    says = next(d["text"] for d in page.all("desc"))
    assert says.startswith("4 grades. How many there are in each bar of points: 0.5 to 0.75: 1, ")
    assert says.endswith("Median 1.50, quartiles 1.06 and 2.06.")
    (caption,) = [c["text"] for c in page.all("figcaption") if "in points" in c["text"]]
    assert "A bar is 0.25 points wide" in caption


def test_mistakes_have_their_sentence_and_their_students(pages, report):
    """Does each mistake have a number, a sentence and folded ids; are the rare ones folded?"""
    page = pages["index.html"]
    items = [li for li in page.all("li") if page.all("svg", within=li)]
    assert len(items) == len(report.mistakes) == MISTAKES + 2
    for item, mistake in zip(items, report.mistakes, strict=True):
        text = " ".join(item["text"].split())
        assert text.startswith(f"{mistake.students} student")
        assert mistake.sentence.replace("`", "") in text
        (fold,) = page.all("details", within=item)
        assert fold["text"].split(": ")[1].strip() == ", ".join(mistake.who)
        assert len(mistake.who) == mistake.students
    assert report.mistakes[0].who == (EVE, "bert")
    (rare,) = [d for d in page.all("details") if "2 rarer mistakes" in d["text"]]
    assert len(page.all("li", within=rare)) == 2
    (bar,) = [
        r["attrs"]["width"]
        for r in page.all("rect", within=items[0])
        if r["attrs"]["class"] == "column"
    ]
    assert bar == "50%"  # two of the four with a grade


def test_what_is_to_be_looked_at_is_there(pages, report):
    """Are missing, dropped, refused, ungraded and late students named, and all notes?"""
    page = pages["index.html"]
    (look,) = [s for s in page.all("section") if s["attrs"]["aria-labelledby"] == "look"]
    text = re.sub(r"\s+", " ", look["text"])
    for part in (
        "On the list, and nothing handed in (1) missing ",
        "Handed in, and without a grade (2) dora, emil ",
        f"not graded (1) {printable(HIDDEN)}: an id has no characters that cannot be seen",
        "Dropped, and not counted (1) gone ",
        "Late (1)",
        "Set right before grading (2)",
    ):
        assert part in text
    assert page.table("By how much") == [["bert", "1 d 3 h", "0.25"]]
    assert [row[2] for row in page.table("What was amiss")] == [
        note["says"].replace(HIDDEN, printable(HIDDEN)) for note in report.notes
    ]
    caught = {row[0]: row[2] for row in page.table("Of how many students the calls")}
    assert caught == {name: f"{int(name == WRONG[1])} of 1" for name in WRONG}


def test_links_lead_to_files_that_are_there(root, pages):
    """Does each link go to a file or a place on the page, and none to a link of a student's?"""
    for name, page in pages.items():
        ids = {e["attrs"].get("id") for e in page.elements}
        for link in page.all("a"):
            href = link["attrs"]["href"]
            if href.startswith("#"):
                assert href[1:] in ids, (name, href)
            else:
                target = root / "reports" / SLUG / unquote(href)
                assert re.fullmatch(r"[\w./%-]+", href)
                assert target.exists()
                assert not target.is_symlink()
    files = {row[0]: row[-1] for row in pages["index.html"].table("Grades, of 3 points")}
    assert files == {
        "anna": "handed in, graded", "bert": "handed in, graded", "cleo": "handed in",
        "dora": "", EVE: "feedback, handed in, graded",
    }  # fmt: skip


def test_what_students_wrote_is_text(root, pages):
    """Is there no element and no attribute of theirs, and nothing that cannot be seen?"""
    for page in pages.values():
        assert page.unbalanced == []
        assert page.open == []
        assert not page.all("script", "img", "iframe", "object", "form", "link")
        assert not [key for e in page.elements for key in e["attrs"] if key.startswith("on")]
        for element in page.elements:
            assert set(element["attrs"]) <= ATTRIBUTES
    for path in (root / "reports" / SLUG).iterdir():
        text = path.read_text(encoding="utf-8")
        assert "attack()</script>" not in text
        assert HIDDEN not in text
        assert "e\\u202evil" in text
        assert not re.search(r"""(?:href|src|url)\s*[=(]\s*["']?(?:\w+:)?//""", text)


def test_headings_tables_and_plots_can_be_read_aloud(pages):
    """Are ids unique, headings in order, and does each table and plot say what it is?"""
    for page in pages.values():
        ids = [e["attrs"]["id"] for e in page.elements if "id" in e["attrs"]]
        assert len(ids) == len(set(ids))
        levels = [int(h["tag"][1]) for h in page.all("h1", "h2", "h3", "h4")]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))
        assert all(h["text"].strip() for h in page.all("h1", "h2", "h3"))
        assert len(page.all("main")) == 1
        for table in page.all("table"):
            assert page.all("caption", within=table)
            assert all(
                th["attrs"]["scope"] in ("col", "row") for th in page.all("th", within=table)
            )
        for svg in page.all("svg"):
            told = {e["attrs"]["id"] for e in page.all("title", "desc", within=svg) if e["text"]}
            named = set(svg["attrs"].get("aria-labelledby", "").split())
            assert svg["attrs"].get("aria-hidden") == "true" or (
                svg["attrs"]["role"] == "img" and named and named == told
            )
        for element in page.elements:
            assert set(element["attrs"].get("aria-labelledby", "").split()) <= set(ids)


def test_a_group_is_shown_side_by_side(pages):
    """Are the answers beside each other, with lines that are numbered, marks and the caution?"""
    page = pages["similar-1.html"]
    assert CAUTION in " ".join(page.all("body")[0]["text"].split())
    assert len(page.all("h3")) == len(styles())
    lists = page.all("ol")
    assert len(lists) == 2 * len(styles())
    marked = [m["text"] for m in page.all("mark", within=page.all("main")[0])]
    assert len(marked) > 2 * len(styles())
    assert not [text for text in marked if text.startswith(("def ", "#", '"'))]
    text = page.all("body")[0]["text"]
    assert f"# {MARKUP}{printable(HIDDEN)}" in text
    for word in ("copied", "cheat", "plagiar", "suspect", "guilty"):
        assert word not in text.lower().replace(MARKUP, "")


def test_pages_of_an_earlier_run_go_and_files_of_others_stay(root, pages, tmp_path, capsys):
    """Is a group that is no more deleted, and what is another's or the class's page kept?"""
    out = tmp_path / "pages"
    shutil.copytree(root / "reports" / SLUG, out)
    shutil.copy(out / "similar-1.html", out / "similar-only-7.html")
    (out / "similar-only-8.html").write_text("mine")
    (out / "similar-only-x.html").write_text("mine")
    before = (out / "similar-1.html").read_bytes()
    words = ["similar", SLUG, "--root", str(root), "--html", "--out", str(out), "--least", "1"]
    assert cli.main(words) == 0
    # Nothing is on stderr, which is no terminal.
    assert capsys.readouterr() == (f"Open {out / 'similar.html'}\n", "")
    kept = {"index.html", "similar-1.html", "similar-only-8.html", "similar-only-x.html"}
    names = {path.name for path in out.iterdir()}
    assert names == {*kept, "similar.html", "similar-only-1.html"}
    assert (out / "similar-1.html").read_bytes() == before
    page = Seen((out / "similar.html").read_text(encoding="utf-8"))
    assert page.unbalanced == []
    assert [row[0] for row in page.table("Groups of submissions")] == ["Group 1"]
    assert "a share of at least 1, so" in " ".join(page.all("caption")[0]["text"].split())


def test_a_file_in_place_of_the_folder_is_named(root, report, tmp_path):
    """Is what to do said, and the file kept?"""
    (tmp_path / "file").touch()
    with pytest.raises(CourseError, match="is no folder: name another with --out"):
        write_class_page(root, report, tmp_path / "file")


def test_a_class_without_a_list_or_a_release_has_a_page(tmp_path):
    """Is what is not known left out, and why nothing was compared said?"""
    put_grades(tmp_path, {"anna": {"output_size": None}}, {"output_size": 2.0})
    page = Seen(
        write_class_page(tmp_path, class_report(tmp_path, SLUG)).read_text(encoding="utf-8")
    )
    text = " ".join(page.all("body")[0]["text"].split())
    assert "Nobody has a grade yet." in text
    assert "Submissions were not compared: " in text
    assert "has no assignment 'convolution-arithmetic'" in text
    assert "Nothing had to be set right." in text
    assert "on the list" not in text
    assert page.all("h1")[0]["text"] == SLUG
    (row,) = page.table("Full marks is the share")
    assert row == ["1 output_size", "2", "0", "–", "–", "-", "0"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["report", SLUG, "--html", "--csv"], "--csv and --html exclude each other"),
        (["similar", SLUG, "--html", "--json"], "--json and --html exclude each other"),
        (["report", SLUG, "--out", "pages"], "--out is for pages: add --html"),
        (["similar", SLUG, "--out", "pages", "--json"], "--out is for pages: add --html"),
    ],
)
def test_one_form_at_a_time(words, says, capsys):
    """Is more than one form, and a folder for what is no page, wrong use?"""
    assert cli.main(words) == 2
    assert says in capsys.readouterr().err


def test_lateness_is_said_in_two_units():
    """Are days, hours and minutes told apart, and is what is 0 left out?"""
    told = [lateness(s) for s in (1, 60, 3599, 3660, 86400, 90061, 86460, 10 * 86400 + 7200)]
    assert told == [
        "under 1 min", "1 min", "59 min", "1 h 1 min", "1 d", "1 d 1 h", "1 d 1 min", "10 d 2 h"
    ]  # fmt: skip


def test_what_is_too_much_is_cut():
    """Do a long line and many lines end, with their marks, and is that said?"""
    source = f"a = {'1' * MAX_WIDTH}\n" + "b\n" * MAX_LINES
    shown, cut = listing(Marked(source, ((0, 304), (305, 306)), 1.0))
    assert (len(shown), cut) == (MAX_LINES, True)
    assert shown[0] == [(source[:MAX_WIDTH], True)]
    assert shown[1:3] == [[("b", True)], [("b", False)]]
    assert listing(Marked("a\n\nb", (), 0.0)) == ([[("a", False)], [], [("b", False)]], False)


def look(files):
    """Return what axe, the console and a phone have against pages, all unfolded."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])],
        )
        tab = browser.new_page(reduced_motion="reduce", viewport=reader.PHONE)
        _, found = reader.listen(tab)
        for file in files:
            tab.goto(file.as_uri())
            tab.evaluate(
                "document.querySelectorAll('details').forEach((fold) => (fold.open = true))"
            )
            for scheme in ("light", "dark"):
                tab.emulate_media(color_scheme=scheme)
                rules = (
                    Axe().run(tab, options={"resultTypes": ["violations"]}).response["violations"]
                )
                found += [f"{r['id']}: {node['html'][:200]}" for r in rules for node in r["nodes"]]
            found += tab.evaluate(reader.TOO_WIDE)
        browser.close()
    return found


@pytest.mark.browser
def test_the_pages_are_accessible_and_fit_a_phone(root, pages):
    """Does axe find nothing in both modes, and is nothing wider than 360 pixels?"""
    if shutil.which("chromium") is None:
        mend = "chromium is not installed: on Debian, apt-get install chromium"
        pytest.fail(mend) if os.environ.get("CI") else pytest.skip(mend)
    files = [root / "reports" / SLUG / name for name in pages]
    with ThreadPoolExecutor(1) as pool:  # the book's browser may be open in this thread
        assert pool.submit(look, files).result() == []
