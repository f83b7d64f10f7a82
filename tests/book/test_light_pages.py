"""Are scripts left out that no page needs, and no others?"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.book.extension import extension

HEAD = """<style>a</style><script defer src="../_static/scripts/fontawesome.js?digest=1"></script>
<script src="../_static/scripts/fontawesome.js.map"></script><script>searchindex.js</script>
<script src="searchindex.js"></script>"""
LEFT = """<style>a</style>
<script src="../_static/scripts/fontawesome.js.map"></script><script>searchindex.js</script>
"""


def test_the_named_scripts_go() -> None:
    """Are they gone, wherever they lie and whatever follows their names, and is all else there?"""
    left = extension("light_pages").without_scripts(HEAD, "fontawesome", "searchindex")
    assert left == LEFT


def test_a_script_that_is_not_there_is_named() -> None:
    """Is somebody told when a new version of the theme calls it something else?"""
    with pytest.raises(ValueError, match=r"loads no searchtools\.js here"):
        extension("light_pages").without_scripts(HEAD, "searchtools")


def test_pages_load_none_of_them(html: Path) -> None:
    """Are they left out of a page, and still there where a search is shown?"""
    page = (html / "book/lstm/gates.html").read_text(encoding="utf-8")
    for name in ("fontawesome", "searchtools", "searchindex"):
        assert f"/{name}.js" not in page
    assert "searchindex.js" in (html / "search.html").read_text(encoding="utf-8")
