"""A report as plain text: the verdict first, then the first wrong case, then the rest in short."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from course_utils.checks.book_link import FASTER, SEE, link

if TYPE_CHECKING:
    from course_utils.checks.report import Finding, Opened, Part, Report, Row

WIDTH = 88
BEGIN = ("all", "both", "no", "nothing", "the", "these", "what", "your")  # no names
READ = "Read off your function, called with small inputs:"
MOST_LINES = 3  # of other cases that are wrong
MARKS = {"right": "✓", "partly": "◐", "wrong": "✗", "not run": "–"}


def as_text(report: Report) -> str:
    """Return a report as plain text."""
    blocks: list[list[str]] = [[f"{mark(report)} {report.summary}"]]
    if report.blank:
        return blocks[0][0]
    if report.pace:
        blocks.append(list(_pace(report)))
    if before := earlier(report):
        blocks.append([before])
    if report.opened:
        blocks.append(list(_opened(report.opened)))
    blocks += [list(_finding(each, report.book)) for each in report.findings]
    if report.readings:
        blocks.append([READ, *(f"- {text}" for text in report.readings)])
    blocks += [[text] for text in caught(report)]
    blocks.append(list(_others(report)))
    blocks += [[text] for text in remarks(report)]
    return "\n\n".join("\n".join(map(_wrapped, lines)) for lines in blocks if lines)


def mark(report: Report) -> str:
    """Return the verdict as a sign."""
    if report.passed:
        return MARKS["right"]
    full = not report.shortcuts and not report.measured
    return MARKS["wrong"] if full or not report.score else MARKS["partly"]


def heading(opened: Opened) -> str:
    """Return a title for an opened case."""
    return f"Case {opened.number}, {opened.label}"


def says_of(opened: Opened) -> str:
    """Return what is wrong with an opened case as a sentence that begins like one."""
    says = opened.says
    return f"{says[0].upper()}{says[1:]}" if says.partition(" ")[0] in BEGIN else says


def verdict_lines(parts: Sequence[Part]) -> Iterator[tuple[str, str]]:
    """Yield which outputs are wrong, and where, and which are right."""
    wrong = [f"`{p.name}` ({p.where})" if p.where else f"`{p.name}`" for p in parts if not p.right]
    right = [f"`{p.name}`" for p in parts if p.right and not p.elsewhere]
    later = [f"`{p.name}`" for p in parts if p.elsewhere]
    if len(parts) == 1 and parts[0].where:
        yield "Where", parts[0].where
    elif len(parts) > 1 and wrong:
        yield "Wrong", ", ".join(wrong)
    if later and wrong:
        yield "Wrong in other cases", ", ".join(later)
    if right and wrong:
        yield "Right", ", ".join(right)


def same_way(opened: Opened) -> str:
    """Say which other cases fail in the same way."""
    if not opened.alike:
        return ""
    verb = "fails" if len(opened.alike) == 1 else "fail"
    return f"{cases_of(opened.alike)} {verb} in the same way."


def sentence_of(finding: Finding) -> str:
    """Return a tutor's sentence with the case and the output that show it."""
    output = f", `{finding.output}`" if finding.output else ""
    return f"In case {finding.case}{output}: {finding.sentence}"


def witness_of(finding: Finding) -> str:
    """Return the smallest call that shows a mistake, as a sentence."""
    witness = finding.witness
    return f"{witness[0].upper()}{witness[1:].rstrip('.')}." if witness else ""


def earlier(report: Report) -> str:
    """Say which answers to earlier exercises have to be mended first."""
    if not report.earlier:
        return ""
    names = joined([f"`{name}`" for name in report.earlier])
    verb = "are" if len(report.earlier) > 1 else "is"
    it = "them" if len(report.earlier) > 1 else "it"
    return (
        f"Your `{report.name}` calls your {names}, which {verb} not right yet. "
        f"Mend {it} first: what is wrong here may come from there."
    )


def also_wrong(report: Report) -> list[Row]:
    """Return the rows that are wrong besides what is opened and what fails as it does."""
    told = {report.opened.number, *report.opened.alike} if report.opened else set()
    return [
        row
        for row in report.rows
        if row.passed is False and not row.refusal and row.number not in told
    ]


def in_short(row: Row) -> str:
    """Say what is wrong with a case in a few words."""
    off = row.error[:1].isdigit() or row.error == "inf"
    error = f"off by {row.error}" if off else row.error
    return f"{row.label}: {error}" if error else row.label


def other_lines(report: Report) -> Iterator[str]:
    """Yield what there is to say of the other cases, in a line each."""
    rows = also_wrong(report)
    if len(rows) <= MOST_LINES:
        for row in rows:
            yield f"{MARKS['wrong']} Case {row.number}, {in_short(row)}"
    else:
        yield f"{MARKS['wrong']} {cases_of([row.number for row in rows])} are wrong, too."
    yield from counts(report)


def counts(report: Report) -> Iterator[str]:
    """Yield in a line each what is right, what is refused, and what was not run."""
    rows = [row for row in report.rows if not row.refusal]
    refusals = [row for row in report.rows if row.refusal]
    right = [row for row in rows if row.passed and not report.measured]
    if 0 < len(right) <= MOST_LINES < len(also_wrong(report)):  # then they tell more
        for row in right:
            yield f"{MARKS['right']} Case {row.number}, {row.label}"
    elif right:
        yield f"Right: {cases_of([row.number for row in right]).lower()}."
    refused = sum(row.passed is True for row in refusals)
    if ran := [row for row in refusals if row.passed is not None]:
        alike = report.opened.alike if report.opened else ()
        missed = [row for row in ran if not row.passed and row.number not in alike]
        told = "; ".join(f"{row.label} (case {row.number})" for row in missed)
        but = f"; not: {told}" if told else ""
        inputs = "inputs that make" if len(ran) > 1 else "input that makes"
        yield f"Refuses {refused} of {len(ran)} {inputs} no sense{but}."
    if waiting := [row.number for row in report.rows if row.passed is None]:
        yield f"Not run: {cases_of(waiting).lower()}."


def caught(report: Report) -> list[str]:
    """Return what there is to say of calls that are to catch mistakes."""
    return report.caught.texts if report.caught else []


def remarks(report: Report) -> list[str]:
    """Return what there is to say of shortcuts and of rules."""
    texts = (_shortcut(report), _named(report), report.note)
    return [text for text in texts if text]


def cases_of(numbers: Sequence[int]) -> str:
    """Return "Case 2", or "Cases 2, 3 and 5"."""
    return f"Case{'s' * (len(numbers) > 1)} {joined(list(map(str, numbers)))}"


def joined(names: Sequence[str]) -> str:
    """Join names as in a sentence."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _shortcut(report: Report) -> str:
    """Say which shortcut was used and what the exercise's rule makes of it."""
    if not report.shortcuts:
        return ""
    names = joined([f"`{name}`" for name in report.shortcuts])
    return (
        f"Your answer uses {names}, which this exercise asks you to do yourself. "
        f"By its rule such an answer keeps {report.kept:.0%} of the points for its cases."
    )


def _named(report: Report) -> str:
    """Say which shortcut the code names, and that this costs nothing."""
    if not report.named:
        return ""
    names = joined([f"`{name}`" for name in report.named])
    return (
        f"Your code names {names}, which this exercise asks you to do yourself. "
        "No case called it, so this costs nothing."
    )


def _opened(opened: Opened) -> Iterator[str]:
    yield heading(opened)
    if opened.call:
        yield f"  {opened.call}"
    yield f"  {says_of(opened)}"
    if opened.line:
        yield f"  {opened.line}"
    if opened.expected:
        yield from _beside("expected", opened.expected)
        yield from _beside("yours", opened.got)
    for word, names in verdict_lines(opened.parts):
        yield f"  {word}: {names}"
    if text := same_way(opened):
        yield f"  {text}"
    yield from (f"  {line}" for line in opened.sketch.splitlines())
    if opened.window:
        yield f"  {opened.window}"
    yield from (f"  {line}" for line in opened.window_sketch.splitlines())


def _beside(word: str, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines()):
        yield f"    {'' if number else word:9} {line}"


def _finding(finding: Finding, book: str) -> Iterator[str]:
    yield sentence_of(finding)
    if witness := witness_of(finding):
        yield witness
    if address := link(book, finding.picture):
        yield f"{SEE}:"
        yield f"    {address}"


def _pace(report: Report) -> Iterator[str]:
    yield report.pace
    if address := link(report.book, report.see):
        yield f"{FASTER}:"
        yield f"    {address}"


def _others(report: Report) -> Iterator[str]:
    if report.passed or report.caught:
        return
    if report.measured:
        for row in report.rows:
            yield f"{MARKS[row.verdict]} Case {row.number}, {row.label}: {row.error}".rstrip(" :")
        return
    yield from other_lines(report)


def _wrapped(line: str) -> str:
    """Break a long line, but none that is a picture in characters or numbers in columns."""
    if len(line) <= WIDTH or line.startswith("   "):
        return line
    indent = "  " if line.startswith("- ") else line[: len(line) - len(line.lstrip())]
    return textwrap.fill(line, WIDTH, subsequent_indent=indent, break_long_words=False)
