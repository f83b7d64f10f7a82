"""What late work loses: nbgrader's two rules, and rules by the day and by steps."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from nbgrader.plugins import BasePlugin, LateSubmissionPlugin
from traitlets import Enum, Float, List, TraitError, Tuple

from course_utils.errors import CourseError

NONE, ZERO, PER_DAY, STEPS = "none", "zero", "per-day", "steps"
SCORE, MAXIMUM = "score", "maximum"
HOUR = 3600.0  # seconds
DAY = 24 * HOUR


class LateRule(LateSubmissionPlugin):
    """The rule for late work, as course_config.py sets it under ``c.LateRule``.

    How late a student is, is counted from the class's due date, or from the student's own where
    that is later.
    """

    penalty_method = Enum(
        (NONE, ZERO, PER_DAY, STEPS),
        default_value=NONE,
        help="none: late work loses nothing; zero: all of it; per-day: `per_day` for each day that "
        "has begun; steps: what `steps` says.",
    ).tag(config=True)
    per_day = Float(
        0.1, min=0, max=1, help="The share lost for each 24 hours that have begun: 0.1 is a tenth."
    ).tag(config=True)
    steps = List(
        Tuple(Float(min=0), Float(min=0, max=1)),
        help="Pairs (hours, share): who is later than so many hours loses that share.",
    ).tag(config=True)
    of = Enum(
        (SCORE, MAXIMUM),
        default_value=SCORE,
        help="What a share is of: the student's own score, or the points to reach.",
    ).tag(config=True)
    most = Float(1, min=0, max=1, help="The share lost at most.").tag(config=True)
    grace_minutes = Float(
        0, min=0, help="Who is no later than that loses nothing. Others are as late as they are."
    ).tag(config=True)

    def __init__(self, **kwargs: Any) -> None:
        try:
            super().__init__(**kwargs)
        except TraitError as error:
            raise CourseError(f"a setting of c.LateRule makes no sense: {error}") from error
        # A setting that is misspelt would change nobody's grade, and nobody would notice.
        known = self.class_trait_names(config=True)
        for name in set(self.config.get("LateRule", {})) - set(known):
            raise CourseError(f"c.LateRule.{name} is no setting; there are {', '.join(known)}")
        if self.penalty_method == STEPS and not self.steps:
            raise CourseError("c.LateRule.steps is empty: write it as in [(0, 0.1), (24, 0.5)]")
        if any(h2 <= h1 or s2 < s1 for (h1, s1), (h2, s2) in pairwise(self.steps)):
            raise CourseError("c.LateRule.steps must go up, in hours and in shares")

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        """Return the points that late work loses; None if it loses none.

        Parameters
        ----------
        student_id : str
        score : float
            What the student reached.
        total_seconds_late : float
        """
        share = self.share(total_seconds_late)
        whole = self._points_to_reach() if self.of == MAXIMUM else score
        penalty = share * whole
        if penalty <= 0 or score <= 0:
            return None
        return score if penalty >= score else min(score, round(penalty, 2))

    def share(self, seconds: float) -> float:
        """Return the share that is lost, between 0 and `most`.

        Parameters
        ----------
        seconds : float
            How late.
        """
        if seconds <= 60 * self.grace_minutes:
            return 0.0
        if self.penalty_method == PER_DAY:
            lost = self.per_day * math.ceil(seconds / DAY)
        elif self.penalty_method == STEPS:
            lost = max((share for hours, share in self.steps if seconds > hours * HOUR), default=0)
        else:
            lost = float(self.penalty_method == ZERO)
        return min(lost, self.most)

    @property
    def says(self) -> str:
        """What late work loses, in a sentence."""
        whole = "the score" if self.of == SCORE else "the points to reach"
        says = {
            NONE: "nothing; `c.LateRule` in course_config.py sets a rule",
            ZERO: "all points",
            PER_DAY: f"{_percent(self.per_day)} of {whole} for each day that has begun",
            STEPS: f"{self._steps_in_words()} (of {whole})",
        }[self.penalty_method]
        if self.penalty_method == NONE:
            return f"Late work loses {says}."
        if self.most < 1:
            says += f", at most {_percent(self.most)}"
        if self.grace_minutes:
            says += f"; up to {self.grace_minutes:g} minutes are forgiven"
        return f"Late work loses {says}."

    def _steps_in_words(self) -> str:
        return ", ".join(
            f"{_percent(share)} {f'after {hours:g} h' if hours else 'at once'}"
            for hours, share in self.steps
        )

    def _points_to_reach(self) -> float:
        """Return the points of the notebook that nbgrader's preprocessor is at."""
        step = self.parent
        notebook = step.gradebook.find_submission_notebook(
            step.notebook_id, step.assignment_id, step.student_id
        )
        return float(notebook.max_score)


def _percent(share: float) -> str:
    return f"{100 * share:g} %"


def loses_nothing(plugin: BasePlugin) -> bool:
    """Say whether late work is known to lose nothing by a rule."""
    return type(plugin) in (LateRule, LateSubmissionPlugin) and plugin.penalty_method == NONE
