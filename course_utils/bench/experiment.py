"""Run an experiment of many trainings: one at a time, each kept at once, so that it can be stopped.

An experiment is a list of settings and a function that makes of one what was found. What it finds
is a JSON file with a training on each line; the book reads those that lie in its folders.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from course_utils.errors import CourseError, did_you_mean

Setting = dict[str, Any]


class Experiment(NamedTuple):
    """Trainings that belong together."""

    settings: Sequence[Setting]  # each a dict that JSON can hold, no two of them alike
    study: Callable[[Setting], Setting]  # what a training finds, beside its setting
    says: Callable[[Setting], str]  # a line on a training for who waits


# The module of each experiment, which has a function `experiment(data, seeds)`, and the file that
# the book reads.
EXPERIMENTS = {
    "adding-problem": ("course_utils.bench.adding_problem", "book/lstm/adding-problem.json"),
    "digits-convnet": ("course_utils.bench.digits_convnet", "book/convnet/digits.json"),
    "degradation": ("course_utils.bench.degradation", "book/residual-networks/degradation.json"),
    "pixel-digits": (
        "course_utils.bench.pixel_digits",
        "book/vanishing-gradients/pixel-digits.json",
    ),
    "regularizers": (
        "course_utils.bench.regularizers",
        "book/regularization/regularizers.json",
    ),
}


def find(name: str, data: str | None, seeds: int) -> tuple[Experiment, Path]:
    """Return the experiment of a name, from so many seeds, and the file that it makes.

    With `data` it is the experiment on those, and a file beside the book's.

    Raises
    ------
    CourseError
        If there is no such experiment, or it cannot use such data.
    """
    if name not in EXPERIMENTS:
        raise CourseError(f"unknown experiment {name!r}; {did_you_mean(name, EXPERIMENTS)}")
    module, file = EXPERIMENTS[name]
    experiment: Experiment = import_module(module).experiment(data, seeds)
    return experiment, Path(file if data is None else file.replace(".json", f"-{data}.json"))


def run(experiment: Experiment, path: Path) -> Iterator[str]:
    """Do the trainings that a file does not have yet, and yield a line on each.

    Parameters
    ----------
    experiment : Experiment
    path : Path
        Written anew after each training, in the order of the settings. Trainings of other settings
        are left out of it.
    """
    names, total = list(experiment.settings[0]), len(experiment.settings)

    def key(one: Setting) -> str:
        return json.dumps([one.get(name) for name in names])

    wanted = [key(setting) for setting in experiment.settings]
    found = {key(one): one for one in read(path)} if path.exists() else {}
    found = {name: found[name] for name in wanted if name in found}
    left = total - len(found)
    if found:
        yield f"{len(found)} of {total} trainings are in {path} already."
    start = time.perf_counter()
    todo = [one for one in experiment.settings if key(one) not in found]
    for done, setting in enumerate(todo, start=1):
        record = setting | experiment.study(setting)
        found[key(setting)] = record
        write(path, [found[name] for name in wanted if name in found])
        each = (time.perf_counter() - start) / done
        yield (
            f"{total - left + done:4d}/{total}  {experiment.says(record)}"
            f"  ({each:.0f} s each, {each * (left - done) / 60:.0f} min left)"
        )


def read(path: Path) -> list[Setting]:
    """Return the trainings in a file.

    Raises
    ------
    CourseError
        If it is no list of trainings.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise CourseError(f"{path} is no JSON: move it away, or name another with --out") from error
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise CourseError(f"{path} holds no trainings: move it away, or name another with --out")
    return found


def write(path: Path, records: Sequence[Setting]) -> None:
    """Write trainings, a line each; the file is replaced whole, so that a stop harms nothing."""
    lines = ",\n".join(json.dumps(record) for record in records)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.part")
    partial.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    os.replace(partial, path)
