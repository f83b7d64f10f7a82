"""Keep every script of the built book on the reader's own machine.

By default a Jupyter Book page asks a content delivery network for MathJax, and carries the
settings of Thebe, which asks another one. Here MathJax comes from the pip package
`sphinx-mathjax-offline`, and Thebe is switched off: its cells need a server, and its script,
which pages carry twice, throws.

Only the one script that pages load and its fonts are copied: 1.6 MB of the package's 24.
"""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path
from shutil import copy2
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

MATHJAX = files("sphinx-mathjax-offline") / "static" / "mathjax"
SCRIPT = "tex-mml-chtml.js"
FONTS = "output/chtml/fonts/woff-v2"


def use_local_mathjax(app: Sphinx, config: Config) -> None:
    """Point pages at the copy of MathJax, and switch off what would load more of it.

    MathJax's context menu loads further parts on demand, and makes each formula a stop of the
    Tab key. The hidden MathML beside each formula, which screen readers read, stays.
    """
    config.mathjax_path = f"mathjax/{SCRIPT}"
    mathjax = dict(config.mathjax3_config or {})
    mathjax["options"] = {**mathjax.get("options", {}), "enableMenu": False}
    config.mathjax3_config = mathjax


def copy_mathjax(app: Sphinx, exception: Exception | None) -> None:
    """Copy the script and the fonts next to the built pages."""
    if exception is not None or app.builder.format != "html":
        return
    target = Path(app.outdir, "_static", "mathjax")
    (target / FONTS).mkdir(parents=True, exist_ok=True)
    with as_file(MATHJAX) as source:
        copy2(source / SCRIPT, target / SCRIPT)
        for font in (source / FONTS).glob("*.woff"):
            copy2(font, target / FONTS / font.name)


def disconnect_thebe(app: Sphinx, config: Config) -> None:
    """Unregister what Thebe, which Jupyter Book always loads, would add to pages."""
    for listeners in list(app.events.listeners.values()):
        for listener in list(listeners):
            if listener.handler.__module__ == "sphinx_thebe":
                app.disconnect(listener.id)


def drop_thebe_style(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    """Take Thebe's style sheet, which is no listener, off a page."""
    context["css_files"] = [
        css for css in context.get("css_files", []) if "sphinx-thebe" not in str(css.filename)
    ]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx."""
    app.connect("config-inited", use_local_mathjax)
    app.connect("config-inited", disconnect_thebe)
    app.connect("html-page-context", drop_thebe_style, priority=900)
    app.connect("build-finished", copy_mathjax)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
