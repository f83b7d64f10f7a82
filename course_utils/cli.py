"""The `course` command: a verb for each thing that a person does with the course."""

from __future__ import annotations

import errno
import functools
import sys
import time
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
    code or nothing. What it needs it imports itself, so that help and mistakes come at once.
    """

    def add(function: Verb) -> click.Command:
        @functools.wraps(function)
        def run(*arguments: Any, **options: Any) -> int:
            try:
                return function(*arguments, **options) or FINE
            except CourseError as error:
                return trouble(f"course {function.__name__}: {error}", WRONG_USE)
            except KeyboardInterrupt:
                return trouble(f"\ncourse {function.__name__}: stopped")
            except Exception as error:
                if not _is_full(error):
                    raise
                where = getattr(error, "filename", None)
                place = f" that holds {where}" if where else ""
                mend = "Make room, and give the same command again: what is done is kept."
                return trouble(f"\ncourse {function.__name__}: the disk{place} is full. {mend}")

        return course.command(epilog=f"Example: {example}")(click.pass_obj(run))

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


@verb("course demo")
@click.argument("slug", default="convolution-arithmetic", help="The topic.")
def demo(folder: Path, slug: str) -> None:
    """Grade a sample class, build the book, say where everything is."""
    from concurrent.futures import ThreadPoolExecutor

    from course_utils.book import build_book
    from course_utils.grading.demo import grade_sample_class, summary
    from course_utils.grading.handout.release import require_topic

    require_topic(folder, slug)
    root = folder / "_demo"
    start = time.perf_counter()
    with ThreadPoolExecutor() as pool:
        print("The book is built meanwhile.")
        book = pool.submit(build_book, folder, folder)
        print(f"A sample class of sixteen hands in {slug}.", flush=True)
        if not grade_sample_class(folder, root, slug):
            print("It is graded already, and nothing has changed since.")
        html = book.result()
    print(f"\n{summary(root, slug)}\n")
    print(f"The book      {html / 'index.html'}")
    print(f"The feedback  {root / 'feedback' / 'student-004' / slug / f'{slug}.html'}")
    print(f"The grades    {root / 'grades.csv'}")
    print(f"\nDone in {time.perf_counter() - start:.0f} s.")


@verb("course book --serve --port 8123")
@click.option("--serve", is_flag=True, help="Serve it on this machine.")
@click.option("--port", default=8000, show_default=True, help="The port to serve at.")
@click.option("--pdf", is_flag=True, help="Print it into one PDF, too (needs Chromium).")
def book(folder: Path, serve: bool, port: int, pdf: bool) -> None:
    """Build the book, print or serve it if asked."""
    from course_utils.book import build_book, print_book, serve_book

    html = build_book(folder, folder)
    print(f"The book is built: {html / 'index.html'}", flush=True)
    if pdf:
        print(f"The PDF is made: {print_book(folder, folder)}", flush=True)
    if serve:
        serve_book(html, port)


@verb("course release convolution-arithmetic")
@click.argument("slugs", nargs=-1, metavar="[SLUG]...", help="Topics (default: all).")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if exercises/ is out of step.")
def release(folder: Path, slugs: tuple[str, ...], check: bool) -> int:
    """Make exercises/ from solutions/."""
    from course_utils.grading.handout.release import release

    changed = release(folder, list(slugs), check=check)
    return _say_changed(changed, check, "exercises/", "course release")


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


@verb("course grade convolution-arithmetic --jobs 4")
@click.argument("slug", help="The topic.")
@click.option(
    "--root", type=PATH, help="The folder with submitted/ and the gradebook (default: the course)."
)
@click.option("--jobs", default=0, help="How many notebooks run at a time (default: the cores).")
@click.option("--student", multiple=True, help="Grade this one only; may be repeated.")
@click.option("--force", is_flag=True, help="Run what has not changed, too.")
@click.option(
    "--isolation",
    type=click.Choice(["best", "required"]),
    help="required: refuse to grade where students' code cannot be isolated.",
)
@click.option("--scheduler", metavar="ADDRESS", help="Run the notebooks on a dask cluster.")
def grade(
    folder: Path,
    slug: str,
    root: Path | None,
    jobs: int,
    student: tuple[str, ...],
    force: bool,
    isolation: str | None,
    scheduler: str | None,
) -> int:
    """Grade a class: many at once, and only what has changed."""
    from course_utils.grading.batch.screen import grade_on_screen

    return grade_on_screen(
        folder,
        root or folder,
        slug,
        students=student,
        jobs=jobs,
        scheduler=scheduler or "",
        isolation=isolation or "",
        force=force,
    )


@verb("course report convolution-arithmetic --root _demo")
@click.argument("slug", help="The topic.")
@click.option(
    "--root", type=PATH, default=Path.cwd, help="The folder with gradebook.db (default: this)."
)
@click.option("--json", is_flag=True, help="As JSON.")
@click.option("--csv", is_flag=True, help="The scores as CSV.")
def report(folder: Path, slug: str, root: Path, json: bool, csv: bool) -> None:
    """Show a graded class: scores, statistics, commonest mistakes."""
    from course_utils.grading.report import rendering
    from course_utils.grading.report.class_report import class_report
    from course_utils.grading.report.results import gradebook_address

    if json and csv:
        raise click.UsageError("--json and --csv exclude each other: ask for one of them")
    found = class_report(root, slug, gradebook_address(folder, root))
    if csv:
        print(rendering.to_csv(found.students), end="")
    elif json:
        print(rendering.to_json(found))
    else:
        print(rendering.to_text(found), end="")


@verb("course similar convolution-arithmetic --root _demo --least 0.9")
@click.argument("slug", help="The topic.")
@click.option(
    "--root",
    type=PATH,
    default=Path.cwd,
    help="The folder with submitted/ and exercises/ (default: this).",
)
@click.option(
    "--least",
    default=0.8,
    show_default=True,
    metavar="SHARE",
    help="The smallest share of common code to list.",
)
@click.option("--json", is_flag=True, help="As JSON.")
def similar(folder: Path, slug: str, root: Path, least: float, json: bool) -> None:
    """List submissions that resemble each other.

    They are for a person to judge: resemblance is no proof.
    """
    from course_utils.grading.report.similar import similar, to_json, to_text

    found = similar(root, slug, least=least)
    print(f"{to_json(found)}\n" if json else to_text(found), end="")


@verb("course doctor --json")
@click.option("--json", is_flag=True, help="As JSON.")
def doctor(folder: Path, json: bool) -> int:
    """Say what this machine can do, and how to get what is missing."""
    from course_utils.grading.doctor import examine, is_fine, to_json, to_text

    found = examine()
    print(to_json(found) if json else to_text(found))
    return FINE if is_fine(found) else PROBLEM


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
    print(f"Write the module and the statement until `course prove {name}` has nothing to say.")
    print(f"Then run `course freeze {name}` and `course release {slug}`.")


def _say_written(paths: list[Path]) -> None:
    for path in paths:
        print(f"written: {path}")


@verb("course prove lstm_step_forward")
@click.argument("names", nargs=-1, metavar="[NAME]...", help="Exercises or topics (default: all).")
@click.option(
    "--every",
    default=1,
    show_default=True,
    metavar="N",
    help="Try one of N changed answers.",
)
def prove(folder: Path, names: tuple[str, ...], every: int) -> int:
    """Say what is still to do about exercises.

    That is about their cases, mistakes, right answers and statements.
    """
    from course_utils.authoring.screen import prove

    try:
        return FINE if prove(folder, list(names), every=every) else PROBLEM
    except ValueError as error:
        raise CourseError(str(error)) from error


@verb("course experiment degradation --data cifar10 --seeds 5")
@click.argument(
    "name", help="adding-problem, degradation, digits-convnet, pixel-digits or regularizers."
)
@click.option("--data", help="Other data than the book's: cifar10.")
@click.option("--seeds", default=10, show_default=True, help="How often each network is trained.")
@click.option("--out", type=PATH, metavar="FILE", help="Where it goes (default: in the book).")
def experiment(folder: Path, name: str, data: str | None, seeds: int, out: Path | None) -> None:
    """Repeat an experiment that takes too long for a page.

    Each training is kept at once: stop when you like, and give the same command to go on.
    """
    from course_utils.bench import experiment as experiments

    found, file = experiments.find(name, data, seeds)
    path = out or folder / file
    for line in experiments.run(found, path):
        print(line, flush=True)
    print(f"All {len(found.settings)} trainings are in {path}")


@verb("course bench convolution --json")
@click.argument(
    "names",
    nargs=-1,
    metavar="[NAME]...",
    help="How the works' names begin (default: all but grading).",
)
@click.option("--json", is_flag=True, help="As JSON.")
def bench(folder: Path, names: tuple[str, ...], json: bool) -> int:
    """Time references against PyTorch, grading against nbgrader.

    Grading is timed only if it is asked for: it takes many minutes.
    """
    from course_utils.bench import run

    shown = []
    if not json:
        print(run.HEADER)
    for timing in run.bench(folder, names):
        shown.append(timing)
        if not json:
            print(run.to_line(timing), flush=True)
    if json:
        print(run.to_json(shown))
    return PROBLEM if any(timing.ratio > timing.bar for timing in shown) else FINE


if __name__ == "__main__":
    sys.exit(main())
