"""Do both ways of grading say the same of every kind of cell, and only what the judge has said?"""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook

from course_utils.checks.report import MIME
from course_utils.errors import CourseError
from course_utils.grading.batch import workers
from course_utils.grading.batch.grade import Batch
from course_utils.grading.batch.screen import to_text
from course_utils.grading.batch.task import run_task
from course_utils.grading.handout.assignment import RAISES
from course_utils.grading.judge.verdict import FAULT
from course_utils.grading.nbgrader_command import nbgrader
from course_utils.grading.report.class_report import class_report
from course_utils.grading.report.rendering import to_table
from course_utils.grading.report.results import results
from tests.grading.batch.here import Here
from tests.grading.batch.small_class import COURSE, SECRET, SIZE, grade_id

SLUG = "odd-cells"
DOUBLE = "def double(x):\n    return 2 * x"
TELLS = "import os\nprint('COURSE_SECRET' in os.environ, os.path.exists('{course}/solutions'))"
HIDDEN = "\n### BEGIN HIDDEN TESTS\nassert double(4) == 8\n### END HIDDEN TESTS"
# The tests, by name: points and source.
TESTS = {
    "output_size": (5.0, 'check("output_size", output_size)'),
    "double": (3.0, "assert double(1) == EXPECTED" + HIDDEN),
    "share": (2.0, "2 * np.mean([double(1) == EXPECTED, double(2) == 4])"),
    "text": (1.0, "assert double('a') == 'aa', f'got {double(3 * \"a\")}'"),
    "broken": (1.0, "assert double(1) or True\n{}['the answer']"),
}
ANSWERS = ("size-answer", "double-answer", "essay")
EDITED = dict.fromkeys(TESTS, "1.0")

# What each student writes in the answers and elsewhere, and what it is worth.
STUDENTS = {
    "student-001": ((SIZE, DOUBLE, "print('mine')"), {}, (5.0, 3.0, 2.0, 1.0, 0.0)),
    "student-002": (
        (SIZE.replace("- span", "- span - 1"), "def double(x): return 2", TELLS), {},
        (None, 0.0, 1.0, 0.0, 0.0),
    ),
    "student-003": (
        ("def output_size(*a, **k): return 0", "EXPECTED = 0\ndef double(x): return 0", TELLS),
        EDITED | {"given": "EXPECTED = 0"},
        (0.0, 0.0, 0.0, 0.0, 0.0),
    ),
    "student-004": (
        (SIZE, "def double(x): return 2 * x if x != 'aaa' and x != 'a' else 10**7 * x", TELLS), {},
        (5.0, 3.0, 2.0, 0.0, 0.0),
    ),
    "student-005": (
        (SIZE, "class Odd(int):\n    __eq__ = lambda *_: 1\ndef double(x): return Odd(7)", TELLS),
        {}, (5.0, 0.0, 0.0, 0.0, 0.0),
    ),
    "student-006": (
        (SIZE, "def double(x): raise KeyError('no')", "import os\nos._exit(3)"), {},
        (5.0, 0.0, 0.0, 0.0, 0.0),
    ),
}  # fmt: skip


def marked(name, source, points=None, *, solution=False, locked=True):
    marks = {"grade_id": name, "schema_version": 3, "solution": solution, "locked": locked}
    marks |= {"task": False, "grade": points is not None}
    marks |= {"points": points} if points is not None else {}
    # As the course's own checks: their errors do not stop Run All, and that says nothing of points.
    tags = {"tags": [RAISES]} if points is not None else {}
    return new_code_cell(source, metadata={"nbgrader": marks, **tags})


def solution(name, source, points=None):
    hidden = f"### BEGIN SOLUTION\n{source}\n### END SOLUTION"
    return marked(name, hidden, points, solution=True, locked=False)


def release(root, tests):
    """Release the assignment, as its author wrote it."""
    notebook = new_notebook(cells=[new_markdown_cell("# Odd cells")])
    notebook.cells += [
        marked("setup", "import numpy as np\n\nfrom course_utils.checks import check"),
        marked("given", "EXPECTED = 2"),
        solution("size-answer", SIZE),
        solution("double-answer", DOUBLE),
        solution("essay", "print('mine')", 4.0),
        *(marked(name, source, points) for name, (points, source) in tests.items()),
    ]
    path = root / "solutions" / SLUG / f"{SLUG}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    nbgrader(COURSE, root, "generate_assignment", SLUG, "--force")


def hand_in(root, student, answers, changed):
    notebook = nbformat.read(root / "exercises" / SLUG / f"{SLUG}.ipynb", as_version=4)
    sources = dict(zip(ANSWERS, answers, strict=True)) | changed
    for cell in notebook.cells:
        source = sources.get(grade_id(cell), cell.source)
        cell.source = source.replace("{course}", str(COURSE))
    path = root / "submitted" / student / SLUG / f"{SLUG}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)


def made(root, students=STUDENTS, tests=TESTS):
    release(root, tests)
    for student in students:
        hand_in(root, student, *STUDENTS[student][:2])
    return root


@pytest.fixture(scope="module")
def handed_in(tmp_path_factory):
    return made(tmp_path_factory.mktemp("odd"))


@pytest.fixture(scope="module")
def graded(handed_in, tmp_path_factory):
    """The class, graded by `course grade` and by `nbgrader autograde`, and what the first said."""
    ours = tmp_path_factory.mktemp("graded") / "ours"
    theirs = ours.parent / "theirs"
    shutil.copytree(handed_in, ours)
    shutil.copytree(handed_in, theirs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_SECRET", SECRET)
        summary = Batch(COURSE, ours, SLUG).grade()
        nbgrader(COURSE, theirs, "autograde", SLUG)
    return ours, theirs, summary


@pytest.fixture
def one(handed_in, tmp_path, monkeypatch):
    """A class of one, whose tasks run here, and these tasks."""
    monkeypatch.setenv("COURSE_SECRET", SECRET)
    executor = Here()
    monkeypatch.setattr(workers.Workers, "_host", lambda self: (executor, executor.shutdown))
    shutil.copytree(handed_in, tmp_path / "one")
    for path in (tmp_path / "one" / "submitted").iterdir():
        if path.name != "student-001":
            shutil.rmtree(path)
    return tmp_path / "one", executor


def grades(root):
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        return {
            submission.student_id: {
                grade.name: (grade.auto_score, grade.max_score, grade.needs_manual_grade)
                for notebook in submission.notebooks
                for grade in notebook.grades
            }
            for submission in gradebook.assignment_submissions(SLUG)
        }


def notebook_of(root, student):
    return nbformat.read(root / "autograded" / student / SLUG / f"{SLUG}.ipynb", as_version=4)


def test_both_ways_say_the_same(graded):
    """Are grades and autograded notebooks the same, hidden tests and all?"""
    ours, theirs, _ = graded
    assert grades(ours) == grades(theirs)
    for student in STUDENTS:
        one, two = notebook_of(ours, student), notebook_of(theirs, student)
        assert [c.source for c in one.cells] == [c.source for c in two.cells]
        assert one == two, student


@pytest.mark.parametrize("student", STUDENTS)
def test_scores_are_what_was_said(graded, student):
    """Is each score the share of the cell's points, and never more than the answer is worth?"""
    found = grades(graded[0])[student]
    for (name, (points, _)), score in zip(TESTS.items(), STUDENTS[student][2], strict=True):
        got, most, waits = found[name]
        assert most == points
        assert not waits
        assert 0 < got < points if score is None else got == score, name


@pytest.mark.parametrize("student", STUDENTS)
def test_an_answer_graded_by_hand(graded, student):
    """Does it run with the student, keep what it printed, and wait for a person?"""
    assert grades(graded[0])[student]["essay"] == (None, 4.0, True)
    [cell] = [c for c in notebook_of(graded[0], student).cells if grade_id(c) == "essay"]
    shown = "".join(output.get("text", output.get("ename")) for output in cell.outputs)
    expected = {"student-001": "mine\n", "student-006": "KernelDied"}
    assert shown == expected.get(student, "False False\n")


def test_a_test_at_fault_is_named_once_with_all_it_costs(graded):
    """Is a test whose own code fails said to be the course's, and nobody else flagged?"""
    _, _, summary = graded
    assert not summary.flagged
    # Before it comes to that, the last student's own function ends it.
    assert {test: sorted(who) for test, who in summary.broken.items()} == {
        "broken: KeyError: 'the answer'": sorted(STUDENTS)[:-1]
    }
    text = to_text(SLUG, summary)
    assert "A test of the course itself failed: broken: KeyError" in text
    assert "no points to 5 submissions" in text


def test_reports_count_the_cells_points(graded):
    """Do the table of a check, the class's report and its header give the cell's points?"""
    root = graded[0]
    [cell] = [c for c in notebook_of(root, "student-001").cells if grade_id(c) == "output_size"]
    [report] = [output.data[MIME] for output in cell.outputs if MIME in output.get("data", {})]
    assert (report["score"], report["points"]) == (5, 5)
    assert "5 of 5 points" in str(cell.outputs[0].data["text/plain"])
    first = results(root, SLUG)[0]
    assert (first.scores["output_size"], first.points["output_size"]) == (5, 5)
    assert [i.points for i in class_report(root, SLUG).exercises if i.exercise == "output_size"]
    assert "16" in to_table([first]).splitlines()[1]  # of all points, the essay's 4 among them


def test_pages_say_what_was_found(graded):
    """Does a right student's page say of no test that it did not run, and a wrong one's why?"""
    root = graded[0]
    nbgrader(COURSE, root, "generate_feedback", SLUG)
    pages = {
        student: (root / "feedback" / student / SLUG / f"{SLUG}.html").read_text()
        for student in STUDENTS
    }
    right = pages["student-001"]
    assert right.count("Your answer passes the test.") == 3
    assert "5 of 5 points" in right
    for student, page in pages.items():
        assert "did not run" not in page
        assert "could not run" not in page
        assert page.count("This is no fault of yours") == (student != "student-006")
    assert "The test ended with an error" in pages["student-006"]
    assert "KeyError" in pages["student-006"]
    assert "The test gives 1 of 2 points." in pages["student-002"]


def test_a_page_goes_with_the_grade_that_it_shows(one):
    """Is the page of before gone once a student is graded anew, and kept if nothing changed?"""
    root, _ = one
    Batch(COURSE, root, SLUG).grade()
    nbgrader(COURSE, root, "generate_feedback", SLUG)
    page = root / "feedback" / "student-001" / SLUG / f"{SLUG}.html"
    assert Batch(COURSE, root, SLUG).grade().unchanged == ["student-001"]
    assert page.is_file()
    hand_in(root, "student-001", STUDENTS["student-002"][0], {})
    Batch(COURSE, root, SLUG).grade()
    assert not page.exists()
    nbgrader(COURSE, root, "generate_feedback", SLUG)
    shown = page.read_text()
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        gradebook.find_grade("output_size", SLUG, SLUG, "student-001").manual_score = 4.25
        gradebook.db.commit()
    nbgrader(COURSE, root, "generate_feedback", SLUG)
    assert "4.25" in page.read_text()
    assert "4.25" not in shown
    nbgrader(COURSE, root, "autograde", SLUG, "--force")
    assert not page.exists()


def test_a_test_at_fault_is_not_run_for_ever(one):
    """Is a test that would fail again run again only when something has changed?"""
    root, executor = one
    for count in (1, 1, 1):
        summary = Batch(COURSE, root, SLUG).grade()
        assert len(executor.tasks) == count
        assert list(summary.broken) == ["broken: KeyError: 'the answer'"]
    release(root, TESTS | {"broken": (1.0, "assert double(1) == 2")})
    summary = Batch(COURSE, root, SLUG).grade()
    assert set(executor.tasks[-1].known) == {"output_size", "double", "share", "text"}
    assert not summary.broken
    assert grades(root)["student-001"]["broken"][0] == 1


def test_what_comes_to_no_verdict_is_tried_so_often(one):
    """Is a test that comes to no verdict tried by two commands, and then when it is asked for?"""
    root, executor = one
    executor.run = lambda task: replace(run_task(task), faults=["share"])
    for count in (2, 4, 4):
        flagged = Batch(COURSE, root, SLUG).grade().flagged
        assert "no verdict came of share" in flagged["student-001"]
        assert len(executor.tasks) == count
    executor.run = run_task
    assert not Batch(COURSE, root, SLUG).grade(force=True).flagged


def test_a_record_without_a_verdict_is_no_record(one):
    """Is a test run again whose kept outputs say nothing, where nbgrader would give all points?"""
    root, executor = one
    Batch(COURSE, root, SLUG).grade()
    path = root / "records" / SLUG / "student-001.json"
    record = json.loads(path.read_text())
    record["tests"]["broken"][1], record["written"] = [], {}
    path.write_text(json.dumps(record))
    Batch(COURSE, root, SLUG).grade()
    assert len(executor.tasks) == 2
    assert grades(root)["student-001"]["broken"][0] == 0
    assert notebook_of(root, "student-001").cells[-1].outputs[-1].ename == FAULT


LATE = """
from nbgrader.plugins import BasePlugin

class Late(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return {penalty}
"""


@pytest.mark.parametrize("where", ["in a module", "in the settings"])
def test_a_changed_rule_for_what_is_late_is_noticed(one, tmp_path, monkeypatch, where):
    """Is a class written again, and not run, when the code of the course's own rule changes?"""
    root, executor = one
    course = tmp_path / "course"
    course.mkdir()
    monkeypatch.syspath_prepend(str(course))
    config = (COURSE / "nbgrader_config.py").read_text()
    config = config.replace("Path(__file__).resolve().parent", f"Path({str(COURSE)!r})")

    def set_rule(penalty):
        rule = LATE.format(penalty=penalty)
        name = f"late_{where.replace(' ', '_')}"
        (course / f"{name}.py").write_text(rule)
        named = f"'{name}.Late'" if where == "in a module" else "Late"
        more = "" if where == "in a module" else rule
        text = f"{config}\n{more}\nc.AssignLatePenalties.plugin_class = {named}\n"
        (course / "nbgrader_config.py").write_text(text)

    set_rule("1.0")
    Batch(course, root, SLUG).grade()
    assert Batch(course, root, SLUG).grade().unchanged == ["student-001"]
    set_rule("2.0")
    assert Batch(course, root, SLUG).grade().graded == ["student-001"]
    assert len(executor.tasks) == 1


def test_a_gradebook_of_another_release(one):
    """Is a release whose points the gradebook does not have refused, with the mend?"""
    root, _ = one
    path = Path(root / "exercises" / SLUG / f"{SLUG}.ipynb")
    path.write_text(path.read_text().replace('"points": 5.0', '"points": 50.0'))
    with pytest.raises(CourseError, match="output_size for 50 points, and the gradebook gives 5"):
        Batch(COURSE, root, SLUG)
