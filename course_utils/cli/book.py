"""The verbs of the book: the tour, the build, experiments, benchmarks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from course_utils.cli.verb import FINE, PATH, PROBLEM, verb


@contextmanager
def bar(title: str) -> Iterator[Bar]:
    """Show how much is done on a terminal, once it is asked for."""
    shown = Bar(title)
    try:
        yield shown
    finally:
        shown.close()


class Bar:
    """A bar that stays hidden while something else is shown.

    Parameters
    ----------
    title : str
    """

    def __init__(self, title: str) -> None:
        self._title = title
        self._percent = 0
        self._bar: Any = None

    def later(self, percent: int) -> None:
        """Take note of how much is done, and show it if the bar is there."""
        self._percent = percent
        if self._bar is not None:
            self._bar.update(percent - self._bar.n)

    def now(self) -> None:
        """Show the bar from here on."""
        from tqdm import tqdm

        form = "{desc}: {percentage:3.0f}% |{bar}| {elapsed}"
        self._bar = tqdm(
            total=100, desc=self._title, initial=self._percent, bar_format=form, disable=None,
            leave=False,
        )  # fmt: skip

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()


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
    with ThreadPoolExecutor() as pool, bar("Building the book") as tell:
        print("The book is built meanwhile, which takes minutes the first time.")
        book = pool.submit(build_book, folder, folder, tell=tell.later)
        print(f"A sample class of sixteen hands in {slug}.", flush=True)
        if not grade_sample_class(folder, root, slug):
            print("It is graded already, and nothing has changed since.")
        tell.now()
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

    with bar("Building the book") as tell:
        tell.now()
        html = build_book(folder, folder, tell=tell.later)
    print(f"The book is built: {html / 'index.html'}", flush=True)
    if pdf:
        with bar("Making the PDF") as tell:
            tell.now()
            made = print_book(folder, folder, tell=tell.later)
        print(f"The PDF is made: {made}", flush=True)
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
