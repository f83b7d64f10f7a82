"""What a check found: a verdict, the first wrong case opened, a tutor's sentence, all cases."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from course_utils.checks.as_html import as_html
from course_utils.checks.as_text import MARKS, as_text
from course_utils.checks.catch import Caught

MIME = "application/vnd.course-check+json"
__all__ = ["KNOWN", "MARKS", "MIME", "RULE", "Finding", "Opened", "Part", "Report", "Row"]

RULE = "Cases that ask for an error count once at least one of the others is right."

WRITE = "Put your code in place of `raise NotImplementedError`, then run this cell again."
KNOWN = "what is the same for everybody counts nothing when you are graded."


@dataclass(frozen=True)
class Row:
    """One case in the table.

    Attributes
    ----------
    number : int
        Its place in the table, from 1.
    label : str
        What is special about the case.
    inputs : str
        The arguments in short: numbers as they are, arrays by shape.
    error : str
        Largest absolute error, or what kept it from being formed; what was achieved, where that
        is what counts.
    passed : bool or None
        None for a case that was not run.
    share : float or None
        Of the case's points, where it asks for something to be achieved; else None.
    refusal : bool
        Whether the inputs make no sense, so that the case asks for an error.
    """

    number: int
    label: str
    inputs: str
    error: str
    passed: bool | None
    share: float | None = None
    refusal: bool = False

    @property
    def verdict(self) -> str:
        """The verdict in a word."""
        if self.share and not self.passed:
            return "partly"
        return "not run" if self.passed is None else "right" if self.passed else "wrong"


@dataclass(frozen=True)
class Part:
    """The verdict of one output in the opened case.

    Attributes
    ----------
    name : str
    right : bool
    where : str
        Where along its axes it is wrong, in words such as "gates i and f"; empty where all of it
        is, or nothing can be said.
    elsewhere : bool
        Whether it is right in this case and wrong in another.
    """

    name: str
    right: bool
    where: str = ""
    elsewhere: bool = False


@dataclass(frozen=True)
class Finding:
    """A known mistake, tied to what shows it.

    Attributes
    ----------
    mistake, sentence : str
        Its name, and what a tutor says.
    case : int
        The number of the case that shows it.
    output : str
        The output that shows it; empty where there is one only.
    witness : str
        The smallest call on which it differs, and what is right there; empty if none is known.
    picture : str
        A live picture of the book that shows such a case: its address from the folder `book` on;
        empty if there is none.
    """

    mistake: str
    sentence: str
    case: int
    output: str = ""
    witness: str = ""
    picture: str = ""


@dataclass(frozen=True)
class Opened:
    """The first wrong case, opened.

    Attributes
    ----------
    number : int
        The case's, from 1.
    label, call : str
        What is special about it, and the call.
    parts : tuple of Part
        The verdict of each output, where there are several.
    says : str
        Where the result parts from what is expected, in a sentence.
    expected, got : str
        What is expected and what came, where that may be shown.
    line : str
        The student's own line of an exception, with number and function.
    picture : str
        Right and wrong as squares on each wrong output, as SVG that stands in a line; or empty.
    sketch : str
        The same in characters.
    window : str
        The window of the input from which the first wrong number comes, in words; or empty.
    window_picture, window_sketch : str
        The same as SVG, and in characters.
    alike : tuple of int
        The numbers of other cases that fail in the same way.
    """

    number: int
    label: str
    call: str
    parts: tuple[Part, ...]
    says: str
    expected: str = ""
    got: str = ""
    line: str = ""
    picture: str = ""
    sketch: str = ""
    alike: tuple[int, ...] = ()
    window: str = ""
    window_picture: str = ""
    window_sketch: str = ""


@dataclass(frozen=True)
class Report:
    """What a check found. It shows itself in a notebook as HTML and in a shell as text.

    Attributes
    ----------
    name : str
        The exercise.
    score, points : float
        Points reached and points to reach.
    rows : tuple of Row
    opened : Opened or None
        The first wrong case; None if there is none.
    findings : tuple of Finding
        The known mistakes that were recognised.
    shortcuts : tuple of str
        Forbidden functions that the answer called.
    named : tuple of str
        Forbidden functions that the code names and that were not called.
    kept : float
        Share of the points that such an answer keeps.
    note : str
        Anything to know about how the check was run.
    caught : Caught or None
        What calls catch that the answer returned, where it was asked for some.
    blank : bool
        Whether nothing was written yet.
    earlier : tuple of str
        Answers to earlier exercises that this one calls, and that are not right.
    readings : tuple of str
        Where products in the result are not the right ones, and what they are.
    pace : str
        That a right answer takes very long, if it does.
    see : str
        The section of the book that says how to be faster, from the folder `book` on.
    book : str
        The address of the folder `book` of the built book, with a slash at its end; empty if that
        is not known, and then there are no links to it.
    """

    name: str
    score: float
    points: float
    rows: tuple[Row, ...]
    opened: Opened | None = None
    findings: tuple[Finding, ...] = ()
    shortcuts: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    kept: float = 0.0
    note: str = ""
    caught: Caught | None = None
    blank: bool = False
    earlier: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()
    pace: str = ""
    see: str = ""
    book: str = ""

    @property
    def first(self) -> str:
        """Where the first wrong case parts from what is expected, in a line; empty if none does."""
        if self.opened is None:
            return ""
        one = self.opened
        want, have = (" ".join(text.split()) for text in (one.expected, one.got))
        numbers = f" Expected {want}, got {have}." if want else ""
        return f"Case {one.number}, {one.label}: {one.says}{numbers}"

    @property
    def mistakes(self) -> tuple[str, ...]:
        """Names of the known mistakes that were recognised."""
        return tuple(finding.mistake for finding in self.findings)

    @property
    def sentences(self) -> tuple[str, ...]:
        """The tutor's sentences for them."""
        return tuple(finding.sentence for finding in self.findings)

    @property
    def passed(self) -> bool:
        """Whether every case is right, without a shortcut."""
        return all(row.passed for row in self.rows) and not self.shortcuts

    @property
    def summary(self) -> str:
        """The verdict in one line."""
        if self.blank:
            return f"{self.name}: nothing is written yet. {WRITE}"
        points = f"{self.score:g} of {self.points:g} points"
        if self.caught is not None:
            return f"{self._verdict}: {self.name}, {self.caught.summary}, {self._given(points)}"
        results = [row for row in self.rows if not row.refusal]
        right = sum(row.passed is True for row in results)
        if self.passed:
            many = f"all {len(results)} cases, " if len(results) > 1 else ""
            return f"Right: {self.name}, {many}{points}"
        if self.shortcuts and all(row.passed for row in self.rows):
            return f"Right, but by a shortcut: {self.name}, {points}"
        if self.measured:
            return f"{self._verdict}: {self.name}, {points}"
        return f"Not right yet: {self.name}, {right} of {len(results)} cases right, {points}"

    @property
    def _verdict(self) -> str:
        """The verdict on what is measured, in a word."""
        if self.passed:
            return "Right" if self.caught is None or self.caught.counted else "So far right"
        return "Partly" if self.score else "Not yet"

    def _given(self, points: str) -> str:
        """Say which points calls have that are to catch mistakes."""
        if self.caught is None or self.caught.counted:
            return points
        return f"{self.points:g} points to be had when you are graded"

    @property
    def measured(self) -> bool:
        """Whether the cases ask for something to be achieved, and not for results."""
        return bool(self.rows) and all(row.share is not None for row in self.rows)

    @property
    def column(self) -> str:
        """What the table says of each case."""
        return "Achieved" if self.measured else "Off by"

    def __str__(self) -> str:
        """Return the report as plain text."""
        return as_text(self)

    def to_html(self) -> str:
        """Return the report as HTML that stands alone and suits light and dark pages."""
        return as_html(self)

    def to_json(self) -> dict[str, Any]:
        """Return what a program needs: all fields, each row's verdict in a word, the mistakes."""
        verdicts = [row.verdict for row in self.rows]
        mistakes, sentences = list(self.mistakes), list(self.sentences)
        told = {"verdicts": verdicts, "mistakes": mistakes, "sentences": sentences}
        return {**dataclasses.asdict(self), **told}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Report:
        """Undo :meth:`to_json`.

        Raises
        ------
        KeyError, TypeError
            If that is not what it made.
        """
        known = {each.name: data[each.name] for each in dataclasses.fields(cls)}
        known["rows"] = tuple(Row(**row) for row in data["rows"])
        known["findings"] = tuple(Finding(**each) for each in data["findings"])
        known |= {key: tuple(data[key]) for key in ("shortcuts", "named", "earlier", "readings")}
        if caught := data["caught"]:
            known["caught"] = Caught.from_json(caught)
        if opened := data["opened"]:
            parts = tuple(Part(**part) for part in opened["parts"])
            known["opened"] = Opened(**{**opened, "parts": parts, "alike": tuple(opened["alike"])})
        return cls(**known)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        return {"text/plain": str(self), "text/html": self.to_html(), MIME: self.to_json()}
