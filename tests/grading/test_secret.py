"""Is there one secret for a course, kept from others and kept for good?"""

import stat

from course_utils.grading.secret import FILE, course_secret


def test_the_secret_is_made_once(tmp_path):
    """Is the second answer the first one's?"""
    secret = course_secret(tmp_path)
    assert len(secret) == 64
    assert course_secret(tmp_path) == secret


def test_only_its_owner_may_read_it(tmp_path):
    """Is the file closed to others?"""
    course_secret(tmp_path)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_two_courses_have_two_secrets(tmp_path):
    """Is it drawn anew for each course?"""
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    assert course_secret(tmp_path / "a") != course_secret(tmp_path / "b")
