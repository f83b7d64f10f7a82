"""The verb that takes in what a class handed in on its platform."""

from __future__ import annotations

from pathlib import Path

import click

from course_utils.cli.verb import PATH, verb


@verb("course collect lstm --from moodle submissions.zip --roster grades.csv")
@click.argument("slug", help="The assignment.")
@click.argument(
    "downloads",
    nargs=-1,
    required=True,
    type=PATH,
    metavar="FILE_OR_FOLDER...",
    help="What you downloaded, the oldest first: archives, or folders with what was in one.",
)
@click.option(
    "--from",
    "platform",
    required=True,
    type=click.Choice(["moodle", "canvas", "blackboard", "folder"]),
    help="Who named the files; folder: one for each student, named by the id.",
)
@click.option(
    "--roster",
    type=PATH,
    metavar="LIST",
    help="The platform's grade sheet, or a list of the class, to merge into roster.csv.",
)
@click.option(
    "--attempt",
    type=click.Choice(["last", "last-in-time", "best"]),
    default="last",
    show_default=True,
    help="Which attempt counts; last-in-time: the last before the due date, or else the first.",
)
@click.option(
    "--zone",
    default="UTC",
    show_default=True,
    help="The time zone of the platform's clock, such as Europe/Berlin.",
)
@click.option("--root", type=PATH, help="The folder with submitted/ (default: the course).")
def collect(
    folder: Path,
    slug: str,
    downloads: tuple[Path, ...],
    platform: str,
    roster: Path | None,
    attempt: str,
    zone: str,
    root: Path | None,
) -> int:
    """Take in what a class handed in on a learning platform."""
    from course_utils.grading.platforms.summary import collect_on_screen

    return collect_on_screen(
        folder,
        root or folder,
        slug,
        platform,
        downloads,
        roster=roster,
        rule=attempt,
        clock=zone,
    )
