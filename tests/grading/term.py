"""Play a whole term: a class hands in on a learning platform, and an instructor's commands do all
the rest; then see that everything is as it must be.

    python -m tests.grading.term moodle canvas blackboard --students 60

prints what each step took and a list of what is wrong, and exits with 1 if there is anything.
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from tests.grading.platforms.blackboard import Blackboard
from tests.grading.platforms.canvas import Canvas
from tests.grading.platforms.class_of_60 import DUE, Case, Maker, class_of, grade_id
from tests.grading.platforms.moodle import Moodle
from tests.grading.platforms.player import Platform
from tests.grading.platforms.term_checks import (
    check_collected,
    check_feedback,
    check_grades,
    check_sheet,
)

COURSE = Path(__file__).parents[2]
SLUG = "convolution-arithmetic"
SHORT = ("output_size", "same_padding")
SECRET = "a secret that only this term knows"
PLATFORMS: dict[str, type[Platform]] = {p.name: p for p in (Moodle, Canvas, Blackboard)}
RULES = {"moodle": "last", "canvas": "last-in-time", "blackboard": "last"}


@dataclass
class Term:
    """A class on a platform, and the course's folder.

    Attributes
    ----------
    platform : Platform
    cases : list of Case
    folder : Path
        Of the course.
    rule : str
        Which attempt counts.
    seconds : dict of str to float
        What each step took.
    said : dict of str to str
        What each step printed.
    wrong : list of str
    """

    platform: Platform
    cases: list[Case]
    folder: Path
    rule: str
    seconds: dict[str, float] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    @property
    def downloads(self) -> Path:
        """Where the browser of the instructor puts files."""
        return self.folder.parent / "downloads"

    def run(self, step: str, *words: str, fine: tuple[int, ...] = (0,)) -> bool:
        """Give a command in the course's folder; say whether it went well."""
        start = time.perf_counter()
        done = subprocess.run(
            words,
            cwd=self.folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.seconds[step] = time.perf_counter() - start
        self.said[step] = done.stdout
        if done.returncode not in fine:
            last = "\n      ".join(done.stdout.strip().splitlines()[-6:])
            self.wrong.append(f"`{' '.join(words)}` ended with {done.returncode}:\n      {last}")
        return done.returncode in fine


def environment() -> dict[str, str]:
    """Return an instructor's environment, in which the course's programs are at hand."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {**os.environ, "PATH": path, "COURSE_SECRET": SECRET}


def begin(kind: str, count: int, folder: Path, *, short: bool = False, rule: str = "") -> Term:
    """Make a course's folder, release the assignment, and have the class hand in."""
    course = folder / "course"
    (course / "solutions" / SLUG).mkdir(parents=True)
    shutil.copy(COURSE / "nbgrader_config.py", course)
    source = nbformat.read(COURSE / "solutions" / SLUG / f"{SLUG}.ipynb", as_version=4)
    if short:
        wanted = {"setup", *SHORT, *(f"{name}-answer" for name in SHORT)}
        source.cells = [cell for cell in source.cells if grade_id(cell) in wanted]
    nbformat.write(source, course / "solutions" / SLUG / f"{SLUG}.ipynb")
    points = sum(c.metadata.get("nbgrader", {}).get("points", 0) for c in source.cells)
    platform = PLATFORMS[kind](DUE, float(points))
    term = Term(platform, [], course, rule or RULES[kind])
    term.run("generate_assignment", "nbgrader", "generate_assignment", SLUG)
    due = f"--duedate={DUE:%Y-%m-%d %H:%M:%S} UTC"
    term.run("due date", "nbgrader", "db", "assignment", "add", SLUG, due)
    released = nbformat.read(course / "exercises" / SLUG / f"{SLUG}.ipynb", as_version=4)
    term.cases = class_of(Maker(SLUG, released), count)
    platform.enrol([case.student for case in term.cases])
    _write_lists(term)
    return term


def _write_lists(term: Term) -> None:
    """Write the list of the class and the extensions, as an instructor has them."""
    with (term.folder / "roster.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "last_name", "first_name", "email", "dropped"])
        for case in term.cases:
            if not case.unlisted:
                s = case.student
                writer.writerow([s.id, s.last, s.first, s.email, "yes" if case.dropped else ""])
    extended = [case.student for case in term.cases if case.student.due]
    if extended:
        path = term.folder / "deadlines" / f"{SLUG}.csv"
        path.parent.mkdir()
        lines = [f"{s.id},{s.due:%Y-%m-%d %H:%M:%S} UTC" for s in extended]
        path.write_text("\n".join(["student,due", *lines, ""]), encoding="utf-8")


def play(term: Term) -> None:
    """Go from the platform's zips to what it takes back; note what is wrong on the way."""
    platform, kind = term.platform, term.platform.name
    zips = platform.download(term.downloads / "early", DUE) if kind != "blackboard" else []
    zips += platform.download(term.downloads)
    sheet = term.downloads / platform.sheet_name
    sheet.write_bytes(platform.roster())
    words = ["course", "collect", SLUG, "--from", kind, *map(str, zips), "--roster", str(sheet)]
    if not term.run("collect", *words, "--attempt", term.rule, fine=(0, 1)):
        return
    check_collected(term, SLUG)
    if not term.run("grade", "course", "grade", SLUG, "--jobs", "2", fine=(0, 1)):
        return
    term.run("report", "course", "report", SLUG)
    check_grades(term, SLUG, SECRET)
    out = term.folder.parent / "back"
    words = ["course", "return", SLUG, "--for", kind, "--sheet", str(sheet), "--out", str(out)]
    if not term.run("return", *words, fine=(0, 1)):
        return
    check_feedback(term, SLUG, out)
    check_sheet(term, SLUG, out)


def transcript(term: Term) -> str:
    """Write in short what was done, what it took, and what is wrong."""
    lines = [f"{term.platform.name}: {len(term.cases)} students, --attempt {term.rule}"]
    for step, seconds in term.seconds.items():
        said = [line for line in term.said[step].strip().splitlines() if line.strip()]
        lines.append(f"  {seconds:6.1f} s  {step}: {said[-1].strip()[:90] if said else ''}")
    lines.append(f"  {len(term.wrong)} things are wrong{':' if term.wrong else ''}")
    lines += [f"    - {what}" for what in term.wrong]
    return "\n".join(lines)


def _set(platform: Platform, given: argparse.Namespace) -> None:
    """Switch on what the platform's site or its instructor has chosen."""
    if isinstance(platform, Moodle):
        platform.folders, platform.blind = not given.flat, given.blind
        platform.id_numbers = not given.other_keys
    if isinstance(platform, Canvas):
        platform.sis = not given.other_keys
    if isinstance(platform, Blackboard):
        platform.own_users = given.other_keys
    elif given.semicolons:
        platform.delimiter = ";"


def main() -> int:
    """Play the terms that the command line names, and print what came of them."""
    parser = argparse.ArgumentParser(description="Play a whole term on learning platforms.")
    parser.add_argument("platforms", nargs="*", metavar="PLATFORM", help=", ".join(PLATFORMS))
    parser.add_argument("--students", type=int, default=60)
    parser.add_argument("--attempt", default="", help="Which attempt counts.")
    parser.add_argument("--short", action="store_true", help="Two exercises instead of all.")
    parser.add_argument("--flat", action="store_true", help="Moodle without folders.")
    parser.add_argument("--blind", action="store_true", help="Moodle without names.")
    parser.add_argument("--semicolons", action="store_true", help="In the sheets.")
    parser.add_argument("--other-keys", action="store_true", help="Known by mail, or a user name.")
    parser.add_argument("--keep", type=Path, help="Where to leave the folders.")
    given = parser.parse_args()
    if unknown := set(given.platforms) - set(PLATFORMS):
        parser.error(f"no such platform: {', '.join(sorted(unknown))}")
    wrong = 0
    for kind in given.platforms or PLATFORMS:
        with tempfile.TemporaryDirectory(prefix=f"term-{kind}-") as folder:
            place = (given.keep or Path(folder)).resolve() / kind
            term = begin(kind, given.students, place, short=given.short, rule=given.attempt)
            _set(term.platform, given)
            play(term)
        print(transcript(term), flush=True)
        wrong += len(term.wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
