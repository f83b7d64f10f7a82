"""One host for all classes that a process of tests grades, with its warm kernels.

To start a host, and the processes from which it forks kernels, takes longer than to grade a small
class.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest

from course_utils.grading.batch import screen
from course_utils.grading.batch.host import Host
from course_utils.grading.batch.workers import Workers

JOBS = 2
of_their_own = Workers._host


class Kept(Host):
    """A host that stays when those who used it are done."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Stay; what still runs comes to its end, and nobody hears of it."""

    @property
    def is_there(self) -> bool:
        """Whether it can be given work; a test may have killed it."""
        return not self._gone

    def end(self) -> None:
        """Go."""
        super().shutdown()


@contextlib.contextmanager
def keeping() -> Iterator[None]:
    """Have grading take the host that is there already, unless it is for more jobs."""
    hosts: list[Kept] = []

    def host(jobs: int) -> Host:
        if jobs > JOBS:
            return Host(jobs)
        if not hosts or not hosts[-1].is_there:
            hosts.append(Kept(JOBS))
        return hosts[-1]

    def host_of(workers: Workers) -> tuple[Host, Callable[[], None]]:
        workers._there = workers._there or host(workers._jobs)
        return of_their_own(workers)

    try:
        with taking(host_of, host):
            yield
    finally:
        for one in hosts:
            one.end()


def starting() -> contextlib.AbstractContextManager[None]:
    """Have grading start a host of its own for each class, as it does for users."""
    return taking(of_their_own, Host)


@contextlib.contextmanager
def taking(host_of: Callable[..., object], host: Callable[[int], Host]) -> Iterator[None]:
    """Have workers, and the command that grades, take their hosts from these."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Workers, "_host", host_of)
        patch.setattr(screen, "Host", host)
        yield
