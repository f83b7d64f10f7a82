"""Is read from a name what its platform put there, and nothing that a student wrote?"""

from datetime import datetime

import pytest

from course_utils.grading.platforms.names import (
    FILE,
    TEXT,
    Named,
    bears,
    handed_in_again,
    read_name,
    respelled,
    user_of_text,
)

MOODLE = {
    "Zoë Müller, jr._4711_assignsubmission_file_/a/hw.ipynb": Named(
        "4711", "Zoë Müller, jr.", "a/hw.ipynb"
    ),
    "Zoe_4711_assignsubmission_file/hw.ipynb": Named("4711", "Zoe", "hw.ipynb"),
    "Zoe_4711_assignsubmission_file_my_hw.ipynb": Named("4711", "Zoe", "my_hw.ipynb"),
    "Participant_4711_assignsubmission_file_/_hw.ipynb": Named("4711", "Participant", "_hw.ipynb"),
    "Z_1_assignsubmission_onlinetext_/onlinetext.html": Named(
        "1", "Z", "onlinetext.html", kind=TEXT
    ),
    "Default group_assignsubmission_file_/hw.ipynb": Named("", "Default group", "hw.ipynb"),
    "download/Z_1_assignsubmission_file_/hw.ipynb": Named("1", "Z", "hw.ipynb"),
    "Z_1_assignsubmission_file_/Y_2_assignsubmission_file_/hw.ipynb": Named(
        "1", "Z", "Y_2_assignsubmission_file_/hw.ipynb"
    ),
    "Z_1_assignsubmission_file_Y_2_assignsubmission_file_hw.ipynb": Named(
        "1", "Z", "Y_2_assignsubmission_file_hw.ipynb"
    ),
    "hw.ipynb": None,
}
CANVAS = {
    "müllerzoë_71_9001_hw.ipynb": Named("71", "müllerzoë", "hw.ipynb", order=9001),
    "mullerzoe_LATE_71_9001_my_hw-2.ipynb": Named(
        "71", "mullerzoe", "my_hw-2.ipynb", late=True, again=2, order=9001
    ),
    "latella_71_9001_hw.ipynb": Named("71", "latella", "hw.ipynb", order=9001),
    "z_71_9001_LATE_72_9002_hw.ipynb": Named("71", "z", "LATE_72_9002_hw.ipynb", order=9001),
    "anon_x1Y2z_9001_hw.ipynb": Named("anon_x1Y2z", "", "hw.ipynb", order=9001),
    "LATE_anon_x1Y2z_9001_hw.ipynb": Named("anon_x1Y2z", "", "hw.ipynb", late=True, order=9001),
    "z_71_text.html": Named("71", "z", "text.html", kind=TEXT),
    "z_LATE_71_link.html": Named("71", "z", "link.html", late=True, kind=TEXT),
    "a_b_71_9001_x.zip": Named("71", "a_b", "x.zip", order=9001),
    "hw_71.ipynb": None,
    "hw71_9001_x.ipynb": None,
}
TIME = datetime(2026, 10, 1, 9, 30, 15)
BLACKBOARD = {
    "My_hw 1_zoe_attempt_2026-10-01-09-30-15_hw.ipynb": Named("zoe", "", "hw.ipynb", time=TIME),
    "My_hw 1_zoe_1_attempt_2026-10-01-09-30-15_my_hw.ipynb": Named(
        "zoe_1", "", "my_hw.ipynb", time=TIME
    ),
    "hw_zoe_attempt_2026-10-01-09-30-15.txt": Named("zoe", time=TIME, kind=TEXT),
    "hw_zoe_attempt_2026-10-01-09-30-15_x_1_attempt_2026-01-01-09-30-15_hw.ipynb": Named(
        "zoe", "", "x_1_attempt_2026-01-01-09-30-15_hw.ipynb", time=TIME
    ),
    "hw_zoe_attempt_2026-13-01-09-30-15_hw.ipynb": Named("zoe", "", "hw.ipynb"),
    "hw_zoe_hw.ipynb": None,
}
FOLDER = {
    "student-017/a/hw.ipynb": Named("student-017", file="a/hw.ipynb"),
    "student-017_my_hw.ipynb": Named("student-017", file="student-017_my_hw.ipynb"),
    "student-017.tar.gz": Named("student-017", file="student-017.tar.gz"),
    "README.txt": None,
}
ALL = {"moodle": MOODLE, "canvas": CANVAS, "blackboard": BLACKBOARD, "folder": FOLDER}


@pytest.mark.parametrize(
    ("platform", "path", "named"),
    [(platform, path, named) for platform, paths in ALL.items() for path, named in paths.items()],
)
def test_names(platform, path, named):
    """Is each part of each platform's names read, in its first place only?"""
    assert read_name(platform, path, dict.fromkeys(["zoe_1", "1", "x_1"], "")) == named


def test_composed():
    """Is a name read alike, however its accents are written?"""
    read = [read_name("canvas", f"zo{e}_71_9001_hw.ipynb") for e in ("ë", "e\u0308")]
    assert read[0] == read[1]
    assert read[0].kind == FILE


@pytest.mark.parametrize("encoding", ["cp437", "cp1252", "utf-8"])
@pytest.mark.parametrize("name", ["Müller, jr._1_x.ipynb", "Åsa Ñ", "plain"])
def test_a_zip_that_does_not_say_how_it_writes(name, encoding):
    """Are names right that came from DOS, from Windows and from macOS?"""
    assert respelled(name.encode(encoding).decode("cp437")) == name


def test_what_no_code_page_has_stays():
    """Is a name left alone that the zip itself gave as UTF-8?"""
    assert respelled("漢字") == "漢字"


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("a-1.ipynb", ("a.ipynb", 1)),
        ("a-2026.ipynb", ("a-2026.ipynb", 0)),
        ("-1", ("-1", 0)),
        ("a-1.tar.gz", ("a-1.tar.gz", 0)),
    ],
)
def test_again(name, first):
    """Is a number behind a name counted, and a year left in it?"""
    assert handed_in_again(name) == first


@pytest.mark.parametrize("text", ["", "Name: nobody", "Comment: x\nName: Z (zoe)"])
def test_text_without_a_user(text):
    """Is a line ignored that the student can have written?"""
    assert user_of_text(text) == ""


@pytest.mark.parametrize(
    ("display", "name", "same"),
    [
        ("Müller Zoe", "Zoë Müller, jr.", True),
        ("mullerzoe", "Zoë Müller", True),
        ("Gruppe 3", "Zoë Müller", False),
        ("Team 3", "", True),
        ("李小龍", "小龍 李", True),
    ],
)
def test_bears(display, name, same):
    """Is a group's name told from a person's, in whatever order the parts stand?"""
    assert bears(display, name) == same
