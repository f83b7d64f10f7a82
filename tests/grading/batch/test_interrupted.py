"""Whatever is killed, and whenever: does the same command afterwards come to the same grades?"""

import contextlib
import os
import random
import signal
import subprocess
import sys
import time

import psutil
import pytest

from course_utils.grading.report.results import results
from tests.grading.batch.small_class import (
    ANSWERS,
    COURSE,
    PADDING,
    SIZE,
    SLOW,
    SLUG,
    expected,
    hand_in,
)
from tests.grading.kills import family, part

MOST_SECONDS = 90
SLOW_ONES = range(6, 10)


@pytest.fixture
def slow(root):
    """A class that takes a few seconds."""
    for i in SLOW_ONES:
        hand_in(root, f"student-{i:03}", SLOW.format(seconds=0.6) + SIZE, PADDING)
    return root


def everybody():
    return expected() | {
        f"student-{i:03}": {"output_size": 2.0, "same_padding": 1.0} for i in SLOW_ONES
    }


def start(root, *words, **environment):
    command = [sys.executable, "-m", "course_utils.cli", "--course", str(COURSE), "grade", SLUG]
    return subprocess.Popen(
        [*command, "--root", str(root), "--jobs", "2", *words],
        env={**os.environ, "PYTHONPATH": str(COURSE), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell that runs something in the background has it ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def finish(root, *words, **environment):
    process = start(root, *words, **environment)
    out, err = process.communicate(timeout=MOST_SECONDS)
    return process.returncode, out, err


def scores(root):
    return {result.student: result.scores for result in results(root, SLUG)}


def wait_for_records(root, count):
    """Wait until so many students are done."""
    end = time.monotonic() + MOST_SECONDS
    while len(list((root / "records" / SLUG).glob("*.json"))) < count:
        assert time.monotonic() < end, "nobody was graded"
        time.sleep(0.01)


def are_gone(processes, seconds=15):
    """Say whether all of the processes end soon."""
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    return not [p for p in alive if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.parametrize("moment", [0, 1])
def test_the_command_is_killed(slow, moment):
    """Does a kill -9 of the command leave nothing that runs, and a state to go on from?"""
    process = start(slow)
    wait_for_records(slow, 1 + 4 * moment)
    time.sleep(random.Random(moment).uniform(0, 0.2))
    there = family(process.pid)
    process.kill()
    process.communicate()
    assert are_gone(there)
    code, out, _ = finish(slow)
    assert code == 0, out
    assert scores(slow) == everybody()
    done = int(out.split(",")[1].split()[0])
    assert done >= 4 * moment  # what was done is not done again


def kill_one(process, victim):
    """Kill the first such part of a command that is seen."""
    end = time.monotonic() + MOST_SECONDS
    while time.monotonic() < end:
        for one in family(process.pid):
            # A process that ends as it is looked at, or as it is killed, is not the one.
            with contextlib.suppress(psutil.Error, IndexError):
                if part(one) == victim:
                    one.kill()
                    return
    process.kill()
    process.communicate()
    pytest.fail(f"no {victim} was seen")


@pytest.mark.parametrize(
    "victims",
    [("host",), ("bwrap", "judges' kernel"), ("students' warm process", "students' guardian")],
    ids=" and ".join,
)
def test_parts_are_killed(slow, victims):
    """Does a kill -9 of some of its processes cost nobody a grade? `kills.py` hits every kind."""
    process = start(slow)
    for done, victim in enumerate(victims):
        wait_for_records(slow, 2 + 2 * done)
        kill_one(process, victim)
    out, _ = process.communicate(timeout=MOST_SECONDS)
    assert process.returncode == 0, out  # nobody is flagged, either
    assert scores(slow) == everybody()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_is_stopped(slow, number):
    """Does Ctrl-C, or a kill, end everything soon, and say how to go on?"""
    process = start(slow)
    wait_for_records(slow, 1)
    there = family(process.pid)
    process.send_signal(number)
    _, err = process.communicate(timeout=MOST_SECONDS)
    assert len(list((slow / "records" / SLUG).glob("*.json"))) < len(everybody())
    assert process.returncode == 1
    assert f"`course grade {SLUG}` goes on from here" in err
    assert "Traceback" not in err
    assert are_gone(there)
    assert finish(slow)[0] == 0
    assert scores(slow) == everybody()


def test_nothing_is_left(root):
    """Are all processes and folders gone when a class is graded, and does the summary count?"""
    process = start(root)
    wait_for_records(root, 2)
    there = family(process.pid)
    names = {f"course-{one.pid}-" for one in there}
    out, err = process.communicate(timeout=MOST_SECONDS)
    assert process.returncode == 0, err
    assert are_gone(there)
    if os.path.isdir("/dev/shm"):
        assert not [n for n in os.listdir("/dev/shm") if n.startswith(tuple(names))]
    assert f"{len(ANSWERS)} submissions graded" in out
    assert "Isolation: " in out
    code, out, _ = finish(root)
    assert code == 0
    assert f"0 submissions graded in 0 s, {len(ANSWERS)} unchanged" in out


def test_nothing_is_left_of_a_head_start(root):
    """Are those gone that made ready for a class in which nobody handed anything in?"""
    (root / "submitted").rename(root / "not submitted")
    process = start(root)
    there = []
    while process.poll() is None:
        there += [one for one in family(process.pid) if one not in there]
    _, err = process.communicate()
    assert process.returncode == 2
    assert "submissions belong in" in err
    assert len(there) > 1  # it had begun
    assert are_gone(there)
    if os.path.isdir("/dev/shm"):
        names = tuple(f"course-{one.pid}-" for one in there)
        assert not [n for n in os.listdir("/dev/shm") if n.startswith(names)]


def test_a_system_other_than_linux(root, tmp_path):
    """Are grades the same where nothing can be forked, held by a handle or isolated?"""
    (tmp_path / "sitecustomize.py").write_text("import os\ndel os.O_PATH, os.pidfd_open\n")
    found = {"PYTHONPATH": f"{tmp_path}:{COURSE}", "PATH": str(tmp_path)}
    code, out, err = finish(root, **found)
    assert code == 0, err
    assert "students' code ran with the rights of whoever ran it!" in out
    assert scores(root) == expected()
    code, _, err = finish(root, "--isolation", "required", "--force", **found)
    assert code == 2
    assert "isolation is required, and what there is here is 'none'" in err
