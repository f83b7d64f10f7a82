"""Does a platform know every page in a zip, and is the zip the same each time?"""

import re
import zipfile

import pytest

from course_utils.grading.platforms.feedback_zip import own_names, page_name, write_zip
from course_utils.grading.platforms.names import read_name

SLUG = "lstm"
DOWNLOADED = {
    "moodle": [
        "Zoë Möller_4711_assignsubmission_file/answers.ipynb",
        "Zoë Möller_4711_assignsubmission_file_/a/b/answers.ipynb",
        "class/Participant_4711_assignsubmission_file_/x_9_assignsubmission_file_/answers.ipynb",
        "Participant_4711_assignsubmission_file_answers.ipynb",
        "=cmd()|' :C_4711_assignsubmission_file_/answers.ipynb",
    ],
    "canvas": [
        "doejane_4711_9001_answers.ipynb",
        "download/doejane_LATE_4711_9001_answers-2.ipynb",
        "anon_4711_9001_1_2_answers.ipynb",
        "4711_9001_answers.ipynb",
    ],
}


def moodle_reads(path):
    """Return the participant's number that Moodle reads from a path, and the file's name."""
    parts = path.split("/")
    while parts:
        info = parts.pop(0).split("_", 4)
        if len(info) >= 4 and info[1].isdigit() and info[2:4] == ["assignsubmission", "file"]:
            return info[1], "/".join([*info[4:], *parts]).lstrip("/")
    return None


def canvas_reads(path):
    """Return the numbers of the student and of the file that Canvas reads from a path."""
    parts = [part for part in path.rpartition("/")[2].split("_") if part != "LATE"]
    if parts[-1].startswith("link"):
        return None
    numbers = [part for part in parts if re.fullmatch(r"\d+", part)]
    return tuple(parts[1:3] if parts[0] == "anon" else numbers[:2])


@pytest.mark.parametrize("downloaded", DOWNLOADED["moodle"])
def test_moodle_knows_the_participant(downloaded):
    """Does a page go to whose file it answers, in each way that Moodle names files?"""
    name = page_name("moodle", SLUG, downloaded)
    assert moodle_reads(name) == ("4711", "lstm.html")
    assert read_name("moodle", name).key == "4711"
    assert name.count("/") == ("file_answers" not in downloaded)
    assert not set(name) & set('\\:*?"<>|')


@pytest.mark.parametrize("slug", [SLUG, "links-and-gates"])
@pytest.mark.parametrize("downloaded", DOWNLOADED["canvas"])
def test_canvas_knows_the_file_that_was_handed_in(downloaded, slug):
    """Does a page go to whose file it answers, in each way that Canvas names files?"""
    name = page_name("canvas", slug, downloaded)
    assert canvas_reads(name) == ("4711", "9001")
    assert "/" not in name
    assert ("LATE" in name) == ("LATE" in downloaded)


@pytest.mark.parametrize("name", ["doe_70_", "70_", "doe_4711_", "_70_"])
@pytest.mark.parametrize("late", ["", "LATE_"])
def test_canvas_takes_no_number_of_a_name_for_the_students(name, late):
    """Does a page go to its student whose name has a number in it?"""
    made = page_name("canvas", SLUG, f"{name}{late}4712_9001_3_answers.ipynb", "4712")
    assert canvas_reads(made) == ("4712", "9001")


@pytest.mark.parametrize("name", ["Zoë Möller", "a_9_b", "../..", ".x", "\u202e\n", ""])
def test_who_came_otherwise_is_known_to_moodle_by_the_number(name):
    """Is a name made up where nothing was downloaded, whatever the student is called?"""
    made = page_name("moodle", SLUG, "", "4712", name)
    assert moodle_reads(made) == ("4712", "lstm.html")
    assert (made.count("/"), made.isprintable()) == (1, True)


@pytest.mark.parametrize(
    ("platform", "downloaded"),
    [("canvas", ""), ("canvas", "answers.ipynb"), ("moodle", ""), ("moodle", "4711/answers.ipynb")],
)
def test_no_name_is_better_than_one_that_is_not_known(platform, downloaded):
    """Is a page left out that the platform would pass over?"""
    assert page_name(platform, SLUG, downloaded) == ""


def test_a_name_is_one_students_alone():
    """Is nobody's page put in another's place, and none called so that it is passed over?"""
    names = {"a": "X.html", "b": "x.html", "c": "c.html", "d": "", "e": ".e.html", "f": "~f"}
    assert own_names(names) == {"c": "c.html"}


def test_the_zip_is_the_same_each_time(tmp_path):
    """Does a zip depend on nothing but its pages, with names in UTF-8?"""
    pages = {}
    for name in ("Zoë_1_assignsubmission_file_/p.html", "a_2_assignsubmission_file_/p.html"):
        pages[name] = tmp_path / f"{len(pages)}.html"
        pages[name].write_text(name, encoding="utf-8")
    first, second = tmp_path / "1.zip", tmp_path / "2.zip"
    write_zip(first, pages)
    pages = dict(reversed(pages.items()))
    write_zip(second, pages)
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        assert archive.namelist() == sorted(pages)
        assert archive.read("Zoë_1_assignsubmission_file_/p.html").decode().startswith("Zoë")
        assert any(member.flag_bits & 0x800 for member in archive.infolist())
    assert [path.name for path in tmp_path.glob("*.draft")] == []
