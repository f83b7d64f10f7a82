"""Do the pages and the solutions run from top to bottom?

A book is built by running its pages, and a page that fails fails the build. Where
`COURSE_BOOK_HTML` names a built one, as `make test` does, its pages are not run once more.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest

ROOT = Path(__file__).parent.parent
PAGES = [
    path
    for path in sorted((ROOT / "book").rglob("*.md"))
    if path.read_text(encoding="utf-8").startswith("---\njupytext:")
]
SOLUTIONS = sorted((ROOT / "solutions").glob("*/*.ipynb"))
TO_RUN = SOLUTIONS if os.environ.get("COURSE_BOOK_HTML") else [*PAGES, *SOLUTIONS]


def test_there_is_something_to_run():
    """Are pages and solutions found?"""
    assert PAGES
    assert SOLUTIONS


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=pytest.mark.xdist_group(str(path)), id="/".join(path.parts[-2:]))
        for path in TO_RUN
    ],
)
def test_notebook_runs(path, tmp_path):
    """Does nbval find no cell that fails?"""
    notebook = jupytext.read(path)
    folder = tmp_path / path.parent.name
    folder.mkdir()
    copy = folder / f"{path.stem}.ipynb"
    nbformat.write(notebook, copy)
    for data in path.parent.glob("*.json"):  # results that a page reads
        shutil.copy(data, folder)
    (tmp_path / "_static").symlink_to(ROOT / "book" / "_static")
    command = [sys.executable, "-m", "pytest", "--nbval-lax", "-q", "-p", "no:cacheprovider"]
    run = subprocess.run(
        [*command, f"--rootdir={tmp_path}", "-c", "/dev/null", str(copy)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-3000:]
    code = sum(cell.cell_type == "code" for cell in notebook.cells)
    assert f"{code} passed" in run.stdout
