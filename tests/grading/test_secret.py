"""Is there one secret for a course, kept from others and kept for good, and one per assignment?"""

import hashlib
import stat

import pytest

from course_utils.errors import CourseError
from course_utils.grading import secret
from course_utils.grading.secret import FILE, PREFIX, assignment_secret, commitment, course_secret


@pytest.fixture(autouse=True)
def without_environment(monkeypatch):
    monkeypatch.delenv("COURSE_SECRET", raising=False)


def test_the_secret_is_made_once(tmp_path):
    """Is the second answer the first one's?"""
    made = course_secret(tmp_path)
    assert len(made) == 64
    assert course_secret(tmp_path) == made


def test_only_its_owner_may_read_it(tmp_path):
    """Is the file closed to others?"""
    course_secret(tmp_path)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_an_empty_secret_is_none(tmp_path, monkeypatch):
    """Does a file that was cut off draw no cases that everybody could draw?"""
    monkeypatch.setattr(secret, "WRITTEN", 0.0)
    (tmp_path / FILE).touch()
    with pytest.raises(CourseError, match="is empty, so there is no secret: delete it"):
        assignment_secret(tmp_path, "lstm")


def test_a_secret_that_cannot_be_kept_is_told(tmp_path):
    """Is a folder that is not there named, without a traceback?"""
    with pytest.raises(CourseError, match="cannot be made"):
        course_secret(tmp_path / "nowhere")


def test_two_courses_have_two_secrets(tmp_path):
    """Is it drawn anew for each course?"""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert course_secret(tmp_path / "a") != course_secret(tmp_path / "b")
    assert assignment_secret(tmp_path / "a", "lstm") != assignment_secret(tmp_path / "b", "lstm")


def test_each_assignment_has_a_secret_of_its_own(tmp_path):
    """Does it follow from the course's and the name, and stay as it is?"""
    (tmp_path / FILE).write_text("k" * 64 + "\n")
    lstm = assignment_secret(tmp_path, "lstm")
    # printf lstm | openssl dgst -sha256 -hmac with 64 times k
    assert lstm == "5c5fd8e83a63849f92331e68a7e61450fba23d4ed0ea0cc39a4aada4a5312a19"
    assert assignment_secret(tmp_path, "convnet") != lstm
    assert course_secret(tmp_path) not in (lstm, assignment_secret(tmp_path, "convnet"))


def test_the_environment_stands_for_the_secret_of_the_assignment(tmp_path, monkeypatch):
    """Is what is set taken as it is, and no file made?"""
    monkeypatch.setenv("COURSE_SECRET", "given")
    assert assignment_secret(tmp_path, "lstm") == "given"
    assert not (tmp_path / FILE).exists()


def test_anybody_can_make_the_commitment(tmp_path):
    """Is it the SHA-256 of a fixed text and the secret?"""
    lstm = assignment_secret(tmp_path, "lstm")
    assert commitment(lstm) == hashlib.sha256(f"{PREFIX}{lstm}".encode()).hexdigest()
    assert commitment(lstm) != hashlib.sha256(lstm.encode()).hexdigest()
    assert commitment(lstm) != commitment(lstm[::-1])
