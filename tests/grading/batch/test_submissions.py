"""Whatever lies in submitted/, is the class graded and the one named, by both commands alike?"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from course_utils import cli
from course_utils.errors import CourseError
from course_utils.grading.batch.grade import Batch
from course_utils.grading.intake import submissions
from course_utils.grading.intake.submissions import handed_in, normal, odd
from course_utils.grading.nbgrader_command import nbgrader
from course_utils.grading.report.class_report import class_report
from course_utils.grading.report.results import results
from tests.grading.batch.small_class import (
    ANSWERS,
    COURSE,
    PADDING,
    SIZE,
    SLUG,
    copy_class,
    hand_in,
)

NAMED = "student-001"
NOTHING = "def output_size(*args, **kwargs):\n    return None"
PADS = [" ", "\xa0", "\n", "\u2028", "\u200b", "\ufeff", "\u202e", "\u3000", "\t", "\x1f"]
ODD = [
    "student-*", "student-[1]", "student-00?", "x" * 201, "ü" * 101, "a\x1b[2Jb", "a\tb",
    "a\u202eb", "a\u200bb", "-x", "--force", ".hidden", "..", "a\\b", "\udcff", "a\udc80b", " ",
    "\u200b", "a\nb", "\x07",
]  # fmt: skip


def scores(root):
    return {result.student: result.total for result in results(root, SLUG) if result.graded}


def want(*others):
    """What the class is worth, with some more who are right."""
    right = dict.fromkeys(others, 3.0)
    return {name: sum(points) for name, (*_, points) in ANSWERS.items()} | right


def by_course(root):
    """Grade as `course grade` does; return what was flagged."""
    return Batch(COURSE, root, SLUG).grade(jobs=2).flagged


def by_nbgrader(root):
    """Grade as `nbgrader autograde` does; return its log, by the names in it."""
    try:
        return nbgrader(COURSE, root, "autograde", SLUG)
    except CourseError as error:
        return str(error)


@pytest.mark.parametrize("pad", PADS, ids=ascii)
@pytest.mark.parametrize("side", ["left", "right", "both"])
def test_an_id_has_one_spelling(tmp_path, pad, side):
    """Is a folder with a blank more not graded in another's place, and named with both names?"""
    padded = (pad if side != "right" else "") + NAMED + (pad if side != "left" else "")
    for name in (NAMED, padded):
        (tmp_path / name / SLUG).mkdir(parents=True)
    found = handed_in(tmp_path, SLUG)
    assert found.folders == {NAMED: tmp_path / NAMED / SLUG}
    assert list(found.refused) == [padded]
    assert f"'{NAMED}'" in found.refused[padded]
    assert found.refused[padded].isprintable()
    # Alone it stands for the id that it names.
    os.rename(tmp_path / NAMED, tmp_path / "student-002")
    found = handed_in(tmp_path, SLUG)
    assert found.folders[NAMED] == tmp_path / padded / SLUG
    assert not found.refused


def test_none_of_two_odd_spellings_counts(tmp_path):
    """Where no folder has the very name of a student, is none of two taken for him?"""
    for name in ("bob ", "bob\u200b", "zoe\u0308", "zo\xeb"):
        (tmp_path / name / SLUG).mkdir(parents=True)
    found = handed_in(tmp_path, SLUG)
    assert found.folders == {"zo\xeb": tmp_path / "zo\xeb" / SLUG}
    assert set(found.refused) == {"bob ", "bob\u200b", "zoe\u0308"}


def test_who_handed_in_something_else_keeps_his_name(tmp_path):
    """Does an odd spelling not hand in for a student who is known by another assignment?"""
    (tmp_path / "bob" / "lstm").mkdir(parents=True)
    (tmp_path / "bob " / SLUG).mkdir(parents=True)
    found = handed_in(tmp_path, SLUG)
    assert found.folders == {}
    assert list(found.refused) == ["bob "]


@pytest.mark.parametrize("name", ODD, ids=ascii)
def test_a_name_that_no_id_may_have(name):
    """Is it refused, in a sentence that any terminal shows?"""
    assert odd(name)
    assert odd(name).isprintable()


@pytest.mark.parametrize(
    "name", ["student 7", "stüdent-8", "o'neil", "{y}%s;&1", "a,b", "=1", "漢字"]
)
def test_a_name_that_an_id_may_have(name):
    """Is what is only unusual allowed, as it is?"""
    assert not odd(name)
    assert normal(name) == name


def test_names_are_compared_by_no_more_than_they_must(tmp_path):
    """Are names that only look alike, or differ in case, different students?"""
    names = {"bob", "Bob", "b\u043eb", "bob.", "bob-"}
    for name in names:
        (tmp_path / name / SLUG).mkdir(parents=True)
    assert handed_in(tmp_path, SLUG).folders.keys() == names


@pytest.mark.parametrize("grade", [by_course, by_nbgrader])
@pytest.mark.slow
def test_whatever_lies_there_the_class_is_graded(root, grade):
    """Beside all odd names at once, has everybody else the right grade, and is each one named?"""
    for name in [*ODD, f"{NAMED} ", f"\u200b{NAMED}", "student-002\n"]:
        if name not in ("..",) and len(os.fsencode(name)) < 256:
            hand_in(root, name, NOTHING, "1 / 0")
    hand_in(root, " student-007\u200b", SIZE, PADDING)
    hand_in(root, "zoe\u0308", SIZE, PADDING)
    (root / "submitted" / "README.txt").write_text("x")
    (root / "submitted" / "student-008").mkdir()
    (root / "submitted" / "student-009").symlink_to("/nowhere")
    (root / "submitted" / NAMED / SLUG / "a\udcff.txt").write_text("x")
    said = grade(root)
    assert scores(root) == want("student-007", "zo\xeb")
    if grade is by_course:
        assert {f"{NAMED} ", "a\udc80b", "x" * 201, "--force", "student-002\n"} <= said.keys()
        assert "student-007" not in said
    report = class_report(root, SLUG)
    assert len(report.refused) == len(handed_in(root / "submitted", SLUG).refused) == 22
    folder = [note for note in report.notes if note["kind"] == "folder name"]
    assert [note["student"] for note in folder] == ["student-007"]


@pytest.mark.slow
def test_nobody_is_asked_for_by_another_spelling(root, capfd):
    """Does --student with a blank more grade that student, and never from another's folder?"""
    hand_in(root, "student-002 ", SIZE, PADDING)
    Batch(COURSE, root, SLUG).grade([" student-002\n"])
    assert scores(root) == {"student-002": want()["student-002"]}
    summary = Batch(COURSE, root, SLUG).grade(["student-002 "], force=True)
    assert list(summary.flagged) == ["student-002 "]
    assert summary.graded == []
    log = by_nbgrader_student(root, "student-002 ")
    assert scores(root) == {"student-002": want()["student-002"]}
    assert "would be one student" in log


def by_nbgrader_student(root, student):
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", "autograde", SLUG, f"--student={student}", "--force",
         f"--CourseDirectory.root={root}"],
        cwd=COURSE, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    return done.stderr


def refuse(monkeypatch, folder):
    """Have the system refuse to look into a folder, as it does not for root."""

    def but(function, *, itself):
        def refusing(path=".", *args, **kwargs):
            where = Path(os.fsdecode(path)) if not isinstance(path, int) else Path()
            if folder in where.parents or (itself and where == folder):
                raise PermissionError(13, "Permission denied", path)
            return function(path, *args, **kwargs)

        return refusing

    for name in ("stat", "lstat", "open"):
        monkeypatch.setattr(os, name, but(getattr(os, name), itself=False))
    monkeypatch.setattr(os, "scandir", but(os.scandir, itself=True))


@pytest.mark.parametrize("inner", ["", SLUG])
def test_a_folder_that_may_not_be_read(root, monkeypatch, inner):
    """Is it named with what to do, no blank and no stop, and graded once it may be read?"""
    with monkeypatch.context() as patched:
        refuse(patched, root / "submitted" / "student-002" / inner)
        flagged = by_course(root)
        assert list(flagged) == ["student-002"]
        assert (
            "cannot be read (Permission denied): give yourself the right" in flagged["student-002"]
        )
    assert scores(root) == {k: v for k, v in want().items() if k != "student-002"}
    assert by_course(root) == {}
    assert scores(root) == want()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_files_of_another_user():
    """Does what an ordinary user may not read stop him from nothing but itself?"""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in ("a", "b", "c"):
            (root / name / SLUG).mkdir(parents=True)
        shutil.copy(COURSE / "exercises" / SLUG / f"{SLUG}.ipynb", root / "b" / SLUG)
        root.chmod(0o755)
        (root / "a").chmod(0)
        (root / "b" / SLUG).chmod(0)
        script = (
            "import os, sys; from pathlib import Path\n"
            "from course_utils.errors import CourseError\n"
            "from course_utils.grading.intake.take_in import take_in\n"
            "from course_utils.grading.intake.submissions import handed_in\n"
            "released = Path(sys.argv[1]); root = Path(sys.argv[2])\n"
            "take_in(released, root / 'c' / released.stem, root / 'blank')\n"  # imports the rest
            "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
            "found = handed_in(root, released.stem)\n"
            "print(list(found.folders), list(found.refused))\n"
            "try: take_in(released, found.folders['b'], root / 'clean')\n"
            "except CourseError as error: print(error)\n"
        )
        released = root / f"{SLUG}.ipynb"
        shutil.copy(COURSE / "exercises" / SLUG / released.name, released)
        said = subprocess.check_output([sys.executable, "-c", script, released, root], text=True)
        assert said.startswith("['b', 'c'] ['a']\n")
        assert "cannot be read (Permission denied): give yourself the right" in said


def test_a_folder_of_submissions_that_may_not_be_read(tmp_path, monkeypatch):
    """Is that an error that says what to do?"""

    def refuse_all(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(submissions.os, "listdir", refuse_all)
    with pytest.raises(CourseError, match="give yourself the right"):
        handed_in(tmp_path, SLUG)


def test_a_folder_that_vanishes_is_named(root, monkeypatch):
    """Is a notebook that goes while the class is read no blank, and nobody else's trouble?"""
    opened = os.open

    def vanish(path, *args, **kwargs):
        if "student-004" in str(path) and str(path).endswith(".ipynb") and "submitted" in str(path):
            raise FileNotFoundError(2, "No such file or directory", path)
        return opened(path, *args, **kwargs)

    monkeypatch.setattr(os, "open", vanish)
    flagged = by_course(root)
    assert list(flagged) == ["student-004"]
    assert scores(root) == {k: v for k, v in want().items() if k != "student-004"}


def test_nothing_raw_reaches_the_terminal(root, capfd):
    """Are ids and reasons printable on the instructor's screen, whatever a student named?"""
    for name in ("a\x1b]0;owned\x07b", "\udcff\x1b[2J", "c\u202ed"):
        hand_in(root, name, SIZE, PADDING)
    words = ["--course", str(COURSE)]
    assert cli.main([*words, "grade", SLUG, "--root", str(root)]) == 1
    assert cli.main([*words, "report", SLUG, "--root", str(root)]) == 0
    assert cli.main([*words, "similar", SLUG, "--root", str(root)]) == 0
    assert cli.main([*words, "grade", SLUG, "--root", str(root), "--student", "\x1b[31mx"]) == 2
    out, err = capfd.readouterr()
    assert r"a\x1b]0;owned\x07b" in out
    assert all(line.isprintable() for line in out.split("\n"))
    assert "\x1b[31mx" not in err
    assert r"\x1b[31mx" in err


def timestamps(root):
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        return {s.student_id: str(s.timestamp) for s in gradebook.assignment_submissions(SLUG)}


@pytest.mark.slow
def test_a_recorded_time_is_the_time_of_both_commands(root, tmp_path):
    """Does the platform's time stand, a forged one not, and is a change of it noticed?"""
    forged = root / "submitted" / "student-002" / SLUG / "timestamp.txt"
    forged.write_text("2026-01-01 00:00 UTC")
    times = root / "times" / f"{SLUG}.csv"
    times.parent.mkdir()
    times.write_text("student,time\nstudent-001,2026-01-02 03:04 UTC\n student-003 ,soon\n")
    other = copy_class(root, tmp_path / "other")
    by_nbgrader(other)
    assert by_course(root) == {}
    found = timestamps(root)
    assert found == timestamps(other)
    assert found["student-001"] == "2026-01-02 03:04:00"
    assert found["student-002"] > "2026-01-02"
    assert found["student-003"] == found["student-004"] == "None"
    times.write_text(times.read_text().replace("03:04", "05:06"))
    assert Batch(COURSE, root, SLUG).grade().graded == ["student-001"]
    assert timestamps(root)["student-001"] == "2026-01-02 05:06:00"
    times.write_text("who,when\n")
    with pytest.raises(CourseError, match="it has lines of a student and a time"):
        Batch(COURSE, root, SLUG)
