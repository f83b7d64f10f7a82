"""Attacks on the grader, with the committed configuration: all are graded by `course grade`.

One in so many is graded by `nbgrader autograde`, too, which starts anew for each notebook.
"""

import contextlib
import hashlib
import os
import shutil
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from itertools import islice
from multiprocessing.resource_tracker import ensure_running
from pathlib import Path

import nbformat
import numpy as np
import psutil
import pytest

from course_utils.grading import nbgrader_command
from course_utils.grading.batch.grade import Batch
from course_utils.grading.kernels import sandbox
from course_utils.grading.nbgrader_command import nbgrader
from course_utils.grading.report.results import results
from tests.grading.attacks import (
    CODE,
    FOLDERS,
    LOSES_ALL,
    RIGHT,
    SLUG,
    WRONG,
    answer,
    cell_named,
    write,
)
from tests.grading.quick_nbgrader import started

pytestmark = pytest.mark.usefixtures("hosts_are_started")

COURSE = Path(__file__).parents[2]
EXERCISES = ("output_size", "same_padding")
HONEST = {"output_size": 2.0, "same_padding": 1.0}
SECRET = "a secret that only this test knows"
EACH = 6  # of so many attacks, nbgrader meets one
JOBS = 3  # some attacks only wait
SETTINGS = (
    "--Judge.cell_seconds=8",
    "--Judge.limits={'memory_mib': 1024, 'scratch_mib': 64}",
)
# Where an attack may have left a file of this name.
LEFT_BEHIND = [
    *(Path(np.__file__).parent, Path(sys.prefix), Path(sys.base_prefix)),
    *(COURSE, COURSE / "exercises", COURSE / "solutions", COURSE / "tests", COURSE / ".venv"),
    *map(Path, ("/", "/usr/lib", "/etc", "/dev", "/dev/shm", "/home", "/tmp", "/var/tmp")),
]


def students() -> dict[str, str]:
    """Return each attack by the student who tries it."""
    return {f"attack-{i:03}": name for i, name in enumerate([*CODE, *FOLDERS])}


def of_nbgrader() -> dict[str, str]:
    """Return the attacks that `nbgrader autograde` meets."""
    return dict(islice(students().items(), 0, None, EACH))


def expected(name: str) -> dict[str, float]:
    if name in CODE:
        return {"output_size": 0.0, "same_padding": 0.0 if name in LOSES_ALL else 1.0}
    return {"output_size": 0.0, "same_padding": FOLDERS[name][1]}


def contents(*tops: Path) -> dict[Path, str]:
    """Return a digest of each file below some folders."""
    found = [path for top in tops for path in top.rglob("*") if path.is_file()]
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in found}


def machine() -> dict[str, object]:
    """Return what no kernel may change of the machine, or leave there."""
    null = os.stat("/dev/null")
    return {
        "core pattern": Path("/proc/sys/kernel/core_pattern").read_text(),
        "device": (null.st_mode, null.st_ctime_ns),
        "files": [str(place) for place in LEFT_BEHIND if (place / "left-behind").exists()],
        "course": contents(COURSE / "exercises", COURSE / "solutions"),
    }


def nobodys_memory() -> int:
    """Return how much memory is shared, or the system's own, and so may outlive its process.

    Other tests run meanwhile, so what all processes take says nothing about the attacks.
    """
    memory = psutil.virtual_memory()
    return int(memory.shared + memory.slab)


def note_processes(seen: set[int], others: set[int], done: threading.Event) -> None:
    """Add what is started here, and below it, to `seen`, until it is done.

    What was there before, such as a browser of other tests, may start further processes.
    """
    while not done.wait(0.2):
        for child in psutil.Process().children():
            if child.pid not in others:
                seen.add(child.pid)
                with contextlib.suppress(psutil.Error):
                    seen |= {process.pid for process in child.children(recursive=True)}


@pytest.fixture(scope="module")
def seen():
    """Return a set for the processes that were seen below the grader."""
    return set()


@pytest.fixture(scope="module")
def before():
    """Return what there was before the attacks."""
    return machine() | {"memory": nobodys_memory()}


@pytest.fixture(scope="module")
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        yield server


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """A folder with an assignment of two exercises, and the notebook that students get."""
    if not sandbox.available():
        if os.environ.get("CI"):
            pytest.fail("bubblewrap makes no sandbox here")
        pytest.skip("bubblewrap makes no sandbox here: its attacks would succeed")
    root = tmp_path_factory.mktemp("released")
    source = nbformat.read(
        COURSE / "solutions/convolution-arithmetic/convolution-arithmetic.ipynb", as_version=4
    )
    wanted = {"setup", *EXERCISES, *(f"{name}-answer" for name in EXERCISES)}
    source.cells = [
        c for c in source.cells if c.metadata.get("nbgrader", {}).get("grade_id") in wanted
    ]
    (root / "solutions" / SLUG).mkdir(parents=True)
    nbformat.write(source, root / "solutions" / SLUG / f"{SLUG}.ipynb")
    nbgrader(COURSE, root, "generate_assignment", SLUG)
    return root


def hand_in(root: Path, attacks: dict[str, str], port: int) -> None:
    """Hand in for an honest student, and for one attacker for each attack."""
    source, released = (
        nbformat.read(root / folder / SLUG / f"{SLUG}.ipynb", as_version=4)
        for folder in ("solutions", "exercises")
    )

    def handed_in(code: str) -> nbformat.NotebookNode:
        notebook = nbformat.from_dict(released)
        cell_named(notebook, "output_size-answer").source = code
        cell_named(notebook, "same_padding-answer").source = RIGHT
        return notebook

    def folder(student: str) -> Path:
        path = root / "submitted" / student / SLUG
        path.mkdir(parents=True)
        return path

    write(handed_in(cell_named(source, "output_size-answer").source), folder("honest"))
    for student, name in attacks.items():
        if name in CODE:
            code = answer(name, COURSE=COURSE, ROOT=root, PORT=port)
            write(handed_in(code), folder(student))
        else:
            FOLDERS[name][0](handed_in(WRONG), folder(student))


@contextlib.contextmanager
def watched(root: Path, seen: set[int]) -> Iterator[None]:
    """Watch over the processes that are started, and see that no submission is touched."""
    submitted = root / "submitted"
    times = {path: path.lstat().st_mtime_ns for path in submitted.rglob("*")}
    digests = contents(submitted)
    done = threading.Event()
    ensure_running()  # what Python itself keeps, as long as this process is there
    others = {process.pid for process in psutil.Process().children()}
    watch = threading.Thread(target=note_processes, args=(seen, others, done))
    watch.start()
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("COURSE_SECRET", SECRET)
            patch.setattr(nbgrader_command, "run", started)
            yield
    finally:
        done.set()
        watch.join()
    after = {path: path.lstat().st_mtime_ns for path in submitted.rglob("*")}
    assert (times, digests) == (after, contents(submitted)), "a submission was touched"


@pytest.fixture(scope="module")
def graded(released, tmp_path_factory, listener, before, seen):
    """The folder with the class that `course grade` has graded, with its pages."""
    root = shutil.copytree(released, tmp_path_factory.mktemp("attacked"), dirs_exist_ok=True)
    hand_in(root, students(), listener.getsockname()[1])
    with watched(root, seen):
        summary = Batch(COURSE, root, SLUG, settings=SETTINGS).grade(jobs=JOBS)
    assert not summary.flagged
    nbgrader(COURSE, root, "generate_feedback", SLUG)
    yield root
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="module")
def graded_by_nbgrader(released, tmp_path_factory, listener, before, seen):
    """The folder with the smaller class that `nbgrader autograde` has graded."""
    root = shutil.copytree(released, tmp_path_factory.mktemp("by-nbgrader"), dirs_exist_ok=True)
    hand_in(root, of_nbgrader(), listener.getsockname()[1])
    with watched(root, seen):
        nbgrader(COURSE, root, "autograde", SLUG, *SETTINGS)
    yield root
    shutil.rmtree(root, ignore_errors=True)


def scores(root: Path) -> dict[str, dict[str, float]]:
    return {result.student: result.scores for result in results(root, SLUG)}


def left(seen: set[int]) -> list[str]:
    """Return what processes that were seen have left: themselves, and folders in memory."""
    found = [str(pid) for pid in seen if psutil.pid_exists(pid)]
    folders = Path("/dev/shm").glob("course-*")
    return found + [str(folder) for folder in folders if int(folder.name.split("-")[1]) in seen]


@pytest.fixture(scope="module")
def found(graded):
    """The scores that `course grade` gave, by student and exercise."""
    return scores(graded)


@pytest.mark.parametrize(("student", "name"), students().items(), ids=students().values())
def test_attack_gets_the_honest_score(found, student, name):
    """Does the attack come out as what the answers are worth?"""
    assert found[student] == expected(name)


def test_others_are_untouched(found):
    """Does the honest student, who is graded last, keep every point, and has everybody a grade?"""
    assert found["honest"] == HONEST
    assert set(found) == {"honest", *students()}


def test_nbgrader_says_the_same(graded_by_nbgrader):
    """Do the attacks come out honest where each notebook has a process of its own?"""
    found = scores(graded_by_nbgrader)
    assert found == {"honest": HONEST} | {s: expected(name) for s, name in of_nbgrader().items()}


def test_nothing_came_out_of_the_sandbox(graded, graded_by_nbgrader, listener, before, seen):
    """Did no attack leave a file, a process, a lock or a connection behind, or take memory?"""
    time.sleep(4)  # the process that is left behind waits for 3
    assert len(seen) > len(students())
    assert left(seen) == []
    assert machine() == {name: was for name, was in before.items() if name != "memory"}
    assert nobodys_memory() < before["memory"] + 2**31
    for root in (graded, graded_by_nbgrader):
        with sqlite3.connect(root / "gradebook.db", timeout=1) as gradebook:
            gradebook.execute("begin exclusive")
        assert not (root / "left-behind").exists()
        assert not (root / "pickled").exists()
    with pytest.raises(TimeoutError):
        listener.accept()


@pytest.mark.parametrize("student", students())
def test_feedback_is_inert(graded, student):
    """Does every student get a page, without a script in it?"""
    page = (graded / "feedback" / student / SLUG / f"{SLUG}.html").read_text(encoding="utf-8")
    assert "<script" not in page.lower()
    assert "onerror=alert" not in page.replace("&lt;img src=x onerror=alert", "")
