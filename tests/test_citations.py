"""Does every source that is cited stand in the book's bibliography, and no other?"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = [*(ROOT / "book").rglob("*.md"), *(ROOT / "book").rglob("*.ipynb")]
KEYS = set(re.findall(r"^@\w+\{(\w+),", (ROOT / "book" / "references.bib").read_text(), re.M))
CITING = sorted(
    path for path in (ROOT / "course_utils").rglob("*.py") if ":cite:`" in path.read_text()
)


@pytest.mark.parametrize("path", CITING, ids=lambda path: path.stem)
def test_cited_keys_exist(path):
    """Is each key in a docstring one of the bibliography's?"""
    cited = re.findall(r":cite:`([^`]+)`", path.read_text())
    assert {key.strip() for keys in cited for key in keys.split(",")} <= KEYS


@pytest.mark.parametrize("key", sorted(KEYS))
def test_each_source_is_cited(key):
    """Does a page of the book or a docstring cite it?"""
    assert any(re.search(rf"\b{key}\b", path.read_text()) for path in [*CITING, *PAGES])


def test_something_is_cited():
    """Does the search above find citations at all?"""
    assert len(CITING) >= 3
