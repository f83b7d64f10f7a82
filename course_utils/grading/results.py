"""What a graded class came to, as text, JSON and CSV."""

from __future__ import annotations

import contextlib
import io
import json
import math
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_utils.errors import CourseError
from course_utils.exercises.catalog import find
from course_utils.grading.autograded import Autograded, read_autograded
from course_utils.grading.note import printable, quoted
from course_utils.grading.statistics import EXPLAINED, Item, item_statistics
from course_utils.grading.submissions import handed_in
from course_utils.grading.table import write_rows

WIDTH = 100
SHOWN = 15  # mistakes in the text
KEEP = "\xa0"  # a space at which no line is broken
SQLITE = "sqlite:///"  # how the address of a file begins
NAME_WIDTH = 24  # longer ids of students are cut in the table


@dataclass(frozen=True)
class Result:
    """One student's scores, by exercise.

    Attributes
    ----------
    student : str
    scores, points : dict of str to float
        Points reached and points to reach; an exercise without a grade has None for a score.
    """

    student: str
    scores: dict[str, float | None]
    points: dict[str, float]

    @property
    def total(self) -> float:
        """The sum of the scores."""
        return round(sum(score or 0.0 for score in self.scores.values()), 2)

    @property
    def graded(self) -> bool:
        """Whether any exercise has a grade."""
        return any(score is not None for score in self.scores.values())


@dataclass(frozen=True)
class Mistake:
    """A known wrong answer that was recognised in a class."""

    exercise: str
    name: str
    sentence: str
    students: int


@dataclass(frozen=True)
class Shortcut:
    """A forbidden function that was used, and by whom."""

    exercise: str
    name: str
    students: tuple[str, ...]


@dataclass(frozen=True)
class ClassReport:
    """What is to be known of a graded class.

    Attributes
    ----------
    assignment : str
    students : list of Result
    exercises : list of Item
    mistakes : list of Mistake
        The commonest first.
    shortcuts : list of Shortcut
    notes : list of dict
        What was set right before grading: "student", "kind" and "says".
    without_grade : list of str
        Students who handed in and have no grade.
    refused : list of dict
        Folders in submitted/ that are not graded: "folder" and "says".
    unreadable : list of str
        Students whose autograded notebook cannot be read.
    isolation : dict of str to int
        How many students' code ran in each tier of isolation.
    """

    assignment: str
    students: list[Result]
    exercises: list[Item]
    mistakes: list[Mistake]
    shortcuts: list[Shortcut]
    notes: list[dict[str, str]]
    without_grade: list[str]
    refused: list[dict[str, str]]
    unreadable: list[str]
    isolation: dict[str, int]


def class_report(root: Path, slug: str, gradebook: str = "") -> ClassReport:
    """Gather what the gradebook and the autograded notebooks in `root` hold of an assignment.

    Parameters
    ----------
    root : Path
        The folder with the autograded notebooks.
    slug : str
    gradebook : str
        The gradebook's address; the file gradebook.db in `root` if it is empty.

    Raises
    ------
    CourseError
        If there is no gradebook, or nobody's work was graded.
    """
    found = results(root, slug, gradebook)
    notebooks = read_autograded(root, slug)
    graded = [result for result in found if result.graded]
    blank = {notebook.student: notebook.blank for notebook in notebooks}
    there = handed_in(root / "submitted", slug)
    submitted = {*there.folders, *(result.student for result in found)}
    return ClassReport(
        assignment=slug,
        students=found,
        exercises=item_statistics(
            _points(found),
            [result.scores for result in graded],
            [blank.get(result.student, ()) for result in graded],
        ),
        mistakes=_mistakes(notebooks),
        shortcuts=_shortcuts(notebooks),
        notes=[
            {"student": notebook.student, "kind": kind, "says": says}
            for notebook in notebooks
            for kind, says in notebook.notes
        ],
        without_grade=sorted(submitted - {result.student for result in graded}),
        refused=[
            {"folder": printable(name, keep=""), "says": why} for name, why in there.refused.items()
        ],
        unreadable=[notebook.student for notebook in notebooks if not notebook.readable],
        isolation=dict(Counter(notebook.isolation for notebook in notebooks if notebook.isolation)),
    )


def gradebook_address(course: Path, root: Path) -> str:
    """Return the address of the gradebook that nbgrader's settings in `course` name for `root`."""
    if not course.is_dir():
        raise CourseError(f"{course} is no folder: name the course's with --course")
    from nbgrader.apps import NbGrader

    words = [f"--CourseDirectory.root={root.resolve()}", "--Application.log_level=ERROR"]
    app = NbGrader()
    with contextlib.chdir(course):
        app.initialize(words)
    return str(app.coursedir.db_url)


def results(root: Path, slug: str, gradebook: str = "") -> list[Result]:
    """Read the scores of one assignment from nbgrader's gradebook.

    A score that was set by hand, say in the formgrader, holds; extra credit is added.

    Parameters
    ----------
    root : Path
        The folder of the class.
    slug : str
    gradebook : str
        The gradebook's address; the file gradebook.db in `root` if it is empty.

    Raises
    ------
    CourseError
        If there is no gradebook, it does not answer, or nobody's work was graded.
    """
    address = gradebook or f"{SQLITE}{root / 'gradebook.db'}"
    path = Path(address.removeprefix(SQLITE))
    if address.startswith(SQLITE) and not path.is_file():
        raise CourseError(
            f"{path.parent} has no {path.name}: grade first, with `course grade {slug}`, "
            "or name the folder with --root"
        )
    import sqlalchemy.exc
    from nbgrader.api import Gradebook, MissingEntry

    try:
        with Gradebook(address) as opened:
            opened.find_assignment(slug)
            found = [
                Result(
                    submission.student_id,
                    {g.name: _score(g) for n in submission.notebooks for g in n.grades},
                    {g.name: g.max_score for n in submission.notebooks for g in n.grades},
                )
                for submission in opened.assignment_submissions(slug)
            ]
    except MissingEntry:
        raise CourseError(f"the gradebook of {root} has no assignment {slug!r}") from None
    except (sqlalchemy.exc.SQLAlchemyError, ImportError) as error:  # its driver may be missing
        named = sqlalchemy.make_url(address).render_as_string(hide_password=True)
        raise CourseError(f"the gradebook {named} cannot be read: {_first_line(error)}") from error
    if not found:
        raise CourseError(f"nobody's {slug} is graded yet: run `course grade {slug}`")
    return sorted(found, key=lambda result: result.student)


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def common_mistakes(root: Path, slug: str) -> list[Mistake]:
    """Count the known mistakes in the autograded notebooks, the commonest first."""
    return _mistakes(read_autograded(root, slug))


def _score(grade: Any) -> float | None:
    score: float | None = grade.auto_score if grade.manual_score is None else grade.manual_score
    return None if score is None else score + (grade.extra_credit or 0.0)


def _points(found: Iterable[Result]) -> dict[str, float]:
    return {name: points for result in found for name, points in result.points.items()}


def _mistakes(notebooks: Iterable[Autograded]) -> list[Mistake]:
    counts: Counter[tuple[str, str]] = Counter()
    order: dict[str, int] = {}  # of the exercises in the assignment
    for notebook in notebooks:
        for check in notebook.checks:
            order.setdefault(check.exercise, len(order))
        counts.update({(check.exercise, m) for check in notebook.checks for m in check.mistakes})
    ranked = sorted(counts.items(), key=lambda entry: (-entry[1], order[entry[0][0]], entry[0][1]))
    return [
        Mistake(exercise, name, _sentence(exercise, name), students)
        for (exercise, name), students in ranked
    ]


def _sentence(exercise: str, name: str) -> str:
    """Return what a tutor says; nothing for what the exercises no longer know."""
    try:
        return find(exercise).mistakes[name].sentence
    except (ValueError, KeyError):
        return ""


def _shortcuts(notebooks: Iterable[Autograded]) -> list[Shortcut]:
    by_name: dict[tuple[str, str], dict[str, None]] = {}
    for notebook in notebooks:
        for check in notebook.checks:
            for name in check.shortcuts:
                by_name.setdefault((check.exercise, name), {})[notebook.student] = None
    return [
        Shortcut(exercise, name, tuple(students)) for (exercise, name), students in by_name.items()
    ]


def to_text(report: ClassReport) -> str:
    """Return the report as text, at most 100 columns wide."""
    blocks = [
        f"{report.assignment}: {_count(len(report.students), 'student')}",
        to_table(report.students),
        f"Exercises\n{_item_table(report.exercises)}\n\n{_wrap(EXPLAINED)}",
    ]
    sections = {
        "Commonest mistakes": _mistake_lines(report.mistakes),
        "Shortcuts that are not allowed": [
            _wrap(f"  {s.exercise}: {s.name} by {', '.join(s.students)}", 4)
            for s in report.shortcuts
        ],
        "Set right before grading": [
            _wrap(f"  {note['student']}: {note['says']}", 4) for note in report.notes
        ],
        "Handed in, but without a grade (the log of nbgrader autograde says why)": _name_lines(
            report.without_grade
        ),
        "In submitted/, but not graded": [
            _wrap(f"  {quoted(one['folder'])}: {one['says']}", 4) for one in report.refused
        ],
        "Autograded notebooks that cannot be read, and count for no mistake (grade them again)": (
            _name_lines(report.unreadable)
        ),
        "How students' code was isolated": [
            f"{_count(students, 'student'):>12}  {tier}"
            for tier, students in report.isolation.items()
        ],
    }
    blocks += ["\n".join([title, *lines]) for title, lines in sections.items() if lines]
    return printable("\n\n".join(blocks) + "\n")


def _mistake_lines(mistakes: Sequence[Mistake]) -> list[str]:
    lines = []
    for mistake in mistakes[:SHOWN]:
        count = f"{_count(mistake.students, 'student'):>12}"
        lines.append(_wrap(f"{count}  {mistake.exercise}, {mistake.name}: {mistake.sentence}", 14))
    if len(mistakes) > SHOWN:
        lines.append(f"{'':14}and {len(mistakes) - SHOWN} more, which --json lists")
    return lines


def _name_lines(names: Sequence[str]) -> list[str]:
    return [_wrap(f"  {', '.join(names)}", 2)] if names else []


def to_table(found: Sequence[Result]) -> str:
    """Return the scores as text: a line for each student, a column for each exercise."""
    points = _points(found)
    names = list(points)
    short = [f"{i}" for i in range(1, len(names) + 1)]
    rows = [["student", *short, "total"]]
    rows.append(["points", *(f"{points[name]:g}" for name in names), f"{sum(points.values()):g}"])
    for result in found:
        scores = (result.scores.get(name) for name in names)
        cells = ("-" if score is None else f"{score:g}" for score in scores)
        rows.append([_cut(printable(result.student, keep="")), *cells, f"{result.total:g}"])
    legend = _wrap(", ".join(f"{i}{KEEP}{name}" for i, name in zip(short, names, strict=True)))
    return f"{_columns(rows, rule_after=2)}\n\n{legend.replace(KEEP, ' ')}"


def _item_table(items: Sequence[Item]) -> str:
    rows = [["exercise", "points", "students", "full marks", "mean", "discrimination", "blank"]]
    place = len(str(len(items)))
    for i, item in enumerate(items, start=1):
        rows.append(
            [
                f"{i:>{place}} {item.exercise}",
                f"{item.points:g}",
                f"{item.students}",
                _percent(item.full),
                _percent(item.mean),
                _or_dash(item.discrimination, f"{item.discrimination:.2f}"),
                f"{item.blank}",
            ]
        )
    return _columns(rows, rule_after=1)


def _columns(rows: Sequence[Sequence[str]], *, rule_after: int) -> str:
    """Align rows of cells: the first column to the left, numbers to the right, a rule below.

    Columns that do not fit come in a second table.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    gap = "  " if sum(widths) + 2 * (len(widths) - 1) <= WIDTH else " "
    ends = [sum(widths[:i]) + len(gap) * (i - 1) for i in range(1, len(widths) + 1)]
    fit = max(2, sum(end <= WIDTH for end in ends))
    lines = [
        gap.join([row[0].ljust(widths[0]), *map(str.rjust, row[1:fit], widths[1:])]) for row in rows
    ]
    lines.insert(rule_after, "-" * len(lines[0]))
    if fit < len(widths):
        rest = [[row[0], *row[fit:]] for row in rows]
        lines += ["", _columns(rest, rule_after=rule_after)]
    return "\n".join(lines)


def _wrap(text: str, indent: int = 0) -> str:
    return textwrap.fill(text, WIDTH, subsequent_indent=" " * indent, break_on_hyphens=False)


def _cut(text: str) -> str:
    return text if len(text) <= NAME_WIDTH else f"{text[: NAME_WIDTH - 1]}…"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _percent(share: float) -> str:
    return _or_dash(share, f"{100 * share:.0f} %")


def _or_dash(number: float, text: str) -> str:
    return "-" if math.isnan(number) else text


def to_json(report: ClassReport) -> str:
    """Return the report as JSON; a number that is undefined is null."""
    data = {
        **vars(report),
        "students": [
            {"student": r.student, "scores": r.scores, "total": r.total} for r in report.students
        ],
        "exercises": [
            {key: None if value != value else value for key, value in vars(item).items()}
            for item in report.exercises
        ],
        "mistakes": [vars(mistake) for mistake in report.mistakes],
        "shortcuts": [vars(shortcut) for shortcut in report.shortcuts],
    }
    return json.dumps(data, indent=1, allow_nan=False)


def to_csv(found: Iterable[Result]) -> str:
    """Return the scores as CSV: a row for each student, a column for each exercise."""
    found = list(found)
    names = list(_points(found))
    text = io.StringIO()
    rows = ([r.student, *(r.scores.get(n) for n in names), r.total] for r in found)
    write_rows(text, [["student", *names, "total"], *rows])
    return text.getvalue()
