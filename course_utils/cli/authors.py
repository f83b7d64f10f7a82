"""The verbs of authors: from a new topic to what is released."""

from __future__ import annotations

from pathlib import Path

import click

from course_utils.cli.verb import FINE, PROBLEM, trouble, verb
from course_utils.errors import CourseError


@verb("course new recurrent-networks")
@click.argument("slug", help="Its name in small letters, words joined by -.")
def new(folder: Path, slug: str) -> None:
    """Begin a topic: package, notebook, page."""
    from course_utils.authoring.begin import begin_topic

    _say_written(begin_topic(folder, slug))
    print(f"Next: `course exercise {slug} some_function`")


@verb("course exercise recurrent-networks rnn_step_forward")
@click.argument("slug", help="The topic.")
@click.argument("name", help="The function that it asks for.")
@click.option(
    "--catches",
    default="",
    metavar="EXERCISE",
    help="Ask for calls that catch the mistakes of this exercise of the topic.",
)
def exercise(folder: Path, slug: str, name: str, catches: str) -> None:
    """Begin an exercise: a module and cells that work already.

    What it begins compares results, or asks to catch mistakes. For an answer that is measured,
    change its last lines as CONTRIBUTING says.
    """
    from course_utils.authoring.begin import begin_exercise

    _say_written(begin_exercise(folder, slug, name, catches=catches))
    print(f"Write the module and the statement, and do what `course prove {name}` says.")
    print(f"Then run `course freeze {name}` and `course release {slug}`.")


def _say_written(paths: list[Path]) -> None:
    for path in paths:
        print(f"written: {path}")


@verb("course prove lstm_step_forward")
@click.argument("names", nargs=-1, metavar="[NAME]...", help="Exercises or topics (default: all).")
@click.option(
    "--every",
    type=click.IntRange(1),
    metavar="N",
    help="Try one of N changed answers; 1 tries all (default: as many as take seconds).",
)
def prove(folder: Path, names: tuple[str, ...], every: int | None) -> int:
    """Say what is still to do about exercises.

    That is about their cases, mistakes, right answers and statements; of a topic, about its
    notebook and pages as well.
    """
    from course_utils.authoring.screen import prove

    try:
        return FINE if prove(folder, list(names), every=every) else PROBLEM
    except ValueError as error:
        raise CourseError(str(error)) from error


@verb("course freeze --check")
@click.argument("names", nargs=-1, metavar="[NAME]...", help="Exercises (default: all).")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if a file is out of step.")
def freeze(folder: Path, names: tuple[str, ...], check: bool) -> int:
    """Write the frozen cases that ship with check()."""
    from course_utils.grading.handout.freeze import freeze, freeze_assignments

    try:
        changed = freeze(names, check=check) + freeze_assignments(check=check)
    except ValueError as error:
        raise CourseError(str(error)) from error
    return _say_changed(changed, check, "the frozen cases", "course freeze")


def _say_changed(changed: list[Path], check: bool, what: str, mend: str) -> int:
    for path in changed:
        print(f"{'out of step' if check else 'written'}: {path}")
    if not changed:
        print(f"In step: {what}.")
    elif check:
        return trouble(f"Run `{mend}` and commit what it writes.")
    return FINE


@verb("course release convolution-arithmetic")
@click.argument("slugs", nargs=-1, metavar="[SLUG]...", help="Topics (default: all).")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if exercises/ is out of step.")
def release(folder: Path, slugs: tuple[str, ...], check: bool) -> int:
    """Make exercises/ from solutions/."""
    from course_utils.grading.handout.release import release

    try:
        changed = release(folder, list(slugs), check=check)
    except ValueError as error:
        raise CourseError(str(error)) from error
    return _say_changed(changed, check, "exercises/", "course release")
