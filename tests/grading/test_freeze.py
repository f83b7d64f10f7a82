"""Are the shipped cases those that the exercises make, and nothing besides?"""

from course_utils.exercises import catalog
from course_utils.grading.freeze import FOLDER, freeze


def test_the_committed_cases_are_in_step():
    """Would freezing again write the very same bytes?"""
    assert freeze(check=True) == []


def test_freezing_mends_what_is_out_of_step(tmp_path):
    """Are missing, touched and left-over files found, and set right?"""
    first = next(iter(catalog().values()))[0].name
    written = freeze(folder=tmp_path)
    assert sorted(path.name for path in written) == sorted(path.name for path in FOLDER.iterdir())
    (tmp_path / f"{first}.json").write_text("{}")
    (tmp_path / "old.json").write_text("{}")
    expected = [tmp_path / f"{first}.json", tmp_path / "old.json"]
    assert freeze(check=True, folder=tmp_path) == expected
    assert freeze(folder=tmp_path) == expected
    assert freeze(check=True, folder=tmp_path) == []


def test_no_code_is_shipped():
    """Do the files hold data only: no source of a reference or of an answer?"""
    for path in FOLDER.iterdir():
        text = path.read_text(encoding="utf-8")
        for word in ("def ", "lambda ", "import ", "np."):
            assert word not in text
