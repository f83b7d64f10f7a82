"""The verbs of students, and the kit that they get."""

from __future__ import annotations

from pathlib import Path

import click

from course_utils.cli.verb import PATH, verb


@verb("course kit convolution-arithmetic --out ~/handouts --book")
@click.argument("slugs", nargs=-1, metavar="[SLUG]...", help="Topics (default: all).")
@click.option(
    "--out", type=PATH, metavar="DIR", help="Where to put it (default: _build in the course)."
)
@click.option("--book", is_flag=True, help="With the built book (5 MB more).")
@click.option(
    "--book-at", default="", metavar="ADDRESS", help="Where the book is online, for links to it."
)
@click.option(
    "--hints",
    type=click.Choice(["at-once", "in-steps"]),
    default="at-once",
    show_default=True,
    help="in-steps: a check says where, and the rest when asked.",
)
@click.option("--hand-in", default="", metavar="TEXT", help="Where to hand in, for START.")
def kit(folder: Path, slugs: tuple[str, ...], out: Path | None, book: bool, **choices: str) -> None:
    """Make the zip that students get.

    It holds the exercises, the checks and a page to start from.
    """
    from course_utils.grading.handout.kit import make_kit

    built = folder / "_build" / "html" if book else None
    made = make_kit(folder, out or folder / "_build", slugs, book=built, **choices)
    print(f"The kit is made: {made}")
    if slugs:
        print(f"It holds {', '.join(slugs)} alone; --out keeps it apart from another kit.")


@verb("course check exercises/convolution-arithmetic/convolution-arithmetic.ipynb")
@click.argument("notebook", type=PATH, help="The notebook with your answers.")
def check(folder: Path, notebook: Path) -> int:
    """Run a notebook and show what its checks say."""
    from course_utils.desk import command

    return command.check(notebook)


@verb("course progress convolution-arithmetic")
@click.argument("notebook", type=PATH, required=False, help="A notebook (default: all).")
def progress(folder: Path, notebook: Path | None) -> int:
    """Say how many points saved notebooks have."""
    from course_utils.desk import command

    return command.progress(notebook)


@verb("course reset mine/lstm.ipynb lstm_forward")
@click.argument("notebook", type=PATH, help="A notebook outside exercises/.")
@click.argument("names", nargs=-1, metavar="[NAME]...", help="Exercises (default: all of it).")
def reset(folder: Path, notebook: Path, names: tuple[str, ...]) -> int:
    """Put exercises back as they are handed out.

    The notebook as it was is kept beside it.
    """
    from course_utils.desk import command

    return command.begin_anew(notebook, names, folder / "exercises")
