"""The rules of the book: what a page must keep to, each with where it is broken and what to do.

A rule is a function of a :class:`Source` that yields complaints. It is named by what it asks.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from tests.book.source import ROOT, Source

MOST_WORDS = 2500
LOOKED_UP = "glossary"  # nobody reads it through, and it grows with each topic
MOST_VISIBLE_CELLS = 12
MOST_NUMBERED = 10
WORDS_BEFORE_A_PICTURE = 160

Rule = Callable[[Source], Iterator[str]]
RULES: dict[str, Rule] = {}


def rule(function: Rule) -> Rule:
    """Add a rule to those that every page keeps."""
    RULES[function.__name__] = function
    return function


def broken(page: Source, name: str) -> list[str]:
    """Return what a page does against a rule, each complaint with its place and its remedy."""
    return [f"{page.name}.md: {complaint}" for complaint in RULES[name](page)]


@rule
def words(page: Source) -> Iterator[str]:
    """At most 2,500 words of prose."""
    if page.words > MOST_WORDS and page.name != LOOKED_UP:
        yield f"{page.words} words of prose, at most {MOST_WORDS}: cut, or make it two pages"


@rule
def visible_cells(page: Source) -> Iterator[str]:
    """At most 12 cells whose program is visible."""
    shown = [cell for cell in page.cells if cell.visible]
    if len(shown) > MOST_VISIBLE_CELLS:
        extra = shown[MOST_VISIBLE_CELLS]
        yield (
            f"{len(shown)} visible cells, at most {MOST_VISIBLE_CELLS}; from line {extra.line} on, "
            "fold those that only draw ([hide-input]) or prove ([hide-cell, proof]), or cut"
        )


@rule
def numbered_equations(page: Source) -> Iterator[str]:
    """At most 10 numbered equations."""
    numbered = [line for line, _, is_numbered in page.formulas if is_numbered]
    if len(numbered) > MOST_NUMBERED:
        yield (
            f"{len(numbered)} numbered equations, at most {MOST_NUMBERED}; from line "
            f"{numbered[MOST_NUMBERED]} on, take the label off those that no text refers to"
        )


@rule
def a_picture_first(page: Source) -> Iterator[str]:
    """A topic's first page shows a described picture on its first screen, before any section."""
    if not page.is_index:
        return
    sections = [line.number for line in page.lines if line.text.startswith("## ")]
    end = min(sections, default=page.text.count("\n") + 1)
    first = min(page.pictures, default=None)
    if first is None or first[0] > end:
        yield f"no picture before line {end}: a topic's first page shows one on its first screen"
        return
    line, _, described = first
    before = sum(len(text.split()) for number, text in page.prose if number < line)
    if before > WORDS_BEFORE_A_PICTURE:
        yield (
            f"line {line}: {before} words stand before the first picture, at most "
            f"{WORDS_BEFORE_A_PICTURE}: move the picture up"
        )
    if not described:
        yield f"line {line}: the first picture has no alternative text: add `alt`"


@rule
def description(page: Source) -> Iterator[str]:
    """A description of one sentence, which search engines and shared links show."""
    text = page.description
    where = 'myst: html_meta: "description lang=en" in the page\'s head'
    if not text:
        yield f"no description: write one sentence as {where}"
    elif not 40 <= len(text) <= 200 or not text.endswith((".", "?")):
        yield (
            f"the description has {len(text)} characters and ends with {text[-1]!r}: "
            f"make it one sentence of 40 to 200 characters ({where})"
        )
    elif re.search(r"[.?!]\s+[A-Z]", text):
        yield f"the description is more than one sentence: cut it ({where})"


@rule
def fences(page: Source) -> Iterator[str]:
    """No directive whose title ends it: code in a title needs a fence of colons."""
    for number, line in enumerate(page.text.splitlines(), start=1):
        if re.match(r"\s*```+\{[\w-]+\}.*`", line):
            yield f"line {number}: a title with code in a fence of backticks: write ::: for both"


@rule
def accidental_lists(page: Source) -> Iterator[str]:
    """No sentence that goes on as a list, because a line of it begins with a number or a sign."""
    lines = page.text.splitlines()
    for number, (before, line) in enumerate(pairwise(lines), start=2):
        if re.match(r"(?:1[.)]|[-+*]) ", line) and re.match(r"[A-Za-z(]", before):
            yield f"line {number}: a list begins within a sentence: break the line elsewhere"


OTHER_WORDS = {
    r"\bmend(?:s|ed|ing)?\b": "correct, repair or fix",
    r"\bstands\b(?! (?:for|out)\b)": "is",
    r"\bleaps?\b": "step, or say what happens",
    r"\bbow(?:s|ed)? to\b": "follows, or depends on",
    r"\bhears? nothing\b": "gets no gradient, or gets nothing",
    r"\bsettles?\b": "decides, or comes to rest",
    r"\bin a row\b(?! of\b)": "one after the other, or consecutive",
    r"\bof (?:its|their|one's|your) own accord\b": "by itself, or without being asked",
    r"\bsimply\b": "nothing: leave it out",
    r"\bjust\b": "nothing: leave it out (or 'only')",
    r"\bobviously\b": "nothing: leave it out, or give the reason",
    r"\bof the loss by\b|\b(?:loss|gradients?|derivatives?) by ¤": "with respect to",
    r"\b(?:layer|unit|cell|gate|filter|kernel|network)s? (?:(?:that|which) )?(?:wants?|knows?)\b": (
        "what it computes; only people want and know"
    ),
    r"\bstudents?\b[^.?!]{0,80}\b(?:he|his|him|she|her)\b": "their, for a student",
}


@rule
def language(page: Source) -> Iterator[str]:
    """Plain English: none of the words that were found to read as translated."""
    text = "\n".join(line for _, line in page.prose)
    for pattern, instead in OTHER_WORDS.items():
        for found in re.finditer(pattern.replace(" ", r"\s+"), text, re.IGNORECASE):
            line = text.count("\n", 0, found.start()) + 1
            yield f"line {line}: {' '.join(found[0].split())!r}: write {instead}"


# The noun only: a window slides, and a kernel can be slid.
DECK = re.compile(
    r"\bdecks?\b|\bthis slide\b|\b(?:the|a|an|these|those|some|many|most|lecture|few|several|other|"
    r"each|every|no|on|in|from|whose|well-known)\s+slides?\b",
    re.IGNORECASE,
)


@rule
def no_slides(page: Source) -> Iterator[str]:
    """Errors in common material have one place, book/errata; chapters name no deck."""
    if page.folder.split("/")[0] == "errata":
        return
    text = "\n".join(line for _, line in page.prose)
    for found in DECK.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        yield (
            f"line {line}: {' '.join(found[0].split())!r}: move what is wrong in common material "
            f"to book/errata/{page.folder or '<topic>'}.md, and link to it in one line at most"
        )


@rule
def folded_proofs(page: Source) -> Iterator[str]:
    """Verification is folded: proofs say what they check, and visible cells assert nothing."""
    for cell in page.cells:
        asserts = _asserts(cell.code)
        if "proof" in cell.tags:
            if "hide-cell" not in cell.tags:
                yield f"line {cell.line}: a proof is not folded: tag it [hide-cell, proof]"
            if not cell.code.startswith("# checked: "):
                yield f"line {cell.line}: begin the proof with a line `# checked: <what>`"
            if not asserts:
                yield f"line {cell.line}: the proof asserts nothing: assert the sentence above it"
        elif asserts and cell.visible:
            yield (
                f"line {cell.line}: a visible cell asserts (its line {asserts[0]}): move that into "
                "a cell tagged [hide-cell, proof] behind the formula or the sentence that it proves"
            )
        elif asserts and "hide-cell" in cell.tags:
            yield f"line {cell.line}: a folded cell asserts: tag it [hide-cell, proof]"


@rule
def shown_code(page: Source) -> Iterator[str]:
    """Code is written on the page or linked, never fetched with `inspect.getsource`."""
    for cell in page.cells:
        if "getsource" in cell.code and "remove-cell" not in cell.tags:
            yield f"line {cell.line}: `getsource`: write the 20 plain lines, or link the function"


# What a letter means is said in book/notation; here, what it is called where a text names both.
LETTERS = {
    r"dilation": {"d"},
    r"strides?": {"S", "S_H", "S_W"},
    r"(?:zero )?padding": {"P", "P_H", "P_W"},
    r"(?:input |output )?channels": {"C", "F"},
    r"filters": {"F"},
    r"batch(?: size)?": {"N"},
    r"(?:time )?steps": {"T", "t", "k", "n"},
    r"hidden units": {"M"},
    r"(?:input )?features": {"D"},
    r"classes": {"K"},
    r"vocabulary(?: size)?": {"V"},
}
NAMED = re.compile(
    rf"\b(?P<name>{'|'.join(LETTERS)})(?: is| of| being)? \$(?P<letter>[A-Za-z](?:_[A-Z])?)\$"
    rf"|\$(?P<before>[A-Z])\$ (?P<after>{'|'.join(LETTERS)})\b",
)
TRANSPOSED = re.compile(r"(?:[A-Z](?:_\{?\w+\}?)?|\\mathbf\{\w+\}|\))\s*\^\{?(?:T|\\top)\b")
TO_A_POWER = re.compile(r"(?:[a-z\d]|\\(?:sigma|lambda|alpha|beta|rho|gamma))\s*\^\{?T\b")


def wrong_letters(text: str, first: int = 1) -> Iterator[str]:
    """Yield where a text calls something by another letter than book/notation does."""
    for found in NAMED.finditer(text):
        name, letter = found["name"] or found["after"], found["letter"] or found["before"]
        right = next(letters for key, letters in LETTERS.items() if re.fullmatch(key, name))
        if letter not in right:
            line = first + text.count("\n", 0, found.start())
            yield f"line {line}: {name} is called {letter}: book/notation calls it {min(right)}"


@rule
def letters(page: Source) -> Iterator[str]:
    """Letters mean what book/notation says; T at the top is a transpose or a power, not both."""
    yield from wrong_letters(page.text)
    transposed = [line for line, tex, _ in page.formulas if TRANSPOSED.search(tex)]
    powers = [line for line, tex, _ in page.formulas if TO_A_POWER.search(tex)]
    if transposed and powers:
        yield (
            f"lines {transposed[0]} and {powers[0]}: ^T is a transpose and a power: "
            r"write the transpose as ^\top, and the power with another letter or in words"
        )


@rule
def linked_terms(page: Source) -> Iterator[str]:
    """Each {term} is an entry of the glossary."""
    known = glossary()
    for found in re.finditer(r"\{term\}`([^`]*)`", page.text):
        named = re.search(r"<([^>]*)>\s*$", found[1])
        name = " ".join((named[1] if named else found[1]).replace("\\", "").split())
        if name.lower() not in known:
            line = page.text.count("\n", 0, found.start()) + 1
            yield f"line {line}: no entry {name!r} in book/glossary.md: write it, in a sentence"


# What a reader looks up: a word of this list that a page uses is an entry of the glossary.
FIELD = (
    "activation map", "backpropagation through time", "batch normalization", "bias", "bottleneck",
    "channel", "convolution", "cross-correlation", "dilation", "dropout", "feature map", "fan-in",
    "filter", "forget gate", "gate", "hidden state", "im2col", "jump", "kernel", "max pooling",
    "momentum", "multiply-add", "padding", "peephole", "pooling", "receptive field", "ReLU",
    "residual connection", "sigmoid", "softmax", "stride", "teacher forcing", "time step",
    "vanishing gradient", "weight decay", "weight sharing",
)  # fmt: skip


@rule
def explained_words(page: Source) -> Iterator[str]:
    """The field's words that a page uses are in the glossary, alone or as part of an entry."""
    text = "\n".join(line for _, line in page.prose)
    entries = glossary()
    for word in FIELD:
        found = re.search(rf"\b{word}s?\b", text, re.IGNORECASE)
        if found and not any(re.search(rf"\b{word}", entry, re.I) for entry in entries):
            line = text.count("\n", 0, found.start()) + 1
            yield f"line {line}: {found[0]!r} has no entry in book/glossary.md: write one"


def glossary() -> set[str]:
    """Return the names of the glossary's entries, in small letters."""
    text = (ROOT / "book" / "glossary.md").read_text(encoding="utf-8")
    return glossary_of(text)


def glossary_of(text: str) -> set[str]:
    """Return the names of the entries in the source of a glossary."""
    block = re.search(r":{3,}\{glossary\}\n(.*?)^:{3,}\s*$", text, re.DOTALL | re.MULTILINE)
    lines = block[1].splitlines() if block else []
    named = [line.strip() for line in lines if re.match(r"[^\s:%]", line)]
    return {name.replace("\\", "").lower() for name in named}


def unused_terms(entries: set[str], texts: list[str]) -> list[str]:
    """Return the entries to which no text links, with what to do."""
    linked = set()
    for text in texts:
        for found in re.findall(r"\{term\}`([^`]*)`", text):
            named = re.search(r"<([^>]*)>\s*$", found)
            name = (named[1] if named else found).replace("\\", "")
            linked.add(" ".join(name.split()).lower())
    return [
        f"book/glossary.md: nothing links to {entry!r}: link it with {{term}} where a page first "
        "uses it, or take the entry out"
        for entry in sorted(entries - linked)
    ]


def _asserts(code: str) -> list[int]:
    """Return the lines of a cell on which it asserts, with `assert` or a testing function."""
    lines = [re.sub(r"^(\s*)[%!].*", r"\1pass", line) for line in code.splitlines()]
    tree = ast.parse("\n".join(lines))
    return sorted(
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert)
        or (isinstance(node, ast.Call) and _called(node).startswith("assert_"))
    )


def _called(node: ast.Call) -> str:
    """Return the last part of what a call names."""
    return ast.unparse(node.func).split(".")[-1]
