"""The answer that a student reads: a table of cases, the first difference, a tutor's sentence."""

from __future__ import annotations

import dataclasses
import html
import re
import textwrap
from dataclasses import dataclass
from typing import Any

from course_utils.checks.catch import Caught

MIME = "application/vnd.course-check+json"
# Inline styles, because the report also stands in pages whose style sheets are not ours.
CELL = "padding:.25em .9em .25em 0;text-align:left;vertical-align:top"
# On a phone the table scrolls before its words break.
WRAPS = ("", "min-width:9em", "min-width:11em", "white-space:nowrap", "white-space:nowrap")
LINE = "border-top:1px solid rgba(128,128,128,.35)"
TABLE = "border-collapse:collapse;margin:0;font-variant-numeric:tabular-nums"
TEXT = "margin:.5em 0;max-width:46em"
MARKS = {"right": "✓", "partly": "◐", "wrong": "✗", "not run": "–"}
RULE = "Cases that ask for an error count once at least one of the others is right."

KNOWN = "A case that is the same for everybody counts nothing when you are graded."


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
    """

    number: int
    label: str
    inputs: str
    error: str
    passed: bool | None
    share: float | None = None

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
    """

    name: str
    right: bool
    where: str = ""


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
    """

    mistake: str
    sentence: str
    case: int
    output: str = ""
    witness: str = ""


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
        Right and wrong as squares on an output, as SVG that stands in a line; or empty.
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

    @property
    def first(self) -> str:
        """Where the first wrong case parts from what is expected, in a line; empty if none does."""
        if self.opened is None:
            return ""
        one = self.opened
        numbers = f" Expected {one.expected}, got {one.got}." if one.expected else ""
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
        """The result in one line."""
        points = f"{self.score:g} of {self.points:g} points"
        if self.caught is not None:
            told = points if self.caught.counted else f"{self.points:g} points are given later"
            return f"{self.name}: {self.caught.summary}, {told}"
        if self.measured:
            return f"{self.name}: {points}"
        right = sum(row.passed is True for row in self.rows)
        return f"{self.name}: {right} of {len(self.rows)} cases right, {points}"

    @property
    def measured(self) -> bool:
        """Whether the cases ask for something to be achieved, and not for results."""
        return bool(self.rows) and all(row.share is not None for row in self.rows)

    @property
    def column(self) -> str:
        """What the table says of each case."""
        return "Achieved" if self.measured else "Largest error"

    def __str__(self) -> str:
        """Return the report as plain text."""
        title = "achieved" if self.measured else "error"
        table = [("#", "case", "inputs", title, "verdict"), *(_cells(row) for row in self.rows)]
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = [self.summary, ""]
        for cells in table:
            padded = [cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]
            lines.append(f"  {'  '.join(padded)}".rstrip())
        for text in self._texts():
            lines += ["", *textwrap.wrap(text, 92)]
        return "\n".join(lines)

    def to_html(self) -> str:
        """Return the report as HTML that stands alone and suits light and dark pages."""
        colour = "#2e7d4f" if self.passed else "#b3541e"
        titles = ("#", "Case", "Inputs", self.column, "Verdict")
        head = "".join(f'<th scope="col" style="{CELL}">{title}</th>' for title in titles)
        body = "".join(_html_row(row) for row in self.rows)
        texts = "".join(f'<p style="{TEXT}">{_html_text(text)}</p>' for text in self._texts())
        return (
            f'<div class="course-check" style="border-left:4px solid {colour};padding-left:1em">'
            f'<p style="{TEXT}"><strong>{html.escape(self.summary)}</strong></p>'
            f'<div style="overflow-x:auto" tabindex="0"><table style="{TABLE}">'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{texts}</div>"
        )

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
        known["shortcuts"], known["named"] = tuple(data["shortcuts"]), tuple(data["named"])
        if caught := data["caught"]:
            known["caught"] = Caught.from_json(caught)
        if opened := data["opened"]:
            parts = tuple(Part(**part) for part in opened["parts"])
            known["opened"] = Opened(**{**opened, "parts": parts})
        return cls(**known)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        return {"text/plain": str(self), "text/html": self.to_html(), MIME: self.to_json()}

    def _texts(self) -> list[str]:
        caught = self.caught.texts if self.caught else ()
        texts = (self._shortcut(), self.first, *caught, *self.sentences, self._remark(), self.note)
        return [text for text in texts if text]

    def _shortcut(self) -> str:
        """Say which shortcut was used and what the exercise's rule makes of it."""
        if not self.shortcuts:
            return ""
        names = _joined(self.shortcuts)
        return (
            f"Your answer uses {names}, which this exercise asks you to do yourself. "
            f"By its rule such an answer keeps {self.kept:.0%} of the points for its cases."
        )

    def _remark(self) -> str:
        """Say which shortcut the code names, and that this costs nothing."""
        if not self.named:
            return ""
        return (
            f"Your code names {_joined(self.named)}, which this exercise asks you to do yourself. "
            "No case called it, so this costs nothing."
        )


def _joined(names: tuple[str, ...]) -> str:
    return " and ".join(f"`{name}`" for name in names)


def _cells(row: Row) -> tuple[str, str, str, str, str]:
    return str(row.number), row.label, row.inputs, row.error, row.verdict


def _html_text(text: str) -> str:
    """Escape a text and set what stands in backticks as code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", html.escape(text))


def _html_row(row: Row) -> str:
    weight = "600" if row.verdict == "wrong" else "400"
    number, label, inputs, error, verdict = (html.escape(text) for text in _cells(row))
    texts = (number, label, inputs, error, f"{MARKS[row.verdict]} {verdict}")
    cells = "".join(
        f'<td style="{CELL};{wrap};font-weight:{weight}">{text}</td>'
        for text, wrap in zip(texts, WRAPS, strict=True)
    )
    return f'<tr style="{LINE}">{cells}</tr>'
