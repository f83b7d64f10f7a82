"""Does a class teach the grader: are unexplained answers put together, kept, and recognised?"""

import io
import json
import shutil
import zipfile

import nbformat
import pytest

from course_utils import cli
from course_utils.checks.check import frozen_cases
from course_utils.checks.diagnose import diagnose
from course_utils.checks.encode import decode_cases
from course_utils.checks.learned import merged, with_learned
from course_utils.errors import CourseError
from course_utils.grading.batch.grade import Batch
from course_utils.grading.handout.kit import make_kit
from course_utils.grading.learn import keep, screen
from course_utils.grading.learn.clusters import Answer, Cluster, clusters
from course_utils.grading.learn.unexplained import wanted_answers
from course_utils.grading.report.autograded import read_autograded
from course_utils.grading.report.class_report import class_report, common_mistakes
from course_utils.grading.report.rendering import to_text
from course_utils.grading.report.results import results
from tests.grading.batch.small_class import (
    COURSE,
    PADDING,
    SECRET,
    SIZE,
    SLUG,
    hand_in,
    make_class,
)

# Wrong in a way of its own: 7 places too many wherever the stride is above 1.
ODD = SIZE.replace("// stride + 1", "// stride + 1 + 7 * (stride > 1)")
ODD_TOO = ODD.replace("span", "width_of_it").replace("7 * (stride > 1)", "(7 if stride > 1 else 0)")
OTHER = SIZE.replace("// stride + 1", "// stride + 1 + 11 * (stride > 1)")
RAISES = "def output_size(*args, **kwargs):\n    return sizes[0]\n"
BESIDES = ODD.replace("def output_size", "import os\nos.environ['HOME'] = '/'\ndef output_size")
SENTENCE = "You add 7 where the stride is above 1; the windows are all counted already."


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """The folder of a graded class with answers that nobody has explained."""
    root = make_class(tmp_path_factory.mktemp("class"))
    for student, size in {
        "student-006": ODD_TOO,
        "student-007": ODD,
        "student-008": OTHER,
        "student-009": RAISES,
        "student-010": BESIDES,
    }.items():
        hand_in(root, student, size, PADDING)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("COURSE_SECRET", SECRET)
        Batch(COURSE, root, SLUG).grade(jobs=2)
        yield root


@pytest.fixture(scope="module")
def found(graded):
    return screen.find_clusters(COURSE, graded, SLUG)


def mistakes(root):
    """What was recognised in each student's `output_size`."""
    return {
        notebook.student: check.mistakes
        for notebook in read_autograded(root, SLUG)
        for check in notebook.checks
        if check.exercise == "output_size"
    }


def test_what_is_explained_blank_or_right_is_left_out(graded):
    """Is only asked about what is wrong and has no sentence?"""
    found = wanted_answers(COURSE, graded, SLUG)
    assert mistakes(graded)["student-002"]  # whose mistake is known
    odd = {f"student-{number:03}" for number in (6, 7, 8, 9, 10)}
    assert {student for student, names in found.items() if "output_size" in names} - odd <= {
        "student-003",
        "student-004",
    }
    assert odd <= found.keys()
    assert "student-001" not in found
    report = class_report(graded, SLUG)
    assert report.unexplained == sum(map(len, found.values()))
    text = " ".join(to_text(report).split())
    assert f"{report.unexplained} wrong answers have no sentence yet: `course learn {SLUG}`" in text


def test_answers_that_come_to_the_same_are_one_cluster(found):
    """Do names and spelling make no difference, another number one, and only exceptions none?"""
    one, other = [cluster for cluster in found if cluster.exercise == "output_size"]
    assert (one.name, other.name) == ("output_size:1", "output_size:2")
    assert one.students == ("student-006", "student-007", "student-010")
    assert one.code == ODD.strip()
    assert other.students == ("student-008",)


def test_the_list_names_all(found):
    """Does the text hold clusters, students, code, and what to do next?"""
    text = screen.to_text(SLUG, found)
    assert "output_size:1: 3 students (student-006, student-007, student-010)" in text
    assert "7 * (stride > 1)" in text
    assert f"course learn {SLUG} --cluster output_size:1 --sentence" in text
    assert json.loads(screen.to_json(found))[1]["students"] == ["student-008"]
    assert "has its sentence" in screen.to_text(SLUG, [])


def test_what_was_learned_is_told_to_the_class(graded, found, capsys):
    """Is the same class diagnosed anew, with no other grade and no other sentence?"""
    before = mistakes(graded)
    words = ["learn", SLUG, "--root", str(graded), "--cluster", "output_size:1"]
    words += ["--sentence", SENTENCE, "--name", "adds_seven"]
    assert cli.main(["--course", str(COURSE), *words]) == 0
    assert "mistakes/output_size.json" in capsys.readouterr().out
    kept = json.loads((graded / "mistakes" / "output_size.json").read_text())
    assert kept["mistakes"]["adds_seven"]["students"] == 3
    scores = results(graded, SLUG)
    Batch(COURSE, graded, SLUG).grade(jobs=2)
    assert results(graded, SLUG) == scores
    odd = dict.fromkeys(("student-006", "student-007", "student-010"), ("adds_seven",))
    assert mistakes(graded) == before | odd
    page = graded / "autograded" / "student-006" / SLUG / f"{SLUG}.ipynb"
    notebook = nbformat.read(page, as_version=4)
    assert SENTENCE in " ".join(str(notebook).split())
    told = [each for each in common_mistakes(graded, SLUG) if each.name == "adds_seven"]
    assert [(each.sentence, each.students) for each in told] == [(SENTENCE, 3)]
    assert cli.main(["--course", str(COURSE), *words]) == 2  # it has its sentence now
    keep.forget(graded, "output_size", "adds_seven")
    assert not (graded / "mistakes" / "output_size.json").exists()


def cluster(outcomes, code="def output_size(): ...", student="student-001"):
    return Cluster("output_size:1", (Answer(student, "output_size", code, outcomes),))


def right_outcomes():
    return [case.expected for case in frozen_cases("output_size").cases]


def wrong_outcomes():
    """What the commonest mistake comes to: a stand-in for a student's."""
    return [
        case.mistakes.get("rounds_up", case.expected) for case in frozen_cases("output_size").cases
    ]


def test_a_mistake_is_kept_without_code_for_students(tmp_path):
    """Do the cases of a kit hold outcomes and sentence, recognise the answer, and no code?"""
    path = keep.keep(tmp_path, cluster(wrong_outcomes(), code="SECRET = 1"), SENTENCE, "own")
    data = json.loads(path.read_text())
    folder = COURSE / "course_utils" / "checks" / "frozen"
    text = json.dumps(merged(json.loads((folder / "output_size.json").read_text()), data))
    assert "SECRET" not in text
    cases = decode_cases(json.loads(text))
    assert cases.sentences["own"] == SENTENCE
    learned = with_learned(frozen_cases("output_size"), data)
    outcomes = wrong_outcomes()
    passed = [a == b for a, b in zip(outcomes, right_outcomes(), strict=True)]
    assert [each.sentence for each in diagnose(learned, outcomes, passed)] == [SENTENCE]
    assert diagnose(learned, right_outcomes(), [True] * len(passed)) == []


def test_what_was_learned_on_other_cases_is_not_used(tmp_path):
    """Does an update of the cases end what was learned, with a word about it?"""
    path = keep.keep(tmp_path, cluster(wrong_outcomes()), SENTENCE)
    data = json.loads(path.read_text())
    data["inputs"] = "0" * 64
    path.write_text(json.dumps(data))
    assert with_learned(frozen_cases("output_size"), data) is None
    with pytest.raises(CourseError, match="learned on other cases"):
        keep.keep(tmp_path, cluster(wrong_outcomes()), SENTENCE)


@pytest.mark.parametrize(
    ("sentence", "name", "says"),
    [
        (" \n", "", "write a sentence"),
        ("x" * 501, "", "write a sentence"),
        ("You err.", "Not A Name", "is no name"),
        ("You err.", "../evil", "is no name"),
        ("You err.", "rounds_up", "has a mistake 'rounds_up' already"),
    ],
)
def test_a_bad_sentence_or_name_is_refused(sentence, name, says, tmp_path):
    """Is what cannot be kept told, and nothing written?"""
    with pytest.raises(CourseError, match=says):
        keep.keep(tmp_path, cluster(wrong_outcomes()), sentence, name)
    assert not (tmp_path / "mistakes").exists()


def test_names_are_free(tmp_path):
    """Do two mistakes without a name get two, and one that is forgotten leaves the other?"""
    keep.keep(tmp_path, cluster(wrong_outcomes()), SENTENCE)
    path = keep.keep(tmp_path, cluster(wrong_outcomes()), SENTENCE)
    assert [*json.loads(path.read_text())["mistakes"]] == ["learned_1", "learned_2"]
    keep.forget(tmp_path, "output_size", "learned_1")
    assert [*json.loads(path.read_text())["mistakes"]] == ["learned_2"]
    with pytest.raises(CourseError, match="has no mistake 'learned_1'"):
        keep.forget(tmp_path, "output_size", "learned_1")


def test_clusters_are_the_same_up_to_rounding():
    """Do a case that was not asked and another type of error part answers?"""
    cases = frozen_cases("output_size")
    base = wrong_outcomes()
    unasked = [None, *base[1:]]
    made = [
        Answer("student-002", "output_size", "longer", base),
        Answer("student-001", "output_size", "short", list(base)),
        Answer("student-003", "output_size", "x", unasked),
    ]
    first, second = clusters(cases, made)
    assert [answer.student for answer in first.answers] == ["student-001", "student-002"]
    assert second.students == ("student-003",)


def test_a_kit_says_what_was_learned(tmp_path):
    """Do the students who come next hear the sentence, and see none of the code?"""
    course = tmp_path / "course"
    for folder in ("solutions", "exercises"):
        shutil.copytree(COURSE / folder / SLUG, course / folder / SLUG)
    for name in ("LICENSE", "LICENSE-TEXT"):
        shutil.copy(COURSE / name, course)
    keep.keep(course, cluster(wrong_outcomes(), code="SECRET = 1"), SENTENCE, "own")
    with zipfile.ZipFile(make_kit(course, tmp_path / "out", [SLUG])) as kit:
        wheel = next(name for name in kit.namelist() if name.endswith(".whl"))
        with zipfile.ZipFile(io.BytesIO(kit.read(wheel))) as package:
            text = package.read("course_utils/checks/frozen/output_size.json").decode()
            other = package.read("course_utils/checks/frozen/same_padding.json").decode()
    assert SENTENCE not in other
    assert decode_cases(json.loads(text)).sentences["own"] == SENTENCE
    assert "SECRET" not in text
