"""Does a dry run say what a command would write, write nothing, and spare that command the runs?"""

import json
import shutil
import signal

import pytest
from nbgrader.api import Gradebook

from course_utils.cli.verb import main
from course_utils.grading.batch import keys
from course_utils.grading.batch import parts as module
from course_utils.grading.batch.changes import Case, Change, Exercise
from course_utils.grading.batch.grade import Batch
from course_utils.grading.batch.preview import SHOWN, details, overview
from course_utils.grading.batch.screen import to_text
from course_utils.grading.batch.stop import Stop
from course_utils.grading.batch.summary import Summary
from course_utils.grading.report.results import results
from tests.grading.batch.replayed import replayed
from tests.grading.batch.small_class import (
    ANSWERS,
    COURSE,
    PADDING,
    ROUNDS_UP,
    SIZE,
    SLUG,
    expected,
    hand_in,
)


def dry(root, **wishes):
    return Batch(COURSE, root, SLUG).grade(dry_run=True, accept_falls=False, **wishes)


def grade(root):
    return Batch(COURSE, root, SLUG).grade(accept_falls=False)


def grades(root):
    return {result.student: result.grade for result in results(root, SLUG)}


def change_exercise(monkeypatch):
    before = keys.exercise
    monkeypatch.setattr(keys, "exercise", lambda n: before(n) + "!" * (n == "output_size"))


def contents(root):
    """Return all that a dry run may not touch."""
    places = [root / "gradebook.db", *root.glob("autograded/**/*"), *root.glob("feedback/**/*")]
    records = [*(root / "records" / SLUG).glob("*.json")]
    return {path: path.read_bytes() for path in [*places, *records] if path.is_file()}


def test_a_dry_run_writes_nothing(graded, graded_once, here, monkeypatch):
    """Are gradebook, notebooks, pages and records what they were, to the byte?"""
    page = graded / "feedback" / "student-001" / SLUG / f"{SLUG}.html"
    page.parent.mkdir(parents=True)
    page.write_text("the page of before")
    before = contents(graded)
    change_exercise(monkeypatch)
    here.run = replayed(graded_once, output_size=1.5)
    hand_in(graded, "student-006", SIZE, PADDING)
    shutil.copy(*(graded / "records" / SLUG / f"student-00{i}.json" for i in (1, 6)))
    assert sorted(dry(graded).ran)
    (graded / "records" / SLUG / "student-006.json").unlink()
    assert contents(graded) == before
    assert not [*(graded / "records" / SLUG).glob(".draft*/*")]


def test_the_command_after_it_runs_nothing(graded, graded_once, here, monkeypatch):
    """Is all written that the dry run said, with nothing run again?"""
    change_exercise(monkeypatch)
    here.run = replayed(graded_once, output_size=1.5)
    said = {name: change.new for name, change in dry(graded).changes.items()}
    here.tasks.clear()
    again = dry(graded)
    assert {name: change.new for name, change in again.changes.items()} == said
    assert not again.ran
    Batch(COURSE, graded, SLUG).grade()
    assert not here.tasks
    assert grades(graded) == said


def test_a_class_that_was_never_graded(root, here):
    """Are all new in a dry run, is the gradebook empty after it, and are all written from it?"""
    summary = dry(root)
    assert all(change.old is None for change in summary.changes.values())
    assert "5 grades would be new, 0 would stay." in to_text(SLUG, summary)
    assert not (root / "autograded").exists()
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        assert not gradebook.students
    here.tasks.clear()
    assert "5 written anew without being run" in to_text(SLUG, grade(root))
    assert not here.tasks
    assert {r.student: r.scores for r in results(root, SLUG)} == expected()


def test_a_dry_run_that_is_stopped(graded, graded_once, here, monkeypatch):
    """Does the next one go on with those who are left?"""
    change_exercise(monkeypatch)
    here.run = replayed(graded_once, output_size=1.5)
    stop, done = Stop(), []

    def advance(student):
        done.append(student)
        if len(done) == 2:
            stop.set()

    with pytest.raises(KeyboardInterrupt):
        dry(graded, stop=stop, advance=advance)
    summary = dry(graded)
    assert not {*done} & {*summary.ran}
    assert len(summary.changes) == len(ANSWERS)


def test_it_says_who_and_why(graded, graded_once, here, monkeypatch):
    """Are grades, exercises, cases and causes shown, those of a new notebook as its own?"""
    change_exercise(monkeypatch)
    run = replayed(graded_once, output_size=0.5)
    here.run = run
    hand_in(graded, "student-005", ROUNDS_UP, "1 / 0")
    summary = dry(graded)
    change = summary.changes["student-001"]
    assert (change.old, change.new, change.causes) == (3.0, 1.5, ("test output_size",))
    [exercise] = change.exercises
    assert (exercise.name, exercise.old, exercise.new, exercise.points) == (
        "output_size", 2.0, 0.5, 2.0,
    )  # fmt: skip
    assert exercise.cases
    assert {(case.old, case.new) for case in exercise.cases} == {("right", "wrong")}
    text = to_text(SLUG, summary, diff=True)
    assert "a dry run. 5 submissions run in" in text
    assert "nothing was written" in text
    case = exercise.cases[0].label
    assert (
        "'student-001': falls, 3 -> 1.5\n  because of the exercise or test output_size\n"
        f"  output_size: 2 -> 0.5 of 2\n    {case}: right -> wrong\n"
    ) in text
    assert "another notebook was handed in; the exercise or test output_size" in text
    assert "2 grades would rise:\n" in text
    assert "3 grades would fall:\n" in text
    assert (
        f"`course grade {SLUG}` writes this and runs nothing again; with `--accept-falls`" in text
    )


def test_a_sentence_changes_no_grade(graded, graded_once, here, monkeypatch):
    """Is it said that all grades stay, if all scores do?"""
    change_exercise(monkeypatch)
    here.run = replayed(graded_once)
    summary = dry(graded)
    assert "0 grades would rise.\n0 grades would fall.\n0 grades would be new, 5 would stay." in (
        to_text(SLUG, summary, diff=True)
    )
    assert grade(graded).is_fine


@pytest.mark.parametrize(
    ("changed", "tests", "penalty", "found"),
    [
        (["config"], ["a"], False, ["config"]),
        (["limits", "config"], ["a"], False, ["limits"]),
        (["late", "config", "test a"], [], True, ["late"]),
        (["late", "test a", "test b", "release"], ["a"], False, ["test a"]),
        (["notebook", "files", "environment"], ["a"], False, ["notebook", "environment"]),
        (["due"], ["a"], False, ["due"]),
        ([], ["a"], True, []),
    ],
)
def test_the_causes_that_can_have_done_it(changed, tests, penalty, found):
    """Are those named that touch what has changed, and what changes beside them left out?"""
    assert module.relevant(changed, tests, penalty) == found


def test_all_parts_have_words(graded):
    """Is there a sentence for each part of which a grade is made, and one that is no cause?"""
    batch = Batch(COURSE, graded, SLUG)
    batch._folders = {"student-001": graded / "submitted" / "student-001" / SLUG}
    names = set(batch._depends_on("student-001"))
    tests = {name for name in names if name.startswith(module.TEST)}
    assert names - tests == {*module.OWN, *module.COURSES}
    assert module.in_words([]) == "it was run again, and nothing else has changed"


def test_many_are_cut_and_hostile_names_are_shown_harmless():
    """Is a summary short for a class, and is nothing of a student's acted on by a terminal?"""
    bad = "\x1b[2J\nstudent"
    exercise = Exercise("q", 2.0, 0.0, 2.0, (Case(bad, "right", "wrong"),) * (SHOWN + 2))
    ends = Exercise("r", 1.0, 0.0, 1.0, (), f"AssertionError: {bad}{'x' * 1000}")
    changes = {
        f"{bad}{i}": Change(f"{bad}{i}", 3.0, 0.0, exercises=(exercise, ends)) for i in range(99)
    }
    summary = Summary(dry=True, changes=changes)
    assert f"  and {99 - SHOWN} more, which --diff shows" in list(overview(summary))
    assert "    and 2 more" in list(details(summary))
    text = to_text(SLUG, summary, diff=True)
    assert "\x1b" not in text
    assert "\nstudent" not in text
    assert max(map(len, text.splitlines())) < 200


def test_json(graded, graded_once, here, monkeypatch, capsys):
    """Does the command give the same as JSON, and 1 for a fall that is held back?"""
    change_exercise(monkeypatch)
    here.run = replayed(graded_once, output_size=0.0)
    words = ["--course", str(COURSE), "grade", SLUG, "--root", str(graded), "--json"]
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    assert main([*words, "--dry-run"]) == 0
    [found] = json.loads(capsys.readouterr().out)
    assert found["assignment"] == SLUG
    by_student = {change["student"]: change for change in found["changes"]}
    assert by_student["student-001"]["falls"]
    assert by_student["student-001"]["why"] == "the exercise or test output_size"
    assert main(words) == 1
    [found] = json.loads(capsys.readouterr().out)
    assert found["held"] == ["student-001", "student-002", "student-005"]


@pytest.mark.parametrize("words", [[], [SLUG, "--all"]])
def test_a_name_or_all(words, capsys):
    """Is it wrong use to give neither an assignment nor --all, or both?"""
    assert main(["grade", *words]) == 2
    assert "name an assignment, or give --all" in capsys.readouterr().err
