"""Is a record that is not what was written read as none, whatever is in it?"""

import json

import pytest

from course_utils.errors import CourseError
from course_utils.grading.batch.records import Record, Records

WHOLE = Record(
    cells=[[{"output_type": "stream", "name": "stdout", "text": "7\n"}], []],
    tests={"a": ("key", [{"output_type": "execute_result", "execution_count": 1,
                          "metadata": {}, "data": {"text/plain": "1.5"}}])},
    faults=["a"], tier="namespaces", scores={"a": 1.5, "b": None, "c": 2},
    written={"notebook": "x"},
)  # fmt: skip


@pytest.fixture
def records(tmp_path):
    return Records(tmp_path, "slug")


def test_a_record_is_what_was_saved(records):
    """Is nothing of it lost or changed?"""
    records.save("student-001", WHOLE)
    assert records.load("student-001") == WHOLE
    records.save("student-001", Record())
    assert records.load("student-001") == Record()


@pytest.mark.parametrize("name", ["student-001.json", "student-001.draft"])
def test_a_folder_in_the_place_of_a_record(records, name):
    """Is it read as none, and does a record take its place?"""
    (records.folder / name / "inner").mkdir(parents=True)
    assert records.load("student-001") == Record()
    records.save("student-001", WHOLE)
    assert records.load("student-001") == WHOLE


@pytest.mark.parametrize("place", ["records", "records/slug"])
def test_a_file_in_the_place_of_the_folder(records, tmp_path, place):
    """Is it named, with what to do?"""
    (tmp_path / place).parent.mkdir(exist_ok=True)
    (tmp_path / place).write_text("")
    says = "is no folder, and records are kept there: delete it"
    with pytest.raises(CourseError, match=says), records.locked():
        pass


DAMAGES = [
    ("cells", [None, 3, {}, [3], [[3]], [[{}]], [[{"output_type": "no"}]], [[[]]], ["ab"]]),
    ("cells", [[[{"output_type": "stream", "name": "stdout"}]], [[{"output_type": "stream", "name":
      "stdout", "text": 3}]], [[{"output_type": "display_data", "metadata": {}, "data": 3}]]]),
    ("tests", [None, [], {"a": 3}, {"a": []}, {"a": ["key"]}, {"a": ["key", 3]}, {"a": [3, []]},
      {"a": ["key", [], []]}, {"a": ["key", [{}]]}, {"a": ["key", ["x"]]}]),
    ("faults", [None, 3, "a", {}, [3], [None], [["a"]]]),
    ("tier", [None, 3, [], {}]),
    ("scores", [None, 3, [], "a", {"a": "1"}, {"a": True}, {"a": [1]}, {"a": {}},
      {"a": float("nan")}, {"a": float("inf")}]),
    ("written", [None, 3, [], "", {"a": 3}, {"a": None}, True]),
    ("version", [None, 1, "2", True, 2.0, []]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, values in DAMAGES for value in values], ids=repr
)
def test_a_value_of_another_shape(records, field, value):
    """Is valid JSON that no record can be read as no record, and never fails later?"""
    records.save("student-001", WHOLE)
    path = records.folder / "student-001.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {field: value}))
    assert records.load("student-001") == Record()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "3",
        "null",
        "[]",
        "{}",
        '"a"',
        '{"version": 2}',
        "[" * 100_000,
        "\x00",
        '{"version": 2, ',
    ],
)
def test_another_file(records, text):
    """Is what is no record at all none, be it empty, cut, or too deep?"""
    records.save("student-001", WHOLE)
    (records.folder / "student-001.json").write_text(text)
    assert records.load("student-001") == Record()


@pytest.mark.parametrize("change", ["a field more", "a field less"])
def test_other_fields(records, change):
    """Is a record of another version of the course none?"""
    records.save("student-001", WHOLE)
    path = records.folder / "student-001.json"
    data = json.loads(path.read_text())
    data |= {"more": 1}
    if change == "a field less":
        del data["more"], data["written"]
    path.write_text(json.dumps(data))
    assert records.load("student-001") == Record()


def test_what_was_only_run_is_kept_beside(records):
    """Is it another record, that of no student, and removed alone?"""
    beside = records.previews()
    records.save("student-001", WHOLE)
    beside.save("student-001", Record(tier="none"))
    assert records.load("student-001") == WHOLE
    assert beside.load("student-001").tier == "none"
    assert len(list(records.folder.glob("*.json"))) == 1
    beside.remove("student-001")
    beside.remove("student-001")
    assert beside.load("student-001") == Record()
    assert records.load("student-001") == WHOLE
