"""Grade many submissions made from the corpus, faults included, and see that each score is exact.

    python -m tests.grading.soak 1000

prints what it finds and exits with 1 if anything is wrong: a score, a process or a folder that is
left, or memory or open files that grow with the class.
"""

from __future__ import annotations

import contextlib
import os
import random
import runpy
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import nbformat
import psutil

from course_utils.checks.grade import grade
from course_utils.exercises.catalog import SECRET, SUBMISSION, hidden_cases, topic
from course_utils.grading.batch.grade import Batch
from course_utils.grading.handout.sample_class import answer_source
from course_utils.grading.judge.notebook import submission_digest
from course_utils.grading.kernels import sandbox
from course_utils.grading.nbgrader_command import nbgrader
from course_utils.grading.report.results import results
from tests.grading.quick_nbgrader import SERVER

COURSE = Path(__file__).parents[2]
SLUG = "convolution-arithmetic"
JOBS = 2
SHARE_WRONG = 0.3  # of the answers
SHARE_FAULTS = 0.25  # of the submissions have one
SHARE_SLOW = 0.01  # have an endless loop, which takes the seconds that a call may take

# What may be in place of an answer, none of which earns a point.
FAULTS = {
    "ends its kernel": "import os\ndef {name}(*args, **kwargs):\n    os._exit(1)",
    "ends its kernel in the cell": "import os\nos._exit(1)",
    "crashes": "import ctypes\ndef {name}(*args, **kwargs):\n    ctypes.string_at(0)",
    "exits": "def {name}(*args, **kwargs):\n    raise SystemExit",
    "is no code": "def {name}(*args, **kwargs)\n    return 1",
    "raises": "def {name}(*args, **kwargs):\n    raise ValueError('no')",
    "raises in the cell": "1 / 0",
    "floods": "def {name}(*args, **kwargs):\n    print('x' * 3_000_000)\n    return 'no'",
    "floods in the cell": "for i in range(200):\n    print('y' * 100_000)",
    "returns what cannot be sent": "def {name}(*args, **kwargs):\n    return object()",
    "returns much": "import numpy as np\ndef {name}(*args, **kwargs):\n    return np.zeros(10**7)",
    "takes memory": "def {name}(*args, **kwargs):\n    return bytearray(2**40)",
    "leaves a process": (
        "import subprocess\ndef {name}(*args, **kwargs):\n    subprocess.Popen(['sleep', '999'])"
    ),
    "deletes its folder": (
        "import os, shutil, sys\ndef {name}(*args, **kwargs):\n"
        "    shutil.rmtree('/dev/shm', ignore_errors=True)\n    return 'no'"
    ),
}
# These would harm the machine where there is no sandbox.
HARMFUL = {"deletes its folder", "takes memory", "leaves a process"}
NEVER_ENDS = "never ends"
SLOW = "def {name}(*args, **kwargs):\n    while True:\n        pass"


@dataclass
class Found:
    """What came of it: the wrong scores, and how much its processes took as it went on."""

    students: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)  # MiB
    handles: list[int] = field(default_factory=list)


def soak(students: int, root: Path, *, seed: int = 0, faults: Sequence[str] = ()) -> Found:
    """Make a class, grade it, and compare every score with the grader's own.

    The first students have one of these faults each; what faults the others have is drawn.
    """
    rng = random.Random(seed)
    nbgrader_class(root)
    released = nbformat.read(root / "exercises" / SLUG / f"{SLUG}.ipynb", as_version=4)
    drawn = [*faults, *(draw_fault(rng) for _ in range(students - len(faults)))]
    answers = [hand_in(root, released, i + 1, fault, rng) for i, fault in enumerate(drawn)]
    found = Found(students)
    start = time.perf_counter()
    batch = Batch(COURSE, root, SLUG)
    with watching(found):
        summary = batch.grade(jobs=JOBS)
    found.seconds = time.perf_counter() - start
    found.wrong += [f"{student}: {why}" for student, why in summary.flagged.items()]
    scores = {result.student: result.scores for result in results(root, SLUG)}
    with mock.patch.dict(os.environ, {SECRET: batch._secret}):
        for i, functions in enumerate(answers):
            student = f"student-{i + 1:04}"
            right = expected(root, student, functions)
            if scores.get(student) != right:
                found.wrong.append(f"{student}, {drawn[i]}: {scores.get(student)}, not {right}")
    return found


def nbgrader_class(root: Path) -> None:
    """Release the assignment in `root`."""
    shutil.copytree(COURSE / "solutions", root / "solutions")
    nbgrader(COURSE, root, "generate_assignment", SLUG)


def draw_fault(rng: random.Random) -> str | None:
    """Draw the fault of a submission; most have none."""
    if rng.random() >= SHARE_FAULTS:
        return None
    slow = rng.random() < SHARE_SLOW / SHARE_FAULTS
    return NEVER_ENDS if slow else rng.choice(faults_here())


def hand_in(
    root: Path, released: nbformat.NotebookNode, number: int, fault: str | None, rng: random.Random
) -> dict[str, Callable | None]:
    """Write a submission with a fault in one answer; return its functions, None for the fault."""
    sources: dict[str, str] = {}
    for exercise in topic(SLUG):
        choice = rng.random() < SHARE_WRONG
        pool = (
            [m.function for m in exercise.mistakes.values()]
            if choice
            else [*exercise.right.values()]
        )
        sources[exercise.name] = answer_source(rng.choice(pool), exercise.name)
    clean = dict(sources)
    if fault:
        name = rng.choice(list(sources))
        sources[name] = {**FAULTS, NEVER_ENDS: SLOW}[fault].format(name=name)
        del clean[name]
    cells = []
    for cell in released.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        source = sources.get(name.removesuffix("-answer")) if name.endswith("-answer") else None
        cells.append({**cell, "source": source} if source else cell)
    notebook = nbformat.from_dict({**released, "cells": cells})
    path = root / "submitted" / f"student-{number:04}" / SLUG / f"{SLUG}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)
    functions = functions_of(clean, root / f"answers-{number:04}.py")
    return {name: functions.get(name) for name in sources}


def functions_of(answers: dict[str, str], path: Path) -> dict[str, Any]:
    """Return what answers define where they use each other, as in the notebook."""
    path.write_text("\n\n".join(["import numpy as np", *answers.values()]), encoding="utf-8")
    return runpy.run_path(str(path))


def faults_here() -> list[str]:
    """Return the faults that can be let loose on this machine."""
    return [kind for kind in FAULTS if sandbox.available() or kind not in HARMFUL]


def expected(root: Path, student: str, functions: dict[str, Callable | None]) -> dict[str, float]:
    """Return what a submission is worth, by the grader alone on the same hidden cases."""
    clean = nbformat.read(root / "intake" / student / SLUG / f"{SLUG}.ipynb", as_version=4)
    os.environ[SUBMISSION] = submission_digest(clean)
    return {
        name: grade(hidden_cases(name), function).score if function else 0.0
        for name, function in functions.items()
    }


class watching:
    """Note once in a while how much memory and how many files the grading holds."""

    def __init__(self, found: Found) -> None:
        self._found = found
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(1.0):
            memory, handles = lasting_use()
            self._found.memory.append(memory)
            self._found.handles.append(handles)


def lasting_use() -> tuple[float, int]:
    """Return the memory, in MiB, and the open files of what lasts: all but students' kernels."""
    memory, handles = 0.0, 0
    todo = [psutil.Process()]
    while todo:
        process = todo.pop()
        try:
            command = process.cmdline()
            memory += process.memory_info().rss / 2**20
            handles += process.num_fds()
            is_warm = any("zygote.py" in word for word in command) and "bwrap" not in command[0]
            todo += [] if is_warm else process.children()
        except (psutil.Error, IndexError):
            continue
    return memory, handles


def left_behind() -> list[str]:
    """Return the processes and the folders that should be gone."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):  # it has ended
            command = " ".join(process.cmdline())
            lasts = "resource_tracker" in command or SERVER.name in command
            found += [] if lasts else [command]
    place = Path("/dev/shm") if os.path.isdir("/dev/shm") else Path(tempfile.gettempdir())
    for folder in place.glob("course-*-*"):
        if not psutil.pid_exists(int(folder.name.split("-")[1])):
            found.append(str(folder))
    return found


def main() -> int:
    """Soak as many submissions as the command line says, and print what is found."""
    students = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        found = soak(students, Path(folder))
    tenth = max(1, len(found.memory) // 10)
    early, late = found.memory[tenth : 2 * tenth] or [0.0], found.memory[-tenth:] or [0.0]
    left = left_behind()
    print(f"{found.students} submissions in {found.seconds:.0f} s, {len(found.wrong)} wrong scores")
    print(f"memory: {max(early):.0f} MiB early, {max(late):.0f} MiB at the end")
    print(f"open files: at most {max(found.handles[:tenth] or [0])} early, ", end="")
    print(f"{max(found.handles[-tenth:] or [0])} at the end")
    print(f"left behind: {left or 'nothing'}")
    print("\n".join(found.wrong[:20]))
    return 1 if found.wrong or left or max(late) > 1.2 * max(early) else 0


if __name__ == "__main__":
    sys.exit(main())
