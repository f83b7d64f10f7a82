"""A graded class as a page of its own, and similar submissions side by side.

The pages are files that need nothing but themselves. Whatever students wrote, names included, is
text in them: it is escaped, and what cannot be seen is written out.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nbformat
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from course_utils.errors import CourseError
from course_utils.grading.intake.roster import read_roster
from course_utils.grading.intake.submissions import submitted_folder
from course_utils.grading.note import counted, printable
from course_utils.grading.progress import Follow, quietly
from course_utils.grading.report import plots
from course_utils.grading.report.class_report import ClassReport
from course_utils.grading.report.clusters import Marked, Reader, clusters, lines
from course_utils.grading.report.distribution import Distribution, distribution
from course_utils.grading.report.rendering import with_name
from course_utils.grading.report.results import Result, cents
from course_utils.grading.report.similar import CAUTION, Pair, Similar, similar
from course_utils.grading.report.statistics import EXPLAINED

HERE = Path(__file__).parent
TEMPLATES = (HERE / "templates", HERE.parent / "pages" / "templates")
FOLDER = "reports"
MISTAKES = 15  # that are not folded
MAX_LINES, MAX_WIDTH = 400, 300  # of a cell that is shown
BETWEEN = 20  # pairs across groups that are shown side by side
CLASS, SIMILAR = "index.html", "similar.html"  # the two pages that list groups
GROUPS = {CLASS: "similar", SIMILAR: "similar-only"}  # what the pages of their groups are called
OURS = '<meta name="generator" content="course">'  # by which an earlier page is known


@dataclass(frozen=True)
class Links:
    """Where a student's files are, as seen from the page; empty for what is not there."""

    feedback: str
    submitted: str
    autograded: str


@dataclass(frozen=True)
class Group:
    """Similar submissions that have a page.

    Attributes
    ----------
    file : str
        The page's name.
    title : str
    students : tuple of str
    pairs : tuple of Pair
        Those that are shown side by side.
    shares : tuple of (float, float)
        The smallest and the largest share, of those that are the larger one of a pair.
    left_out : int
        How many pairs are not shown.
    across : bool
        Whether the pairs are of students in different groups.
    """

    file: str
    title: str
    students: tuple[str, ...]
    pairs: tuple[Pair, ...]
    shares: tuple[float, float]
    left_out: int = 0
    across: bool = False


@dataclass(frozen=True)
class Resemblance:
    """What is known of similar submissions, or why nothing is."""

    found: Similar | None
    groups: tuple[Group, ...]
    why_not: str = ""


@dataclass(frozen=True)
class ClassPage:
    """What the page of a class shows."""

    report: ClassReport
    title: str
    graded_at: str
    links: Mapping[str, Links]
    resemblance: Resemblance
    names: Mapping[str, str]

    @cached_property
    def graded(self) -> list[Result]:
        """The students who have a grade."""
        return [result for result in self.report.students if result.graded]

    @cached_property
    def points(self) -> float:
        """The points to reach."""
        return cents(sum(item.points for item in self.report.exercises))

    @cached_property
    def spread(self) -> Distribution | None:
        """How the grades are spread."""
        return distribution([result.grade for result in self.graded], self.points)

    @cached_property
    def handed_in(self) -> int:
        """How many handed in, with a grade or without."""
        return len(
            {result.student for result in self.report.students} | {*self.report.without_grade}
        )

    @cached_property
    def late(self) -> list[Result]:
        """Who was late, or has a penalty."""
        return [one for one in self.report.students if one.seconds_late or one.penalty]

    @cached_property
    def notes(self) -> dict[str, int]:
        """How many notes there are on each student's submission."""
        found: dict[str, int] = {}
        for note in self.report.notes:
            found[note["student"]] = found.get(note["student"], 0) + 1
        return found


def write_class_page(
    root: Path, report: ClassReport, out: Path | None = None, follow: Follow = quietly
) -> Path:
    """Write the page of a class, with the pages of its similar submissions beside it.

    Parameters
    ----------
    root : Path
        The folder of the class.
    report : ClassReport
    out : Path, optional
        The folder for the pages; ``reports/<slug>`` in `root` unless given.
    follow : Follow
        How to show what is gone through.

    Returns
    -------
    Path
        The page, ``index.html``.
    """
    slug = report.assignment
    folder = _folder(root, slug, out)
    names = {one.student: _name(one) for one in report.students}
    try:
        found = similar(root, slug, follow=follow)
    except CourseError as error:
        resemblance = Resemblance(None, (), str(error))
    else:
        resemblance = _write_groups(root, found, folder, names, CLASS, follow)
    page = ClassPage(
        report,
        title=_title(root, slug),
        graded_at=_graded_at(root, slug),
        links={one.student: _links(root, slug, one.student, folder) for one in report.students},
        resemblance=resemblance,
        names=names,
    )
    return _write(folder / CLASS, "index.html.j2", page=page)


def write_similar_page(
    root: Path, found: Similar, out: Path | None = None, follow: Follow = quietly
) -> Path:
    """Write the page of similar submissions alone, ``similar.html``, and those of its groups."""
    folder = _folder(root, found.assignment, out)
    roster = read_roster(root)
    names = {person.id: person.name for person in roster.people.values()} if roster else {}
    resemblance = _write_groups(root, found, folder, names, SIMILAR, follow)
    title = _title(root, found.assignment)
    return _write(
        folder / "similar.html",
        "similar.html.j2",
        title=title,
        resemblance=resemblance,
        names=names,
    )


def _folder(root: Path, slug: str, out: Path | None) -> Path:
    folder = Path(os.path.abspath(out or root / FOLDER / slug))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise CourseError(f"{folder} is no folder: name another with --out") from error
    return folder


def _write_groups(
    root: Path, found: Similar, folder: Path, names: Mapping[str, str], back: str, follow: Follow
) -> Resemblance:
    """Write a page for each group of similar submissions, and delete those of an earlier class."""
    name = GROUPS[back]
    groups = tuple(_groups(found, name))
    for old in folder.glob(f"{name}-*.html"):
        if re.fullmatch(rf"{name}-\d+\.html", old.name) and _is_ours(old):
            old.unlink()
    if groups:
        reader = Reader(root, found.assignment)
        title = _title(root, found.assignment)
        for group in follow(groups, "Groups side by side"):
            sides = ((pair, reader.side_by_side(*pair.students)) for pair in group.pairs)
            about = {"group": group, "sides": sides, "title": title, "names": names, "back": back}
            _write(folder / group.file, "group.html.j2", **about)
    return Resemblance(found, groups)


def _groups(found: Similar, name: str) -> Iterator[Group]:
    groups, between = clusters(found)
    for i, each in enumerate(groups, start=1):
        left_out = len(each.pairs) - len(each.shown)
        file = f"{name}-{i}.html"
        yield Group(file, f"Group {i}", each.students, each.shown, each.shares, left_out)
    if between:
        students = tuple(sorted({student for pair in between for student in pair.students}))
        shares = [max(pair.shares) for pair in between]
        yield Group(
            f"{name}-{len(groups) + 1}.html",
            "Pairs across groups",
            students,
            tuple(between[:BETWEEN]),
            (min(shares), max(shares)),
            len(between[BETWEEN:]),
            across=True,
        )


def _is_ours(path: Path) -> bool:
    with path.open(encoding="utf-8", errors="replace") as file:
        return OURS in file.read(1000)


def _write(path: Path, template: str, **about: Any) -> Path:
    """Write a page in one step."""
    made = _environment().get_template(template).render(**about)
    draft = path.with_suffix(".draft")
    draft.write_text(made, encoding="utf-8")
    os.replace(draft, path)
    return path


def _environment() -> Environment:
    loader = FileSystemLoader(TEMPLATES)
    environment = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters.update(
        breakable=_breakable,
        lateness=lateness,
        number=_number,
        percent=_percent,
        sentence=_sentence,
    )
    environment.globals.update(
        bar=plots.bar,
        counted=counted,
        with_name=with_name,
        histogram=plots.histogram,
        items=plots.items,
        listing=listing,
        ours=Markup(OURS),
        caution=CAUTION,
        explained=EXPLAINED,
        mistakes_shown=MISTAKES,
    )
    return environment


def _shown(value: Any) -> Any:
    """Write out what cannot be seen, in every text that goes into a page."""
    is_text = isinstance(value, str) and not isinstance(value, Markup)
    return printable(value, keep="\n\t") if is_text else value


def _sentence(text: str) -> Markup:
    """Set what is in backticks as code."""
    safe = str(escape(printable(text, keep="")))
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", safe))


def _breakable(name: str) -> Markup:
    """Let a long name break behind its underscores."""
    return escape(printable(name, keep="")).replace("_", Markup("_<wbr>"))


def _number(value: float) -> str:
    return f"{cents(value):g}"


def _percent(share: float) -> str:
    return "–" if math.isnan(share) else f"{100 * share:.0f} %"


def lateness(seconds: float) -> str:
    """Write by how much somebody was late, in the two largest units.

    >>> lateness(30), lateness(3600), lateness(2 * 86400 + 3 * 3600 + 59)
    ('under 1 min', '1 h', '2 d 3 h')
    """
    minutes = int(seconds // 60)
    parts = {"d": minutes // 1440, "h": minutes // 60 % 24, "min": minutes % 60}
    said = [f"{count} {unit}" for unit, count in parts.items() if count]
    return " ".join(said[:2]) or "under 1 min"


def listing(cell: Marked) -> tuple[list[list[tuple[str, bool]]], bool]:
    """Return the lines of a cell that are shown, each as parts that are marked or not.

    The second is whether something is left out.
    """
    found: list[list[tuple[str, bool]]] = []
    cut = False
    for number, line in enumerate(lines(cell)):
        if number == MAX_LINES:
            return found, True
        room = MAX_WIDTH
        parts: list[tuple[str, bool]] = []
        for text, marked in line:
            parts += [(text[:room], marked)] if room else []
            cut |= len(text) > room
            room -= len(text[:room])
        found.append(parts)
    return found, cut


def _name(result: Result) -> str:
    return f"{result.first_name} {result.last_name}".strip()


def _title(root: Path, slug: str) -> str:
    """Return the first heading of the released notebook, or the assignment's name."""
    try:
        notebook = nbformat.read(root / "exercises" / slug / f"{slug}.ipynb", as_version=4)
        heads = (cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        first = next(heads, "").partition("\n")[0]
    except Exception:  # what is no notebook raises errors of many types
        return slug
    return first.removeprefix("# ").strip() if first.startswith("# ") else slug


def _graded_at(root: Path, slug: str) -> str:
    """Return when the newest autograded notebook was written; nothing if there is none."""
    files = root.glob(f"autograded/*/{slug}/{slug}.ipynb")
    newest = max((path.stat().st_mtime for path in files if path.is_file()), default=None)
    return "" if newest is None else f"{datetime.fromtimestamp(newest, UTC):%Y-%m-%d %H:%M} UTC"


def _links(root: Path, slug: str, student: str, folder: Path) -> Links:
    handed_in = submitted_folder(root / "submitted", student, slug)
    return Links(
        _link(root / "feedback" / student / slug / f"{slug}.html", folder),
        _link(handed_in / f"{slug}.ipynb", folder) or _link(handed_in, folder),
        _link(root / "autograded" / student / slug / f"{slug}.ipynb", folder),
    )


def _link(path: Path, folder: Path) -> str:
    """Return the way from a page's folder to what is there and is no link itself, else nothing."""
    if not path.exists() or path.is_symlink():
        return ""
    return quote(os.path.relpath(os.path.abspath(path), folder))
