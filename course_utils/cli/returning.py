"""The verb that gives a graded class back."""

from __future__ import annotations

from pathlib import Path

import click

from course_utils.cli.verb import FINE, PATH, PROBLEM, verb


@verb("course return convolution-arithmetic --for moodle --sheet Grades.csv")
@click.argument("slug", help="The assignment.")
@click.option(
    "--for",
    "platform",
    type=click.Choice(["moodle", "canvas", "blackboard", "folder"]),
    required=True,
    help="Who takes it; folder: pages by student, and grades.csv.",
)
@click.option("--sheet", type=PATH, help="The platform's own grade sheet; a copy gets the grades.")
@click.option(
    "--out", type=PATH, help="Where the files go (default: returned/SLUG beside submitted/)."
)
@click.option(
    "--root", type=PATH, help="The folder with submitted/ and the gradebook (default: the course)."
)
@click.option("--column", default="", metavar="NAME", help="The sheet's column for the grades.")
@click.option(
    "--missing",
    type=click.Choice(["empty", "zero"]),
    default="empty",
    show_default=True,
    help="What those get who handed in nothing.",
)
def return_(
    folder: Path,
    slug: str,
    platform: str,
    sheet: Path | None,
    out: Path | None,
    root: Path | None,
    column: str,
    missing: str,
) -> int:
    """Give grades and feedback back to a learning platform."""
    from course_utils.grading.platforms.give_back import give_back
    from course_utils.grading.platforms.given_back import to_text

    if platform == "folder" and (sheet or column):
        raise click.UsageError("--for folder takes no --sheet and no --column: it has grades.csv")
    back = give_back(
        folder,
        root or folder,
        slug,
        platform,
        sheet=sheet,
        out=out,
        column=column,
        zero=missing == "zero",
    )
    print(to_text(back), end="")
    return PROBLEM if back.mismatches else FINE
