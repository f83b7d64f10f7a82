"""Is a score reproduced from notebook and receipt alone, and does no lie pass?"""

import dataclasses
import hashlib
import json
import shutil

import nbformat
import pytest
from nbgrader.api import Gradebook

from course_utils import cli
from course_utils.errors import CourseError
from course_utils.grading.appeal.again import run_again
from course_utils.grading.appeal.receipt import (
    NOT_SAME,
    Receipt,
    make_receipt,
    read_receipt,
    release_digest,
    write_receipt,
)
from course_utils.grading.appeal.subject import find_subject
from course_utils.grading.appeal.verify import DIFFERS, FITS, NOTE, verify
from course_utils.grading.batch import keys
from course_utils.grading.batch.task import Task
from course_utils.grading.judge.notebook import submission_digest
from course_utils.grading.judge.released import read_release
from course_utils.grading.secret import FILE, commitment
from tests.grading.batch.small_class import COURSE, PADDING, SECRET, SIZE, SLUG, grade_id, hand_in

pytestmark = pytest.mark.xdist_group("appeal")  # the class is graded once
STUDENT = "student-002"
HIDDEN = "### BEGIN HIDDEN TESTS\nassert output_size(9, 9) == 2\n### END HIDDEN TESTS"
HALF_LEARNS = "targets = np.eye(10)[train_y] * (train_y < 5)[:, None]"


@pytest.fixture
def receipt(explained):
    """The receipt of a grade, with the secret."""
    return make_receipt(COURSE, *explained(STUDENT), reveal=True)


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A course's folder without the secret: what somebody else has of it."""
    monkeypatch.delenv("COURSE_SECRET")
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    shutil.copyfile(COURSE / "nbgrader_config.py", folder / "nbgrader_config.py")
    return folder


@pytest.fixture
def notebook(graded):
    return graded / "submitted" / STUDENT / SLUG / f"{SLUG}.ipynb"


def signs(found, sign):
    return [text for each, text in found.lines if each == sign]


def test_a_score_is_reproduced(graded, receipt, notebook, elsewhere, tmp_path, capsys):
    """Do notebook, receipt and release do, in another folder, without gradebook and secret?"""
    path = tmp_path / "receipt.json"
    write_receipt(path, receipt)
    shutil.copytree(graded / "exercises", elsewhere / "exercises")
    words = ["--course", str(elsewhere), "verify", str(notebook), str(path)]
    assert cli.main(words) == 0
    out = capsys.readouterr().out
    assert "✓ output_size: 1.49 of 2\n" in out
    assert "✓ same_padding: 1 of 1\n" in out
    assert out.endswith("The scores are reproduced.\n")
    assert "commitment: compare it" in out
    assert cli.main([*words, "--commitment", commitment(SECRET).upper()]) == 0
    assert "✓ commitment: it is the one that was published\n" in capsys.readouterr().out
    assert not (elsewhere / FILE).exists()  # nobody makes a secret by looking


def test_explain_writes_a_receipt(root, tmp_path, capsys):
    """Does the verb explain, write beside that, and reveal nothing before the deadline?"""
    path = tmp_path / "receipt.json"
    words = ["--course", str(COURSE), "explain", SLUG, "--student", STUDENT, "--root", str(root)]
    assert cli.main([*words, "--receipt", str(path)]) == 0
    assert "✗ output_size: 1.49 of 2 points" in capsys.readouterr().out
    assert read_receipt(path).secret == ""
    path.unlink()
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        gradebook.update_or_create_assignment(SLUG, duedate="2999-01-01 00:00:00 UTC")
    assert cli.main([*words, "--receipt", str(path), "--reveal"]) == 2
    assert not path.exists()
    assert cli.main([*words, "--reveal"]) == 2
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        gradebook.find_grade("output_size", SLUG, SLUG, STUDENT).auto_score = 2.0
        gradebook.db.commit()
    capsys.readouterr()
    assert cli.main([*words, "--receipt", str(path)]) == 1
    assert capsys.readouterr().err == f"{NOT_SAME}\n"
    assert not path.exists()


def test_a_receipt_is_written_and_read(receipt, tmp_path):
    """Is it the same after it was a file, and as the gradebook has it?"""
    write_receipt(tmp_path / "r.json", receipt)
    assert read_receipt(tmp_path / "r.json") == receipt
    assert (receipt.total, receipt.grade, receipt.penalty) == (2.49, 2.49, 0.0)
    assert receipt.secret == SECRET
    assert receipt.commitment == commitment(SECRET)
    assert receipt.is_sealed(COURSE)


def test_the_secret_is_in_it_only_if_it_is_revealed(explained):
    """Does a receipt that students get before the deadline tell nothing?"""
    receipt = make_receipt(COURSE, *explained(STUDENT), reveal=False)
    assert SECRET not in json.dumps(dataclasses.asdict(receipt))


def test_the_course_needs_no_revealed_secret(graded, explained, notebook):
    """Does the course's own folder have what is missing?"""
    receipt = make_receipt(COURSE, *explained(STUDENT), reveal=False)
    found = verify(COURSE, graded, notebook, receipt)
    assert not found.problems
    assert "seal: this course wrote the receipt, and nothing in it was changed" in (
        text for _, text in found.lines
    )


def test_without_a_secret_nothing_is_graded(graded, explained, notebook, elsewhere):
    """Is it said what is missing?"""
    receipt = make_receipt(COURSE, *explained(STUDENT), reveal=False)
    with pytest.raises(CourseError, match="the receipt has no secret"):
        verify(elsewhere, graded, notebook, receipt)


def better(receipt):
    exercises = {**receipt.exercises, "output_size": {**receipt.exercises["output_size"]}}
    exercises["output_size"]["score"] = 2.0
    return dataclasses.replace(receipt, exercises=exercises, total=3.0, grade=3.0)


def other_secret(receipt):
    return dataclasses.replace(receipt, secret="mine")


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (better, "output_size: 1.49 of 2 here, and 2 of 2 in the receipt"),
        (other_secret, "secret: it does not fit the commitment in the receipt"),
        (
            lambda r: dataclasses.replace(r, secret="mine", commitment=commitment("mine")),
            f"commitment: the one that was published is {commitment(SECRET)}",
        ),
        (lambda r: dataclasses.replace(r, total=3.0), "sum: total and grade do not follow"),
        (lambda r: dataclasses.replace(r, grade=3.0), "sum: total and grade do not follow"),
        (lambda r: dataclasses.replace(r, release="0" * 64), "release: the tests of this"),
        (lambda r: dataclasses.replace(r, student="student-001"), "seal: the receipt was changed"),
        (
            lambda r: dataclasses.replace(r, exercises={"a\n✓ b": r.exercises["same_padding"]}),
            "'a\\n✓ b': there is no such exercise here",
        ),
    ],
)
def test_who_edits_a_receipt_is_found_out(graded, receipt, notebook, edit, says):
    """Is whatever was changed named in a line, and the seal besides?"""
    found = verify(COURSE, graded, notebook, edit(receipt))
    assert any(text.startswith(says) for text in found.problems)
    assert "seal: the receipt was changed, or another course wrote it" in found.problems
    text = found.as_text()
    assert len(text.splitlines()) == len(found.lines) + 1
    assert text.endswith("The receipt does not hold.\n")


def test_another_students_receipt_does_not_fit(graded, receipt):
    """Is a notebook told apart from that of which a receipt is, and not run?"""
    other = graded / "submitted" / "student-001" / SLUG / f"{SLUG}.ipynb"
    (says, *_) = verify(COURSE, graded, other, receipt).problems
    assert says.startswith("notebook: its code is not what was graded")


def changed(notebook, path, change):
    """Write a notebook with its answer, or its first text, changed."""
    read = nbformat.read(notebook, as_version=4)
    change(read)
    nbformat.write(read, path)
    return path


def add_blank(read):
    (cell,) = (c for c in read.cells if grade_id(c) == "output_size-answer")
    cell.source += " "


def forge_outputs(read):
    for cell in read.cells:
        if cell.cell_type == "code":
            data = {"text/plain": "2.0"}
            cell.outputs = [nbformat.v4.new_output("execute_result", data=data)]
            cell.execution_count = 1


def forge_test(read):
    (cell,) = (c for c in read.cells if grade_id(c) == "output_size")
    cell.source = "2.0"


@pytest.mark.parametrize("change", [forge_outputs, forge_test])
def test_only_a_students_code_counts(graded, receipt, notebook, tmp_path, change):
    """Do forged outputs and tests change no score, and is it said that the file is another?"""
    path = changed(notebook, tmp_path / "n.ipynb", change)
    found = verify(COURSE, graded, path, receipt)
    assert not found.problems
    assert any(text.startswith("notebook: the file is another") for text in signs(found, NOTE))


def test_one_blank_makes_other_code(graded, receipt, notebook, tmp_path):
    """Is a notebook that differs by a blank in its code not the one that was graded?"""
    path = changed(notebook, tmp_path / "n.ipynb", add_blank)
    found = verify(COURSE, graded, path, receipt)
    assert [text for text in signs(found, DIFFERS) if "code is not what was graded" in text]
    assert not [text for _, text in found.lines if text.startswith("output_size")]


def test_only_the_seal_tells_a_receipt_that_is_made_up(
    graded, receipt, root, tmp_path, elsewhere, monkeypatch
):
    """Is it said elsewhere what no run can show, and found out in the course's folder?

    Who has the revealed secret can write a receipt of any notebook.
    """
    path = hand_in(root, STUDENT, SIZE, PADDING)
    shutil.rmtree(root / "intake")  # so that what lies there now is taken
    monkeypatch.setenv("COURSE_SECRET", SECRET)
    subject = find_subject(COURSE, root, SLUG, STUDENT)
    made_up = dataclasses.replace(
        better(receipt),
        submission=subject.submission,
        notebooks=[hashlib.sha256(path.read_bytes()).hexdigest()],
    )
    (seal,) = verify(COURSE, root, path, made_up).problems
    assert seal.startswith("seal: ")
    monkeypatch.delenv("COURSE_SECRET")
    found = verify(elsewhere, root, path, made_up)
    assert not found.problems
    assert any(text.startswith("seal: only the course's own") for text in signs(found, NOTE))


def test_hidden_tests_come_from_the_source(receipt, notebook, root, tmp_path):
    """Are tests that students do not have found where the author wrote them?"""

    def add_test(read):
        (cell,) = (c for c in read.cells if grade_id(c) == "output_size")
        cell.source += f"\n{HIDDEN}"

    source = root / "solutions" / SLUG / f"{SLUG}.ipynb"
    changed(source, source, add_test)
    whole = tmp_path / f"{SLUG}.ipynb"
    changed(root / "exercises" / SLUG / f"{SLUG}.ipynb", whole, add_test)
    digest = release_digest(read_release(whole), ())
    found = verify(COURSE, root, notebook, dataclasses.replace(receipt, release=digest))
    assert "release: the tests are those that graded it" in signs(found, FITS)
    (differs,) = (text for text in found.problems if text.startswith("output_size"))
    assert differs.startswith("output_size: 0 of 2 here, and 1.49 of 2 in the receipt")


MEASURED = "classify_digits"


def test_what_is_measured_comes_out_the_same(receipt, tmp_path):
    """Does an answer that learns from data get its very points again?"""
    source = nbformat.read(COURSE / "solutions" / SLUG / f"{SLUG}.ipynb", as_version=4)
    wanted = ("setup", "correlate2d-answer", f"{MEASURED}-answer", MEASURED)
    source.cells = [cell for cell in source.cells if grade_id(cell) in wanted]
    for cell in source.cells:  # by half of the edges it learns less
        cell.source = cell.source.replace("targets = np.eye(10)[train_y] - 0.1", HALF_LEARNS)
    released = tmp_path / "exercises" / SLUG / f"{SLUG}.ipynb"
    released.parent.mkdir(parents=True)
    nbformat.write(source, released)  # what is handed in is what is released
    release = read_release(released)
    task = Task("", json.dumps(source), release, (), SECRET, open=True)
    (first,) = run_again(source, task).tests
    assert 0 < first.score < first.points
    kept = {"points": first.points, "score": first.score, "manual": None, "extra": 0.0}
    measured = dataclasses.replace(
        receipt,
        submission=submission_digest(source),
        release=release_digest(release, ()),
        exercises={MEASURED: kept | {"test": keys.test(release, MEASURED)}},
        total=first.score,
        grade=first.score,
    )
    found = verify(COURSE, tmp_path, released, measured)
    assert f"{MEASURED}: {first.score:g} of {first.points:g}" in signs(found, FITS)
    (check,) = first.checks
    assert check.cases[0].results[0].came.startswith("accuracy 0.")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '"receipt"',
        "[" * 100_000,
        '{"assignment": "x"}',
        lambda data: {**data, "more": 1},
        lambda data: {**data, "assignment": 3},
        lambda data: {**data, "exercises": {"output_size": {"score": "2"}}},
        lambda data: {**data, "total": float("nan")},
        lambda data: {**data, "version": 2},
        lambda data: {**data, "libraries": {"numpy": []}},
    ],
)
def test_what_is_no_receipt_is_one_line(receipt, tmp_path, text):
    """Is a file that somebody has spoilt refused as a whole?"""
    if callable(text):
        text = json.dumps(text(dataclasses.asdict(receipt)))
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(CourseError, match="is no receipt"):
        read_receipt(tmp_path / "r.json")


@pytest.mark.parametrize("slug", ["../../etc", "convolution-aritmetic", "x\n✓ all is well"])
def test_a_receipt_names_no_path(graded, receipt, notebook, slug):
    """Is what a receipt calls the assignment looked up, and never opened?"""
    with pytest.raises(CourseError, match="there is no assignment") as caught:
        verify(COURSE, graded, notebook, dataclasses.replace(receipt, assignment=slug))
    assert "\n" not in str(caught.value)


def test_no_receipt_of_another_grade(explained):
    """Is none written where the gradebook says something else?"""
    subject, found = explained(STUDENT)
    with pytest.raises(CourseError, match=NOT_SAME):
        make_receipt(COURSE, subject, dataclasses.replace(found, entry=None), reveal=False)
    assert isinstance(make_receipt(COURSE, subject, found, reveal=False), Receipt)


@pytest.mark.parametrize("name", ["missing.ipynb", "folder", "empty.ipynb"])
def test_what_is_no_notebook_is_one_line(graded, receipt, tmp_path, name):
    """Is each kind of file that cannot be verified named?"""
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.ipynb").touch()
    with pytest.raises(CourseError):
        verify(COURSE, graded, tmp_path / name, receipt)
