"""What a test cell came to, as the judge says it. Where it says nothing, there are no points."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeGuard

from nbformat import NotebookNode
from nbformat.v4 import new_output

from course_utils.grading.kernels.kernel import error_output

FAULT = "CourseFault"  # the name of an error that is no fault of the student's
BROKEN = "the check itself failed; tell your instructor"
LOST = "the check came to no end; tell your instructor"
MOST_SAID = 2000  # characters


@dataclass(frozen=True)
class Verdict:
    """What a test cell came to.

    Attributes
    ----------
    kind : str
        "scored": it ended, and this is its score. "failed": it did not, for a reason of the
        student's. "broken": its own code is at fault, and would be again. "lost": there is no
        verdict, and another run may come to one.
    score : float
    name, says : str
        The error's type and message.
    """

    kind: str
    score: float = 0.0
    name: str = ""
    says: str = ""

    @classmethod
    def of(cls, said: Any, points: float) -> Verdict:
        """Read what the judge said of a cell; what is no verdict is a lost one."""
        if not isinstance(said, dict):
            return cls("lost", says="the judge ended before it said anything")
        kind, score = said.get("kind"), said.get("score")
        name, says = (str(said.get(key, ""))[:MOST_SAID] for key in ("name", "says"))
        if kind == "scored" and _is_score(score, points):
            return cls("scored", score)
        if kind in ("failed", "broken"):
            return cls(kind, name=name, says=says)
        return cls("lost", says="the judge said what is no verdict")

    @property
    def output(self) -> NotebookNode:
        """The one output from which nbgrader reads the score: a plain number, or an error."""
        if self.kind == "scored":
            data = {"text/plain": f"{self.score:.12g}"}
            return new_output("execute_result", data=data, execution_count=1)
        if self.kind == "failed":
            return error_output(self.name, self.says)
        return error_output(FAULT, BROKEN if self.kind == "broken" else LOST)


def has_verdict(outputs: Iterable[Any], points: float) -> bool:
    """Say whether a test's outputs hold one score, or one error, and nothing that unsays it."""
    ends = [o for o in outputs if o.get("output_type") in ("error", "execute_result")]
    if len(ends) != 1:
        return False
    if ends[0]["output_type"] == "error":
        return True
    try:
        return _is_score(float(ends[0]["data"]["text/plain"]), points)
    except (KeyError, TypeError, ValueError):
        return False


def _is_score(score: Any, points: float) -> TypeGuard[float]:
    number = isinstance(score, int | float) and not isinstance(score, bool)
    return number and math.isfinite(score) and 0 <= score <= points
