"""The page that a student gets back, made by ``nbgrader generate_feedback``.

It is an exporter with a template of its own rather than a template for nbconvert's HTML exporter:
the formgrader sets that exporter's template for its own pages, and would undo ours.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from nbconvert.exporters import Exporter
from nbformat import NotebookNode
from nbgrader.preprocessors import GetGrades
from traitlets import Unicode

from course_utils.checks import as_text, book_link
from course_utils.checks.as_html import captioned
from course_utils.checks.picture import is_picture
from course_utils.checks.report import MARKS, MIME, Opened, Report
from course_utils.checks.shortcuts import named_in
from course_utils.grading.judge.cells import code_cells, heading, is_test
from course_utils.grading.judge.verdict import FAULT
from course_utils.grading.pages.plain_outputs import is_released, plain_outputs
from course_utils.grading.pages.safe_html import code, markdown, plain_text, sentence

TEMPLATES = Path(__file__).parent / "templates" / "course_feedback"
LINES, TEXT, PICTURES = 40, 4000, 500_000  # what a page shows of what a cell printed and drew
UNTOUCHED = "No response."  # nbgrader's own comment on a cell that nobody has touched
SOURCE = 100_000  # characters that it shows of a cell's source


def configure_feedback(c: Any) -> None:
    """Have `nbgrader generate_feedback` make the course's page."""
    c.GenerateFeedback.exporter_class = "course_utils.grading.pages.feedback.FeedbackExporter"
    c.GenerateFeedback.preprocessors = ["course_utils.grading.pages.feedback.GetAllGrades"]
    c.GenerateFeedback.force = True  # a page shows grades that may have changed, also by hand


class GetAllGrades(GetGrades):
    """nbgrader's preprocessor, and besides the extra credit and what waits for a person."""

    def _get_score(self, cell: NotebookNode, resources: dict[str, Any]) -> None:
        super()._get_score(cell, resources)
        marks = cell.metadata.nbgrader
        grade = self.gradebook.find_grade(
            marks["grade_id"], self.notebook_id, self.assignment_id, self.student_id
        )
        marks["extra_credit"] = grade.extra_credit or 0.0
        marks["waits"] = bool(grade.needs_manual_grade)


class FeedbackExporter(Exporter):
    """Write a graded notebook as one page that needs nothing but itself."""

    file_extension = ".html"
    output_mimetype = "text/html"
    book = Unicode("", help="Where the course's book is online; pages link to its pictures.").tag(
        config=True
    )

    def from_notebook_node(  # type: ignore[override]  # a page is text, as nbconvert's own are
        self, nb: NotebookNode, resources: Any | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the page of a notebook, after the preprocessors."""
        nb, resources = super().from_notebook_node(nb, resources, **kw)
        made = rendered(page(nb, resources["nbgrader"], book=self.book))
        return made, resources


def rendered(made: Page) -> str:
    """Return a page as HTML."""
    loader = FileSystemLoader(TEMPLATES)
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters.update(
        number=_number,
        points=_points,
        sentence=sentence,
        breakable=_breakable,
        drawings=_drawings,
    )
    template = environment.get_template("index.html.j2")
    return template.render(page=made, marks=MARKS, say=as_text, book=book_link)


@dataclass(frozen=True)
class Code:
    """A code cell of the student: its source in colours, what it printed and what it drew."""

    source: Markup
    said: tuple[tuple[str, str], ...]  # (what kind of text, the text)
    left_out: bool
    pictures: tuple[str, ...]


@dataclass
class Part:
    """One graded cell with the cells before it that belong to it."""

    name: str
    number: int
    score: float = 0.0
    points: float = 0.0
    extra: float = 0.0
    waits: bool = False
    statement: list[Markup] = field(default_factory=list)
    answers: list[Code | Markup] = field(default_factory=list)
    others: list[Code] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    tested: bool = False
    report: Report | None = None
    error: str = ""
    fault: str = ""  # the course's
    found: float | None = None  # points that the test gave
    plain_report: str = ""

    @property
    def share(self) -> float:
        """The share of the points, from 0 to 1."""
        return min(max(self.score / self.points, 0.0), 1.0) if self.points else 1.0

    @property
    def verdict(self) -> str:
        """The outcome in a few words."""
        if self.waits:
            return "not graded yet"
        if self.share == 1:
            return "right"
        return "partly right" if self.share else "no points"

    @property
    def passed(self) -> bool:
        """Whether the test gave all its points."""
        return self.found is not None and self.found >= self.points


@dataclass(frozen=True)
class Page:
    """What the template shows."""

    student: str
    title: str
    score: float
    points: float
    penalty: float
    notes: tuple[str, ...]
    parts: tuple[Part, ...]
    rest: Part
    book: str  # where the book's folder lies; empty if it is nowhere

    @cached_property
    def extra(self) -> float:
        """The extra credit of all parts."""
        return sum(part.extra for part in self.parts)

    @cached_property
    def waits(self) -> int:
        """The number of parts that are not graded yet."""
        return sum(part.waits for part in self.parts)


def page(nb: NotebookNode, graded: dict[str, Any], *, book: str = "") -> Page:
    """Gather what a page shows from a notebook with its grades.

    Parameters
    ----------
    nb : NotebookNode
        The autograded notebook, after `GetAllGrades`.
    graded : dict
        What nbgrader knows of it: ids, score, points and penalty.
    book : str
        The address of the course's book; empty for no links to it.
    """
    *parts, rest = _parts(nb)
    _name_earlier(parts, [cell.source for cell in code_cells(nb) if not is_test(cell)])
    return Page(
        student=graded["student"],
        title=plain_text(heading(nb)) or graded["assignment"],
        score=graded["score"],
        points=graded["max_score"],
        penalty=graded["late_penalty"],
        notes=tuple(_notes(nb)),
        parts=tuple(parts),
        rest=rest,
        book=book_link.in_site(book),
    )


def _parts(nb: NotebookNode) -> Iterator[Part]:
    """Yield a part for each graded cell, and last one with the cells after them."""
    part = Part("", 1)
    for cell in nb.cells:
        marks = cell.metadata.get("nbgrader", {})
        _add(part, cell)
        if marks.get("grade") or marks.get("task"):
            part.name = marks["grade_id"]
            part.score, part.points = marks["score"], marks["points"]
            part.extra, part.waits = marks["extra_credit"], marks["waits"]
            yield part
            part = Part("", part.number + 1)
    yield part


def _name_earlier(parts: list[Part], cells: list[str]) -> None:
    """Say of each answer that is not right which others it calls that are not right, either."""
    wrong = {part.report.name: part for part in parts if part.report and not part.report.passed}
    for name, part in wrong.items():
        assert part.report
        says = part.report.opened.says if part.report.opened else ""
        others = [other for other in wrong if other != name and f"`{other}`" not in says]
        earlier = tuple(named_in(cells, others, name))
        part.report = dataclasses.replace(part.report, earlier=earlier)


def _add(part: Part, cell: NotebookNode) -> None:
    """Put a cell where it belongs in its part."""
    marks = cell.metadata.get("nbgrader", {})
    answer = marks.get("solution") or marks.get("task")
    if marks.get("comment") not in (None, "", UNTOUCHED):
        part.comments.append(plain_text(marks["comment"]))
    if is_test(cell):
        _add_check(part, cell.outputs)
    elif cell.cell_type == "code":
        shown = _code(cell)
        if answer:
            part.answers.append(shown)
        elif not is_released(cell):
            part.others.append(shown)
    elif answer:
        part.answers.append(markdown(cell.source))
    elif not _is_title(cell):
        part.statement.append(markdown(cell.source))


def _add_check(part: Part, outputs: list[NotebookNode]) -> None:
    """Read what a test cell found; the last report counts."""
    part.tested = True
    for output in outputs:
        data = output.get("data", {})
        if output.output_type == "error" and output.ename == FAULT:
            part.fault = plain_text(output.evalue)
        elif output.output_type == "error":
            part.error = _error(output)
        elif output.output_type == "execute_result":
            part.found = _score(data)
        elif MIME in data:
            part.report = _report(data[MIME])
            part.plain_report = "" if part.report else plain_text(data.get("text/plain", ""))


def _score(data: dict[str, Any]) -> float | None:
    try:
        return float(data["text/plain"])
    except (KeyError, TypeError, ValueError):
        return None


def _report(data: dict[str, Any]) -> Report | None:
    """Rebuild a report from its JSON, or return None if it is not one."""
    try:
        return Report.from_json(data)
    except (KeyError, TypeError):
        return None


def _code(cell: NotebookNode) -> Code:
    """Show a student's cell: its text up to a length, its pictures up to a size."""
    said: list[tuple[str, str]] = []
    pictures = []
    for output in plain_outputs(cell.outputs, text=10 * TEXT, pictures=PICTURES):
        kind, text = _text(output)
        if said and said[-1][0] == kind == "Printed":
            text = said.pop()[1] + text
        said += [(kind, text)] if text else []
        if picture := output.get("data", {}).get("image/png"):
            pictures.append(picture)
    short = list(_shorten(said))
    source = code(cell.source[:SOURCE])
    cut = short != said or len(cell.source) > SOURCE
    return Code(source, tuple(short), cut, tuple(pictures))


def _text(output: NotebookNode) -> tuple[str, str]:
    """Return the kind of an output and its text."""
    if output.output_type == "stream":
        return "Printed", plain_text(output.text)
    if output.output_type == "error":
        return "Error", _error(output)
    text = plain_text(output.data["text/plain"])
    return "Result", "" if "image/png" in output.data else text


def _error(output: NotebookNode) -> str:
    """Return an error's name and message, without the made-up name of a cell's file."""
    text = plain_text(f"{output.ename}: {output.evalue}".removesuffix(": "))
    return re.sub(r"\((?:<[^<>]*>|[^() ]*\.py), line (\d+)\)", r"(line \1)", text)


def _shorten(said: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Cut texts where together they come to too many lines or characters."""
    lines, characters = LINES, TEXT
    for kind, text in said:
        if not lines or not characters:
            return
        short = "".join(text.splitlines(keepends=True)[:lines])[:characters]
        lines -= len(short.splitlines())
        characters -= len(short)
        yield kind, short


def _is_title(cell: NotebookNode) -> bool:
    return cell.cell_type == "markdown" and cell.source.startswith("# ")


def _notes(nb: NotebookNode) -> Iterator[str]:
    for note in nb.metadata.get("course", {}).get("notes", []):
        yield plain_text(str(note["says"]))


def _drawings(opened: Opened) -> list[tuple[str, Markup]]:
    """Return the drawings of a case with their captions, if they are what a check draws."""
    if not is_picture(opened.picture):
        return []
    return [(caption, Markup(svg)) for caption, svg in captioned(opened.picture)]


def _breakable(name: str) -> Markup:
    """Let a long name break behind its underscores."""
    return escape(name).replace("_", Markup("_<wbr>"))


def _number(value: float) -> str:
    return f"{round(value, 2):g}"


def _points(value: float) -> str:
    return f"{_number(value)} point{'' if value == 1 else 's'}"
