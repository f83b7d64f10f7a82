"""Does a folded proof say what it checks?"""

from __future__ import annotations

import re
from pathlib import Path

from tests.book.source import pages


def test_each_proof_is_named_by_what_it_checks(html: Path) -> None:
    """In the built pages, has the fold of each proof the words of its first line?"""
    count = 0
    for page in pages():
        proofs = [cell for cell in page.cells if "proof" in cell.tags]
        text = (html / "book" / f"{page.name}.html").read_text(encoding="utf-8")
        named = re.findall(r'<p class="collapsed[^>]*>Checked: ([^<]+)</p>', text)
        assert len(named) == len(proofs), page.name
        count += len(named)
    assert count > 10
