"""What a benchmark is, and how two runs are compared.

The two take turns, so that whatever else the machine does slows both, and a ratio is the median
over the turns.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from course_utils.errors import CourseError, did_you_mean

Run = Callable[[], object]
SECONDS = 3.0  # for each ratio, so that a slow work takes few turns and a fast one many
LEAST_TURNS = 7


@dataclass(frozen=True)
class Work:
    """Something to time.

    Attributes
    ----------
    name : str
    make : callable
        Given a dtype, returns the reference and its peer, ready to run: functions without
        arguments that return the outputs and gradients, as lists of arrays.
    bars : dict of str to float
        For each dtype, the ratio that must not be exceeded.
    peer : str
        What the reference is compared with.
    """

    name: str
    make: Callable[[str], tuple[Run, Run]]
    bars: dict[str, float]
    peer: str = "PyTorch"


@dataclass(frozen=True)
class Timing:
    """One measured ratio: `ratio` is ours divided by the peer's, `bar` the most it should be."""

    work: str
    dtype: str
    peer: str
    ratio: float
    bar: float


def chosen(known: Sequence[str], names: Iterable[str]) -> list[str]:
    """Return the known benchmarks that begin with one of `names`; all of them if there is none.

    Raises
    ------
    CourseError
        If none begins with a name.
    """
    names = tuple(names)
    for name in names:
        if not any(other.startswith(name) for other in known):
            raise CourseError(f"unknown benchmark {name!r}; {did_you_mean(name, known)}")
    return [other for other in known if not names or other.startswith(names)]


def ratio(ours: Run, peer: Run, *, clock: Callable[[], float] = time.perf_counter) -> float:
    """Return the median over turns of our time divided by the peer's.

    Each turn runs both, and they change places from turn to turn, so that neither is always the one
    that finds its data in the cache.
    """
    ours(), peer()  # the first run pays for memory and plans
    ratios: list[float] = []
    begin = clock()
    while len(ratios) < LEAST_TURNS or clock() - begin < SECONDS:
        first, second = (ours, peer) if len(ratios) % 2 else (peer, ours)
        start = clock()
        first()
        middle = clock()
        second()
        end = clock()
        times = {first: middle - start, second: end - middle}
        ratios.append(times[ours] / times[peer])
    return median(ratios)
