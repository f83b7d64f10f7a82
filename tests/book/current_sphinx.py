"""Build the book with the current Sphinx, MyST-NB and theme, without Jupyter Book's own build.

    python -m tests.book.current_sphinx

Jupyter Book 1 holds Sphinx at 7. Should it cease to work, this is the way on: `_config.yml` and
`_toc.yml` stay the source, `jupyter-book config sphinx` makes a `conf.py` of them, and what that
lists of Jupyter Book's own is left out. The newest releases are installed in an environment below
`_build/current-sphinx`; what pages compute with comes from this one. Warnings fail the build, as
they do in `course book`, and pages that `course book` has executed are not executed again.

Pages are the same word for word. What goes with Jupyter Book is what this book does not use: its
directive `tableofcontents`, launch buttons, Thebe, comments and its path to LaTeX. From then on
`course book` would call Sphinx, with a `conf.py` that is written by hand.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "sphinx",
    "myst-nb",
    "sphinx-book-theme",
    "sphinx-copybutton",
    "sphinx-design",
    "sphinx-exercise",
    "sphinx-external-toc",
    "sphinx-mathjax-offline",
    "sphinx-multitoc-numbering",
    "sphinx-togglebutton",
    "sphinxcontrib-bibtex",
)
JUPYTER_BOOK = "from jupyter_book.cli.main import main; main()"
# Extensions that are Jupyter Book's, or that this book switches off.
LEFT_OUT = {"jupyter_book", "sphinx_comments", "sphinx_jupyterbook_latex", "sphinx_thebe"}
MORE = f"""
import sys
from pathlib import Path
sys.path.insert(0, str(Path(__file__).parent / "book" / "_ext"))
extensions = [name for name in extensions if name not in {sorted(LEFT_OUT)}]
html_theme_options.pop("launch_buttons", None)  # they need a repository and Thebe
"""


def make_environment(folder: Path) -> Path:
    """Install the newest releases below a folder, beside what this environment has."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--upgrade"]
    subprocess.run([*pip, *PACKAGES], check=True)
    (site,) = folder.glob("lib/*/site-packages")
    # A path at the end: NumPy, PyTorch and the course, but none of the packages above.
    (site / "zz-course.pth").write_text(f"{sysconfig.get_path('purelib')}\n{ROOT}\n")
    return python


def make_source(root: Path, source: Path) -> None:
    """Copy the book, and make its `conf.py` from `_config.yml`."""
    shutil.rmtree(source, ignore_errors=True)
    source.mkdir(parents=True)
    for name in ("_config.yml", "_toc.yml"):
        shutil.copy2(root / name, source)
    shutil.copytree(root / "book", source / "book")
    (source / "course_utils").symlink_to(ROOT / "course_utils")  # `fresh_builds` looks at it
    config = [sys.executable, "-c", JUPYTER_BOOK, "config", "sphinx", str(source)]
    subprocess.run(config, check=True, capture_output=True)
    with (source / "conf.py").open("a", encoding="utf-8") as conf:
        conf.write(MORE)


def build(root: Path, home: Path) -> Path:
    """Build the book of a folder below `home`; return the folder of its pages."""
    python = make_environment(home / "current-sphinx" / "venv")
    source, out = home / "current-sphinx" / "source", home / "current"
    make_source(root, source)
    command = [str(python), "-m", "sphinx", "-b", "html", "-W", "-n", "--keep-going", "-q"]
    command += ["-d", str(home / "current-sphinx" / "doctrees"), str(source), str(out)]
    subprocess.run(command, check=True)
    return out


if __name__ == "__main__":
    try:
        print(f"The book is built: {build(ROOT, ROOT / '_build') / 'book' / 'intro.html'}")
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error.cmd[0]} failed with exit code {error.returncode}")
