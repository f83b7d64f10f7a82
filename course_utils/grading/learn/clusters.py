"""Put wrong answers together that come to the same on the cases that students have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from course_utils.checks.cases import CaseSet, Outcome
from course_utils.checks.diagnose import same_outcome

Outcomes = Sequence[Outcome | None]


@dataclass(frozen=True)
class Answer:
    """A wrong answer that no known mistake explains.

    Attributes
    ----------
    student, exercise, code : str
    outcomes : sequence of Outcome or None
        On the cases that students have.
    """

    student: str
    exercise: str
    code: str
    outcomes: Outcomes


@dataclass(frozen=True)
class Cluster:
    """Wrong answers that come to the same.

    Attributes
    ----------
    name : str
        The exercise and a number: "output_size:1" is the commonest one of `output_size`.
    answers : tuple of Answer
        The shortest code first.
    """

    name: str
    answers: tuple[Answer, ...]

    @property
    def exercise(self) -> str:
        """The exercise that was answered."""
        return self.answers[0].exercise

    @property
    def code(self) -> str:
        """The shortest code that comes to it."""
        return self.answers[0].code

    @property
    def students(self) -> tuple[str, ...]:
        """Who gave such an answer, in order."""
        return tuple(sorted(answer.student for answer in self.answers))


def clusters(cases: CaseSet, answers: Iterable[Answer]) -> list[Cluster]:
    """Put the answers to one exercise together, the commonest cluster first.

    Two answers belong together if they come to the same on every case: equal values, up to
    rounding, or an exception of the same type.

    Parameters
    ----------
    cases : CaseSet
        The cases that students have.
    answers : iterable of Answer
    """
    found: list[list[Answer]] = []
    for answer in answers:
        for cluster in found:
            if _same(cases, cluster[0].outcomes, answer.outcomes):
                cluster.append(answer)
                break
        else:
            found.append([answer])
    for cluster in found:
        cluster.sort(key=lambda answer: (len(answer.code), answer.student))
    found.sort(key=lambda cluster: (-len(cluster), len(cluster[0].code), cluster[0].student))
    return [
        Cluster(f"{cases.name}:{number}", tuple(cluster))
        for number, cluster in enumerate(found, start=1)
    ]


def _same(cases: CaseSet, one: Outcomes, other: Outcomes) -> bool:
    return all(
        a is b if a is None or b is None else same_outcome(a, b, rtol=cases.rtol, atol=cases.atol)
        for a, b in zip(one, other, strict=True)
    )
