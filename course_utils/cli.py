"""The `course` command: a verb for each thing that a person does with the course."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from course_utils.errors import CourseError

FINE, PROBLEM, WRONG_USE = 0, 1, 2


def main(words: Sequence[str] | None = None) -> int:
    """Run the command line `words` and return its exit code: 0 fine, 1 a problem, 2 wrong use."""
    arguments = _parser().parse_args(words)
    try:
        code: int = arguments.run(arguments)
    except CourseError as error:
        print(f"course {arguments.verb}: {error}", file=sys.stderr)
        return WRONG_USE
    except KeyboardInterrupt:
        print(f"\ncourse {arguments.verb}: stopped", file=sys.stderr)
        return PROBLEM
    return code


def _demo(arguments: argparse.Namespace) -> int:
    from course_utils.book import build_book
    from course_utils.grading.demo import grade_sample_class, summary
    from course_utils.grading.release import require_topic

    course, slug = arguments.course, arguments.slug
    require_topic(course, slug)
    root = course / "_demo"
    start = time.perf_counter()
    with ThreadPoolExecutor() as pool:
        print("The book is built meanwhile.")
        book = pool.submit(build_book, course, course)
        print(f"A sample class of sixteen hands in {slug}.", flush=True)
        if not grade_sample_class(course, root, slug):
            print("It is graded already, and nothing has changed since.")
        html = book.result()
    print(f"\n{summary(root, slug)}\n")
    print(f"The book      {html / 'index.html'}")
    print(f"The feedback  {root / 'feedback' / 'student-004' / slug / f'{slug}.html'}")
    print(f"The grades    {root / 'grades.csv'}")
    print(f"\nDone in {time.perf_counter() - start:.0f} s.")
    return FINE


def _book(arguments: argparse.Namespace) -> int:
    from course_utils.book import build_book, serve_book

    html = build_book(arguments.course, arguments.course)
    print(f"The book is built: {html / 'index.html'}")
    if arguments.serve:
        serve_book(html, arguments.port)
    return FINE


def _release(arguments: argparse.Namespace) -> int:
    from course_utils.grading.release import release

    changed = release(arguments.course, arguments.slug, check=arguments.check)
    return _say_changed(changed, arguments.check, "exercises/", "course release")


def _freeze(arguments: argparse.Namespace) -> int:
    from course_utils.grading.freeze import freeze

    try:
        changed = freeze(arguments.name, check=arguments.check)
    except ValueError as error:
        raise CourseError(str(error)) from error
    return _say_changed(changed, arguments.check, "the frozen cases", "course freeze")


def _new(arguments: argparse.Namespace) -> int:
    from course_utils.authoring.begin import begin_topic

    _say_written(begin_topic(arguments.course, arguments.slug))
    print(f"Next: `course exercise {arguments.slug} some_function`")
    return FINE


def _exercise(arguments: argparse.Namespace) -> int:
    from course_utils.authoring.begin import begin_exercise

    slug, name = arguments.slug, arguments.name
    _say_written(begin_exercise(arguments.course, slug, name))
    print(f"Write the exercise, then `course prove {name}`, `course freeze` and `course release`.")
    return FINE


def _prove(arguments: argparse.Namespace) -> int:
    from course_utils.authoring.report import prove

    try:
        fine = prove(arguments.course, arguments.name, every=arguments.every)
    except ValueError as error:
        raise CourseError(str(error)) from error
    return FINE if fine else PROBLEM


def _say_written(paths: list[Path]) -> None:
    for path in paths:
        print(f"written: {path}")


def _say_changed(changed: list[Path], check: bool, what: str, mend: str) -> int:
    for path in changed:
        print(f"{'out of step' if check else 'written'}: {path}")
    if not changed:
        print(f"In step: {what}.")
    elif check:
        print(f"Run `{mend}` and commit what it writes.", file=sys.stderr)
        return PROBLEM
    return FINE


def _kit(arguments: argparse.Namespace) -> int:
    from course_utils.grading.kit import make_kit

    kit = make_kit(arguments.course, arguments.out or arguments.course / "_build", arguments.slug)
    print(f"The kit is made: {kit}")
    return FINE


def _check(arguments: argparse.Namespace) -> int:
    from course_utils.grading.self_check import self_check

    reports = self_check(arguments.notebook)
    for title, text, _ in reports:
        print(f"{'=' * 3} {title}\n{text}\n")
    wrong = [title for title, _, passed in reports if not passed]
    if wrong:
        print(f"{len(wrong)} of {len(reports)} checks do not pass yet: {', '.join(wrong)}")
        return PROBLEM
    print(f"All {len(reports)} checks pass.")
    return FINE


def _grade(arguments: argparse.Namespace) -> int:
    from course_utils.grading.batch.screen import grade_on_screen

    return grade_on_screen(
        arguments.course,
        arguments.root or arguments.course,
        arguments.slug,
        students=arguments.student,
        jobs=arguments.jobs,
        scheduler=arguments.scheduler,
        isolation=arguments.isolation,
        force=arguments.force,
    )


def _report(arguments: argparse.Namespace) -> int:
    from course_utils.grading.results import (
        class_report,
        gradebook_address,
        to_csv,
        to_json,
        to_text,
    )

    gradebook = gradebook_address(arguments.course, arguments.root)
    found = class_report(arguments.root, arguments.slug, gradebook)
    if arguments.csv:
        print(to_csv(found.students), end="")
    elif arguments.json:
        print(to_json(found))
    else:
        print(to_text(found), end="")
    return FINE


def _similar(arguments: argparse.Namespace) -> int:
    from course_utils.grading.similar import similar, to_json, to_text

    found = similar(arguments.root, arguments.slug, least=arguments.least)
    if arguments.json:
        print(to_json(found))
    else:
        print(to_text(found), end="")
    return FINE


def _doctor(arguments: argparse.Namespace) -> int:
    from course_utils.grading.doctor import examine, is_fine, to_json, to_text

    found = examine()
    print(to_json(found) if arguments.json else to_text(found))
    return FINE if is_fine(found) else PROBLEM


def _bench(arguments: argparse.Namespace) -> int:
    from course_utils.bench import run

    shown = []
    if not arguments.json:
        print(run.HEADER)
    for timing in run.bench(arguments.course, arguments.name):
        shown.append(timing)
        if not arguments.json:
            print(run.to_line(timing), flush=True)
    if arguments.json:
        print(run.to_json(shown))
    return PROBLEM if any(timing.ratio > timing.bar for timing in shown) else FINE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="course",
        description="Filters & Memory: the book, the exercises and the grader.",
        epilog="Each verb has its own --help. Exit codes: 0 fine, 1 a problem found, 2 wrong use.",
    )
    parser.add_argument(
        "--course",
        type=Path,
        default=Path.cwd(),
        metavar="DIR",
        help="the course's folder (default: this one)",
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    def verb(name: str, summary: str, example: str) -> argparse.ArgumentParser:
        added = verbs.add_parser(
            name, help=summary, description=summary, epilog=f"Example: {example}"
        )
        added.set_defaults(run=globals()[f"_{name}"])
        return added

    demo = verb(
        "demo", "grade a sample class, build the book, say where everything is", "course demo"
    )
    demo.add_argument("slug", nargs="?", default="convolution-arithmetic", help="the topic")

    book = verb("book", "build the book, and serve it if asked", "course book --serve --port 8123")
    book.add_argument("--serve", action="store_true", help="serve it on this machine")
    book.add_argument("--port", type=int, default=8000, help="the port to serve at (default: 8000)")

    release = verb(
        "release", "make exercises/ from solutions/", "course release convolution-arithmetic"
    )
    release.add_argument("slug", nargs="*", help="topics (default: all)")

    freeze = verb(
        "freeze", "write the frozen cases that ship with check()", "course freeze --check"
    )
    new = verb("new", "begin a topic: package, notebook, page", "course new recurrent-networks")
    new.add_argument("slug", help="its name in small letters, words joined by -")

    begun = verb(
        "exercise",
        "begin an exercise: its module and its cells in the notebook, which work already",
        "course exercise recurrent-networks rnn_step_forward",
    )
    begun.add_argument("slug", help="the topic")
    begun.add_argument("name", help="the function that it asks for")

    proved = verb(
        "prove",
        "say what is still to do about exercises: cases, mistakes, right answers, statement",
        "course prove lstm_step_forward",
    )
    proved.add_argument("name", nargs="*", help="exercises or topics (default: all)")
    proved.add_argument(
        "--every",
        type=int,
        default=1,
        metavar="N",
        help="try one of N changed answers (default: 1)",
    )

    freeze.add_argument("name", nargs="*", help="exercises (default: all)")
    for command, what in ((release, "exercises/ is"), (freeze, "the frozen cases are")):
        command.add_argument(
            "--check", action="store_true", help=f"write nothing; exit 1 if {what} out of step"
        )

    kit = verb(
        "kit",
        "make the zip that students get: exercises, checks, a page to start from",
        "course kit convolution-arithmetic --out ~/handouts",
    )
    kit.add_argument("slug", nargs="*", help="topics (default: all)")
    kit.add_argument(
        "--out", type=Path, metavar="DIR", help="where to put it (default: _build in the course)"
    )

    check = verb(
        "check",
        "run a notebook and show what its checks say",
        "course check exercises/convolution-arithmetic/convolution-arithmetic.ipynb",
    )
    check.add_argument("notebook", type=Path, help="the notebook with your answers")

    grade = verb(
        "grade",
        "grade a class: many notebooks at once, and only what has changed",
        "course grade convolution-arithmetic --jobs 4",
    )
    grade.add_argument("slug", help="the topic")
    grade.add_argument(
        "--root", type=Path, help="the folder with submitted/ and the gradebook (default: this)"
    )
    grade.add_argument(
        "--jobs", type=int, default=0, help="how many notebooks run at a time (default: the cores)"
    )
    grade.add_argument(
        "--student", action="append", default=[], help="grade this one only; may be repeated"
    )
    grade.add_argument("--force", action="store_true", help="run what has not changed, too")
    grade.add_argument(
        "--isolation",
        choices=["best", "required"],
        default="",
        help="required: refuse to grade where students' code cannot be isolated",
    )
    grade.add_argument(
        "--scheduler", default="", metavar="ADDRESS", help="run the notebooks on a dask cluster"
    )

    report = verb(
        "report",
        "show a graded class: scores, statistics of the exercises, commonest mistakes",
        "course report convolution-arithmetic --root _demo",
    )
    report.add_argument("slug", help="the topic")
    report.add_argument(
        "--root", type=Path, default=Path.cwd(), help="the folder with gradebook.db (default: this)"
    )
    timed = verb(
        "bench",
        "time the references against PyTorch and, if asked for, grading against nbgrader alone",
        "course bench convolution --json",
    )
    timed.add_argument(
        "name", nargs="*", help="how the works' names begin (default: all but grading)"
    )
    timed.add_argument("--json", action="store_true", help="as JSON")

    form = report.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as JSON")
    form.add_argument("--csv", action="store_true", help="the scores as CSV")

    alike = verb(
        "similar",
        "list submissions that resemble each other, for a person to judge: it is no proof",
        "course similar convolution-arithmetic --root _demo --least 0.9",
    )
    alike.add_argument("slug", help="the topic")
    alike.add_argument(
        "--root",
        type=Path,
        default=Path.cwd(),
        help="the folder with submitted/ and exercises/ (default: this)",
    )
    alike.add_argument(
        "--least",
        type=float,
        default=0.8,
        metavar="SHARE",
        help="the smallest share of common code to list (default: 0.8)",
    )
    alike.add_argument("--json", action="store_true", help="as JSON")

    doctor = verb(
        "doctor",
        "say what this machine can do, and how to get what is missing",
        "course doctor --json",
    )
    doctor.add_argument("--json", action="store_true", help="as JSON")
    return parser


if __name__ == "__main__":
    sys.exit(main())
