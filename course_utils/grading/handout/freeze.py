"""Write the frozen cases that ship with the checks: data only, neither reference nor answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from course_utils.checks.cases import CaseSet, Timing
from course_utils.checks.encode import decode_timing, encode_cases, same_json
from course_utils.checks.pace import with_scale
from course_utils.checks.progress import ASSIGNMENTS
from course_utils.exercises.catalog import catalog, exercise_names, find, frozen_cases, topics
from course_utils.exercises.exercise import Exercise
from course_utils.exercises.witness import witnesses_and_pictures

FOLDER = Path(__file__).parents[2] / "checks" / "frozen"
ASSIGNED = FOLDER.parent / ASSIGNMENTS
DIGITS = 12  # of a real number in a file; a check asks for nine


def freeze(names: Sequence[str] = (), *, check: bool = False, folder: Path = FOLDER) -> list[Path]:
    """Write one file for each exercise and return the files that were out of step.

    A file is in step if it holds what the exercise makes. The last digits of a real number depend
    on the machine that made it, so they do not count.

    Parameters
    ----------
    names : sequence of str
        The exercises; all, and then files of no exercise go, if it is empty.
    check : bool
        Whether to leave the files as they are and only say what is out of step.
    folder : Path
        Where the files lie.
    """
    wanted = names or [name for slug in topics() for name in exercise_names(slug)]
    paths = {name: folder / f"{name}.json" for name in wanted}
    texts = {path: to_text(_told(frozen_cases(name), path)) for name, path in paths.items()}
    changed = []
    for path, text in texts.items():
        if not path.is_file() or not _in_step(path.read_text(encoding="utf-8"), text):
            changed.append(path)
            if not check:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
    for path in sorted(set(folder.glob("*.json")) - set(texts)) if not names else ():
        changed.append(path)
        if not check:
            path.unlink()
    return changed


def _told(cases: CaseSet, path: Path) -> CaseSet:
    """Add the smallest inputs on which known mistakes show, pictures of such, and a time.

    What no check says is left out.
    """
    if cases.measured:  # no mistake is named there
        return replace(cases, sentences={})
    exercise = find(cases.name)
    witnesses, pictures = witnesses_and_pictures(exercise)
    timing = _timing(exercise, path) if exercise.timed else None
    return replace(cases, witnesses=witnesses, pictures=pictures, timing=timing)


def _timing(exercise: Exercise, path: Path) -> Timing:
    """Return what is timed with its scale: that of the file, if it has the same call.

    No two measurements are the same, so it is measured for a file that is not there alone.
    """
    assert exercise.timed
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        kept = decode_timing(data["timing"])
        if replace(exercise.timed, scale=kept.scale) == kept:
            return kept
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass  # there is none yet, or somebody has touched it
    return with_scale(exercise.timed, exercise.reference_or_model)


def freeze_assignments(*, check: bool = False, path: Path = ASSIGNED) -> list[Path]:
    """Write which exercises each assignment has, with their points; return the file if it changed.

    From it a student's notebook knows how many points there are, and what comes next.
    """
    found = {slug: {e.name: e.points for e in exercises} for slug, exercises in catalog().items()}
    text = json.dumps(found, indent=1) + "\n"
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return []
    if not check:
        path.write_text(text, encoding="utf-8")
    return [path]


def to_text(cases: CaseSet) -> str:
    """Return a set of cases as JSON with one case to a line, which shows well in a diff."""
    data = _rounded(encode_cases(cases))
    head: dict[str, Any] = {key: value for key, value in data.items() if key != "cases"}
    lines = [
        f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)},"
        for key, value in head.items()
    ]
    rows = ",\n".join(f"  {json.dumps(case, ensure_ascii=False)}" for case in data["cases"])
    return "\n".join(["{", *lines, ' "cases": [', rows, " ]", "}", ""])


def _rounded(data: Any) -> Any:
    """Return JSON data with its real numbers rounded, and no zero with a sign."""
    if isinstance(data, dict):
        return {key: _rounded(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_rounded(value) for value in data]
    return float(f"{data:.{DIGITS}g}") + 0.0 if isinstance(data, float) else data


def _in_step(text: str, wanted: str) -> bool:
    """Say whether two texts are the same JSON, but for rounding."""
    if text == wanted:
        return True
    try:
        one, other = json.loads(text), json.loads(wanted)
        cases = zip(one.pop("cases"), other.pop("cases"), strict=True)
        # Case by case, because a float32 in one says nothing about the others.
        return same_json(one, other) and all(same_json(a, b) for a, b in cases)
    except (ValueError, KeyError, TypeError, AttributeError):  # somebody has touched the file
        return False
