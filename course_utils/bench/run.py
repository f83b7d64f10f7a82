"""Run benchmarks by name and show their ratios."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from course_utils.bench.timing import Timing, Work, chosen, ratio
from course_utils.errors import CourseError

GRADING = "grading"  # how the names begin of what takes many minutes, and is timed if asked for


def bench(course: Path, names: Sequence[str] = ()) -> Iterator[Timing]:
    """Run the benchmarks of these names, and yield a ratio at a time.

    A name stands for all that begin with it: ``conv`` for all convolutions. No name stands for all
    but those of grading.

    Raises
    ------
    CourseError
        If no benchmark begins with a name, or what it needs is not installed.
    """
    grading = [name for name in names if name.startswith(GRADING)]
    others = [name for name in names if name not in grading]
    works = works_of(others) if others or not grading else []
    if grading:
        with _installed("grading"):
            from course_utils.bench.grading import NAMES, time_grading
        grading = chosen(NAMES, grading)
    for work in works:
        for dtype, bar in work.bars.items():
            ours, peer = work.make(dtype)
            yield Timing(work.name, dtype, work.peer, round(ratio(ours, peer), 3), bar)
    for name in grading:
        yield time_grading(course, name)


def works_of(names: Sequence[str] = ()) -> list[Work]:
    """Return the references to time against PyTorch whose names begin with one of `names`."""
    with _installed("torch"):
        from course_utils.bench.works import WORKS
    works = {work.name: work for work in WORKS}
    return [works[name] for name in chosen(list(works), names)]


@contextmanager
def _installed(extra: str) -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        mend = f'pip install -e ".[{extra}]"'
        raise CourseError(f"{error.name} is not installed: {mend}") from None


def to_line(timing: Timing) -> str:
    """Return one ratio as a line of the table."""
    verdict = "" if timing.ratio <= timing.bar else "  above"
    return (
        f"{timing.work:34}  {timing.dtype:8}  {timing.peer:10}  "
        f"{timing.ratio:7.3f}  {timing.bar:6.2f}{verdict}"
    )


HEADER = f"{'work':34}  {'dtype':8}  {'peer':10}  {'ratio':>7}  {'bar':>6}"


def to_json(timings: Sequence[Timing]) -> str:
    """Return the ratios as JSON."""
    return json.dumps([asdict(timing) for timing in timings], indent=1)
