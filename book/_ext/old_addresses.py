"""Forward the address of a topic that was one page to the folder of pages that it is now.

For each folder with an index page, `book/lstm/index.html`, a page `book/lstm.html` is written. It
leads to the index or, where the address has an anchor, to whichever page of the folder has it now.
It needs no server. Without JavaScript it leads to the index, anchor and all.
"""

from __future__ import annotations

import json
from html import escape
from pathlib import Path, PurePosixPath

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<link rel="canonical" href="{index}">
<meta name="robots" content="noindex">
<script>
(function () {{
  const moved = {moved};
  const anchor = decodeURIComponent(location.hash.slice(1));
  location.replace((moved[anchor] || "{index}") + location.search + location.hash);
}})();
</script>
<noscript><meta http-equiv="refresh" content="0; url={index}"></noscript>
</head>
<body><main><p>This page is now a folder of pages: <a href="{index}">{title}</a>.</p></main></body>
</html>
"""


def folders(documents: set[str]) -> list[str]:
    """Return the folders that have an index page, and no page of their own name beside them."""
    found = [name.removesuffix("/index") for name in documents if name.endswith("/index")]
    return sorted(folder for folder in found if folder not in documents)


def anchors(env: BuildEnvironment, folder: str) -> dict[str, str]:
    """Return where each label of a folder's pages is: the anchor, and its page's address."""
    standard, math = env.domaindata["std"], env.domaindata["math"]
    places = [(doc, anchor) for doc, anchor, *_ in standard["anonlabels"].values()]
    places += [(doc, f"equation-{label}") for label, (doc, _) in math["objects"].items()]
    within = [(doc, anchor) for doc, anchor in places if doc.startswith(f"{folder}/")]
    name = PurePosixPath(folder).name
    return {
        anchor: f"{name}{doc.removeprefix(folder)}.html"
        for doc, anchor in sorted(within)
        if doc != f"{folder}/index"
    }


def write_forwards(app: Sphinx, exception: Exception | None) -> None:
    """Write the page of each old address."""
    if exception is not None or app.builder.name != "html":
        return
    for folder in folders(set(app.env.found_docs)):
        name = PurePosixPath(folder).name
        title = app.env.titles[f"{folder}/index"].astext()
        moved = json.dumps(anchors(app.env, folder), sort_keys=True)
        page = PAGE.format(title=escape(title), index=f"{name}/index.html", moved=moved)
        Path(app.outdir, f"{folder}.html").write_text(page, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("build-finished", write_forwards)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
