"""Does `course grade` grade a class as nbgrader would, once, and nothing that has not changed?"""

import json
import os
import re
import socket
from dataclasses import replace

import nbformat
import psutil
import pytest
from nbgrader.api import Gradebook

from course_utils.errors import CourseError
from course_utils.exercises import catalog
from course_utils.grading.batch import grade as module
from course_utils.grading.batch import keys, workers
from course_utils.grading.batch.grade import Batch
from course_utils.grading.batch.gradebook import SaveAtOnce
from course_utils.grading.batch.host import Host
from course_utils.grading.batch.records import Records
from course_utils.grading.batch.task import run_task, warm_up
from course_utils.grading.judge.definitions import Cell
from course_utils.grading.judge.released import Release, ReleasedTest
from course_utils.grading.kernels import sandbox
from course_utils.grading.kernels import student as kernels
from course_utils.grading.kernels.warm import process
from course_utils.grading.nbgrader_command import nbgrader
from course_utils.grading.report.results import results
from tests.grading.batch.here import Here
from tests.grading.batch.small_class import (
    ANSWERS,
    COURSE,
    PADDING,
    ROUNDS_UP,
    SIZE,
    SLUG,
    TESTS,
    copy_class,
    expected,
    hand_in,
)


def grade(root, *students, **settings):
    return Batch(COURSE, root, SLUG).grade(students, **settings)


def scores(root):
    return {result.student: result.scores for result in results(root, SLUG)}


def test_everybody_gets_what_it_is_worth(root):
    """Are the scores exact with real workers, and is everything done once?"""
    summary = grade(root, jobs=2)
    assert scores(root) == expected()
    assert sorted(summary.graded) == sorted(ANSWERS)
    assert not summary.flagged
    again = grade(root, jobs=2)
    assert not again.graded
    assert sorted(again.unchanged) == sorted(ANSWERS)


def rows(root):
    """Return all that a gradebook holds of the submissions."""
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        return {
            submission.student_id: (
                submission.timestamp,
                [
                    (notebook.name, notebook.late_submission_penalty, notebook.flagged)
                    for notebook in submission.notebooks
                ],
                sorted(
                    (grade.name, grade.auto_score, grade.manual_score, grade.needs_manual_grade)
                    for notebook in submission.notebooks
                    for grade in notebook.grades
                ),
                sorted(
                    (comment.name, comment.auto_comment, comment.manual_comment)
                    for notebook in submission.notebooks
                    for comment in notebook.comments
                ),
            )
            for submission in gradebook.assignment_submissions(SLUG)
        }


def set_by_hand(root, student, score):
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade("output_size", SLUG, SLUG, student)
        grade.manual_score = score
        gradebook.db.commit()


def test_it_is_what_nbgrader_does(root, tmp_path, here):
    """Are gradebook and notebooks those of `nbgrader autograde`: late, untouched, by hand?"""
    late = root / "submitted" / "student-001" / SLUG / "timestamp.txt"
    late.write_text("2026-01-05 12:00:00 UTC")
    (root / "submitted" / "student-002" / SLUG / "timestamp.txt").write_text("2026-01-01 UTC")
    hand_in(root, "student-006", "raise NotImplementedError  # your code goes here", PADDING)
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        gradebook.update_or_create_assignment(SLUG, duedate="2026-01-02 00:00:00 UTC")
    other = copy_class(root, tmp_path / "other")
    late_penalty = "--LateSubmissionPlugin.penalty_method=zero"
    nbgrader(COURSE, other, "autograde", SLUG, late_penalty)
    set_by_hand(other, "student-004", 1.5)
    nbgrader(COURSE, other, "autograde", SLUG, "--force", late_penalty)

    def ours():
        batch = Batch(COURSE, root, SLUG, settings=[late_penalty])
        batch.grade(force=True)

    ours()
    set_by_hand(root, "student-004", 1.5)
    ours()
    assert rows(root) == rows(other)
    assert rows(root)["student-001"][1][0][1] == 3.0  # the penalty takes all of it
    for student in [*ANSWERS, "student-006"]:
        one, two = (
            nbformat.read(folder / "autograded" / student / SLUG / f"{SLUG}.ipynb", 4)
            for folder in (root, other)
        )
        for mine, theirs in zip(one.cells, two.cells, strict=True):
            assert mine == theirs, student
        assert one.metadata == two.metadata, student


def test_a_grade_is_written_whole_or_not_at_all(root, here, monkeypatch):
    """Does a failure halfway leave the gradebook as it was, and the next run write all?"""

    def fail(*_):
        raise RuntimeError("halfway")

    with monkeypatch.context() as patch:
        patch.setattr(SaveAtOnce, "preprocess", fail)
        assert set(grade(root).flagged) == set(ANSWERS)
    assert rows(root) == {}
    assert not grade(root).flagged
    assert scores(root) == expected()


def test_what_has_changed_is_run_alone(root, here):
    """Is a submission that changed run, and nobody else's?"""
    grade(root)
    hand_in(root, "student-001", ROUNDS_UP, PADDING)
    here.tasks.clear()
    summary = grade(root)
    assert [task.student for task in here.tasks] == ["student-001"]
    assert summary.graded == ["student-001"]
    assert scores(root)["student-001"] == {"output_size": 1.49, "same_padding": 1.0}


def test_the_same_code_is_not_run_again(root, here):
    """Is a submission that was handed in again, with the same code, written and not run?"""
    grade(root)
    path = root / "submitted" / "student-001" / SLUG / f"{SLUG}.ipynb"
    os.utime(path, (1_700_000_000, 1_700_000_000))
    here.tasks.clear()
    assert grade(root).graded == ["student-001"]
    assert here.tasks == []


def test_a_changed_exercise_is_run_alone(root, here, monkeypatch):
    """Is only that test run which has changed, with the others' results kept?"""
    grade(root)
    before = keys.exercise
    monkeypatch.setattr(keys, "exercise", lambda n: before(n) + "!" * (n == "output_size"))
    here.tasks.clear()
    assert sorted(grade(root).graded) == sorted(ANSWERS)
    assert {tuple(task.known) for task in here.tasks} == {("same_padding",)}
    assert scores(root) == expected()


def test_force_runs_everything(root, here):
    """Does `force` run all tests of all students?"""
    grade(root)
    here.tasks.clear()
    grade(root, force=True)
    assert [(task.student, task.known) for task in here.tasks] == [(s, {}) for s in ANSWERS]


def test_one_student(root, here):
    """Is one student graded alone, and one who handed nothing in named?"""
    grade(root, "student-002")
    assert list(scores(root)) == ["student-002"]
    with pytest.raises(CourseError, match="student-999 handed nothing in"):
        grade(root, "student-999")


def test_a_lost_gradebook_is_written_again(root, here):
    """Is a gradebook that was lost filled from the records, without running anything?"""
    grade(root)
    (root / "gradebook.db").unlink()
    nbgrader(COURSE, root, "generate_assignment", SLUG, "--force")
    here.tasks.clear()
    grade(root)
    assert here.tasks == []
    assert scores(root) == expected()


@pytest.mark.parametrize("kind", ["autograded notebook", "score", "record"])
def test_what_was_spoiled_is_mended(root, here, kind):
    """Is what is missing, or is not what it was, set right by the same command?"""
    grade(root)
    if kind == "autograded notebook":
        path = root / "autograded" / "student-003" / SLUG / f"{SLUG}.ipynb"
        path.chmod(0o600)
        path.unlink()
    elif kind == "score":
        with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
            gradebook.find_grade("output_size", SLUG, SLUG, "student-003").auto_score = 2.0
            gradebook.db.commit()
    else:
        record = root / "records" / SLUG / "student-003.json"
        record.write_text(record.read_text()[:100])
    assert grade(root).graded == ["student-003"]
    assert scores(root) == expected()


@pytest.mark.parametrize("error", [OSError("no space left on device"), CourseError("it is gone")])
def test_a_fault_is_tried_again(root, monkeypatch, error):
    """Is a notebook whose run failed for no reason of its own run again, and then right?"""
    failed = []

    def fails_once(task):
        if task.student not in failed:
            failed.append(task.student)
            raise error
        return run_task(task)

    monkeypatch.setattr(workers.Workers, "_host", lambda self: (Here(fails_once), bool))
    assert grade(root).flagged == {}
    assert scores(root) == expected()


def test_a_lasting_fault_is_flagged(root, monkeypatch):
    """Is one that fails twice named, the rest graded, and is it tried again next time?"""

    def fails(task):
        if task.student == "student-001":
            raise OSError("no space left on device")
        if task.student == "student-002":
            return replace(run_task(task), faults=["output_size"])
        return run_task(task)

    monkeypatch.setattr(workers.Workers, "_host", lambda self: (Here(fails), bool))
    summary = grade(root)
    assert summary.flagged == {
        "student-001": "it could not be run: OSError: no space left on device",
        "student-002": "no verdict came of output_size",
    }
    assert sorted(summary.graded) == sorted(set(ANSWERS) - {"student-001"})
    monkeypatch.setattr(workers.Workers, "_host", lambda self: (Here(), bool))
    assert sorted(grade(root).graded) == ["student-001", "student-002"]
    assert scores(root) == expected()


@pytest.mark.parametrize(
    ("there", "forked", "named"), [(False, True, "none"), (True, False, "sandbox")]
)
def test_isolation_may_be_required(root, here, monkeypatch, there, forked, named):
    """Does it refuse to grade without namespaces and a guardian, when it is told to?"""
    monkeypatch.setattr(sandbox, "available", lambda: there)
    monkeypatch.setattr(kernels, "forks", lambda torch=False: forked)
    with pytest.raises(
        CourseError, match=f"isolation is required, and what there is here is '{named}'"
    ):
        Batch(COURSE, root, SLUG, isolation="required").grade()


def test_what_was_warmed_up_is_used(root, here, monkeypatch):
    """Is no warm process started for a class beside those that had a head start?"""
    monkeypatch.setattr(process, "_processes", {})
    kernels.why_not_forked.cache_clear()
    warm_up(root / "exercises" / SLUG / f"{SLUG}.ipynb")
    started = dict(process._processes)
    assert len(started) == 2  # one for students and one for judges
    assert len(grade(root, "student-001").graded) == 1
    assert process._processes == started
    warm_up(root / "no such notebook")
    assert process._processes == started
    for one in started.values():
        one.stop()


def test_a_host_that_is_there_is_used(root):
    """Does a class run in the host that it is handed, and in a new one if that was killed?"""
    with Host(2) as host:
        host.submit(os.getpid).result(30)
        before = host._count
        assert len(grade(root, host=host, jobs=2).graded) == len(ANSWERS)
        assert host._count == before + len(ANSWERS)
    with Host(2) as host:
        psutil.Process(host.submit(os.getpid).result(30)).kill()
        summary = grade(root, host=host, jobs=2, force=True)
        assert len(summary.graded) == len(ANSWERS)
        assert not summary.flagged


def test_nobody_handed_in(root, here):
    """Is an empty class an error that says where submissions belong?"""
    for path in (root / "submitted").iterdir():
        path.rename(root / path.name)
    with pytest.raises(CourseError, match="submissions belong in"):
        grade(root)


@pytest.mark.parametrize("name", ["student 7", "stüdent-8", "student-$x", "o'neil-9", "{y}%s;&1"])
def test_a_name_that_is_odd(root, here, name):
    """Is a submission graded whose student has such an id?"""
    hand_in(root, name, SIZE, PADDING)
    assert grade(root, name).graded == [name]
    assert scores(root) == {name: {"output_size": 2.0, "same_padding": 1.0}}


@pytest.mark.parametrize(
    ("slug", "says"),
    [("convolution-arithmetik", f"did you mean '{SLUG}'"), ("lstm", "generate_assignment lstm")],
)
def test_an_unknown_assignment(root, slug, says):
    """Is the nearest name proposed, or how an assignment that is known gets there?"""
    with pytest.raises(CourseError, match=f"has no assignment '{slug}': .*{says}"):
        Batch(COURSE, root, slug)


@pytest.mark.parametrize(
    ("slug", "says"), [("lstmm", "did you mean 'lstm'"), ("lstm", "generate_assignment lstm")]
)
def test_without_a_gradebook_none_is_made(tmp_path, slug, says):
    """Does a mistyped name leave the folder as it is?"""
    with pytest.raises(CourseError, match=f"no gradebook for '{slug}' yet: .*{says}"):
        Batch(COURSE, tmp_path, slug)
    assert list(tmp_path.iterdir()) == []


def test_a_changed_rule_is_written_again(root, here):
    """Is a new rule for what is late applied to a class that is graded, without running it?"""
    late = root / "submitted" / "student-001" / SLUG / "timestamp.txt"
    late.write_text("2026-01-05 12:00:00 UTC")
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        gradebook.update_or_create_assignment(SLUG, duedate="2026-01-02 00:00:00 UTC")
    grade(root)
    here.tasks.clear()
    settings = ["--LateSubmissionPlugin.penalty_method=zero"]
    Batch(COURSE, root, SLUG, settings=settings).grade()
    assert here.tasks == []
    assert rows(root)["student-001"][1][0][1] == 3.0


@pytest.mark.parametrize("command", ["course grade", "nbgrader autograde"])
def test_a_time_that_is_taken_back_makes_nobody_late(root, here, command):
    """Are the time and the penalty gone with the line that made a submission late?"""
    settings = ["--LateSubmissionPlugin.penalty_method=zero"]
    times = root / "times" / f"{SLUG}.csv"
    times.parent.mkdir(exist_ok=True)
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        gradebook.update_or_create_assignment(SLUG, duedate="2026-01-02 00:00:00 UTC")
    found = []
    for lines in ("student-001,2026-01-05 12:00 UTC\n", ""):
        times.write_text(f"student,time\n{lines}")
        if command == "course grade":
            Batch(COURSE, root, SLUG, settings=settings).grade()
        else:
            who = "--student=student-001"
            nbgrader(COURSE, root, "autograde", SLUG, "--force", who, *settings)
        with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
            submission = gradebook.find_submission(SLUG, "student-001")
            found.append((bool(submission.timestamp), submission.late_submission_penalty))
    assert found == [(True, 3.0), (False, 0.0)]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("c.Judge.limits = {'memory': 1}", "'memory' is no limit; there are memory_mib"),
        ("c.Judge.limits = {'memory_mib': 0}", "memory_mib must be a positive whole number"),
        ("c.Judge.isolation = 'requird'", "a setting of c.Judge makes no sense"),
        ("c.Judge.isolatoin = 'required'", "c.Judge.isolatoin is no setting"),
        ("c.Judge.cell_seconds = ", "nbgrader_config.py cannot be read"),
        ("c.CourseDirectory.db_url = 'nosuchdb://x'", "does not answer"),
    ],
)
def test_settings_that_make_no_sense(root, tmp_path, line, says):
    """Is a setting that is wrong or misspelt an error of one line that names it?"""
    course = tmp_path / "course"
    course.mkdir()
    text = (COURSE / "nbgrader_config.py").read_text() + f"\n{line}\n"
    (course / "nbgrader_config.py").write_text(text)
    with pytest.raises(CourseError, match=re.escape(says)) as error:
        Batch(course, root, SLUG)
    assert "\n" not in str(error.value) or "cannot be read" in says


def test_a_system_without_local_sockets(root, monkeypatch):
    """Is it said where grading runs?"""
    monkeypatch.delattr(socket, "AF_UNIX")
    with pytest.raises(CourseError, match="grading needs Linux or macOS"):
        Batch(COURSE, root, SLUG)


def test_a_folder_that_is_no_course(root, tmp_path):
    """Is a folder without settings an error that says where to go, and left as it is?"""
    (tmp_path / "empty").mkdir()
    with pytest.raises(CourseError, match="has no nbgrader_config"):
        Batch(tmp_path / "empty", tmp_path / "empty", SLUG)
    assert list((tmp_path / "empty").iterdir()) == []


def test_two_at_once(root, here):
    """Is a second command told to wait, and may it go on after the first?"""
    with (
        Records(root, SLUG).locked(),
        pytest.raises(CourseError, match="is being graded by another command"),
    ):
        grade(root)
    assert grade(root).graded


def test_records_hold_no_secret(root, here):
    """Is the secret in no record, and in nothing that a task prints?"""
    grade(root)
    secret = os.environ["COURSE_SECRET"]
    for path in (root / "records" / SLUG).glob("*.json"):
        assert secret not in path.read_text()
        assert json.loads(path.read_text())["version"]
    assert secret not in repr(here.tasks)


def test_keys_see_what_matters(root, here, monkeypatch):
    """Does a key change with code, points, test, secret, limits, environment and exercise?"""
    batch = Batch(COURSE, root, SLUG)
    batch._folders = {"student-001": root / "submitted" / "student-001" / SLUG}
    [task] = batch._prepared(["student-001"], module.Command(force=True))
    notebook = nbformat.from_dict(json.loads(task.notebook))
    cells = {c.metadata.nbgrader.grade_id: c for c in notebook.cells if "nbgrader" in c.metadata}
    test = task.release.tests["output_size"]

    def key(task=task, **changes):
        tests = {"output_size": replace(test, **changes)}
        task = replace(task, release=replace(task.release, tests=tests))
        tested = keys.test(task.release, "output_size")
        return keys.test_key(keys.code_key(task, notebook), task, tested)

    seen = {key()}

    def is_new(value):
        assert value not in seen
        seen.add(value)

    is_new(key(replace(task, secret="another")))
    assert key(replace(task, isolation="required")) in seen  # what comes of it is the same
    is_new(key(replace(task, files=(("data.csv", b"1"),))))
    is_new(key(replace(task, rules=replace(task.rules, cell_seconds=61))))
    is_new(key(replace(task, release=replace(task.release, imports="import math"))))
    is_new(key(source=test.source + " "))
    is_new(key(points=3.0))
    reads = 'check("output_size", output_size)\nassert LIMIT'
    for limit in (3, 4):
        is_new(key(source=reads, before=(Cell(f"LIMIT = {limit}", False),)))
    assert key(source=reads, before=(Cell("LIMIT = 4\nother = 1", False),)) in seen
    cells["output_size-answer"].source += "\n"
    is_new(key())
    monkeypatch.setattr(keys, "environment", lambda: "another")
    is_new(key())
    monkeypatch.setattr(keys, "exercise", lambda _: "another")
    is_new(key())


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ('check("output_size", output_size)', ["output_size"]),
        ('for name in ["output_size", "same_padding"]: check(name, f)', ["output_size"]),
        ('name = "output_size"\ncheck(name, output_size)', ["output_size"]),
        ("from course_utils.arithmetic import output_size as right", ["arithmetic.py"]),
        ("from course_utils.reference.lstm import lstm_forward", ["reference/lstm.py"]),
        ("import course_utils.reference.lstm", ["reference/gates.py"]),
    ],
)
def test_a_test_depends_on_all_that_it_names(monkeypatch, source, named):
    """Is an exercise that is checked under another name seen, and what a test imports?"""
    asked = []
    monkeypatch.setattr(keys, "exercise", lambda name: asked.append(name) or name)
    monkeypatch.setattr(keys, "fingerprint", lambda _, names: asked.extend(names) or "")
    release = Release("some-topic", "", {"q1": ReleasedTest("q1", source, 2.0)})
    keys.test(release, "q1")
    assert set(named) <= set(asked)


def test_all_that_grades_is_in_the_environment(monkeypatch):
    """Is every file in a key that runs a test, directly or through others, besides exercises?"""
    seen = []
    monkeypatch.setattr(keys, "fingerprint", lambda _, names: seen.extend(names) or "")
    keys.environment.__wrapped__()
    starts = ["grading/judge/trial.py", "grading/judge/notebook.py", "grading/batch/grade.py"]
    files = keys._closure(keys.PACKAGE / name for name in starts)
    assert "exercises/catalog.py" in seen
    assert {path.relative_to(keys.PACKAGE).as_posix() for path in files} <= set(seen)


def test_a_key_is_the_same_in_every_process():
    """Is there nothing in what an exercise says of itself that differs from run to run?"""
    for exercises in catalog().values():
        for exercise in exercises:
            assert " at 0x" not in str(keys.declared(exercise)), exercise.name


def test_an_exercise_depends_on_what_it_imports():
    """Are the files that an exercise's cases come from found, and no other exercise's?"""
    names = {path.stem for path in keys.sources(keys.find("lstm_backward"))}
    assert {"lstm_backward", "lstm_forward", "lstm", "gates", "shapes"} <= names
    assert not names & {"gru", "lstm_parameters", "peephole_step_forward", "convolution"}


def test_every_test_has_points(root):
    """Are the tests of the small class those that the other tests speak of?"""
    assert tuple(Batch(COURSE, root, SLUG)._release.tests) == TESTS
    assert SIZE != ROUNDS_UP
