"""The judge as a part of nbgrader: it runs notebooks in place of nbgrader's `Execute`."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Dict, Enum, Integer, TraitError, Unicode

from course_utils.errors import CourseError
from course_utils.exercises.catalog import SECRET
from course_utils.grading import sandbox
from course_utils.grading.judging import (
    Judged,
    Release,
    Rules,
    doubts,
    judge_notebook,
    read_release,
)
from course_utils.grading.kernel import MOST_LOST, KernelsLost
from course_utils.grading.limits import Limits
from course_utils.grading.secret import course_secret
from course_utils.grading.student import require


class Judge(NbGraderPreprocessor):
    """Runs every code cell of a notebook: see :mod:`.judging`."""

    course = Unicode("", help="The course's folder, in which the secret lies.").tag(config=True)
    cell_seconds = Integer(60, help="The longest that one of a student's cells may run.").tag(
        config=True
    )
    test_seconds = Integer(300, help="The longest that one test cell may run.").tag(config=True)
    notebook_seconds = Integer(900, help="The longest that a notebook may run.").tag(config=True)
    limits = Dict(
        help="Limits on a student's kernel, by the names in course_utils.grading.limits: "
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

    @property
    def secret(self) -> str:
        """What the hidden cases follow from."""
        return os.environ.get(SECRET) or course_secret(Path(self.course or "."))

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Run every code cell of a notebook and give it outputs."""
        known = resources["nbgrader"].get("judged")
        judged = known() if known else self._judged(nb, resources)
        for name in judged.faults:
            self.log.error("The check %s failed, and not for a reason of the student's.", name)
        if doubt := doubts(judged.ended, judged.busy):
            self.log.error("Look at this submission: %s.", doubt)
        nb.metadata.setdefault("course", {})["isolation"] = judged.tier
        cells = (cell for cell in nb.cells if cell.cell_type == "code")
        for number, (cell, outputs) in enumerate(zip(cells, judged.outputs, strict=True), start=1):
            cell.execution_count = number
            cell.outputs = outputs
        return nb, resources

    def _judged(self, nb: NotebookNode, resources: dict[str, Any]) -> Judged:
        """Run a notebook, unless that was done before (:mod:`.batch`)."""
        release = read_release(Path(resources["nbgrader"]["released"]))
        require(self.isolation, release.torch)
        if not sandbox.available():
            self.log.warning(sandbox.ABSENT)
        judged = self._run(nb, release)
        return self._run(nb, release) if judged.busy else judged

    def _run(self, nb: NotebookNode, release: Release) -> Judged:
        """Run a notebook, anew if its kernels are ended from outside."""
        lost: list[str] = []
        while True:
            try:
                return judge_notebook(nb, release, self.secret, self.rules, lost=lost)
            except KernelsLost as error:
                lost.append(error.place)
                if len(lost) == MOST_LOST:
                    raise
                self.log.warning("%s: once more", error)
