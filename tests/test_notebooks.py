"""Do the chapters and the solutions run from top to bottom?"""

import shutil
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest

ROOT = Path(__file__).parent.parent
CHAPTERS = [
    path
    for path in sorted((ROOT / "book").rglob("*.md"))
    if path.read_text(encoding="utf-8").startswith("---\njupytext:")
]
SOLUTIONS = sorted((ROOT / "solutions").glob("*/*.ipynb"))


def test_there_is_something_to_run():
    """Are chapters and solutions found?"""
    assert CHAPTERS
    assert SOLUTIONS


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, marks=pytest.mark.xdist_group(str(path)), id="/".join(path.parts[-2:]))
        for path in [*CHAPTERS, *SOLUTIONS]
    ],
)
def test_notebook_runs(path, tmp_path):
    """Does nbval find no cell that fails?"""
    notebook = jupytext.read(path)
    copy = tmp_path / f"{path.stem}.ipynb"
    nbformat.write(notebook, copy)
    for data in path.parent.glob("*.json"):  # results that a page reads
        shutil.copy(data, tmp_path)
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
