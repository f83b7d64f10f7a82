"""Let a folded proof say what it checks, in place of "Show code cell content".

The first line of a proof is a comment, `# checked: <what>`; its words become the fold's.
"""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx

PROOF = re.compile(
    r'(<div class="cell[^"]*\btag_proof\b[^"]*">\s*<details[^>]*>\s*<summary)[^>]*'
    r'(>\s*<p class="collapsed[^>]*>)[^<]*(</p>\s*<p class="expanded[^>]*>)[^<]*'
    r'(</p>(?:(?!<details).)*?<span class="c1"># (checked: [^<]*)</span>)',
    re.DOTALL,
)


def name_proofs(body: str) -> str:
    """Return a page with each fold of a proof named by what it checks."""
    return PROOF.sub(lambda m: f"{m[1]}{m[2]}{_name(m[5])}{m[3]}{_name(m[5])}{m[4]}", body)


def _name(comment: str) -> str:
    return comment.strip().replace("checked", "Checked", 1)


def change_page(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    """Name the proofs of a page."""
    if "body" in context:
        context["body"] = name_proofs(context["body"])


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("html-page-context", change_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
