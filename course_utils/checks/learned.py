"""Mistakes that a course has learned from its own class.

Such a mistake is no code: it is what a wrong answer came to on the cases that students have, and
the sentence that an instructor has written for it. So no student's code is ever run for it, and it
is recognised by the same rules as any other.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from course_utils.checks.cases import Achieves, Case, CaseSet, Outcome
from course_utils.checks.catch import Catches
from course_utils.checks.diagnose import same_outcome
from course_utils.checks.encode import decode_mistake, encode, encode_mistake

VERSION = 1


def inputs_digest(cases: CaseSet) -> str:
    """Return what stands for the inputs of all cases, to which outcomes belong."""
    inputs = [[encode(list(case.args)), encode(dict(case.kwargs))] for case in cases.cases]
    return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()


def to_data(
    cases: CaseSet, outcomes: Sequence[Outcome | None], sentence: str, **more: Any
) -> dict[str, Any]:
    """Return a mistake as JSON data: its sentence, and what it comes to where that is wrong.

    Parameters
    ----------
    cases : CaseSet
        Those that students have.
    outcomes : sequence of Outcome or None
        What the wrong answer came to; None where it was not asked.
    sentence : str
    more
        What else is to be kept.

    Raises
    ------
    TypeError
        If an outcome is nothing that can be written down.
    """
    wrong = {
        str(number): encode_mistake(outcome, case.expected)
        for number, (case, outcome) in enumerate(zip(cases.cases, outcomes, strict=True), start=1)
        if outcome is not None and not is_right(cases, case, outcome)
    }
    return {"sentence": sentence, "outcomes": wrong, **more}


def with_learned(cases: CaseSet, data: Mapping[str, Any]) -> CaseSet | None:
    """Return the cases that students have with a course's own mistakes in place of the known ones.

    Parameters
    ----------
    cases : CaseSet
    data : dict
        What the course keeps of an exercise: "version", "inputs" (the digest of the cases) and
        "mistakes" by name, as :func:`to_data` makes them.

    Returns
    -------
    CaseSet or None
        None if the cases have changed since, or nothing was learned.
    """
    if data.get("version") != VERSION or data.get("inputs") != inputs_digest(cases):
        return None
    learned = data["mistakes"]
    if not learned:
        return None
    found = [
        dataclasses.replace(
            case,
            mistakes={
                name: decode_mistake(one["outcomes"][str(number)], case.expected)
                for name, one in learned.items()
                if str(number) in one["outcomes"]
            },
        )
        for number, case in enumerate(cases.cases, start=1)
    ]
    sentences = {name: str(one["sentence"]) for name, one in learned.items()}
    return dataclasses.replace(
        cases, cases=tuple(found), sentences=sentences, witnesses={}, pictures={}
    )


def merged(frozen: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON of frozen cases with a course's own mistakes beside the known ones."""
    cases = [
        {
            **case,
            "mistakes": {
                **case["mistakes"],
                **{
                    name: one["outcomes"][str(number)]
                    for name, one in data["mistakes"].items()
                    if str(number) in one["outcomes"]
                },
            },
        }
        for number, case in enumerate(frozen["cases"], start=1)
    ]
    own = {name: one["sentence"] for name, one in data["mistakes"].items()}
    return {**frozen, "sentences": {**frozen["sentences"], **own}, "cases": cases}


def is_right(cases: CaseSet, case: Case, outcome: Outcome) -> bool:
    """Say whether an outcome is what a case asks for."""
    expected = case.expected
    return not isinstance(expected, Achieves | Catches) and same_outcome(
        expected,
        outcome,
        rtol=cases.rtol,
        atol=cases.atol,
    )
