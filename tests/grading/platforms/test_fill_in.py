"""Do grades come into a platform's sheet, and does all else in it stay as it was?"""

import pytest

from course_utils.errors import CourseError
from course_utils.grading.platforms.fill_in import Grades, fill_in

SLUG, TITLE = "convolution-arithmetic", "Convolution arithmetic"
NAMES = (SLUG, TITLE)
MOODLE = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments"
)


def row(key, name, grade="", *, most="27.00", lock="Yes", note=""):
    when = '"Thursday, 1 October 2026, 9:30 AM"'
    who = f'"Participant {key}",{name},{key}@example.edu,Submitted'
    return f"{who},{grade},{most},{lock},{when},-,{note}"


def moodle(*rows, header=MOODLE, end="\r\n"):
    return end.join([header, *rows, ""])


CANVAS = [
    "Student,ID,SIS User ID,SIS Login ID,Section,Convolution arithmetic (77),LSTM (78),Final Score",
    ",,,,,Manual Posting,,",
    "    Points Possible,,,,,27.00,20.00,(read only)",
    '"Doe, jr., J.",4711,s1,one,A,,5.00,88.00',
    '"Möller, M.",4712,s2,two,A,EX,,12.00',
    "=cmd()|'/c calc'!A0,4713,s3,three,A,N/A,,",
    '"Student, Test",9999,,,A,,,',
]
BLACKBOARD = (
    '"Last Name"\t"First Name"\t"Username"\t"Student ID"\t"Last Access"\t"Availability"\t'
    '"Convolution arithmetic [Total Pts: 20 Score] |12345"\t"LSTM [Total Pts: 20 Score] |12346"'
)
GRADES = Grades(27, {"s1": 13.5, "s2": 20, "s3": 1}, handed_in=("s1", "s2", "s3"))


@pytest.fixture
def put(tmp_path):
    """Write a sheet, and return where it is."""

    def write(text, encoding="utf-8", name="sheet.csv"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write


def given(filled, encoding="utf-8"):
    return filled.data.decode(encoding)


def test_moodle_gets_grades_and_nothing_else(put):
    """Are grades written beside their participants, with each other byte as it was?"""
    rows = [row(4711, '"Möller, ""M"""', note='"a\nb, ""c"""'), row(4712, "=cmd()"), row(4713, "-")]
    path = put(moodle(*rows))
    before = path.read_bytes()
    grades = Grades(27, {"x": 13.5, "y": 0.1 + 0.2}, ("x", "y"), keys={"4711": "x", "4712": "y"})
    filled = fill_in(path, "moodle", grades, NAMES)
    rows[0] = rows[0].replace("Submitted,", "Submitted,13.50")
    rows[1] = rows[1].replace("Submitted,", "Submitted,0.30").replace("=cmd", "'=cmd")
    assert given(filled) == moodle(*rows)
    assert path.read_bytes() == before
    assert (filled.written, filled.changed) == ({"x": "13.50", "y": "0.30"}, 0)
    assert (filled.missing, filled.ungraded, filled.unknown) == ([], [], [])
    assert filled.absent == ["4713 (-)"]
    assert (filled.names, filled.formulas) == (1, 0)


def test_names_are_made_harmless_and_what_a_platform_reads_is_not_touched(put):
    """Can a spreadsheet show every name, and does each platform find its cells as they were?"""
    header = CANVAS[0].partition(",LSTM")[0]
    rows = ["=A1,4711,s1,=x,A,5", '"-2",4712,s2,@x,"=B\n",', '"=""=C1""",+4713,s3,-,+A,', "-,4,,,,"]
    filled = fill_in(put("\n".join([header, *rows])), "canvas", GRADES, NAMES)
    made = [
        "'=A1,4711,s1,=x,A,13.50",
        '"\'-2",4712,s2,@x,"=B\n",20.00',
        '"=""=C1""",+4713,s3,-,+A,1.00',
        "-,4,,,,",
    ]
    assert given(filled).splitlines() == "\n".join([header, *made]).splitlines()
    assert (filled.names, filled.formulas) == (2, 4)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_semicolons_commas_and_umlauts_stay(encoding, put):
    """Are separators, the encoding with its mark and decimal commas kept?"""
    text = (
        "ID;Vollständiger Name;Bewertung;Bestwertung\n"
        'Teilnehmer/in4711;"Groß; Jörg";;27,00\n'
        "Teilnehmer/in4712;Ö;3,00;27,00"
    )
    grades = Grades(27, {"x": 13.5, "y": 4}, keys={"4711": "x", "4712": "y"})
    filled = fill_in(put(text, encoding), "moodle", grades, NAMES)
    made = text.replace(";;27", ";13,50;27").replace(";3,00;27", ";4,00;27")
    assert filled.data == made.encode(encoding)
    assert filled.changed == 1


def test_a_comma_in_a_grade_is_quoted_where_commas_separate(put):
    """Does a decimal comma not become two cells?"""
    text = moodle(row(4711, "x", '"1,00"', most='"27,00"'))
    filled = fill_in(put(text), "moodle", Grades(27, {"x": 2}, keys={"4711": "x"}), NAMES)
    assert given(filled) == text.replace('"1,00"', '"2,00"')


def test_canvas_gets_the_column_of_the_assignment(put):
    """Are rows that are nobody's, other assignments, and what is excused left alone?"""
    path = put("\n".join(CANVAS), "utf-8-sig")
    filled = fill_in(path, "canvas", GRADES, NAMES)
    made = [*CANVAS[:3], CANVAS[3].replace("A,,5", "A,13.50,5"), *CANVAS[4:]]
    made[5] = f"'{made[5]}"
    assert given(filled, "utf-8-sig") == "\n".join(made)
    assert filled.column == "Convolution arithmetic (77)"
    assert filled.refused == {
        "excused on the platform": ["s2"],
        "not assigned to them on the platform": ["s3"],
    }


def test_blackboard_gets_its_own_kind_of_file(put):
    """Is a sheet in UTF-16 with tabs and quotes written so again?"""
    rows = [
        '"Ü"\t"A"\t"s1"\t"9"\t"2026-10-01"\t"Yes"\t""\t"5"',
        '"=1+1"\t"B"\t"s2"\t""\t""\t"No"\t"7"\t""',
    ]
    path = put("\r\n".join([BLACKBOARD, *rows]), "utf-16", "gc.xls")
    filled = fill_in(path, "blackboard", Grades(20, {"s1": 19.999, "s2": 7}), NAMES)
    rows[0] = rows[0].replace('""\t"5"', '"20.00"\t"5"')
    rows[1] = rows[1].replace('"7"', '"7.00"').replace("=1+1", "'=1+1")
    assert given(filled, "utf-16") == "\r\n".join([BLACKBOARD, *rows])
    assert filled.data[:2] == path.read_bytes()[:2]
    assert filled.changed == 0


@pytest.mark.parametrize(
    ("platform", "text"),
    [
        ("moodle", moodle(row(4711, "a", most="100"))),
        ("canvas", "\n".join(CANVAS[:4]).replace("27.00", "100")),
        ("blackboard", BLACKBOARD.replace("20 Score", "up to 100 Score") + "\na\tb\ts1\t\t\t\t\t"),
    ],
)
def test_grades_are_scaled_to_the_platforms_points(platform, text, put):
    """Is half of the points half of the points there?"""
    grades = Grades(27, {"s1": 13.5}, keys={"4711": "s1"})
    filled = fill_in(put(text), platform, grades, NAMES)
    assert (filled.written, filled.maximum) == ({"s1": "50.00"}, 100)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda text: text.replace("27.00", "Poor, Good"), "grade this assignment by points"),
        (lambda text: text.replace("27.00", "0"), "grade this assignment by points"),
        (lambda text: text.replace("27.00", "(read only)"), "Canvas computes the column"),
        (
            lambda text: text.replace("(77)", ""),
            "no column has 'convolution arithmetic' in its name",
        ),
        (lambda text: text.replace("LSTM", TITLE), "more than one column has"),
        (lambda text: text.replace("4713,s3", "4711,s1"), "has 's1' twice, as 4711 (J. Doe, jr.)"),
        (lambda text: "a,b\n1,2\n", "no column with ids"),
    ],
)
def test_what_would_be_wrong_is_refused(change, says, put):
    """Is a sheet refused, with the remedy, that would get wrong grades?"""
    text = "\n".join(CANVAS).replace("EX", "").replace("27.00", '"27.00"')
    with pytest.raises(CourseError) as error:
        fill_in(put(change(text)), "canvas", GRADES, NAMES)
    assert says in str(error.value)


def test_the_column_can_be_named_and_all_are_listed(put):
    """Does --column choose one, and does an unknown name get the list?"""
    path = put("\n".join(CANVAS))
    for name in ("LSTM (78)", "lstm"):
        filled = fill_in(path, "canvas", GRADES, NAMES, column=name)
        assert filled.written == {"s1": "10.00", "s2": "14.81", "s3": "0.74"}
        assert filled.changed == 1
    with pytest.raises(CourseError, match=r"'LSTM \(78\)', 'Final Score'"):
        fill_in(path, "canvas", GRADES, NAMES, column="RNN")


def test_an_exact_title_comes_before_a_longer_one(put):
    """Is the assignment told from its second try?"""
    text = "\n".join(CANVAS).replace("LSTM (78)", "Convolution arithmetic again (78)")
    assert fill_in(put(text), "canvas", GRADES, NAMES).column == "Convolution arithmetic (77)"


def test_mismatches_are_listed_both_ways(put):
    """Are those named who are on one side only, and what happens to whose cell?"""
    rows = [row(n, "n") for n in (4711, 4712, 4713, 4714, 4715)]
    rows += [row(4716, "n", lock="No"), row(4717, "n")]
    keys = {str(4710 + n): f"s{n}" for n in range(1, 8)}
    grades = Grades(
        27,
        {"s1": 1, "s5": 5, "s6": 6, "s7": 27.5, "s9": 9},
        handed_in=("s1", "s2", "s5", "s6", "s7", "s9"),
        present=("s1", "s2", "s3", "s6", "s7", "s9"),
        left=("s5",),
        keys={key: name for key, name in keys.items() if name != "s4"},
    )
    path = put(moodle(*rows))
    for zero, written in ((False, {"s1": "1.00"}), (True, {"s1": "1.00", "s3": "0.00"})):
        filled = fill_in(path, "moodle", grades, NAMES, zero=zero)
        assert filled.written == written
    assert (filled.missing, filled.ungraded, filled.unknown) == (["s9"], ["s2"], ["4714 (n)"])
    assert filled.absent == ["s3"]
    assert filled.refused == {
        "locked on the platform": ["s6"],
        "above the platform's maximum": ["s7"],
    }


def test_nobody_gets_zero_for_an_id_that_is_not_known(put):
    """Where somebody's row was not found, may a row of nobody known be his?"""
    text = moodle(row(4711, "a"), row(4712, "b"))
    grades = Grades(27, {"x": 1, "y": 2}, keys={"4711": "x"})
    filled = fill_in(put(text), "moodle", grades, NAMES, zero=True)
    assert (filled.written, filled.unknown) == ({"x": "1.00"}, ["4712 (b)"])
    grades = Grades(27, {"x": 1}, keys={"4711": "x"})
    filled = fill_in(put(text), "moodle", grades, NAMES, zero=True)
    assert filled.written == {"x": "1.00", "4712 (b)": "0.00"}


def test_a_damaged_sheet_is_refused(put):
    """Is a sheet with a broken letter not written with another in its place?"""
    path = put(moodle(row(4711, "a")), "utf-8-sig")
    path.write_bytes(path.read_bytes() + b"\xff")
    with pytest.raises(CourseError, match="is damaged"):
        fill_in(path, "moodle", GRADES, NAMES)
