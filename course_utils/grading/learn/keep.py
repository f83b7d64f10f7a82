"""Keep what was learned in the course's own folder: ``mistakes/<exercise>.json``."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from course_utils.checks.check import frozen_cases
from course_utils.checks.learned import VERSION, inputs_digest, to_data
from course_utils.errors import CourseError
from course_utils.exercises.catalog import find
from course_utils.grading.judge.released import LEARNED
from course_utils.grading.learn.clusters import Cluster
from course_utils.grading.note import clean_text

NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
LONGEST = 500  # characters of a sentence


def keep(root: Path, cluster: Cluster, sentence: str, name: str = "") -> Path:
    """Write a mistake of an exercise, from the answers of a cluster and a sentence.

    The code of the shortest answer is kept beside it for you to read. It is never run, and no kit
    holds it.

    Parameters
    ----------
    root : Path
        The course's folder.
    cluster : Cluster
    sentence : str
        What a tutor says to who makes the mistake.
    name : str
        In words joined by _; made from the number of those that are there, if it is empty.

    Raises
    ------
    CourseError
        If the sentence is empty or too long, or the name is none, or taken.
    """
    sentence = " ".join(clean_text(sentence).split())
    if not sentence or len(sentence) > LONGEST:
        raise CourseError(f"write a sentence of at most {LONGEST} characters")
    cases = frozen_cases(cluster.exercise)
    path = root / LEARNED / f"{cluster.exercise}.json"
    mistakes = _read(path, inputs_digest(cases))
    name = name or _free(cluster.exercise, mistakes)
    if not NAME.fullmatch(name):
        raise CourseError(f"{name!r} is no name: use small letters, digits and _")
    if name in mistakes or name in find(cluster.exercise).mistakes:
        raise CourseError(f"{cluster.exercise} has a mistake {name!r} already: name another")
    mistakes[name] = to_data(
        cases,
        cluster.answers[0].outcomes,
        sentence,
        students=len(cluster.answers),
        code=clean_text(cluster.code),
    )
    data = {"version": VERSION, "inputs": inputs_digest(cases), "mistakes": mistakes}
    path.parent.mkdir(exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(draft, path)
    return path


def forget(root: Path, exercise: str, name: str) -> Path:
    """Remove a mistake that was learned.

    Raises
    ------
    CourseError
        If there is none of that name.
    """
    path = root / LEARNED / f"{exercise}.json"
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        del data["mistakes"][name]
    except (OSError, ValueError, KeyError, TypeError):
        raise CourseError(f"{path} has no mistake {name!r}") from None
    if data["mistakes"]:
        path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    else:
        path.unlink()
    return path


def _read(path: Path, inputs: str) -> dict[str, Any]:
    """Return the mistakes that are kept already."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise CourseError(f"{path} cannot be read ({error}): mend it, or delete it") from error
    if data.get("version") != VERSION or data.get("inputs") != inputs:
        raise CourseError(
            f"{path} was learned on other cases, before an update, and is not used: move it away"
        )
    mistakes: dict[str, Any] = data["mistakes"]
    return mistakes


def _free(exercise: str, mistakes: dict[str, Any]) -> str:
    known, number = find(exercise).mistakes, 1
    while f"learned_{number}" in mistakes or f"learned_{number}" in known:
        number += 1
    return f"learned_{number}"
