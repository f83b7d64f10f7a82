"""The verbs of the book: the tour, the build, experiments, benchmarks."""

from __future__ import annotations

import time
from pathlib import Path

import click

from course_utils.cli.verb import FINE, PATH, PROBLEM, verb


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
