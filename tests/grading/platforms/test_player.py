"""Do the scripts that play the learning platforms take what is right, and refuse all else?"""

import zipfile
from datetime import UTC, datetime, timedelta

import pytest

from tests.grading.platforms.blackboard import Blackboard
from tests.grading.platforms.canvas import Canvas
from tests.grading.platforms.moodle import Moodle
from tests.grading.platforms.player import Attempt, Refused, Student, Upload

DUE = datetime(2026, 10, 1, 12, tzinfo=UTC)
PLATFORMS = (Moodle, Canvas, Blackboard)


def attempt(seconds, name="a_b.ipynb", data=b"{}"):
    return Attempt(DUE + timedelta(seconds=seconds), (Upload(name, data),))


@pytest.fixture(params=PLATFORMS, ids=lambda kind: kind.name)
def platform(request):
    """An assignment with two students who handed in, twice and late, and one who did not."""
    played = request.param(DUE, 10.0)
    played.enrol(
        [
            Student("student-001", "Comma, Name_7_", "With", [attempt(-9), attempt(-5, data=b"2")]),
            Student("student-002", "=Name", "Ä", [attempt(1, "x_4000_1_LATE_y.ipynb")]),
            Student("student-003", "Nothing", "Given"),
        ]
    )
    return played


def feedback(folder, names):
    with zipfile.ZipFile(folder / "feedback.zip", "w") as archive:
        for name, data in names.items():
            archive.writestr(name, data)
    return folder / "feedback.zip"


def downloaded(platform, folder):
    names = {}
    for path in platform.download(folder):
        with zipfile.ZipFile(path) as archive:
            names |= {name: archive.read(name) for name in archive.namelist()}
    return names


def test_its_own_names_come_back_to_their_students(platform, tmp_path):
    """Does a page that is named as what was handed in reach whoever handed it in?"""
    names = downloaded(platform, tmp_path)
    pages = {name: platform.owner(name).encode() for name in names if name.endswith(".ipynb")}
    received = platform.upload_feedback(feedback(tmp_path, pages))
    assert set(received) == {"student-001", "student-002"}
    for student, files in received.items():
        assert {file.data for file in files} == {student.encode()}


@pytest.mark.parametrize(
    "name", ["page.html", "student-009/page.html", "a_9999_99_x.html", "../student-001.html"]
)
def test_a_page_for_nobody_is_refused(platform, tmp_path, name):
    """Is a name refused that the platform would leave aside in silence?"""
    with pytest.raises(Refused):
        platform.upload_feedback(feedback(tmp_path, {name: b""}))


def test_a_file_of_an_earlier_attempt_is_refused(tmp_path):
    """Does Canvas hang a page on nothing but what was handed in last?"""
    canvas = Canvas(DUE, 10.0)
    canvas.enrol([Student("student-001", "B", "A", [attempt(-9), attempt(-5)])])
    early = downloaded(canvas, tmp_path)
    (late,) = early
    canvas.students[0].attempts.append(attempt(5))
    assert downloaded(canvas, tmp_path) == {
        "ba_LATE_4000_400020_a_b-2.ipynb": b"{}",
    }
    with pytest.raises(Refused, match="handed in last"):
        canvas.upload_feedback(feedback(tmp_path, {late: b""}))


def test_a_late_file_has_what_says_so(platform, tmp_path):
    """Does each platform say in its own way who was late?"""
    names = [n for n in downloaded(platform, tmp_path) if platform.owner(n) == "student-002"]
    sheet = platform.roster()
    said = {
        "moodle": b"Submitted for grading - 1 sec late" in sheet,
        "canvas": names[0].startswith("nameä_LATE_4037_"),
        "blackboard": "_attempt_2026-10-01-12-00-01" in names[0],
    }
    assert said[platform.name]


def filled(platform, sheet, grade="7.25", student="student-002"):
    """Fill in a sheet as text, as simply as can be."""
    encoding = "utf-16" if platform.name == "blackboard" else "utf-8-sig"
    key = {"moodle": "4037", "canvas": "4037", "blackboard": student}[platform.name]
    lines = []
    for line in sheet.decode(encoding).splitlines():
        if key in line:
            line = {
                "moodle": line.replace(",,10.00", f",{grade},10.00"),
                "canvas": line.replace("FM 1,,", f"FM 1,{grade},"),
                "blackboard": line.replace("Needs Grading", grade),
            }[platform.name]
        lines.append(line)
    return "\n".join(lines).encode("utf-16" if platform.name == "blackboard" else "utf-8")


def test_grades_come_back(platform):
    """Is a grade taken for whom it was meant, and nobody else?"""
    assert platform.upload_grades(filled(platform, platform.roster())) == {"student-002": 7.25}
    assert platform.upload_grades(platform.roster()) == {}


@pytest.mark.parametrize("grade", ["'7.25", "eleven", "10.5", "-1"])
def test_a_grade_that_is_none_is_refused(platform, grade):
    """Is a cell refused that the platform would read as another grade, or as none?"""
    with pytest.raises(Refused):
        platform.upload_grades(filled(platform, platform.roster(), grade))


@pytest.mark.parametrize("kind", PLATFORMS, ids=lambda kind: kind.name)
def test_a_line_for_nobody_is_refused(kind):
    """Is a line refused for somebody who is not in the course?"""
    one, other = kind(DUE, 10.0), kind(DUE, 10.0)
    one.enrol([Student("student-001", "B", "A")])
    other.enrol([Student("student-001", "B", "A"), Student("student-002", "D", "C")])
    with pytest.raises(Refused):
        one.upload_grades(other.roster())


def test_moodle_writes_flat_names_and_no_names(tmp_path):
    """Are there no folders and no names where the instructor wants none?"""
    moodle = Moodle(DUE, 10.0)
    moodle.folders, moodle.blind = False, True
    moodle.enrol([Student("student-001", "B", "A", [attempt(0)])])
    assert list(downloaded(moodle, tmp_path)) == [
        "Participant_4000_assignsubmission_file_a_b.ipynb"
    ]
    assert b"student-001" not in moodle.roster()
