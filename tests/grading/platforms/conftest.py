"""A course with one assignment, into which downloads are collected."""

import pytest

from course_utils.grading.platforms.collect import collect
from tests.grading.platforms.downloaded import packed


@pytest.fixture
def course(tmp_path):
    """A course with one assignment."""
    folder = tmp_path / "course"
    (folder / "exercises" / "hw").mkdir(parents=True)
    (folder / "nbgrader_config.py").write_text("c = get_config()\n")
    return folder


@pytest.fixture
def take(course, tmp_path):
    """Collect files as one zip, with a sheet if there is one."""

    def run(platform, files, sheet="", encoding="", archive="all.zip", **options):
        (tmp_path / archive).write_bytes(packed(files, encoding))
        if sheet:
            (tmp_path / "sheet.csv").write_text(sheet, encoding="utf-8")
            options["roster"] = tmp_path / "sheet.csv"
        return collect(course, course, "hw", platform, [tmp_path / archive], **options)

    return run
