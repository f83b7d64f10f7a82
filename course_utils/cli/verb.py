"""How a verb is made: its example, its exit code, and trouble on one line."""

from __future__ import annotations

import errno
import functools
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from course_utils.errors import CourseError
from course_utils.grading.note import printable

FINE, PROBLEM, WRONG_USE = 0, 1, 2
PATH = click.Path(path_type=Path)
Verb = Callable[..., int | None]


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line `words` and return its exit code: 0 fine, 1 a problem, 2 wrong use."""
    try:
        code: int = course.main(words, prog_name="course", standalone_mode=False)
    except click.UsageError as error:
        error.show()
        return WRONG_USE
    except click.Abort:  # interrupted before a verb began
        return trouble("\ncourse: stopped")
    return code


@click.group(
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Filters & Memory: the book, the exercises and the grader.",
    epilog="Each verb has its own --help. Exit codes: 0 fine, 1 a problem found, 2 wrong use.",
)
@click.option(
    "--course",
    "folder",
    type=PATH,
    metavar="DIR",
    default=Path.cwd,
    help="The course's folder (default: this one).",
)
@click.pass_context
def course(context: click.Context, folder: Path) -> None:
    """Hand the course's folder to the verb."""
    context.obj = folder


def verb(example: str) -> Callable[[Verb], click.Command]:
    """Make a function a verb: an example in its help, and trouble on one line, with exit code 2.

    The function is handed the course's folder, its arguments and its options, and returns an exit
    code or nothing. What it needs it imports itself, so that help and mistakes come at once. A
    verb that is a word of Python's has an underscore at the end of its function's name.
    """

    def add(function: Verb) -> click.Command:
        name = function.__name__.rstrip("_")

        @functools.wraps(function)
        def run(*arguments: Any, **options: Any) -> int:
            try:
                return function(*arguments, **options) or FINE
            except CourseError as error:
                return trouble(f"course {name}: {error}", WRONG_USE)
            except KeyboardInterrupt:
                return trouble(f"\ncourse {name}: stopped")
            except Exception as error:
                if not _is_full(error):
                    raise
                where = getattr(error, "filename", None)
                place = f" that holds {where}" if where else ""
                mend = "Make room, and give the same command again: what is done is kept."
                return trouble(f"\ncourse {name}: the disk{place} is full. {mend}")

        return course.command(name, epilog=f"Example: {example}")(click.pass_obj(run))

    return add


def trouble(says: str, code: int = PROBLEM) -> int:
    """Say on the terminal what is wrong, and return the exit code."""
    print(printable(says), file=sys.stderr)
    return code


def _is_full(error: BaseException | None) -> bool:
    """Say whether an error comes of a disk on which there is no room, as SQLite says it, too."""
    while error is not None:
        if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
            return True
        if "database or disk is full" in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False
