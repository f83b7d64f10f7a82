"""Run benchmarks by name and show their ratios."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict

from course_utils.bench.timing import Timing, Work, ratio
from course_utils.errors import CourseError, did_you_mean


def bench(names: Sequence[str] = ()) -> Iterator[Timing]:
    """Time the works of these names, or all of them, and yield a ratio at a time.

    A name stands for every work that begins with it: ``conv`` for all convolutions.

    Raises
    ------
    CourseError
        If no work begins with a name, or PyTorch is not installed.
    """
    for work in chosen(names):
        for dtype, bar in work.bars.items():
            ours, peer = work.make(dtype)
            yield Timing(work.name, dtype, work.peer, round(ratio(ours, peer), 3), bar)


def chosen(names: Sequence[str]) -> list[Work]:
    """Return the works that begin with one of `names`; all of them if there is none."""
    try:
        from course_utils.bench.works import WORKS
    except ModuleNotFoundError as error:
        raise CourseError(f'{error.name} is not installed: pip install -e ".[torch]"') from None
    known = [work.name for work in WORKS]
    for name in names:
        if not any(other.startswith(name) for other in known):
            raise CourseError(f"unknown benchmark {name!r}; {did_you_mean(name, known)}")
    return [work for work in WORKS if not names or work.name.startswith(tuple(names))]


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
