"""Time the grading of a class against nbgrader alone, on the same notebooks in the same run."""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from copy import deepcopy
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from unittest import mock

import nbformat

from course_utils.bench.timing import Timing
from course_utils.checks.check import GRADING, HIDDEN_CASES
from course_utils.checks.grade import grade
from course_utils.exercises.catalog import SECRET, SUBMISSION, hidden_cases, topic
from course_utils.grading.handout.sample_class import roster, sample_class
from course_utils.grading.judge.cells import code_cells, is_test
from course_utils.grading.judge.notebook import submission_digest
from course_utils.grading.nbgrader_command import nbgrader

JOBS = 2
ONE_CORE = {"OMP_NUM_THREADS": "1"}
OVERHEAD = 0.25  # seconds for each submission
UNCHANGED = 5.0  # seconds for a class of 300
SLOW = "an endless loop"  # it would be the time limit that is measured
PLAIN = """
c = get_config()
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
"""


@dataclass(frozen=True)
class Class:
    """A class to grade: how many hand in what, and the ratio that is asked for."""

    slug: str
    students: int
    bar: float


CLASSES = {
    "grading: 32, NumPy": Class("convolution-arithmetic", 32, 1 / 4),
    "grading: 32, PyTorch": Class("architectures", 32, 1 / 6),
    "grading: 100, PyTorch": Class("architectures", 100, 1 / 8),
}
OVERHEAD_OF_ONE, UNCHANGED_CLASS = "grading: overhead", "grading: 300, unchanged"
NAMES = (*CLASSES, OVERHEAD_OF_ONE, UNCHANGED_CLASS)


def time_grading(course: Path, name: str) -> Timing:
    """Run one of the benchmarks `NAMES`.

    Three kinds: the time of a class against that of `nbgrader autograde` alone, with the same cases
    checked in the student's kernel; the overhead of a submission, which is wall time times jobs
    less the processor's time for the student's cells and the checks themselves; and the time of a
    class that has not changed. The last two are shares of what they may be, in seconds.
    """
    if name in CLASSES:
        work = CLASSES[name]
        with made_class(course, work.slug, work.students) as root:
            ours = timed(course, root, work.slug)
            theirs = timed_alone(course, root, work.slug)
        return Timing(name, "", "nbgrader", round(ours / theirs, 3), round(work.bar, 3))
    slug = "convolution-arithmetic"
    if name == OVERHEAD_OF_ONE:
        students = 100
        # What is measured would take most of the time, and vary by more than the overhead itself.
        with made_class(course, slug, students, measured=False) as root:
            work_itself = itself(root, slug)
            overhead = (timed(course, root, slug) * JOBS - work_itself) / students
        return Timing(name, "", f"{OVERHEAD} s", round(overhead / OVERHEAD, 3), 1.0)
    with made_class(course, slug, 300) as root:
        timed(course, root, slug)
        again = timed(course, root, slug)
    return Timing(name, "", f"{UNCHANGED:g} s", round(again / UNCHANGED, 3), 1.0)


@contextlib.contextmanager
def made_class(course: Path, slug: str, students: int, *, measured: bool = True) -> Iterator[Path]:
    """Make a class from the sample class, each submission a little different from all others.

    Its assignment is the topic's own, or what is left of it without measured exercises.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        root = Path(folder)
        shutil.copytree(course / "solutions", root / "solutions")
        path = root / "solutions" / slug / f"{slug}.ipynb"
        source = nbformat.read(path, as_version=4)
        left_out = {e.name for e in topic(slug) if e.measured and not measured}
        left_out |= {f"{name}-answer" for name in left_out}
        source.cells = [cell for cell in source.cells if cell.id not in left_out]
        nbformat.write(source, path)
        nbgrader(course, root, "generate_assignment", slug)
        released = nbformat.read(root / "exercises" / slug / f"{slug}.ipynb", as_version=4)
        kinds = roster(slug)
        sample = sample_class(slug, source, released).items()
        made = [notebook for student, notebook in sample if kinds[student] != SLOW]
        for i, notebook in enumerate(islice(cycle(made), students)):
            notebook = deepcopy(notebook)
            for cell in notebook.cells:
                if cell.metadata.get("nbgrader", {}).get("solution"):
                    cell.source += f"\n# student {i}"
            path = root / "submitted" / f"student-{i + 1:03}" / slug / f"{slug}.ipynb"
            path.parent.mkdir(parents=True)
            nbformat.write(notebook, path)
        yield root


def timed(course: Path, root: Path, slug: str) -> float:
    """Return the seconds that `course grade` takes, from its start to its end."""
    command = [sys.executable, "-m", "course_utils.cli", "--course", str(course), "grade", slug]
    start = time.perf_counter()
    subprocess.run(
        [*command, "--root", str(root), "--jobs", str(JOBS)],
        cwd=course,
        env={**os.environ, "PYTHONPATH": str(course), **ONE_CORE},
        check=True,
        capture_output=True,
    )
    return time.perf_counter() - start


def timed_alone(course: Path, root: Path, slug: str) -> float:
    """Return the seconds that nbgrader takes without this course's part."""
    plain = root / "plain"
    plain.mkdir()
    (plain / "nbgrader_config.py").write_text(PLAIN, encoding="utf-8")
    environment = {
        GRADING: "autograde",
        HIDDEN_CASES: "course_utils.exercises:hidden_cases",
        SECRET: "bench",
        "PYTHONPATH": str(course),
        **ONE_CORE,
    }
    with mock.patch.dict(os.environ, environment):
        nbgrader(plain, root, "generate_assignment", slug, "--force")
        start = time.perf_counter()
        nbgrader(plain, root, "autograde", slug, "--force")
        return time.perf_counter() - start


def itself(root: Path, slug: str) -> float:
    """Return the processor's seconds for a class's own cells and their checks, and nothing else."""
    # In a new process, so that NumPy computes on one core: two would be counted twice.
    context = multiprocessing.get_context("spawn")
    with (
        mock.patch.dict(os.environ, ONE_CORE),
        ProcessPoolExecutor(1, mp_context=context) as process,
    ):
        return process.submit(_itself, root, slug).result()


def _itself(root: Path, slug: str) -> float:
    total = 0.0
    exercises = topic(slug)
    for path in sorted(root.glob(f"submitted/*/{slug}/{slug}.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        names: dict[str, object] = {}
        with (
            mock.patch.dict(os.environ, {SECRET: "bench", SUBMISSION: submission_digest(notebook)}),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            start = time.process_time()
            for cell in code_cells(notebook):
                if not is_test(cell):
                    with contextlib.suppress(Exception):
                        exec(cell.source, names)
            for exercise in exercises:
                function = names.get(exercise.name)
                if callable(function):
                    grade(hidden_cases(exercise.name), function)
            total += time.process_time() - start
    return total
