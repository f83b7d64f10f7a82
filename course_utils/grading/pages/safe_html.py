"""Turn what people wrote into HTML that can do nothing: no script, no address, no style."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import nh3
from markupsafe import Markup, escape
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from course_utils.grading.pages.formula import formula

INLINE = {"br", "code", "del", "em", "span", "strong"}
BLOCKS = {"blockquote", "dd", "div", "dl", "dt", "hr", "li", "ol", "p", "pre", "ul"}
TABLES = {"table", "tbody", "td", "th", "thead", "tr"}
LONGEST = 10_000  # characters that are set; parsers take long over a long text made to tire them
TEX = re.compile('<span class="tex( display)?">([^<]*)</span>')
BLANKS = re.compile(r"(\s{200,}+)")
# Escape sequences of a terminal: colours, titles, cursor movements.
ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
CLEANER = nh3.Cleaner(
    tags=INLINE | BLOCKS | TABLES,
    attributes={"p": {"class"}, "span": {"class"}, "div": {"class"}, "*": set()},
    clean_content_tags=set(),  # what stands in a tag that goes is text like any other
)


class Strict(IPythonRenderer):
    """Markdown without raw HTML, links, pictures, diagrams and headings: their text stays."""

    def __init__(self) -> None:
        super().__init__(escape=True, allow_harmful_protocols=False)

    def link(self, text: str, url: str, title: str | None = None) -> str:
        """Write a link's address behind its text."""
        return text if text == escape(url) else f"{text} ({escape(url)})"

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """Leave a picture's description."""
        return text

    def heading(self, text: str, level: int, **attrs: Any) -> str:
        """Make a line of its own, because a page's headings are in an order of their own."""
        return f'<p class="heading">{text}</p>\n'

    def block_mermaidjs(self, code: str) -> str:
        """Show a diagram's source."""
        return f"<pre><code>{escape(code)}</code></pre>\n"

    def block_math(self, body: str) -> str:
        """Mark a displayed formula, which is set at the end."""
        return f'<span class="tex display">{escape(body.strip())}</span>'

    def latex_environment(self, name: str, body: str) -> str:
        """Mark a formula that is an environment."""
        return self.block_math(f"\\begin{{{name}}}{body}\\end{{{name}}}")

    def inline_math(self, body: str) -> str:
        """Mark a formula within a line."""
        return f'<span class="tex">{escape(body)}</span>'


def markdown(source: str) -> Markup:
    """Render Markdown that anybody may have written; show a very long one as it was typed."""
    if len(source) > LONGEST:
        return Markup("<pre>{}</pre>").format(plain_text(source))
    # The renderer leaves nothing harmful; the second look is not its own.
    html = CLEANER.clean(MarkdownWithMath(Strict()).render(plain_text(source)))
    return Markup(TEX.sub(_formula, html))


def _formula(match: re.Match[str]) -> str:
    return str(formula(unescape(match[2]), display=bool(match[1])))


def code(source: str) -> Markup:
    """Set Python source in colours, by classes that the page's style sheet knows."""
    if len(source) > LONGEST:
        return escape(plain_text(source))
    formatter: HtmlFormatter[str] = HtmlFormatter(nowrap=True)
    lexer = PythonLexer(stripnl=False, ensurenl=False)
    text = plain_text(source)
    text = text if text.endswith("\n") else f"{text}\n"
    # In a run of blanks the lexer looks ahead from each of them to the end of all.
    parts = BLANKS.split(text)
    coloured = [highlight(p, lexer, formatter).rstrip("\n") if p.strip() else p for p in parts]
    return Markup("".join(coloured).rstrip("\n") + text[len(text.rstrip("\n")) :])


def sentence(text: str) -> Markup:
    """Set what stands in backticks as code."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(plain_text(text)))))


def plain_text(text: str) -> str:
    """Drop what is for a terminal; of a line that was written over, keep what was seen last."""
    text = ANSI.sub("", text).replace("\r\n", "\n")
    lines = [line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n")]
    return CONTROL.sub("", "\n".join(lines))
