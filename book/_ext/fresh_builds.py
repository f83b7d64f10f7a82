"""Build again what an edit has made stale, and no more.

Two kinds of edit go unnoticed by default. The cache of Jupyter Book knows the cells of a page, not
the code which they call: after an edit in `course_utils` a page would go on showing the old output.
And Sphinx copies style sheets and scripts only when it writes a page. So two settings carry a
digest:

- the name of the cache has one of the package. A new one is an empty cache, and since Sphinx
  watches this setting, it makes Sphinx read, and run, every page again;
- `book_house` is one of the folders that dress the pages. A new one makes Sphinx write them again.
"""

from __future__ import annotations

from pathlib import Path
from shutil import rmtree

from sphinx.application import Sphinx
from sphinx.config import Config

from course_utils.fingerprint import fingerprint

PACKAGE = "course_utils"
HOUSE = ("book/_ext", "book/_static", "book/_templates")
CACHE = ".jupyter_cache"


def watch(app: Sphinx, config: Config) -> None:
    """Set both digests, and delete the caches of older code."""
    root, home = Path(app.srcdir), Path(app.outdir).parent
    cache = home / f"{CACHE}-{fingerprint(root, [PACKAGE])[:12]}"
    for old in home.glob(f"{CACHE}*"):
        if old != cache:
            rmtree(old)
    config.nb_execution_cache_path = str(cache)
    config.book_house = fingerprint(root, HOUSE)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx, before the notebook extension reads its settings."""
    app.add_config_value("book_house", "", "html", types=str)
    app.connect("config-inited", watch, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
