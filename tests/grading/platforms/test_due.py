"""Is late who was late, by whatever a platform says of times?"""

from datetime import datetime

import pytest

from course_utils.grading.intake.deadlines import extend
from course_utils.grading.intake.times import record_time
from course_utils.grading.platforms import due
from course_utils.grading.platforms.collect import collect
from course_utils.grading.platforms.summary import to_text
from tests.grading.platforms.downloaded import FILES, SHEETS, kept, packed

DUE = datetime(2026, 10, 1, 9, 30)


@pytest.mark.parametrize(
    ("due_at", "status", "time", "late"),
    [
        (DUE, "Submitted for grading", "09:30:00", False),
        (DUE, "Submitted for grading - 1 sec late", "09:30:59", True),
        (DUE, "Zur Bewertung abgegeben - 59 Sekunden zu spät", "09:30:59", True),
        (DUE, "Submitted for grading - Extension granted until: 2 May", "09:30:00", False),
        (DUE.replace(second=59), "Submitted for grading - 1 sec late", "09:31:00", True),
        (DUE.replace(minute=29), "Submitted for grading - 1 min late", "09:30:00", True),
        (DUE.replace(minute=31), "Submitted for grading - 1 min late", "09:30:00", False),
    ],
)
def test_late_within_a_minute(due_at, status, time, late, course, take, monkeypatch):
    """Is Moodle's mark enough where its time, which has no seconds, would be in time?"""
    monkeypatch.setattr(due, "due_date", lambda *_: due_at)
    head, line = SHEETS["moodle"].splitlines()[:2]
    sheet = f"{head},Status\n{line},{status}\n"
    found = take("moodle", FILES["moodle"], sheet)
    first = kept(course)["attempts"][-1]
    assert (first["student"], first["time"]) == ("s017", f"2026-10-01 {time} UTC")
    assert first["late"] is status.endswith(("late", "zu spät"))
    assert ("s017" in found.late, "s017" in found.late_there) == (late, first["late"] and not late)
    assert found.late_here == []


def test_an_extension_that_is_not_known_here(course, take, monkeypatch):
    """Is it said of whom Moodle does not say late, and the due date does, until there is one?"""
    monkeypatch.setattr(due, "due_date", lambda *_: DUE.replace(hour=8))
    head, line = SHEETS["moodle"].splitlines()[:2]
    sheet = f"{head},Status\n{line},Submitted for grading - Extension granted until: 2 May\n"
    says = to_text(take("moodle", FILES["moodle"], sheet))
    assert "In time by Moodle, and late by the due date here: s017. Who has" in says
    extend(course, "hw", "s017", "2026-10-02 00:00 Europe/Berlin")
    assert "In time by" not in to_text(take("moodle", FILES["moodle"], sheet))


def test_a_due_date_that_comes_later(course, take, monkeypatch):
    """Is it one attempt, and late, if there was no due date when it was collected first?"""
    head, line = SHEETS["moodle"].splitlines()[:2]
    sheet = f"{head},Status\n{line},Submitted for grading - 1 sec late\n"
    take("moodle", FILES["moodle"], sheet)
    monkeypatch.setattr(due, "due_date", lambda *_: DUE)
    found = take("moodle", FILES["moodle"], sheet)
    assert [one.time for one in found.attempts["s017"]] == ["2026-10-01 09:30:59 UTC"]
    assert found.late == ["s017"]


def test_a_sheet_is_of_the_last_download(course, take, tmp_path):
    """Do two downloads give Moodle's time to what was handed in last?"""
    changed = {name: data + b"+" for name, data in FILES["moodle"].items()}
    (tmp_path / "first.zip").write_bytes(packed(FILES["moodle"]))
    (tmp_path / "last.zip").write_bytes(packed(changed))
    (tmp_path / "sheet.csv").write_text(SHEETS["moodle"], encoding="utf-8")
    zips = [tmp_path / "first.zip", tmp_path / "last.zip"]
    found = collect(course, course, "hw", "moodle", zips, roster=tmp_path / "sheet.csv")
    assert [one.time for one in found.attempts["s017"]] == ["", "2026-10-01 09:30:00 UTC"]


def test_times_in_another_language(take):
    """Is it said that the sheet has times, and that none can be read?"""
    sheet = SHEETS["moodle"].replace("1 October 2026", "1 février 2026")
    found = take("moodle", FILES["moodle"], sheet)
    assert "cannot be read: 1, the first 'Thursday, 1 février" in to_text(found)


def test_late_without_a_time(course, take):
    """Is it said of who is LATE on Canvas that nothing is taken off, until there is a time?"""
    says = to_text(take("canvas", FILES["canvas"], SHEETS["canvas"]))
    assert "LATE by Canvas, without a time: s017. Nothing is taken off" in says
    record_time(course, "hw", "s017", DUE)
    found = take("canvas", FILES["canvas"], SHEETS["canvas"])
    assert (found.late, "LATE by" in to_text(found)) == (["s017"], False)
