"""A graded class as text, JSON and CSV."""

from __future__ import annotations

import io
import json
import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from course_utils.grading.note import counted, printable, quoted
from course_utils.grading.report.class_report import CaughtMistake, ClassReport, Mistake
from course_utils.grading.report.results import Result, points_of
from course_utils.grading.report.statistics import EXPLAINED, Item
from course_utils.grading.report.table import write_rows

WIDTH = 100
SHOWN = 15  # mistakes in the text
KEEP = "\xa0"  # a space at which no line is broken
NAME_WIDTH = 24  # longer ids of students are cut in the table


def to_text(report: ClassReport) -> str:
    """Return the report as text, at most 100 columns wide."""
    blocks = [
        f"{report.assignment}: {counted(len(report.students), 'student')}",
        to_table(report.students),
        f"Exercises\n{_item_table(report.exercises)}\n\n{_wrap(EXPLAINED)}",
    ]
    names = report.names
    sections = {
        "Commonest mistakes": [*_mistake_lines(report.mistakes), *_unexplained_lines(report)],
        "Mistakes that the students' calls caught, and how many students' did": _caught_lines(
            report.caught
        ),
        "Shortcuts that are not allowed": [
            _wrap(f"  {s.exercise}: {s.name} by {', '.join(s.students)}", 4)
            for s in report.shortcuts
        ],
        "Set right before grading": [
            _wrap(f"  {note['student']}: {note['says']}", 4) for note in report.notes
        ],
        "Handed in, but without a grade (the log of nbgrader autograde says why)": _name_lines(
            report.without_grade, names
        ),
        "On the list of the class, and nothing handed in": _name_lines(report.missing, names),
        "Dropped, and not counted": _name_lines(report.dropped, names),
        "Not on the list of the class, and not counted": _name_lines(report.unlisted, names),
        "In submitted/, but not graded": [
            _wrap(f"  {quoted(one['folder'])}: {one['says']}", 4) for one in report.refused
        ],
        "Autograded notebooks that cannot be read, and count for no mistake (grade them again)": (
            _name_lines(report.unreadable, names)
        ),
        "How students' code was isolated": [
            f"{counted(students, 'student'):>12}  {tier}"
            for tier, students in report.isolation.items()
        ],
    }
    blocks += ["\n".join([title, *lines]) for title, lines in sections.items() if lines]
    return printable("\n\n".join(blocks) + "\n")


def _mistake_lines(mistakes: Sequence[Mistake]) -> list[str]:
    lines = []
    for mistake in mistakes[:SHOWN]:
        count = f"{counted(mistake.students, 'student'):>12}"
        lines.append(_wrap(f"{count}  {mistake.exercise}, {mistake.name}: {mistake.sentence}", 14))
    if len(mistakes) > SHOWN:
        lines.append(f"{'':14}and {len(mistakes) - SHOWN} more, which --json lists")
    return lines


def _unexplained_lines(report: ClassReport) -> list[str]:
    """Point to what is to be learned from the answers that nothing explains."""
    if not (count := report.unexplained):
        return []
    says = f"{counted(count, 'wrong answer')} {'has' if count == 1 else 'have'} no sentence yet: "
    learn = f"`course learn {report.assignment}` shows which come to the same"
    return [_wrap(f"{'':14}{says}{learn}", 14)]


def with_name(student: str, names: Mapping[str, str]) -> str:
    """Return an id, with the name behind it if there is one."""
    name = names.get(student, "")
    return f"{student} ({name})" if name else student


def _caught_lines(caught: Sequence[CaughtMistake]) -> list[str]:
    lines = []
    for exercise, each in groupby(caught, key=lambda one: one.exercise):
        found = list(each)
        counts = ", ".join(f"{one.name} {one.caught_by}" for one in found)
        lines.append(_wrap(f"  {exercise}, of {found[0].students}: {counts}", 4))
    return lines


def _name_lines(students: Sequence[str], names: Mapping[str, str]) -> list[str]:
    called = ", ".join(with_name(student, names) for student in students)
    return [_wrap(f"  {called}", 2)] if students else []


def to_table(found: Sequence[Result]) -> str:
    """Return the scores as text: a line for each student, a column for each exercise.

    Where anybody was late, what was taken off and what is left have columns of their own.
    """
    points = points_of(found)
    names = list(points)
    short = [f"{i}" for i in range(1, len(names) + 1)]
    late = any(result.penalty for result in found)
    rows = [["student", *short, "total", *(("late", "grade") if late else ())]]
    most = f"{sum(points.values()):g}"
    rows.append(["points", *(f"{points[name]:g}" for name in names), most])
    if late:
        rows[-1] += ["", most]
    for result in found:
        scores = (result.scores.get(name) for name in names)
        cells = ["-" if score is None else f"{score:g}" for score in scores]
        rows.append([_who(result), *cells, f"{result.total:g}"])
        if late:
            taken = f"-{result.penalty:g}" if result.penalty else ""
            rows[-1] += [taken, f"{result.grade:g}"]
    legend = _wrap(", ".join(f"{i}{KEEP}{name}" for i, name in zip(short, names, strict=True)))
    waiting = sum(result.waits for result in found)
    if any("-" in row[1 : len(names) + 1] for row in rows[2:]):
        legend += "\n- has no points yet, and the total counts without it."
    if waiting:
        legend += f"\nWaiting for points by hand, in the formgrader: {counted(waiting, 'student')}."
    return f"{columns(rows, rule_after=2)}\n\n{legend.replace(KEEP, ' ')}"


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
    return columns(rows, rule_after=1)


def columns(rows: Sequence[Sequence[str]], *, rule_after: int) -> str:
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
        lines += ["", columns(rest, rule_after=rule_after)]
    return "\n".join(lines)


def _wrap(text: str, indent: int = 0) -> str:
    return textwrap.fill(text, WIDTH, subsequent_indent=" " * indent, break_on_hyphens=False)


def _who(result: Result) -> str:
    """Return an id, with the name behind it if the gradebook has one."""
    name = " ".join(part for part in (result.first_name, result.last_name) if part)
    each = [cut(printable(text, keep="")) for text in (result.student, name) if text]
    return " ".join(each)


def cut(text: str) -> str:
    """Return what a table has room for of an id or a name."""
    return text if len(text) <= NAME_WIDTH else f"{text[: NAME_WIDTH - 1]}…"


def _percent(share: float) -> str:
    return _or_dash(share, f"{100 * share:.0f} %")


def _or_dash(number: float, text: str) -> str:
    return "-" if math.isnan(number) else text


def to_json(report: ClassReport) -> str:
    """Return the report as JSON; a number that is undefined is null."""
    data = {
        **vars(report),
        "students": [
            {
                "student": result.student,
                "last_name": result.last_name,
                "first_name": result.first_name,
                "scores": result.scores,
                "total": result.total,
                "penalty": result.penalty,
                "grade": result.grade,
            }
            for result in report.students
        ],
        "exercises": [
            {key: None if value != value else value for key, value in vars(item).items()}
            for item in report.exercises
        ],
        "mistakes": [vars(mistake) for mistake in report.mistakes],
        "caught": [vars(caught) for caught in report.caught],
        "shortcuts": [vars(shortcut) for shortcut in report.shortcuts],
    }
    return json.dumps(data, indent=1, allow_nan=False)


def to_csv(found: Iterable[Result]) -> str:
    """Return the scores as CSV: a row for each student, a column for each exercise."""
    found = list(found)
    names = list(points_of(found))
    header = ["student", "last_name", "first_name", *names, "total", "penalty", "grade"]
    rows: list[list[object]] = [
        [
            *(result.student, result.last_name, result.first_name),
            *(result.scores.get(name) for name in names),
            *(result.total, result.penalty, result.grade),
        ]
        for result in found
    ]
    text = io.StringIO()
    write_rows(text, [header, *rows])
    return text.getvalue()
