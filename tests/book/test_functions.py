"""Is every public function in the function reference, and does code on the pages lead there?"""

import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import pytest

import course_utils
from tests.book.extension import extension
from tests.book.test_pages import broken_pointers, read

REFERENCE = "book/functions"
PACKAGES = ("reference", "models", "data")
MODULES = ("arithmetic", "gradcheck", "layer_arithmetic", "plotting", "checks.check")
NAME = '<span class="n">{}</span>'
LINK = '<span class="n"><a class="function-link" href="{1}">{0}</a></span>'


def modules():
    """Yield the names of the modules whose functions readers may use."""
    for package in PACKAGES:
        folder = Path(course_utils.__path__[0]) / package
        for module in pkgutil.iter_modules([str(folder)]):
            yield f"course_utils.{package}.{module.name}"
    yield from (f"course_utils.{name}" for name in MODULES)


def public(module):
    """Return the full names of the functions and classes that a module defines for others."""
    space = vars(importlib.import_module(module))
    return [
        f"{module}.{name}"
        for name, value in space.items()
        if not name.startswith("_")
        and (inspect.isfunction(value) or inspect.isclass(value))
        and value.__module__ == module
    ]


@pytest.fixture(scope="module")
def pages(html):
    """The pages of the reference."""
    return sorted((html / REFERENCE).glob("*.html"))


@pytest.mark.parametrize("module", list(modules()))
def test_every_public_function_is_there(pages, module):
    """Has each public function and class of a module its place on one of the pages?"""
    anchors = set().union(*(read(page).anchors for page in pages))
    missing = [name for name in public(module) if name not in anchors]
    assert not missing, f"put `.. automodule:: {module}` on a page of {REFERENCE}"


def test_each_function_says_what_it_does():
    """Has each of them a docstring, without which it would be left out?"""
    for module in modules():
        for name in public(module):
            assert getattr(importlib.import_module(module), name.rpartition(".")[2]).__doc__, name


def test_links_of_the_reference_resolve(pages):
    """Does each link of these pages lead somewhere?"""
    assert {page.name: broken for page in pages if (broken := broken_pointers(page))} == {}


def test_pages_are_light(pages):
    """Is no page of the reference heavier than 300 kB?"""
    assert [page.name for page in pages if page.stat().st_size > 300_000] == []


def test_code_on_the_pages_leads_there(html):
    """Do pages that use a function of the package link it, and do these links resolve?"""
    linked = set()
    for page in html.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for href in re.findall(r'<a class="function-link" href="([^"]+)"', text):
            place, _, anchor = href.partition("#")
            assert anchor in read((page.parent / place).resolve()).anchors, (page, href)
            linked.add(anchor)
    assert "course_utils.reference.convolution.correlate2d" in linked


PAGE = """# A page

```{code-cell} ipython3
---
tags: [remove-cell]
---
%matplotlib inline
from course_utils.arithmetic import output_size, same_padding as same
from course_utils.reference.lstm import lstm_forward
import numpy as np
```

```{code-cell} ipython3
:tags: [hide-input]
from course_utils.plotting import grid
def lstm_forward(x):
    return x
```

```python
from course_utils.gradcheck import gradcheck
```
"""


def test_names_are_those_that_a_page_imports():
    """Are names found in hidden cells, under the page's own name, unless the page defines them?"""
    assert extension("function_reference").imported(PAGE) == {
        "output_size": "course_utils.arithmetic.output_size",
        "same": "course_utils.arithmetic.same_padding",
        "grid": "course_utils.plotting.grid",
    }


def test_the_first_in_each_block_is_linked():
    """Is a name linked once in each block of code, in code alone, and never within another name?"""
    link = extension("function_reference").link_names
    block = f'<div class="highlight"><pre>{NAME.format("f")} {NAME.format("f")}</pre></div>'
    linked = block.replace(NAME.format("f"), LINK.format("f", "a.html#f"), 1)
    assert link(f"<p>f</p>{block}{block}", {"f": "a.html#f"}) == f"<p>f</p>{linked}{linked}"
    other = block.replace(">f<", ">ff<")
    assert link(other, {"f": "a.html#f"}) == other


def test_code_in_a_sentence_is_linked():
    """Is a function that a sentence names linked, with its brackets?"""
    literal = '<code class="docutils literal notranslate"><span class="pre">{}</span></code>'
    found = extension("function_reference").link_names(literal.format("f()"), {"f": "a.html#f"})
    assert found == literal.format('<a class="function-link" href="a.html#f">f()</a>')
    two = literal.format('f</span> <span class="pre">x')
    assert "<a" in extension("function_reference").link_names(two, {"f": "a.html#f"})
