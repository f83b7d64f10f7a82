"""Build the same book without Jupyter Book, with the newest Sphinx, MyST-NB and theme.

    python -m tests.book.current_sphinx

Jupyter Book 1 is kept alive and no more, and holds Sphinx at 7. This shows that the book does not
depend on it: `_config.yml` and `_toc.yml` stay the source, `jupyter-book config sphinx` translates
them, and Sphinx, in an environment of its own below `_build/current-sphinx`, does the rest, with
warnings as errors. CONTRIBUTING says what is lost.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLACE = ROOT / "_build" / "current-sphinx"
PACKAGES = [
    "sphinx", "myst-nb", "sphinx-book-theme", "sphinx-external-toc", "sphinx-exercise",
    "sphinxcontrib-bibtex", "sphinx-design", "sphinx-copybutton", "sphinx-togglebutton",
    "sphinx-multitoc-numbering", "sphinx-mathjax-offline", "resvg-py",
]  # fmt: skip
WITHOUT = {"jupyter_book", "sphinx_thebe", "sphinx_comments", "sphinx_jupyterbook_latex"}
JUPYTER_BOOK = "from jupyter_book.cli.main import main; main()"

# What follows the translated settings: paths that Sphinx takes from the settings' own folder.
AFTERWARDS = f"""
import sys
root = {str(ROOT)!r}
sys.path.insert(0, root + "/book/_ext")
extensions = [name for name in extensions if name not in {sorted(WITHOUT)!r}]
extensions += ["sphinx_multitoc_numbering"]
html_static_path = [root + "/" + path for path in html_static_path]
templates_path = [root + "/" + path for path in templates_path]
bibtex_bibfiles = [root + "/" + path for path in bibtex_bibfiles]
html_logo, html_favicon = root + "/" + html_logo, root + "/" + html_favicon
external_toc_path = root + "/" + external_toc_path
for name in ("use_jupyterbook_latex", "comments_config", "latex_engine", "html_sourcelink_suffix"):
    globals().pop(name, None)
"""


def settings() -> Path:
    """Translate the book's settings and return their folder."""
    place = PLACE / "settings"
    place.mkdir(parents=True, exist_ok=True)
    for name in ("_config.yml", "_toc.yml"):
        shutil.copy(ROOT / name, place)
    command = [sys.executable, "-c", JUPYTER_BOOK, "config", "sphinx", str(place)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    with (place / "conf.py").open("a", encoding="utf-8") as conf:
        conf.write(AFTERWARDS)
    return place


def environment() -> Path:
    """Make the environment, and return its Python.

    What cells need, PyTorch first of all, it takes from the course's own, after its own packages.
    """
    place = PLACE / "venv"
    python = place / "bin" / "python"
    if not python.exists():
        venv.create(place, with_pip=True)
    subprocess.run([python, "-m", "pip", "install", "-q", "-U", *PACKAGES], check=True)
    versions = f"python{sys.version_info.major}.{sys.version_info.minor}"
    own = place / "lib" / versions / "site-packages"
    theirs = sysconfig.get_paths()["purelib"]
    (own / "course.pth").write_text(f"{theirs}\n{ROOT}\n", encoding="utf-8")
    return python


def main() -> int:
    """Build the book and return Sphinx's exit code."""
    conf, python = settings(), environment()
    out = PLACE / "_build" / "html"
    command = [python, "-m", "sphinx", "-W", "--keep-going", "-n", "-b", "html"]
    done = subprocess.run([*command, "-c", conf, ROOT, out], check=False)
    print(f"The book: {out / 'book' / 'intro.html'}")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
