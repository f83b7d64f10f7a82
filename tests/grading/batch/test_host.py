"""Do functions run in the host, several at a time, and is it known when it is gone?"""

import os
import time
from concurrent.futures import BrokenExecutor, wait

import psutil
import pytest

from course_utils.errors import CourseError
from course_utils.grading.batch.host import Host

SECONDS = 30


@pytest.fixture
def host():
    host = Host(2)
    yield host
    host.shutdown()


def fail(text):
    raise CourseError(text)


class OddError(Exception):
    """Is pickled without its second argument."""

    def __init__(self, text, other):
        super().__init__(text)


def fail_oddly():
    raise OddError("text", "other")


def meet(path, other):
    """Return once two calls of this run at the same time."""
    path.touch()
    end = time.monotonic() + SECONDS
    while not other.exists():
        assert time.monotonic() < end, "nobody came"
        time.sleep(0.01)
    return os.getpid()


def unpicklable():
    return lambda: None


def test_results_and_errors_come_back(host):
    """Is a result that of its own call, and an exception the one that was raised?"""
    futures = [host.submit(divmod, i, 7) for i in range(20)]
    assert [future.result(SECONDS) for future in futures] == [divmod(i, 7) for i in range(20)]
    assert host.submit(int, "11", base=2).result(SECONDS) == 3
    with pytest.raises(CourseError, match="no luck"):
        host.submit(fail, "no luck").result(SECONDS)
    with pytest.raises(RuntimeError, match=r"cannot be sent: .*pickle"):
        host.submit(unpicklable).result(SECONDS)
    with pytest.raises(RuntimeError, match=r"cannot be read: .*other"):
        host.submit(fail_oddly).result(SECONDS)
    assert host.submit(os.getpid).result(SECONDS) != os.getpid()


def test_as_many_run_at_a_time_as_are_asked_for(host, tmp_path):
    """Do two calls run at once, in one process?"""
    one, other = tmp_path / "one", tmp_path / "other"
    futures = [host.submit(meet, one, other), host.submit(meet, other, one)]
    assert len({future.result(SECONDS) for future in futures}) == 1


def test_a_host_that_is_killed_is_noticed(host):
    """Do all calls that wait come to an end, and is none taken in afterwards?"""
    pid = host.submit(os.getpid).result(SECONDS)
    futures = [host.submit(time.sleep, 1000) for _ in range(3)]
    psutil.Process(pid).kill()
    assert not wait(futures, SECONDS).not_done
    assert all(isinstance(future.exception(), BrokenExecutor) for future in futures)
    with pytest.raises(BrokenExecutor):
        host.submit(os.getpid)


def test_a_host_is_ended_whatever_it_does():
    """Is nobody waited for, and nothing left that runs?"""
    host = Host(1)
    process = psutil.Process(host.submit(os.getpid).result(SECONDS))
    future = host.submit(time.sleep, 1000)
    start = time.monotonic()
    host.shutdown()
    assert time.monotonic() - start < SECONDS
    assert isinstance(future.exception(SECONDS), BrokenExecutor)
    assert not process.is_running()
