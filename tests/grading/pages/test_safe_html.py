"""Can what anybody writes do nothing on a page, and is it still well set?"""

import re
import time
from html import unescape

import pytest

from course_utils.grading.pages import safe_html
from course_utils.grading.pages.safe_html import (
    CLEANER,
    LONGEST,
    code,
    markdown,
    plain_text,
    sentence,
)


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("*a* **b** `c < d`", "<p><em>a</em> <strong>b</strong> <code>c &lt; d</code></p>"),
        ("### 1. `f` (2 points)", '<p class="heading">1. <code>f</code> (2 points)</p>'),
        ("[words](https://example.org/?a&b)", "<p>words (https://example.org/?a&amp;b)</p>"),
        ("<https://example.org>", "<p>https://example.org</p>"),
        ("[x](javascript:attack())", "<p>x (javascript:attack())</p>"),
        ("![a picture](https://example.org/x.png)", "<p>a picture</p>"),
        ("![a](attachment:gone.png)", "<p>a</p>"),
        ("<b onclick='attack()'>x</b>", "<p>&lt;b onclick='attack()'&gt;x&lt;/b&gt;</p>"),
        ("```mermaid\n<script>\n```", "<pre><code>&lt;script&gt;\n</code></pre>"),
    ],
)
def test_markdown(source, html):
    """Is each construct set, or its text kept, and no link, picture or tag made?"""
    assert markdown(source).strip() == html


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ("<p class='heading'>a</p>", '<p class="heading">a</p>'),
        ("<p class=a onclick='attack()' style='x' id=b title=c lang=d>e", '<p class="a">e</p>'),
        ("<td class=a>b</td>", "b"),
        ("<a href='javascript:attack()' rel=x class=y>a</a>", "a"),
        ("<img src=x onerror='attack()'>a<svg/onload=attack()>", "a"),
        ("<script>attack()</script>", "attack()"),
        ("<style>p { color: red }</style>", "p { color: red }"),
        ("<iframe><p>a</p></iframe>", "&lt;p&gt;a&lt;/p&gt;"),
        ("a<!-- b --><!doctype c>d", "ad"),
        ("<h1>a</h1><form><input value=b><button>c", "ac"),
        ("a<br/>b<hr>", "a<br>b<hr>"),
        ("<table><tr><td align=left>a", "<table><tbody><tr><td>a</td></tr></tbody></table>"),
        ("<em>a", "<em>a</em>"),
    ],
)
def test_the_second_look_is_not_the_renderers(html, left):
    """Were the renderer to let HTML through, would only harmless tags and classes be left of it?"""
    assert CLEANER.clean(html) == left


def test_tables_and_lists_stay():
    """Are a table and a list those tags, without a style?"""
    html = markdown("| a | b |\n|---|--:|\n| 1 | 2 |\n\n- one\n- [ ] two")
    assert html.count("<td>") == 2
    assert html.count("<li>") == 2
    assert "style" not in html
    assert "input" not in html


def test_formulas_are_set():
    """Is TeX between dollars a formula, in a line and on its own, brackets included?"""
    html = markdown("with $a < b$ and\n\n$$\\frac{a}{b}$$\n\n\\begin{align}c\\end{align}")
    assert "<mi>a</mi><mo>&lt;</mo><mi>b</mi>" in html
    assert html.count('<span class="display"') == 2
    assert "$" not in html


def test_code_keeps_every_character():
    """Are brackets escaped and spaces kept, so that the page shows the source as it is?"""
    assert code("\n\n    x = '<'  # </code>").startswith("\n\n    ")
    assert "&lt;/code&gt;" in code("# </code>")
    assert "<span" in code("def f(): pass")


def test_a_sentence_may_hold_code():
    """Is what stands in backticks code, and all of it text?"""
    assert sentence("use `a // b` <now>") == "use <code>a // b</code> &lt;now&gt;"


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;https://example.org\x07link\x1b]8;;\x07", "link"),
        ("10%\r20%\r30%", "30%"),
        ("a\r\nb\tc", "a\nb\tc"),
        ("a\x00\x08\x9bb\ud800", "ab"),
        ("café ✓", "café ✓"),
    ],
)
def test_what_is_for_a_terminal_is_dropped(text, plain):
    """Are colours, links, overwritten progress and control characters gone?"""
    assert plain_text(text) == plain


def test_a_very_long_text_is_shown_as_typed():
    """Does what would keep a parser busy stay whole, escaped and without delay?"""
    long = "<b>" + "\\\\[" * LONGEST
    escaped = long.replace("<", "&lt;").replace(">", "&gt;")
    assert markdown(long) == f"<pre>{escaped}</pre>"
    assert code(long) == escaped


@pytest.mark.parametrize("unit", [" ", "\n", "\t", " \n", "\n ", " \n\n", "\f", "'\n ", "# \n"])
def test_blanks_are_no_work(monkeypatch, unit):
    """Is code set in colours in a time that grows as its length does, and is it all there?"""
    monkeypatch.setattr(safe_html, "LONGEST", 100_000)
    source = f"def f():\n    {unit * (60_000 // len(unit))}\n    return 1\n"
    start = time.process_time()
    html = code(source)
    assert time.process_time() - start < 20  # it is one second, and was a hundred
    assert unescape(re.sub("<[^>]*>", "", html)) == plain_text(source)
