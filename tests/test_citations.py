"""Does every source that the code cites stand in the book's bibliography?"""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
KEYS = set(re.findall(r"^@\w+\{(\w+),", (ROOT / "book" / "references.bib").read_text(), re.M))
CITING = sorted(
    path for path in (ROOT / "course_utils").rglob("*.py") if ":cite:`" in path.read_text()
)


@pytest.mark.parametrize("path", CITING, ids=lambda path: path.stem)
def test_cited_keys_exist(path):
    """Is each key in a docstring one of the bibliography's?"""
    cited = re.findall(r":cite:`([^`]+)`", path.read_text())
    assert {key.strip() for keys in cited for key in keys.split(",")} <= KEYS


def test_something_is_cited():
    """Does the search above find citations at all?"""
    assert len(CITING) >= 3
