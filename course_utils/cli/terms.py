"""The verbs of a term: when work is due, and what all assignments together came to."""

from __future__ import annotations

from pathlib import Path

import click

from course_utils.cli.verb import PATH, verb

ROOT = click.option(
    "--root", type=PATH, help="The folder with submitted/ and the gradebook (default: the course)."
)


@verb('course due lstm "2026-10-01 12:00 Europe/Berlin"')
@click.argument("slug", help="The assignment.")
@click.argument(
    "date", required=False, help="Day, time and zone; for --extend also +48h or +3d, how much more."
)
@click.option(
    "--extend", multiple=True, metavar="ID", help="For this student only; may be repeated."
)
@click.option(
    "--withdraw",
    multiple=True,
    metavar="ID",
    help="Take this student's extension back; may be repeated.",
)
@ROOT
def due(
    folder: Path,
    slug: str,
    date: str | None,
    extend: tuple[str, ...],
    withdraw: tuple[str, ...],
    root: Path | None,
) -> None:
    """Set a due date or an extension, or show who is late.

    Without a date, it shows what is set. Extensions are kept in deadlines/, in a file that you may
    edit.
    """
    from course_utils.grading.note import printable
    from course_utils.grading.term.due import Dates, to_text

    if withdraw and (extend or date):
        raise click.UsageError("--withdraw takes neither a date nor --extend beside it")
    if extend and not date:
        raise click.UsageError("--extend needs a date, or how much later: +48h, +3d")
    dates = Dates(folder, root or folder, slug)
    says = []
    if withdraw:
        dates.withdraw(withdraw)
        says += [f"{student}: the class's date counts." for student in withdraw]
    elif extend and date:
        shown = dates.extend(extend, date)
        for student in extend:
            new = " (nothing of this student is here yet)" if dates.is_new(student) else ""
            says.append(f"{student}: {slug} is due {shown}{new}.")
    elif date:
        dates.set_due(date)
    print(printable("\n".join([*says, to_text(dates.read())])))
    if withdraw or date:
        print(f"Grades follow with the next `course grade {slug}`, which runs nothing for it.")


@verb("course term --best 8")
@click.option(
    "--best",
    type=click.IntRange(min=1),
    metavar="N",
    help="Count each student's N best assignments, all with the same weight.",
)
@click.option("--json", is_flag=True, help="As JSON.")
@click.option("--csv", is_flag=True, help="As CSV.")
@ROOT
def term(folder: Path, best: int | None, json: bool, csv: bool, root: Path | None) -> None:
    """Show every student's grades in all assignments.

    Grades are after penalties. Without --best, the share is of all points together.
    """
    from course_utils.grading.report.results import gradebook_address
    from course_utils.grading.term import rendering
    from course_utils.grading.term.overview import overview

    if json and csv:
        raise click.UsageError("--json and --csv exclude each other: ask for one of them")
    root = root or folder
    found = overview(root, gradebook_address(folder, root), best)
    if csv:
        print(rendering.to_csv(found), end="")
    elif json:
        print(rendering.to_json(found))
    else:
        print(rendering.to_text(found), end="")
