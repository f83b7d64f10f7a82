"""Is everybody's due date the right moment, in every zone and on the days when clocks change?"""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.errors import CourseError
from course_utils.grading.intake.deadlines import (
    after,
    due_of,
    extend,
    later,
    read_date,
    read_deadlines,
    withdraw,
    written,
)

SLUG = "lstm"
BERLIN = "Europe/Berlin"


@pytest.mark.parametrize(
    ("text", "zone", "day", "hour", "minute"),
    [
        ("2026-10-01 12:00 UTC", "", 1, 12, 0),
        ("2026-10-01T12:00Z", "", 1, 12, 0),
        ("2026-10-1 9:05 Europe/Berlin", "", 1, 7, 5),
        ("2026-10-01 12:00 +02:00", "", 1, 10, 0),
        ("2026-10-01 12:00+0530", "", 1, 6, 30),
        ("2026-10-01 23:59 America/New_York", BERLIN, 2, 3, 59),
        (" 2026-10-01 12:00 ", BERLIN, 1, 10, 0),
        ("2026-10-25 02:30 Europe/Berlin", "", 25, 1, 30),  # the second of two
        ("2026-10-25 03:00 Europe/Berlin", "", 25, 2, 0),
        ("2026-10-25 01:59 Europe/Berlin", "", 24, 23, 59),
    ],
)
def test_a_date_is_read_in_its_zone(text, zone, day, hour, minute):
    """Is it that moment in UTC, in summer, in winter and in the hour that comes twice?"""
    assert read_date(text, zone) == datetime(2026, 10, day, hour, minute)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2026-10-01 12:00", "names no time zone"),
        ("2026-10-01", "is no date: write one as in 2026-10-01 12:00 Europe/Berlin"),
        ("01.10.2026 12:00 UTC", "is no date"),
        ("2026-02-30 12:00 UTC", "is no date: day is out of range"),
        ("2026-10-01 24:00 UTC", "is no date: hour must be"),
        ("2026-10-01 12:00 Europe/Berln", "did you mean 'Europe/Berlin'"),
        ("2026-10-01 12:00 CEST", "'CEST' is no time zone"),
        ("2026-10-01 12:00 Europe", "'Europe' is no time zone"),
        ("2026-10-01 12:00 ../../etc/passwd", "is no time zone"),
        ("2026-10-01 12:00 +99:00", "is no time zone"),
        ("2027-03-28 02:30 Europe/Berlin", "is not on the clocks in Europe/Berlin"),
        ("0001-01-01 00:30 +02:00", "no due date is in the year 1"),
        ("", "is no date"),
    ],
)
def test_what_is_no_moment_is_refused(text, says):
    """Is it said what is wrong with a date?"""
    with pytest.raises(CourseError, match=says) as caught:
        read_date(text)
    assert "\n" not in str(caught.value)


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)),
    st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]),
)
def test_what_is_written_is_read(date, zone):
    """Does a date that is shown in a zone mean the moment that it was, or the later of two?"""
    date = date.replace(microsecond=0)
    read = read_date(written(date, zone))
    local = date.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    assert read == date or (local.fold == 0 and timedelta(0) < read - date <= timedelta(hours=1))


@pytest.mark.parametrize(
    ("span", "zone", "expected"),
    [
        ("+48h", BERLIN, "2026-10-26 11:00 Europe/Berlin"),
        ("+2d", BERLIN, "2026-10-26 12:00 Europe/Berlin"),
        ("+2d", "", "2026-10-26 11:00 Europe/Berlin"),
        ("+0d", BERLIN, "2026-10-24 12:00 Europe/Berlin"),
    ],
)
def test_a_span_over_the_day_on_which_clocks_change(span, zone, expected):
    """Do days keep the time of day where a zone is known, and hours their number?"""
    due = read_date("2026-10-24 12:00 Europe/Berlin")
    assert written(after(due, span, zone), BERLIN) == expected


@pytest.mark.parametrize("span", ["48h", "+h", "-3d", "+3w", "+3d 2h", "+99999d", "2026-10-01"])
def test_what_is_no_span(span):
    """Is anything else left to be read as a date?"""
    assert after(datetime(2026, 10, 1), span) is None


def test_a_date_of_ones_own_never_shortens(tmp_path):
    """Does the later date count, and the one that there is where there is one?"""
    assert due_of(tmp_path, SLUG, "student-001") is None
    due = datetime(2026, 10, 1, 12)
    extend(tmp_path, SLUG, "student-001", "2026-09-30 12:00 UTC")
    extend(tmp_path, SLUG, "student-002", "2026-10-02 12:00 UTC")
    assert due_of(tmp_path, SLUG, "student-001", due) == due
    assert due_of(tmp_path, SLUG, "student-002", due) == due + timedelta(days=1)
    assert due_of(tmp_path, SLUG, "student-003", due) == due
    assert due_of(tmp_path, SLUG, "student-002") == due + timedelta(days=1)
    assert later(None, None) is None


def test_extensions_are_given_and_taken_back(tmp_path):
    """Do ids with commas and umlauts, and columns of the instructor's own, survive?"""
    path = extend(tmp_path, SLUG, "Ünal, jr.", "2026-10-02 12:00 Europe/Berlin")
    text = path.read_text(encoding="utf-8")
    assert text == 'student,due\n"Ünal, jr.",2026-10-02 12:00 Europe/Berlin\n'
    path.write_text(f"{text.replace('due', 'due,why', 1).rstrip()},=ill\n", encoding="utf-8")
    extend(tmp_path, SLUG, "student-001", "2026-10-03 12:00 UTC")
    extend(tmp_path, SLUG, "student-001", "2026-10-04 12:00 UTC")
    assert read_deadlines(tmp_path, SLUG) == {
        "Ünal, jr.": datetime(2026, 10, 2, 10),
        "student-001": datetime(2026, 10, 4, 12),
    }
    assert "Europe/Berlin,=ill\n" in path.read_text(encoding="utf-8")
    withdraw(tmp_path, SLUG, "Ünal, jr.")
    assert [*read_deadlines(tmp_path, SLUG)] == ["student-001"]
    assert [one.name for one in path.parent.iterdir()] == [path.name]
    with pytest.raises(CourseError, match=r"'Ünal, jr\.' has no extension"):
        withdraw(tmp_path, SLUG, "Ünal, jr.")


def test_a_spreadsheets_file_is_read(tmp_path):
    """Is a file read that Excel wrote on Windows, in its encoding and with its semicolons?"""
    path = tmp_path / "deadlines" / f"{SLUG}.csv"
    path.parent.mkdir()
    path.write_bytes("student;due\r\n Zoë – 1 ;2026-10-02 12:00 UTC\r\n".encode("cp1252"))
    assert read_deadlines(tmp_path, SLUG) == {"Zoë – 1": datetime(2026, 10, 2, 12)}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("student,until\na,b\n", "no column is called due"),
        ("student,due\na\n", "extension 1 has more or fewer fields"),
        ("student,due\na,2026-10-02 12:00 UTC,x\n", "extension 1 has more or fewer fields"),
        ("student,due\na,2026-10-02 12:00\n", "extension 1: .*names no time zone"),
        ("student,due\na,2026-10-02 1:00 UTC\na ,2026-10-03 1:00 UTC\n", "'a' is in it twice"),
        ('student,due\n"a,b\n', "cannot be read"),
    ],
)
def test_what_makes_no_sense_is_named(text, says, tmp_path):
    """Is each fault of a file told with its place, before anybody is graded by it?"""
    path = tmp_path / "deadlines" / f"{SLUG}.csv"
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(CourseError, match=says):
        read_deadlines(tmp_path, SLUG)
