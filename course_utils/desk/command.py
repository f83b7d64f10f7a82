"""The `course` command of the kit, which is a student's: check, progress, reset."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from course_utils.checks.progress import Standing, after, in_all, table
from course_utils.desk import notebooks
from course_utils.desk.reset import reset
from course_utils.desk.saved import saved_standings
from course_utils.desk.self_check import self_check
from course_utils.errors import CourseError, printable

FINE, PROBLEM, WRONG_USE = 0, 1, 2
ABOUT = "Check your notebooks, see how far you are, and begin an exercise anew."
NOT_BEGUN = "Not begun."
NOTEBOOK = "a notebook, or an assignment's name, such as convolution-arithmetic"


def main(words: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code: 0 fine, 1 a problem found, 2 wrong use."""
    parser = argparse.ArgumentParser(prog="course", description=ABOUT)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verb = verbs.add_parser("check", help="Run a notebook and show what its checks say.")
    verb.add_argument("notebook", type=Path, help=NOTEBOOK)
    verb = verbs.add_parser("progress", help="Say how many points your saved notebooks have.")
    verb.add_argument("notebook", type=Path, nargs="?", help=f"{NOTEBOOK} (default: all)")
    about = "Put exercises back as they were handed out; your notebook is kept beside."
    verb = verbs.add_parser("reset", help=about, description=about)
    verb.add_argument("notebook", type=Path, help=NOTEBOOK)
    verb.add_argument("names", nargs="*", metavar="EXERCISE", help="(default: the whole notebook)")
    try:
        asked = parser.parse_args(words)
    except SystemExit as end:  # after help, or after saying what is wrong
        return end.code if isinstance(end.code, int) else WRONG_USE
    try:
        if asked.verb == "check":
            return check(asked.notebook)
        if asked.verb == "progress":
            return progress(asked.notebook)
        return begin_anew(asked.notebook, asked.names, notebooks.handed_out())
    except CourseError as error:
        print(f"course {asked.verb}: {printable(str(error))}", file=sys.stderr)
        return WRONG_USE
    except KeyboardInterrupt:
        print(f"\ncourse {asked.verb}: stopped", file=sys.stderr)
        return PROBLEM


def check(notebook: Path) -> int:
    """Run a copy of a notebook and print what its checks say."""
    reports = self_check(notebooks.find_notebook(notebook))
    for title, text, _ in reports:
        print(printable(f"=== {title}\n{text}\n"))
    wrong = [title for title, _, passed in reports if not passed]
    if wrong:
        names = printable(", ".join(wrong))
        print(f"{len(wrong)} of {len(reports)} checks do not pass yet: {names}")
        return PROBLEM
    print(f"All {len(reports)} checks pass.")
    return FINE


def progress(notebook: Path | None = None) -> int:
    """Print the points of a notebook by exercise, or those of all notebooks in short.

    They are those of the saved outputs: nothing is run.
    """
    if notebook is not None:
        slug, found = saved_standings(notebooks.find_notebook(notebook))
        print(f"{slug}: {in_all(found)}, as it was last saved. {after(found)}")
        for row in table(found):
            print(f"  {row[0]:<34}{row[1]:>12}  {row[2]}")
        return FINE
    paths = notebooks.all_notebooks(Path("exercises"))
    if not paths:
        raise CourseError("there is no notebook in exercises/ here: run this in the kit's folder")
    for path in paths:
        try:
            slug, found = saved_standings(path)
        except CourseError as error:
            print(printable(f"{path.stem}: {error}"))
            continue
        begun = any(standing.score is not None for standing in found)
        print(f"{slug:<32}{in_all(found):>18}  {after(found) if begun else NOT_BEGUN}")
    print("These are the points of each notebook as it was last run and saved.")
    return FINE


def progress_line(slug: str, points: float) -> str:
    """Return what is printed of a notebook that nobody has begun."""
    whole = [Standing(1, slug, points)]
    return f"{slug:<32}{in_all(whole):>18}  {NOT_BEGUN}"


def begin_anew(notebook: Path, names: Sequence[str], folder: Path) -> int:
    """Put exercises back, and say where what was there is kept."""
    path = notebooks.find_notebook(notebook)
    kept = reset(path, names, folder)
    what = ", ".join(names) or "The whole notebook"
    print(printable(f"{what} in {path} is as it was handed out."))
    print(printable(f"Your notebook before that is kept in {kept}."))
    print("If it is open in JupyterLab, choose File > Reload Notebook from Disk there.")
    return FINE


def run() -> None:
    """Run this process's command line and end the process."""
    sys.exit(main())


if __name__ == "__main__":
    run()
