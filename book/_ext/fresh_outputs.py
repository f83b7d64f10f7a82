"""Run the chapters again when the package they import has changed.

The cache of Jupyter Book knows the cells of a page, not the code which they call: after an edit
in `course_utils` a page would go on showing the old output. The cache folder therefore carries a
digest of the package. A new digest is an empty cache, and since the folder's name is a setting
that Sphinx watches, it makes Sphinx read every page again.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from shutil import rmtree

from sphinx.application import Sphinx
from sphinx.config import Config

PACKAGE = "course_utils"
CACHE = ".jupyter_cache"


def digest(package: Path) -> str:
    """Return a short digest of the names and contents of all files in a package."""
    total = sha256()
    for path in sorted(package.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            total.update(path.relative_to(package).as_posix().encode() + b"\0")
            total.update(path.read_bytes())
    return total.hexdigest()[:12]


def choose_cache(app: Sphinx, config: Config) -> None:
    """Name the cache after the package's digest, and delete the caches of older code."""
    home = Path(app.outdir).parent
    cache = home / f"{CACHE}-{digest(Path(app.srcdir, PACKAGE))}"
    for old in home.glob(f"{CACHE}*"):
        if old != cache:
            rmtree(old)
    config.nb_execution_cache_path = str(cache)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register with Sphinx, before the notebook extension reads its settings."""
    app.connect("config-inited", choose_cache, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
