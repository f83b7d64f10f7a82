"""Does a limit count the time that a process has had, and not that which others took?"""

import os
import subprocess
import sys

import pytest

from course_utils.checks import clock
from course_utils.checks.clock import Allowance, waited


@pytest.fixture
def moment(monkeypatch):
    """Set both clocks by hand: [by the wall, waited]."""
    now = [100.0, 7.0]
    monkeypatch.setattr(clock.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(clock, "waited", lambda process: now[1])
    return now


def test_time_that_was_waited_does_not_count(moment):
    """Is a second in which others had the cores given back, and no more than it?"""
    allowance = Allowance(5.0)
    moment[0] += 4
    assert allowance.left() == 1
    moment[0] += 4
    assert allowance.left() == -3
    moment[1] += 3.5
    assert allowance.left() == 0.5
    moment[0] += 0.5
    assert allowance.left() == 0


@pytest.mark.parametrize("most", [None, 8.0])
def test_a_wait_has_an_end(moment, most):
    """Is the clock on the wall the last word, however long a process waits?"""
    allowance = Allowance(5.0, most=most)
    moment[0] += most or 50
    moment[1] += 1000
    assert allowance.left() == 0


def test_without_the_systems_help_all_time_counts(moment, monkeypatch):
    """Is a limit that of the wall where the system does not know who waits?"""
    monkeypatch.setattr(clock, "waited", waited)
    allowance = Allowance(5.0, "no such process")
    moment[0] += 6
    assert allowance.left() == -1
    assert waited("no such process") == 0


BUSY = """
import os
os.sched_setaffinity(0, {os.sched_getaffinity(0).pop()})
for _ in range(8):
    if not os.fork():
        os.setsid()
        while os.getppid() != 1:
            pass
        os._exit(0)
import time
from course_utils.checks.call import TimeLimit, time_limit
wall = time.monotonic()
try:
    with time_limit(float(os.environ["LIMIT"])):
        while time.process_time() < float(os.environ["WORK"]):
            pass
    print("done", time.monotonic() - wall)
except TimeLimit:
    print("late", time.monotonic() - wall)
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/schedstat"), reason="only Linux may know")
@pytest.mark.parametrize(("limit", "work", "came"), [(1.0, 0.7, "done"), (0.3, 99, "late")])
def test_busy_neighbours_cost_nothing(limit, work, came):
    """Does a call among eight busy processes come to what it comes to alone?"""
    environment = {**os.environ, "LIMIT": str(limit), "WORK": str(work)}
    command = [sys.executable, "-c", BUSY]
    ran = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=90, check=False
    )
    word, wall = ran.stdout.split()
    assert word == came, ran.stderr
    assert float(wall) > limit
