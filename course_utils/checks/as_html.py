"""A report as HTML that stands alone and suits light and dark pages, however narrow.

Styles are inline, because the report also stands in pages whose style sheets are not ours.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from course_utils.checks.as_text import (
    MARKS,
    READ,
    caught,
    earlier,
    heading,
    mark,
    other_lines,
    remarks,
    same_way,
    says_of,
    sentence_of,
    verdict_lines,
    witness_of,
)
from course_utils.checks.book_link import COPY, FASTER, SEE, from_notebook, is_file, link

if TYPE_CHECKING:
    from course_utils.checks.report import Finding, Opened, Report, Row

COLOURS = {"✓": "#2e7d4f", "◐": "#b07d18", "✗": "#b3541e"}
FRAME = "padding-left:1em;max-width:48em;overflow-wrap:anywhere;line-height:1.45"
TEXT = "margin:.5em 0"
LINES = "margin:.1em 0"
LIST = "margin:.1em 0 .5em;padding-left:1.4em"
PAIR = "display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.1em 1em;margin:.4em 0"
# Columns of numbers stay in line; where they are too wide, they scroll for themselves.
NUMBERS = "margin:0;padding:0;background:none;color:inherit;overflow-x:auto;white-space:pre"
CELL = "padding:.25em .9em .25em 0;text-align:left;vertical-align:top"
# On a phone the table scrolls before its words break; the verdict is seen without that.
WRAPS = ("white-space:nowrap", "", "min-width:9em", "min-width:11em", "white-space:nowrap")
LINE = "border-top:1px solid rgba(128,128,128,.35)"
TABLE = "border-collapse:collapse;margin:0;font-variant-numeric:tabular-nums"


def as_html(report: Report) -> str:
    """Return a report as HTML."""
    sign = mark(report)
    parts = [f'<p style="{TEXT}"><strong>{marked(f"{sign} {report.summary}")}</strong></p>']
    if not report.blank:
        parts += _pace(report)
        parts += _paragraphs(earlier(report))
        if report.opened:
            parts += _opened(report.opened)
        for finding in report.findings:
            parts += _finding(finding, report.book)
        if report.readings:
            items = "".join(f"<li>{marked(text)}</li>" for text in report.readings)
            parts.append(f'<p style="{TEXT}">{READ}</p><ul style="{LIST}">{items}</ul>')
        for text in caught(report):
            parts += _paragraphs(text)
        if not report.passed:
            parts += _others(report)
        for remark in remarks(report):
            parts += _paragraphs(remark)
    border = f"border-left:4px solid {COLOURS[sign]}"
    return f'<div class="course-check" style="{border};{FRAME}">{"".join(parts)}</div>'


def marked(text: str) -> str:
    """Escape a text and set what stands in backticks as code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", html.escape(text))


def linked(text: str, address: str) -> str:
    """Return a text that leads to an address, from a notebook."""
    return f'<a href="{html.escape(from_notebook(address))}">{html.escape(text)}</a>'


def to_picture(text: str, address: str) -> str:
    """Return a paragraph that leads to a live picture, with the address of a file to be copied."""
    copied = f" {COPY} <code>{html.escape(address)}</code>" if is_file(address) else ""
    return f'<p style="{TEXT}">{linked(text, address)}.{copied}</p>'


def captioned(picture: str) -> list[tuple[str, str]]:
    """Return each drawing of a picture with what it shows in words."""
    found = re.findall(r'(<svg[^>]* aria-label="([^"]*)".*?</svg>)', picture)
    return [(html.unescape(text), svg) for svg, text in found]


def _paragraphs(text: str, style: str = TEXT) -> Iterator[str]:
    if text:
        yield f'<p style="{style}">{marked(text)}</p>'


def _opened(opened: Opened) -> Iterator[str]:
    yield f'<p style="{TEXT}"><strong>{marked(heading(opened))}</strong></p>'
    yield from _paragraphs(opened.call, LINES)
    yield from _paragraphs(says_of(opened), LINES)
    yield from _paragraphs(opened.line, LINES)
    if opened.expected:
        pairs = (("expected", opened.expected), ("yours", opened.got))
        cells = "".join(
            f'<span>{word}</span><pre style="{NUMBERS}" tabindex="0">{html.escape(text)}</pre>'
            for word, text in pairs
        )
        yield f'<div style="{PAIR}">{cells}</div>'
    for word, names in verdict_lines(opened.parts):
        yield from _paragraphs(f"{word}: {names}", LINES)
    yield from _paragraphs(same_way(opened), LINES)
    if opened.picture:
        legend = "Filled squares are wrong, pale ones are right."
        for caption, svg in captioned(opened.picture):
            yield f'<p style="margin:.6em 0 0">{html.escape(caption)}</p><div>{svg}</div>'
        yield f'<p style="{LINES};opacity:.8">{legend}</p>'
    yield from _paragraphs(opened.window, "margin:.6em 0 .2em")
    if opened.window_picture:
        dashed = " Dashed: what you read." if "dasharray" in opened.window_picture else ""
        yield f"<div>{opened.window_picture}</div>"
        yield f'<p style="{LINES};opacity:.8">Framed: what it comes from.{dashed}</p>'


def _finding(finding: Finding, book: str) -> Iterator[str]:
    yield from _paragraphs(sentence_of(finding))
    yield from _paragraphs(witness_of(finding))
    if address := link(book, finding.picture):
        yield to_picture(SEE, address)


def _pace(report: Report) -> Iterator[str]:
    if report.pace:
        address = link(report.book, report.see)
        more = f" {linked(FASTER, address)}." if address else ""
        yield f'<p style="{TEXT}">{marked(report.pace)}{more}</p>'


def _others(report: Report) -> Iterator[str]:
    if not report.measured:
        yield f'<div style="{TEXT}">'
        for line in other_lines(report):
            yield from _paragraphs(line, LINES)
        yield "</div>"
    if len(report.rows) == 1:
        return
    titles = ("Verdict", "#", "Case", "Inputs", report.column)
    head = "".join(f'<th scope="col" style="{CELL}">{title}</th>' for title in titles)
    body = "".join(map(_row, report.rows))
    summary = f"All {len(report.rows)} cases"
    state = " open" if report.measured else ""
    yield (
        f'<details{state}><summary style="cursor:pointer">{summary}</summary>'
        f'<div style="overflow-x:auto" tabindex="0"><table style="{TABLE}">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></details>"
    )


def _row(row: Row) -> str:
    verdict = f"{MARKS[row.verdict]} {row.verdict}"
    texts = map(html.escape, (verdict, str(row.number), row.label, row.inputs, row.error))
    cells = "".join(
        f'<td style="{CELL};{wrap}">{text}</td>' for text, wrap in zip(texts, WRAPS, strict=True)
    )
    return f'<tr style="{LINE}">{cells}</tr>'
