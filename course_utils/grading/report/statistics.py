"""How the exercises of an assignment did: item statistics of a graded class."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

FEWEST = 3  # of two students any two scores correlate perfectly

EXPLAINED = (
    "Full marks is the share of students with all points, mean the average share of the points. "
    "Discrimination says how well an exercise tells strong answers from weak ones: it is the "
    "correlation of its score with the total of the other exercises, 1 at best; where it is near 0 "
    "or below, look at the exercise again. It is - where all scores are the same. Blank counts "
    "the answers that were left as they came."
)


@dataclass(frozen=True)
class Item:
    """How one exercise did.

    Attributes
    ----------
    exercise : str
    points : float
        Points to reach.
    students : int
        How many have a score.
    full : float
        Share of these with all points.
    mean : float
        Mean share of the points.
    discrimination : float
        Pearson correlation of the score with the total of the other exercises, over the students
        with a score; NaN where either is the same for all, or there are fewer than three.
    blank : int
        How many answers were left as they came.
    """

    exercise: str
    points: float
    students: int
    full: float
    mean: float
    discrimination: float
    blank: int


def item_statistics(
    points: Mapping[str, float],
    scores: Sequence[Mapping[str, float | None]],
    blank: Sequence[Collection[str]] = (),
) -> list[Item]:
    """Work out the statistics of each exercise.

    Parameters
    ----------
    points : mapping of str to float
        Points to reach, by exercise.
    scores : sequence of mapping of str to float or None
        For each student, the scores by exercise; None for one that is not graded.
    blank : sequence of collection of str
        For each student, the exercises left as they came.
    """
    table = np.array(
        [[np.nan if (s := of.get(name)) is None else s for name in points] for of in scores]
    ).reshape(len(scores), len(points))  # (students, exercises)
    items = []
    for place, (name, most) in enumerate(points.items()):
        graded = ~np.isnan(table[:, place])
        own = table[graded, place]
        others = np.nansum(np.delete(table[graded], place, axis=1), axis=1)
        items.append(
            Item(
                exercise=name,
                points=most,
                students=len(own),
                full=_mean(own >= most - 1e-9),
                mean=_mean(own / most) if most else float("nan"),
                discrimination=correlation(own, others),
                blank=sum(name in left for left in blank),
            )
        )
    return items


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Return Pearson's correlation, or NaN where it is undefined or there are too few pairs.

    Scores are rounded to 0.01, so smaller spreads than that are due to the arithmetic.
    """
    if len(one) < FEWEST or min(np.ptp(one), np.ptp(other)) < 0.005:
        return float("nan")
    a, b = one - one.mean(), other - other.mean()
    return float(np.clip(a @ b / np.sqrt((a @ a) * (b @ b)), -1, 1))


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else float("nan")
