"""Does everybody's work get where it is graded, whatever the platform, whatever anybody packs?"""

import shutil
from datetime import datetime

import pytest
from nbgrader.api import Gradebook

from course_utils import cli
from course_utils.errors import CourseError
from course_utils.grading.intake.roster import Person, Roster, read_roster, write_roster
from course_utils.grading.platforms import due
from course_utils.grading.platforms.attempts import Attempt, counting, lay_out
from course_utils.grading.platforms.class_list import merge
from course_utils.grading.platforms.collect import collect
from course_utils.grading.platforms.downloads import tree_digest
from course_utils.grading.platforms.sheets import Entry
from tests.grading.batch.conftest import handed_in, root  # noqa: F401
from tests.grading.batch.small_class import COURSE, PADDING, ROUNDS_UP, SIZE, SLUG, hand_in
from tests.grading.platforms.downloaded import FILES, HW, SHEETS, kept, packed


def submitted(course):
    top = course / "submitted"
    return {
        path.relative_to(top).as_posix(): path.read_bytes()
        for path in sorted(top.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("platform", FILES)
def test_a_class_is_collected(platform, course, take):
    """Is each platform's zip taken in under the ids of its sheet, with what it knows of times?"""
    found = take(platform, FILES[platform], SHEETS[platform], clock="Europe/Berlin")
    assert submitted(course) == {f"s017/hw/{HW}": b"1", f"s018/hw/{HW}": b"2"}
    assert (found.missing, found.left_out, found.is_fine) == (["s019"], [], True)
    first = kept(course)["attempts"][0]
    assert (first["student"], first["attempt"], first["counts"]) == ("s017", 1, True)
    assert first["file"] == next(iter(FILES[platform]))
    assert first["late"] is (platform == "canvas")
    seconds = {"moodle": "00", "blackboard": "15", "canvas": None}[platform]
    assert first["time"] == (f"2026-10-01 07:30:{seconds} UTC" if seconds else "")
    assert (course / "times" / "hw.csv").exists() is bool(seconds)
    before = tree_digest(course)
    assert take(platform, FILES[platform], SHEETS[platform], clock="Europe/Berlin").new == 0
    assert tree_digest(course) == before


def test_folders(course, take, tmp_path):
    """Are folders of students taken, with another around them, and what is nobody's named?"""
    files = {f"all/s017/hw/{HW}": b"1", "all/s018/a.ipynb": b"2", "all/__MACOSX/x": b""}
    assert take("folder", files).left_out == []
    assert submitted(course) == {f"s017/hw/{HW}": b"1", "s018/hw/a.ipynb": b"2"}
    (tmp_path / "loose").mkdir()
    (tmp_path / "loose" / "s019_hw.ipynb").write_bytes(b"3")
    (tmp_path / "loose" / "README").write_bytes(b"")
    (tmp_path / "loose" / "s020.ipynb").symlink_to("/etc/passwd")
    found = collect(course, course, "hw", "folder", [tmp_path / "loose"])
    assert submitted(course)["s019/hw/s019_hw.ipynb"] == b"3"
    assert not (course / "submitted" / "s020").exists()
    assert len(found.left_out) == 2


def again(day, text):
    return {f"hw_s017_attempt_2026-10-0{day}-09-30-15_{HW}": text}


def test_a_second_download(course, take):
    """Does a later attempt replace an earlier one, and an earlier one that comes late does not?"""
    take("blackboard", again(3, b"third"))
    take("blackboard", again(1, b"first") | again(4, b"fourth"), archive="more.zip")
    assert submitted(course) == {f"s017/hw/{HW}": b"fourth"}
    top = course / "attempts" / "hw" / "s017"
    assert [(top / n / HW).read_bytes() for n in "123"] == [b"first", b"third", b"fourth"]
    assert [one["counts"] for one in kept(course)["attempts"]] == [False, False, True]
    assert "s017,2026-10-04 09:30:15 UTC" in (course / "times" / "hw.csv").read_text()
    assert [path.name for path in (course / "attempts").iterdir()] == ["hw"]


def test_handed_in_again_on_canvas(course, take):
    """Are -1 and -2 attempts, and does the notebook have its own name where it is graded?"""
    names = {"x_71_9001_hw.ipynb": b"1", "x_71_9005_hw-2.ipynb": b"3", "x_71_9003_hw-1.ipynb": b"2"}
    assert take("canvas", names | {"x_71_9006_data.csv": b"d"}).given == 3
    assert submitted(course) == {f"71/hw/{HW}": b"3", "71/hw/data.csv": b"d"}


def test_what_was_there_before_is_kept(course, take):
    """Is what another way brought into the folder an attempt, and not lost?"""
    there = course / "submitted" / "s017" / "hw" / HW
    there.parent.mkdir(parents=True)
    there.write_bytes(b"elsewhere")
    take("blackboard", again(1, b"1"))
    assert there.read_bytes() == b"1"
    assert (course / "attempts" / "hw" / "s017" / "1" / HW).read_bytes() == b"elsewhere"


def test_what_you_mended_stays(course, take):
    """Is a notebook left alone that was mended where it is graded, until there is a new attempt?"""
    take("blackboard", again(1, b"1"))
    there = course / "submitted" / "s017" / "hw" / HW
    there.write_bytes(b"mended")
    assert take("blackboard", again(1, b"1")).new == 0
    assert there.read_bytes() == b"mended"
    take("blackboard", again(2, b"2"), archive="second.zip")
    assert there.read_bytes() == b"2"
    assert [one["archive"] for one in kept(course)["attempts"]] == [
        "all.zip", "submitted", "second.zip",
    ]  # fmt: skip


def test_what_was_cut_off_is_gone_on_with(course, take):
    """Does a collection that was killed before it wrote anything down lose and double nothing?"""
    take("blackboard", again(1, b"1") | again(2, b"2"))
    before = kept(course)
    (course / "collected" / "hw.json").unlink()
    assert take("blackboard", again(1, b"1") | again(2, b"2")).new == 0
    assert kept(course) == before


def test_an_older_sheet_makes_nobody_early(course, take):
    """Is the time of the first attempt, which the sheet still has, not taken for the second's?"""
    take("moodle", FILES["moodle"], SHEETS["moodle"])
    changed = {name: data + b"+" for name, data in FILES["moodle"].items()}
    found = take("moodle", changed, SHEETS["moodle"], archive="second.zip")
    assert [one.time for one in found.attempts["s017"]] == ["2026-10-01 09:30:00 UTC", ""]
    assert "s017" in found.untimed
    assert "s017" not in (course / "times" / "hw.csv").read_text()


def test_who_is_not_on_the_list(course, take, capsys, tmp_path):
    """Are those who left, who are unknown, and who are missing told apart, with exit code 1?"""
    write_roster(course, [Person("s017", dropped=True), Person("s018"), Person("s019", "Ö", "A")])
    files = {f"{student}/{HW}": b"1" for student in ("s017", "s018", "\x1b[2Js")}
    (tmp_path / "all.zip").write_bytes(packed(files | {f"s099/{HW}": b"1"}))
    words = ["--course", str(course), "collect", "hw", "--from", "folder"]
    assert cli.main([*words, str(tmp_path / "all.zip")]) == 1
    out = capsys.readouterr().out
    rows = {" ".join(line.split()) for line in out.splitlines()}
    assert {
        "on the list 2", "handed in 1", "did not 1 s019 A Ö", "dropped, not graded 1 s017",
        "not on the list, not graded 1 s099",
    } <= rows  # fmt: skip
    assert "\\x1b[2Js" in out
    assert "\x1b" not in out


def test_groups(course, take):
    """Is a group's work given to nobody whose number is the group's, and named?"""
    files = {
        f"Team 3_4712_assignsubmission_file_/{HW}": b"group",
        f"Default group_assignsubmission_file_/{HW}": b"group",
    }
    found = take("moodle", FILES["moodle"] | files, SHEETS["moodle"])
    assert b"group" not in submitted(course).values()
    assert len(found.left_out) == 2
    assert all("a group handed in" in what for what in found.left_out)


def test_blind_marking(course, take):
    """Are participants known by their numbers, where all have one name?"""
    files = {f"Participant_{key}_assignsubmission_file_/{HW}": b"1" for key in (4711, 4712)}
    assert take("moodle", files, SHEETS["moodle"]).left_out == []
    assert [*submitted(course)] == [f"s017/hw/{HW}", f"s018/hw/{HW}"]


def test_a_number_is_nobodys_id(course, take):
    """Does a participant's number give nobody the place of a student with that number for an id?"""
    write_roster(course, [Person("4711")])
    found = take("moodle", FILES["moodle"])
    assert sorted(found.attempts) == ["4712", "moodle-4711"]


def test_names_where_no_list_has_the_numbers(course, take):
    """Is somebody known by a name that is the only one, and nobody by one that two have?"""
    write_roster(course, [Person("s1", "Müller, jr.", "Zoë"), Person("s2", "B", "Ada"),
                          Person("s3", "B", "Ada")])  # fmt: skip
    found = take("moodle", FILES["moodle"], encoding="cp437")
    assert (found.by_name, sorted(found.attempts)) == (["s1"], ["4712", "s1"])


def test_the_list_may_come_later(course, take):
    """Does what was collected under a number get its id when the list says whose it is?"""
    take("moodle", FILES["moodle"])
    assert [*submitted(course)] == [f"4711/hw/{HW}", f"4712/hw/{HW}"]
    assert take("moodle", FILES["moodle"], SHEETS["moodle"]).new == 0
    assert [*submitted(course)] == [f"s017/hw/{HW}", f"s018/hw/{HW}"]
    assert [one["student"] for one in kept(course)["attempts"]] == ["s017", "s018"]


def test_bad_archives_cost_only_themselves(course, take, tmp_path):
    """Are bombs, links and ways out named, and everybody else collected?"""
    bomb = packed({"a.ipynb": b"\0" * 60_000_000})
    files = {
        f"s001/{HW}": b"good",
        "s002/a.zip": bomb,
        "s003/b.zip": b"PK\x03\x04",
        "s004/c.zip": packed({"../../../escaped.txt": b"x", f"in/{HW}": b"good"}),
        "../../escaped.txt": b"x",
        "s\u202e5/hw.ipynb": b"x",
    }
    found = take("folder", files)
    assert submitted(course) == {f"s001/hw/{HW}": b"good", f"s004/hw/{HW}": b"good"}
    assert len(found.left_out) == 5
    assert not [*tmp_path.rglob("escaped.txt")]


def test_what_is_laid_out(tmp_path):
    """Are folders around everything left out, and a time that the student wrote?"""
    there = tmp_path / "1"
    there.mkdir()
    inner = packed({"in/hw-1.ipynb": b"1", "in/data/x.csv": b"2", "in/timestamp.txt": b"2001"})
    (there / "all.zip").write_bytes(inner)
    lay_out(there, tmp_path / "out", "hw", pytest.fail)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {HW, "data"}


def tried(*times, late=()):
    return [
        Attempt("s", number, time=time and f"2026-10-0{time} 12:00:00 UTC", late=number in late)
        for number, time in enumerate(times, start=1)
    ]


@pytest.mark.parametrize(
    ("attempts", "rule", "counts"),
    [
        (tried("1", "2", "5"), "last", 3),
        (tried("1", "2", "5"), "last-in-time", 2),
        (tried("4", "5"), "last-in-time", 1),
        (tried("", "", late=[2]), "last-in-time", 1),
        (tried("1", "2", late=[1, 2]), "last-in-time", 2),
        (tried("1", "2", "5"), "best", 2),
    ],
)
def test_which_attempt_counts(attempts, rule, counts):
    """Is it the one that the rule says, and of two alike the last?"""
    scores = {1: 1.0, 2: 1.0, 3: 0.5}
    assert (
        counting(attempts, rule, datetime(2026, 10, 3), lambda one: scores[one.attempt]) == counts
    )


def test_own_deadlines(course, take, monkeypatch):
    """Does an extension make an attempt one in time, and the class's date the others late?"""
    monkeypatch.setattr(due, "due_date", lambda *_: datetime(2026, 10, 2))
    (course / "deadlines").mkdir()
    (course / "deadlines" / "hw.csv").write_text("student,due\ns018,2026-10-05 00:00 UTC\n")
    both = again(1, b"1") | again(4, b"4")
    both |= {name.replace("s017", "s018"): data for name, data in both.items()}
    assert take("blackboard", both).late == ["s017"]
    assert take("blackboard", both, rule="last-in-time").late == []
    assert submitted(course) == {f"s017/hw/{HW}": b"1", f"s018/hw/{HW}": b"4"}


@pytest.mark.slow
def test_the_best_attempt_is_found_by_grading(root, tmp_path):  # noqa: F811
    """Does the attempt count that is worth most, and is the class left as it was?"""
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        gradebook.update_or_create_assignment(SLUG, duedate="2026-10-02 00:00 UTC")
    files = {}
    for turn, size in ((1, SIZE), (3, ROUNDS_UP)):
        path = hand_in(root, "student-001", size, PADDING)
        name = f"hw_student-001_attempt_2026-10-0{turn}-09-30-15_{path.name}"
        files[name] = path.read_bytes()
    (tmp_path / "all.zip").write_bytes(packed(files))
    shutil.rmtree(root / "submitted" / "student-001")
    found = collect(COURSE, root, SLUG, "blackboard", [tmp_path / "all.zip"])
    assert [one.counts for one in found.attempts["student-001"]] == [False, True]
    assert found.late == ["student-001"]
    before = (root / "gradebook.db").read_bytes()
    found = collect(COURSE, root, SLUG, "blackboard", [tmp_path / "all.zip"], rule="best")
    assert [one.counts for one in found.attempts["student-001"]] == [True, False]
    assert (root / "gradebook.db").read_bytes() == before


ZOE = Person("s017", "Müller", "Zoë", "z@x.edu", keys={"moodle": "11"})


@pytest.mark.parametrize(
    ("entry", "ids"),
    [
        (Entry("21", ("s017", "z")), ["s017"]),
        (Entry("21", ("z", "21"), email="Z@x.edu"), ["s017"]),
        (Entry("11", ("z", "11")), ["s017"]),
        (Entry("21", ("s017",), email="s017@elsewhere.edu"), ["s017", "21"]),
        (Entry("22", ("other", "22"), email="o@x.edu"), ["s017", "other"]),
        (Entry("22", ("Z@x.edu", "22")), ["s017"]),
    ],
)
def test_who_is_who(entry, ids):
    """Is somebody known by id or address, and is another's name before an @ nobody's id?"""
    entry = Entry(entry.key, (*entry.ids, entry.key), email=entry.email)
    merged = merge(Roster({"s017": ZOE}), [entry], "moodle")
    assert [person.id for person in merged.people] == ids


def test_folders_may_have_any_name_of_the_list(course, take):
    """Is a folder found that is called by the login, and not one that is called by another's id?"""
    sheet = "id,username,email\ns017,zoe,z@x.edu\ns018,s019,a@x.edu\ns019,x,b@x.edu\n"
    found = take("folder", {f"zoe/{HW}": b"1", f"s019/{HW}": b"2"}, sheet)
    assert sorted(found.attempts) == ["s017", "s019"]


def test_a_user_is_not_somebody_with_that_id(course, take):
    """Does who logs in with another's id not hand in for that one?"""
    write_roster(course, [Person("s017", keys={"blackboard": "zoe"})])
    found = take("blackboard", again(1, b"1"))
    assert [*found.attempts] == ["blackboard-s017"]


def test_the_list_is_kept_up_to_date(course, take):
    """Does a sheet fill empty names only, who left stays so, and is who is missing not removed?"""
    write_roster(course, [Person("s017", "Own"), Person("s018", dropped=True), Person("x")])
    found = take("moodle", FILES["moodle"], SHEETS["moodle"])
    people = read_roster(course).people
    assert (people["s017"].name, people["s017"].keys) == ("Own", {"moodle": "4711"})
    assert (people["s018"].name, people["s018"].dropped) == ("Ada B", True)
    assert submitted(course)[f"s017/hw/{HW}"] == b"1"
    assert (found.merged.new, found.merged.gone) == (["s019"], ["x"])


@pytest.mark.parametrize(
    ("slug", "options", "says"),
    [
        ("hww", {}, "there is no assignment 'hww': did you mean 'hw'"),
        ("hw", {"clock": "Europe/Berln"}, "did you mean 'Europe/Berlin'"),
        ("hw", {}, "named as Canvas names what was handed in: there is 1 file, the first"),
    ],
)
def test_trouble_changes_nothing(slug, options, says, course, tmp_path):
    """Is it said in one line what to do, before anything is written?"""
    (tmp_path / "x.zip").write_bytes(packed({"x.ipynb": b""}))
    before = tree_digest(course)
    with pytest.raises(CourseError, match=says):
        collect(course, course, slug, "canvas", [tmp_path / "x.zip"], **options)
    assert tree_digest(course) == before
