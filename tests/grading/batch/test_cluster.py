"""Does a dask cluster give the same grades, also when one of its workers is killed?"""

import subprocess
import sys
import time

import pytest

from course_utils.errors import CourseError
from course_utils.grading.batch.grade import Batch
from course_utils.grading.report.results import results
from tests.grading.batch.small_class import (
    COURSE,
    PADDING,
    SIZE,
    SLOW,
    SLUG,
    expected,
    hand_in,
)

distributed = pytest.importorskip("distributed")
MOST_SECONDS = 60
SLOW_ONES = [f"student-{i:03}" for i in range(6, 12)]


def dask(*words):
    command = [sys.executable, "-m", "distributed.cli.dask_" + words[0], *words[1:]]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture
def cluster(tmp_path):
    """A scheduler's address and its two workers, each a process of its own."""
    file = tmp_path / "scheduler.json"
    here = ("--host", "127.0.0.1", "--no-dashboard")
    scheduler = dask("scheduler", *here, "--port", "0", "--scheduler-file", str(file))
    one_thread = ("--nthreads", "1", "--no-nanny", "--local-directory", str(tmp_path))
    workers = [dask("worker", *here, *one_thread, "--scheduler-file", str(file)) for _ in range(2)]
    end = time.monotonic() + MOST_SECONDS
    while not file.exists() or not file.read_text().strip():
        assert time.monotonic() < end, "the scheduler does not start"
        time.sleep(0.05)
    with distributed.Client(scheduler_file=str(file), timeout=MOST_SECONDS) as client:
        client.wait_for_workers(2, timeout=MOST_SECONDS)
        address = client.scheduler.address
    yield address, workers
    for process in [*workers, scheduler]:
        process.kill()
        process.wait()


def test_a_cluster_grades(root, cluster):
    """Are the scores those of this machine, though a worker is killed on the way?"""
    address, workers = cluster
    for student in SLOW_ONES:
        hand_in(root, student, SLOW.format(seconds=0.5) + SIZE, PADDING)
    done = []

    def advance(student):
        done.append(student)
        if len(done) == 3:
            workers[0].kill()

    summary = Batch(COURSE, root, SLUG).grade(scheduler=address, jobs=2, advance=advance)
    assert workers[0].wait(5)
    assert not summary.flagged
    right = {"output_size": 2.0, "same_padding": 1.0}
    assert {result.student: result.scores for result in results(root, SLUG)} == (
        expected() | dict.fromkeys(SLOW_ONES, right)
    )
    assert not Batch(COURSE, root, SLUG).grade(scheduler=address).graded


def test_nobody_listens(root):
    """Is an address at which there is no scheduler an error that names it?"""
    with pytest.raises(CourseError, match=r"no dask scheduler answers at tcp://127\.0\.0\.1:9"):
        Batch(COURSE, root, SLUG).grade(scheduler="tcp://127.0.0.1:9")
