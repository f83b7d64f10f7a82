"""Does the kit's own command say what a student needs, and hold its exit codes?"""

import json
import shutil
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_output

from course_utils.checks.report import MIME
from course_utils.desk import command, notebooks
from course_utils.desk.notebooks import find_notebook, grade_id, read

ROOT = Path(__file__).parents[2]
SLUG = "convolution-arithmetic"


@pytest.fixture
def kit(tmp_path, monkeypatch):
    """A folder with two assignments, and what was handed out, as in a kit."""
    for slug in (SLUG, "lstm"):
        shutil.copytree(ROOT / "exercises" / slug, tmp_path / "exercises" / slug)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(notebooks, "handed_out", lambda: ROOT / "exercises")
    return tmp_path


def save(kit, scores):
    """Save the first notebook with the outputs of checks that came to some scores."""
    path = kit / "exercises" / SLUG / f"{SLUG}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        name = grade_id(cell)
        if name in scores:
            data = {MIME: {"name": name, "score": scores[name]}, "text/plain": "a report"}
            cell.outputs = [new_output("display_data", data), new_output("stream", text="more")]
    nbformat.write(notebook, path)
    return path


def test_progress_of_all_notebooks(kit, capsys):
    """Is each assignment a line, as it was saved, whatever was run since?"""
    save(kit, {"output_size": 2.0, "same_padding": 0.5})
    assert command.main(["progress"]) == 0
    first, second, last = capsys.readouterr().out.splitlines()
    assert first.split() == f"{SLUG} 2.5 of 27 points Next: 2. `same_padding` (1 point).".split()
    assert second.split() == ["lstm", "0", "of", "40", "points", "Not", "begun."]
    assert "last run and saved" in last


def test_progress_of_one_notebook(kit, capsys):
    """Is every exercise listed, for a notebook that is named by its assignment or its path?"""
    path = save(kit, {"output_size": 2.0, "same_padding": 0.5})
    assert command.main(["progress", SLUG]) == 0
    said = capsys.readouterr().out
    assert command.main(["progress", str(path)]) == 0
    assert capsys.readouterr().out == said
    rows = [line.split() for line in said.splitlines()[1:]]
    assert rows[0] == ["1.", "output_size", "2", "of", "2", "done"]
    assert rows[1] == ["2.", "same_padding", "0.5", "of", "1", "not", "right", "yet"]
    assert rows[2] == ["3.", "conv_output_shape", "0", "of", "2", "to", "do"]


OWN = 'assignment("week-3", output_size=6, why_stride=3.5)'


@pytest.mark.parametrize(
    ("setup", "says"),
    [
        (f"import numpy as np\n\n{OWN}", "week-3: 2 of 9.5 points"),
        (OWN.replace("6", "-6"), f"{SLUG}: 2 of 27 points"),
        (OWN.replace("6", "9" * 400), f"{SLUG}: 2 of 27 points"),
        (OWN.replace("week-3", r"\x1b[2J"), f"{SLUG}: 2 of 27 points"),
        (OWN.replace("(", "(("), f"{SLUG}: 2 of 27 points"),
    ],
    ids=["its own", "negative", "endless", "a terminal's", "no Python"],
)
def test_progress_reads_the_points_that_a_setup_states(kit, setup, says, capsys):
    """Do the notebook's own points count, as long as they are points?"""
    path = save(kit, {"output_size": 2.0})
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[1].source = setup
    assert grade_id(notebook.cells[1]) == "setup"
    nbformat.write(notebook, path)
    assert command.main(["progress", SLUG]) == 0
    assert capsys.readouterr().out.startswith(says)


def test_progress_reads_and_writes_nothing(kit):
    """Are notebooks left as they are?"""
    path = save(kit, {"output_size": 2.0})
    before = path.read_bytes(), sorted(kit.rglob("*"))
    command.main(["progress"])
    assert (path.read_bytes(), sorted(kit.rglob("*"))) == before


@pytest.mark.parametrize(
    "outputs",
    [
        None,
        [None, 3, {"data": 3}, {"data": {MIME: 3}}],
        [{"data": {MIME: {"name": "output_size", "score": "2"}}}],
        [{"data": {MIME: {"name": "another", "score": 2}}}],
        [{"data": {MIME: {"name": "output_size", "score": True}}}],
        [{"data": {MIME: {"name": "output_size", "score": float("nan")}}}],
    ],
)
def test_odd_outputs_are_no_points(kit, outputs, capsys):
    """Is what is no report passed over?"""
    path = kit / "exercises" / SLUG / f"{SLUG}.ipynb"
    notebook = read(path)
    for cell in notebook["cells"]:
        if grade_id(cell) == "output_size":
            cell["outputs"] = outputs
    path.write_text(json.dumps(notebook))
    assert command.main(["progress"]) == 0
    assert capsys.readouterr().out.splitlines()[0].endswith("0 of 27 points  Not begun.")


def test_a_broken_notebook_is_a_line_among_the_others(kit, capsys):
    """Are the other notebooks told of, and the mend named?"""
    (kit / "exercises" / SLUG / f"{SLUG}.ipynb").write_text("{")
    assert command.main(["progress"]) == 0
    first, second, _ = capsys.readouterr().out.splitlines()
    assert "is not a readable notebook: `course reset" in first
    assert second.startswith("lstm")


def test_reset_says_where_the_old_notebook_is(kit, capsys):
    """Is it named, with what to do in JupyterLab, and is it there?"""
    save(kit, {"output_size": 2.0})
    assert command.main(["reset", SLUG, "output_size"]) == 0
    said = capsys.readouterr().out
    kept = Path(said.split("is kept in ")[1].splitlines()[0].rstrip("."))
    assert kept.is_file()
    assert "Reload Notebook from Disk" in said
    assert find_notebook(Path(SLUG)) != kept
    command.main(["progress"])
    assert "0 of 27 points" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ([], 2, "required: VERB"),
        (["grade"], 2, "invalid choice: 'grade'"),
        (["progress", "lstn"], 2, "did you mean 'lstm'?"),
        (["check", "none.ipynb"], 2, "there is no file none.ipynb"),
        (["reset", "lstm", "nothing"], 2, "has no exercise 'nothing'"),
        (["reset", "\x1b[2J"], 2, "no file \\x1b[2J"),
    ],
)
def test_trouble_is_named(kit, words, code, says, capsys):
    """Is wrong use exit code 2, in words, and nothing that a terminal acts on?"""
    assert command.main(words) == code
    said = capsys.readouterr().err
    assert says in said
    assert "\x1b" not in said


def test_elsewhere_it_says_where_to_go(tmp_path, monkeypatch, capsys):
    """Is a student in another folder told to change to the kit's?"""
    monkeypatch.chdir(tmp_path)
    assert command.main(["progress"]) == 2
    assert "run this in the kit's folder" in capsys.readouterr().err


def test_without_a_kit_nothing_was_handed_out(capsys, monkeypatch, tmp_path):
    """Does `reset` outside a kit say so, and change nothing?"""
    monkeypatch.chdir(tmp_path)
    assert command.main(["reset", "x.ipynb"]) == 2
    assert "comes with the kit" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["-h"], ["reset", "--help"]])
def test_help(words, capsys):
    """Is there help, with exit code 0?"""
    assert command.main(words) == 0
    assert "EXERCISE" in capsys.readouterr().out or words == ["-h"]
