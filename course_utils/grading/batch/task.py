"""Running one notebook, as a function of data alone, so that it can happen anywhere."""

from __future__ import annotations

import functools
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import nbformat

from course_utils.grading.judge.notebook import (
    DEFAULT_RULES,
    Judged,
    Rules,
    judge_notebook,
    warm_judges,
)
from course_utils.grading.judge.released import Release, read_release
from course_utils.grading.kernels.folders import new_folder
from course_utils.grading.kernels.student import forks, require

Outputs = Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Task:
    """A notebook to run and all that is needed for it.

    Attributes
    ----------
    student : str
    notebook : str
        As the intake made it, as JSON.
    release : Release
        Without its files.
    files : tuple of (str, bytes)
        What was released beside the notebook.
    secret : str
        From which the hidden cases follow.
    rules : Rules
    isolation : str
        "required" to refuse where there is no sandbox, else "best".
    known : dict of str to list
        Outputs of tests that need not run, by their names.
    lost : tuple of str
        Places where its kernel was ended from outside when it was run before.
    open : bool
        Whether to tell the hidden cases with their numbers.
    """

    student: str
    notebook: str
    release: Release
    files: tuple[tuple[str, bytes], ...]
    secret: str = field(repr=False)
    rules: Rules = DEFAULT_RULES
    isolation: str = "best"
    known: dict[str, Outputs] = field(default_factory=dict)
    lost: tuple[str, ...] = ()
    open: bool = False


def run_task(task: Task) -> Judged:
    """Run a notebook in this process's kernels."""
    notebook = nbformat.from_dict(json.loads(task.notebook))
    release = replace(task.release, files=_beside(task.files) if task.files else ())
    _warm_up(release)
    require(task.isolation, release.torch)
    known = {name: [nbformat.from_dict(o) for o in found] for name, found in task.known.items()}
    return judge_notebook(
        notebook, release, task.secret, task.rules, known, task.lost, open=task.open
    )


def warm_up(released: Path) -> None:
    """Start now what the tasks of an assignment will need, before there is one.

    Parameters
    ----------
    released : Path
        Its notebook. If there is none, nothing is started, and the first task has to wait.
    """
    if released.is_file():
        _warm_up(read_release(released))


def _warm_up(release: Release) -> None:
    """Start what there is once for all: both kinds of kernels at the same time."""
    with _starting:
        judges = threading.Thread(target=warm_judges, args=[release])
        judges.start()
        forks(release.torch)
        judges.join()


_starting = threading.Lock()


@functools.lru_cache(maxsize=4)
def _beside(files: tuple[tuple[str, bytes], ...]) -> tuple[Path, ...]:
    """Write the files that lie beside a notebook to a folder of this process."""
    folder = new_folder()
    for name, content in files:
        (folder / name).write_bytes(content)
    return tuple(folder / name for name, _ in files)
