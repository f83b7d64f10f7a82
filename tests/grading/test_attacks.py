"""Attacks on the grader, graded by `nbgrader autograde` with the committed configuration."""

import contextlib
import hashlib
import os
import shutil
import socket
import sqlite3
import sys
import threading
import time
from pathlib import Path

import nbformat
import numpy as np
import psutil
import pytest

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

COURSE = Path(__file__).parents[2]
EXERCISES = ("output_size", "same_padding")
HONEST = {"output_size": 2.0, "same_padding": 1.0}
SECRET = "a secret that only this test knows"
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
    return machine() | {"memory": psutil.virtual_memory().available}


@pytest.fixture(scope="module")
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        yield server


@pytest.fixture(scope="module")
def graded(tmp_path_factory, listener, before, seen):
    """Grade an honest student and one attacker for each attack; return the folder."""
    if not sandbox.available():
        if os.environ.get("CI"):
            pytest.fail("bubblewrap makes no sandbox here")
        pytest.skip("bubblewrap makes no sandbox here: its attacks would succeed")
    root = tmp_path_factory.mktemp("attacked")
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
    released = nbformat.read(root / "exercises" / SLUG / f"{SLUG}.ipynb", as_version=4)

    def handed_in(code: str) -> nbformat.NotebookNode:
        notebook = nbformat.from_dict(released)
        cell_named(notebook, "output_size-answer").source = code
        cell_named(notebook, "same_padding-answer").source = RIGHT
        return notebook

    def folder(student: str) -> Path:
        path = root / "submitted" / student / SLUG
        path.mkdir(parents=True)
        return path

    solution = cell_named(source, "output_size-answer").source
    write(handed_in(solution), folder("honest"))
    port = listener.getsockname()[1]
    for student, name in students().items():
        if name in CODE:
            code = answer(name, COURSE=COURSE, ROOT=root, PORT=port)
            write(handed_in(code), folder(student))
        else:
            FOLDERS[name][0](handed_in(WRONG), folder(student))
    submitted = root / "submitted"
    times = {path: path.lstat().st_mtime_ns for path in submitted.rglob("*")}
    digests = contents(submitted)
    done = threading.Event()
    others = {process.pid for process in psutil.Process().children()}
    watch = threading.Thread(target=note_processes, args=(seen, others, done))
    watch.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_SECRET", SECRET)
        nbgrader(COURSE, root, "autograde", SLUG, *SETTINGS)
    done.set()
    watch.join()
    after = {path: path.lstat().st_mtime_ns for path in submitted.rglob("*")}
    assert (times, digests) == (after, contents(submitted)), "a submission was touched"
    nbgrader(COURSE, root, "generate_feedback", SLUG)
    yield root
    shutil.rmtree(root, ignore_errors=True)


@pytest.fixture(scope="module")
def scores(graded):
    return {result.student: result.scores for result in results(graded, SLUG)}


@pytest.mark.parametrize(("student", "name"), students().items(), ids=students().values())
def test_attack_gets_the_honest_score(scores, student, name):
    """Does the attack come out as what the answers are worth?"""
    assert scores[student] == expected(name)


def test_others_are_untouched(scores):
    """Does the honest student, who is graded last, keep his points, and has everybody a grade?"""
    assert scores["honest"] == HONEST
    assert set(scores) == {"honest", *students()}


def test_nothing_came_out_of_the_sandbox(graded, listener, before, seen):
    """Did no attack leave a file, a process, a lock or a connection behind, or take memory?"""
    time.sleep(4)  # the process that is left behind waits for 3
    assert len(seen) > len(students())
    assert not [pid for pid in seen if psutil.pid_exists(pid)]
    folders = Path("/dev/shm").glob("course-*")
    assert not [folder for folder in folders if int(folder.name.split("-")[1]) in seen]
    assert machine() == {name: was for name, was in before.items() if name != "memory"}
    assert psutil.virtual_memory().available > before["memory"] - 2**31
    with sqlite3.connect(graded / "gradebook.db", timeout=1) as gradebook:
        gradebook.execute("begin exclusive")
    assert not (graded / "left-behind").exists()
    assert not (graded / "pickled").exists()
    with pytest.raises(TimeoutError):
        listener.accept()


@pytest.mark.parametrize("student", students())
def test_feedback_is_inert(graded, student):
    """Does every student get a page, without a script in it?"""
    page = (graded / "feedback" / student / SLUG / f"{SLUG}.html").read_text(encoding="utf-8")
    assert "<script" not in page.lower()
    assert "onerror=alert" not in page.replace("&lt;img src=x onerror=alert", "")
