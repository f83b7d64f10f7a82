"""Do functions run in the host, several at a time, and is it known when it is gone?"""

import os
import signal
import time
from concurrent.futures import BrokenExecutor, Future, wait

import psutil
import pytest

from course_utils.errors import CourseError
from course_utils.grading.batch import host as module
from course_utils.grading.batch import screen, workers
from course_utils.grading.batch.host import Host
from course_utils.grading.batch.task import Task
from course_utils.grading.batch.workers import Workers
from course_utils.grading.judge.notebook import Judged, Rules
from course_utils.grading.judge.released import Release
from course_utils.grading.kernels.kernel import MOST_LOST, KernelsLost

pytestmark = pytest.mark.usefixtures("hosts_are_started")

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


def test_a_stopped_host_is_left_behind(monkeypatch):
    """Is a host that gives no sign of life ended, and what ran in it free for another?"""
    monkeypatch.setattr(module, "BEAT", 0.1)  # here; over there it is a second
    monkeypatch.setattr(module, "SILENT", 40)
    host = Host(1)
    pid = host.submit(os.getpid).result(SECONDS)
    future = host.submit(time.sleep, 6)
    assert future.result(SECONDS) is None  # a long call alone is no silence
    future = host.submit(time.sleep, 1000)
    os.kill(pid, signal.SIGSTOP)
    assert isinstance(future.exception(SECONDS), BrokenExecutor)
    host.shutdown()


def test_a_host_that_is_killed_at_once(monkeypatch, tmp_path):
    """Does grading go on without a traceback if its worker is killed in its first moment?"""

    class Dead(Host):
        def submit(self, *args, **kwargs):
            self.kill()
            self._reader.join()
            return super().submit(*args, **kwargs)

    monkeypatch.setattr(screen, "Host", Dead)
    with screen._head_start(1, tmp_path, "slug", "") as host, pytest.raises(BrokenExecutor):
        host.submit(os.getpid)


def task(student, **settings):
    return Task(student, "", Release("slug", ""), (), "", **settings)


def hang(one):
    """Come to no end for one student."""
    if one.student == "hangs":
        time.sleep(1000)
    return Judged()


def test_a_task_that_does_not_end_is_left_behind(monkeypatch):
    """Are all others done, and the one told, that would run for ever, also if it is first?"""
    monkeypatch.setattr(workers, "SPARE", 0)
    monkeypatch.setattr(workers, "run_task", hang)
    names = ["hangs", "one", "two", "three", "four"]
    rules = [Rules(notebook_seconds=3 if name == "hangs" else 120) for name in names]
    tasks = [task(name, rules=one) for name, one in zip(names, rules, strict=True)]
    done = list(Workers(2).run(iter(tasks)))
    found = {one.task.student: one for one in done}
    assert sorted(found) == sorted(names)
    assert "did not come to an end" in found.pop("hangs").why
    assert all(one.judged for one in found.values())


class Sequence:
    """Fails so often, and remembers the tasks: for a worker in this process."""

    def __init__(self, outcomes):
        self.outcomes, self.tasks = list(outcomes), []

    def submit(self, _, one):
        self.tasks.append(one)
        future = Future()
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
        return future


GOOD, BUSY = Judged(), Judged(busy=["cell 1"])


@pytest.mark.parametrize(
    ("outcomes", "lost", "ran"),
    [
        ([KernelsLost("a"), GOOD], ("a",), True),
        ([KernelsLost("a"), KernelsLost("b"), GOOD], ("a", "b"), True),
        ([KernelsLost("a"), BUSY, GOOD], ("a",), True),
        ([BUSY, GOOD], (), True),
        ([BUSY, BUSY], (), True),
        ([KernelsLost(str(i)) for i in range(MOST_LOST)], ("0", "1"), False),
    ],
)
def test_what_was_lost_is_tried_again(monkeypatch, outcomes, lost, ran):
    """Is a task tried again where nobody knows whose doing it was, but not for ever?"""
    there = Sequence(outcomes)
    monkeypatch.setattr(Workers, "_host", lambda self: (there, lambda: None))
    (done,) = Workers(1).run(iter([task("one")]))
    assert not there.outcomes
    assert there.tasks[-1].lost == lost
    assert bool(done.judged) == ran
    assert ran or "a kernel was ended from outside (2)" in done.why
