"""The verb of an instructor who chooses what a class is asked."""

from __future__ import annotations

from pathlib import Path

import click

from course_utils.cli.verb import PATH, verb
from course_utils.errors import CourseError


@verb("course assign week-3 --pick lstm:gradient_norm_ratio=10 output_size=3")
@click.argument("name", required=False, default="")
@click.argument("picks", nargs=-1, metavar="[PICK]...")
@click.option(
    "--pick",
    is_flag=True,
    help="What follows is picked, in this order: TOPIC:EXERCISE=POINTS, of which the exercise "
    "alone will do.",
)
@click.option(
    "--give", multiple=True, metavar="EXERCISE", help="Hand out its answer (may be repeated)."
)
@click.option("--title", default="", metavar="TEXT", help="The title of what is picked.")
@click.option("--recipe", type=PATH, metavar="FILE", help="A recipe in TOML, in place of picks.")
def assign(
    folder: Path,
    name: str,
    picks: tuple[str, ...],
    pick: bool,
    give: tuple[str, ...],
    title: str,
    recipe: Path | None,
) -> None:
    """Make an assignment of exercises that you choose.

    NAME is new, such as week-3; that of a recipe is its file's if you give none. What you picked is
    kept in recipes/NAME.toml. Change it there, and `course assign NAME` makes the assignment anew,
    as it does after an update of the course.
    """
    from course_utils.grading.handout.pick import assign
    from course_utils.grading.handout.recipe import picked, require_own_name

    if recipe is not None and (picks or pick or give or title):
        raise CourseError("a recipe says it all: leave out --pick, --give and --title")
    name = name or (recipe.stem if recipe else "")
    if not name:
        raise CourseError("name the assignment, as in `course assign week-3 --pick output_size=3`")
    require_own_name(name)
    if not picks and (pick or give or title):
        raise CourseError("pick an exercise, as in --pick output_size=3")
    made = assign(folder, name, picked(picks, give, title) if picks else recipe)
    if made.new:
        print(f"written: {folder / 'recipes' / name}.toml, {made.notebook} and exercises/{name}/")
    elif made.changes:
        print(f"Made anew: {made.notebook} and exercises/{name}/")
        for change in made.changes:
            print(f"  {change}")
    else:
        print(f"Nothing has changed in {made.notebook}.")
    if made.kept:
        print(f"Somebody had changed the notebook by hand: it is kept as {made.kept}.")
        print(f"What is to last belongs into recipes/{name}.toml.")
    if made.told:
        print(f"Not asked for, but told, because statements speak of it: {', '.join(made.told)}.")
    print(f"There are {made.points} points in all. Next:")
    print(f"  nbgrader generate_assignment {name} --force")
    print(f"  course kit {name}")
    print(f"  course grade {name}")
