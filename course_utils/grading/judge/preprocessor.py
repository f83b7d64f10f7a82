"""The judge as a part of nbgrader: it runs notebooks in place of nbgrader's `Execute`."""

from __future__ import annotations

import socket
from logging import Logger
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Dict, Enum, Integer, TraitError, Unicode

from course_utils.errors import CourseError
from course_utils.grading.judge.cells import code_cells, grade_id, is_test
from course_utils.grading.judge.notebook import Judged, Rules, doubts, judge_notebook
from course_utils.grading.judge.released import Release, Saved, read_release
from course_utils.grading.judge.verdict import Verdict, has_verdict
from course_utils.grading.kernels import sandbox
from course_utils.grading.kernels.kernel import MOST_LOST, KernelsLost
from course_utils.grading.kernels.limits import Limits
from course_utils.grading.kernels.student import require
from course_utils.grading.secret import assignment_secret


class Judge(NbGraderPreprocessor):
    """Runs every code cell of a notebook: see :mod:`.notebook`."""

    course = Unicode("", help="The course's folder, in which the secret lies.").tag(config=True)
    cell_seconds = Integer(60, help="The longest that one of a student's cells may run.").tag(
        config=True
    )
    test_seconds = Integer(300, help="The longest that one test cell may run.").tag(config=True)
    notebook_seconds = Integer(900, help="The longest that a notebook may run.").tag(config=True)
    limits = Dict(
        help="Limits on a student's kernel, by the names in course_utils.grading.kernels.limits: "
        "memory_mib, cpu_seconds, processes, open_files, scratch_mib, output_kib."
    ).tag(config=True)
    isolation = Enum(
        ["best", "required"],
        "best",
        help="Whether to grade where no sandbox can be made: best = yes, with a warning.",
    ).tag(config=True)

    def __init__(self, **kwargs: Any) -> None:
        if not hasattr(socket, "AF_UNIX"):
            raise CourseError("grading needs Linux or macOS; on Windows, use its Linux (WSL)")
        try:
            super().__init__(**kwargs)
        except TraitError as error:
            raise CourseError(f"a setting of c.Judge makes no sense: {error}") from error
        # A setting that is misspelt would leave the sandbox to chance.
        known = self.class_trait_names(config=True)
        for name in set(self.config.get("Judge", {})) - set(known):
            raise CourseError(f"c.Judge.{name} is no setting; there are {', '.join(known)}")

    @property
    def rules(self) -> Rules:
        """How a notebook is run."""
        seconds = self.cell_seconds, self.test_seconds, self.notebook_seconds
        return Rules(*seconds, Limits.of(self.limits))

    def secret_of(self, slug: str) -> str:
        """Return what the hidden cases of an assignment follow from."""
        return assignment_secret(Path(self.course or "."), slug)

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Run every code cell of a notebook and give it outputs."""
        give_outputs(nb, self._judged(nb, resources), self.log)
        return nb, resources

    def _judged(self, nb: NotebookNode, resources: dict[str, Any]) -> Judged:
        names = resources["nbgrader"]
        saved = None
        if "db_url" in names:
            with Gradebook(names["db_url"]) as gradebook:
                saved = saved_cells(gradebook, names["assignment"], names["notebook"])
        release = read_release(Path(names["released"]), saved)
        require(self.isolation, release.torch)
        if not sandbox.available():
            self.log.warning(sandbox.ABSENT)
        judged = self._run(nb, release)
        return self._run(nb, release) if judged.busy else judged

    def _run(self, nb: NotebookNode, release: Release) -> Judged:
        """Run a notebook, anew if its kernels are ended from outside."""
        lost: list[str] = []
        secret = self.secret_of(release.slug)
        while True:
            try:
                return judge_notebook(nb, release, secret, self.rules, lost=lost)
            except KernelsLost as error:
                lost.append(error.place)
                if len(lost) == MOST_LOST:
                    raise
                self.log.warning("%s: once more", error)


def give_outputs(nb: NotebookNode, judged: Judged, log: Logger) -> None:
    """Give a notebook's code cells the outputs that they came to, and say what is amiss."""
    for name in judged.faults:
        log.error("The check %s came to no end: grade this submission again.", name)
    for name, says in judged.broken.items():
        log.error("The check %s itself failed: %s. Mend the test.", name, says)
    if doubt := doubts(judged.ended, judged.busy):
        log.error("Look at this submission: %s.", doubt)
    nb.metadata.setdefault("course", {})["isolation"] = judged.tier
    pairs = zip(code_cells(nb), judged.outputs, strict=True)
    for number, (cell, outputs) in enumerate(pairs, start=1):
        cell.execution_count = number
        cell.outputs = outputs
        if is_test(cell) and not has_verdict(outputs, float(cell.metadata.nbgrader["points"])):
            # nbgrader would give all points to a test that says nothing.
            log.error("The check %s has no verdict.", grade_id(cell))
            cell.outputs = [Verdict("lost").output]


def saved_cells(gradebook: Gradebook, slug: str, notebook: str) -> dict[str, Saved]:
    """Return what the gradebook keeps of a notebook's cells, hidden tests included, by name.

    Raises
    ------
    CourseError
        If it keeps nothing of that notebook.
    """
    try:
        kept = gradebook.find_notebook(notebook, slug)
    except MissingEntry:
        raise CourseError(
            f"the gradebook has no notebook {notebook!r} in {slug!r}: run "
            f"`nbgrader generate_assignment {slug} --force`"
        ) from None
    points = {cell.name: float(cell.max_score) for cell in kept.grade_cells}
    return {
        cell.name: Saved(cell.source, cell.checksum, bool(cell.locked), points.get(cell.name))
        for cell in kept.source_cells
    }
