"""Does every page of the book, those to come included, keep to the rules of the house?

Each rule is tried on made-up pages first, so that none of them is a rule that nothing can break.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.book import rules, source
from tests.book.reader import toc_pages
from tests.book.source import ROOT, Source

PAGES = source.pages()
NAMES = [page.name for page in PAGES]


@pytest.mark.parametrize("rule", rules.RULES)
@pytest.mark.parametrize("written", PAGES, ids=NAMES)
def test_page_keeps_the_rule(written: Source, rule: str) -> None:
    """Does a page keep a rule? If not: where it breaks it, and what to do."""
    complaints = rules.broken(written, rule)
    assert not complaints, _report(rules.RULES[rule].__doc__ or rule, complaints)


def test_glossary_terms_are_used() -> None:
    """Is each entry of the glossary linked from a page, so that a reader finds it?"""
    texts = [page.text for page in PAGES]
    complaints = rules.unused_terms(rules.glossary(), texts)
    assert not complaints, _report("Glossary entries are used", complaints)


NOTEBOOKS = sorted((ROOT / "solutions").glob("*/*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_letters_of_notebooks(path: Path) -> None:
    """Do an assignment's statements use the letters of the page on notation?"""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    complaints = [
        f"{path.name}, cell {number}, {complaint}"
        for number, cell in enumerate(cells)
        if cell["cell_type"] == "markdown"
        for complaint in rules.wrong_letters("".join(cell["source"]))
    ]
    assert not complaints, _report("Letters as in book/notation", complaints)


@pytest.mark.parametrize(("name", "right"), rules.LETTERS.items(), ids=map(str, rules.LETTERS))
def test_letters_are_those_of_the_page_on_notation(name: str, right: set[str]) -> None:
    """Is each letter that the rule asks for in a row of book/notation that names the thing?"""
    text = (ROOT / "book" / "notation.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    naming = [row for row in rows if re.search(name, row)]
    assert any(f"${one}$" in row for row in naming for one in right), (
        f"book/notation.md has no row that matches {name!r} with one of {sorted(right)}: "
        "add one, or change LETTERS in tests/book/rules.py"
    )


def test_folders_are_topics_in_the_contents() -> None:
    """Does each topic's first page stand in _toc.yml, with the folder's other pages below it?"""
    listed = toc_pages()
    assert not (missing := [f"book/{name}" for name in NAMES if f"book/{name}" not in listed]), (
        f"not in _toc.yml: {missing}. Add them below their folder's index page, as `sections`"
    )


def _report(rule: str, complaints: list[str]) -> str:
    return "\n".join([f"The rule: {rule}", *complaints])


# The rules tried on made-up pages: each is broken by one of them, and kept by the other.

HEAD = """---
myst:
  html_meta:
    "description lang=en": "A made-up page that is here to try the rules of the book upon."
---

# A page
"""


def cell(code: str, tags: str = "") -> str:
    """Write a code cell."""
    head = f"---\ntags: [{tags}]\n---\n" if tags else ""
    return f"\n```{{code-cell}} ipython3\n{head}{code}\n```\n"


FIGURE = "\n```{figure} a.png\n:alt: A window on a grid\nA caption.\n```\n"
PROOF = cell("# checked: both ways agree\nassert 1 + 1 == 2", "hide-cell, proof")
INDEX = "convolution-arithmetic/index"
CASES = [
    # rule, page's name, what breaks it (with the words of the complaint), what keeps it
    ("words", "a/b", "word " * 2501, "2503 words", "word " * 2490 + "```python\nx = 1\n```"),
    ("words", "a/b", ":::{note}\n" + "word " * 2501 + "\n:::", "words of prose", "$x$ " * 3000),
    ("visible_cells", "a/b", cell("print(1)") * 13, "13 visible cells",
     cell("print(1)") * 12 + cell("draw()", "hide-input") * 3 + PROOF),
    ("numbered_equations", "a/b", "\n$$x = 1$$ (eq-a)\n" * 11, "11 numbered",
     "\n$$x = 1$$ (eq-a)\n" * 10 + "\n$$\ny = 2\n$$\n"),
    ("numbered_equations", "a/b", "\n$$\nx = 1\n$$ (eq-a)\n" * 11, "11 numbered", ""),
    ("numbered_equations", "a/b", "\n```{math}\n:label: eq-a\nx\n```\n" * 11, "11 numbered", ""),
    ("a_picture_first", INDEX, "Text.\n\n## Section\n" + FIGURE, "no picture", "Text.\n" + FIGURE),
    ("a_picture_first", INDEX, "word " * 200 + FIGURE, "move the picture up",
     '<div class="convolution-explorer">No script.</div>\n'),
    ("a_picture_first", INDEX, "```{figure} a.png\nCaption.\n```\n", "no alternative text",
     cell("draw()", "hide-input").replace("---\n", "---\nmystnb: {image: {alt: A grid}}\n", 1)),
    ("fences", "a/b", "\n```{dropdown} How many has `nn.Linear`?\nTwo.\n```\n", "write :::",
     "\n:::{dropdown} How many has `nn.Linear`?\nTwo.\n:::\n\n```{tip} A line\nOf `x`.\n```\n"),
    ("accidental_lists", "a/b", "\nTake a bias of\n1. The window follows.\n", "line 10",
     "\nThere are two:\n\n1. a bias\n2. a window\n"),
    ("language", "a/b", "The gate bows\nto its input.", "line 8: 'bows to'", "It follows it."),
    ("language", "a/b", "The gradient of the loss by $c$.", "with respect to",
     "The gradient of the loss with respect to $c$."),
    ("language", "a/b", "It simply works.", "'simply'", "> It simply works.\n\n`just`"),
    ("language", "a/b", "M stands between them.", "write is", "$M$ stands for units."),
    ("language", "a/b", "A layer knows the size.", "only people", "You know the size."),
    ("language", "a/b", "A student sees his grade.", "their", "A student sees their grade."),
    ("language", "a/b", "Three zeros in a row.", "consecutive", "Pixels in a row of the image."),
    ("no_slides", "a/b", "As the deck says, and two slides on.", "book/errata/a.md",
     "A window slides over the image; slide it by two."),
    ("no_slides", "a/b", "Many\nslides say so.", "line 8: 'Many slides'", ""),
    ("folded_proofs", "a/b", cell("x = 1\nassert x"), "a visible cell asserts (its line 2)", PROOF),
    ("folded_proofs", "a/b", cell("np.testing.assert_allclose(a, b)"), "visible", cell("print(1)")),
    ("folded_proofs", "a/b", cell("assert x", "hide-cell, proof"), "# checked: <what>", PROOF),
    ("folded_proofs", "a/b", cell("# checked: x\nprint(x)", "hide-cell, proof"), "nothing", PROOF),
    ("folded_proofs", "a/b", cell("# checked: x\nassert x", "proof"), "is not folded", PROOF),
    ("folded_proofs", "a/b", cell("assert x", "hide-cell"), "tag it [hide-cell, proof]", PROOF),
    ("shown_code", "a/b", cell("print(inspect.getsource(f))"), "getsource", cell("print(f)")),
    ("letters", "a/b", "with a dilation of $D$", "calls it d", "with a dilation of $d$"),
    ("letters", "a/b", "for $H$ hidden units", "calls it M", "for $M$ hidden units, $H$ rows"),
    ("letters", "a/b", "$W^T x$ and $f^T$", "a transpose and a power", r"$W^\top x$ and $f^n$"),
    ("linked_terms", "a/b", "A {term}`nonesuch <no\nsuch thing>`.", "no entry 'no such thing'",
     "A {term}`kernel` has {term}`channels\n<channel>`."),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "name", "breaks", "says", "keeps"), CASES)
def test_rules_see_what_breaks_them(
    rule: str, name: str, breaks: str, says: str, keeps: str
) -> None:
    """Does a rule say where a page breaks it and what to do, and pass a page that keeps it?"""
    complaints = rules.broken(Source(name, HEAD + breaks), rule)
    assert complaints
    assert any(says in complaint for complaint in complaints), complaints
    assert rules.broken(Source(name, HEAD + keeps), rule) == []


def test_the_glossary_may_be_long() -> None:
    """Is a page that is looked up, and not read through, free of the limit, and no other page?"""
    text = HEAD + "word " * 3000
    assert rules.broken(Source("glossary", text), "words") == []
    assert rules.broken(Source("a/glossary", text), "words")


def test_words_of_the_field_are_asked_of_the_glossary(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is a word of the field that the glossary lacks named, and no word that it has?"""
    monkeypatch.setattr(rules, "glossary", lambda: {"stride", "zero padding"})
    page = Source("a/b", HEAD + "A stride, padding and\nmax pooling.")
    complaints = rules.broken(page, "explained_words")
    assert [c for c in complaints if "'max pooling'" in c and "line 9" in c]
    assert not [c for c in complaints if "'stride'" in c or "'padding'" in c]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no description"),
        ("Too short.", "10 characters"),
        ("This is a sentence of some length without an end", "ends with 'd'"),
        ("This is one sentence of some length. This is another.", "more than one sentence"),
    ],
)
def test_descriptions_are_one_sentence(text: str, says: str) -> None:
    """Is a page without a description, or with one that is none, told what to write?"""
    head = re.sub(r': ".*"', f': "{text}"', HEAD)
    (complaint,) = rules.broken(Source("a/b", head), "description")
    assert says in complaint
    assert rules.broken(Source("a/b", HEAD), "description") == []


def test_unused_terms_are_named() -> None:
    """Is an entry to which no page links named, whatever its letters' case?"""
    entries = rules.glossary_of(":::{glossary}\nReLU\n  A cut.\n\nstride\n  Steps.\n:::\n")
    assert entries == {"relu", "stride"}
    assert len(rules.unused_terms(entries, ["a {term}`ReLU`"])) == 1
    assert rules.unused_terms(entries, ["{term}`cut <ReLU>` {term}`stride`"]) == []


def test_pages_are_read_at_any_depth() -> None:
    """Are pages in folders among those that the rules see?"""
    assert "intro" in NAMES
    on_disk = {
        p.relative_to(source.BOOK).with_suffix("").as_posix() for p in source.BOOK.rglob("*.md")
    }
    assert set(NAMES) == on_disk
