"""Is a part of the plainest form found in the cell as it was written, and nothing else?"""

import ast
import io

import pytest
from copydetect import CodeFingerprint

from course_utils.exercises.catalog import catalog
from course_utils.grading.handout.sample_class import answer_source
from course_utils.grading.report.live_code import live_trees
from course_utils.grading.report.origin import Origin, filtered_places

SLUG = "lstm"


def spans(source, known=None, tree="parse"):
    """Return the parts of a source that are known; all of it unless said otherwise."""
    tree = ast.parse(source) if tree == "parse" else tree
    places = filtered_places(ast.unparse(tree) if tree else source)
    mask = [True] * len(places) if known is None else [known(place) for place in places]
    return [source[start:end] for start, end in Origin(source, tree).spans(mask)]


@pytest.mark.parametrize("code", ["", '\n\nx = \'a\' + """b"""\n', "class A:\n  def f(x): 1 # no"])
def test_characters_are_counted_as_the_library_does(code):
    """Is there a place for each character that copydetect compares?"""
    filtered = CodeFingerprint("a.py", 25, 1, language="python", fp=io.StringIO(code)).filtered_code
    places = filtered_places(code)
    assert len(places) == len(filtered)
    assert all(
        code[place] == letter or letter in 'VFOS"\n'
        for place, letter in zip(places, filtered, strict=True)
    )


@pytest.mark.parametrize("exercise", catalog()[SLUG], ids=lambda exercise: exercise.name)
def test_of_a_right_answer_all_is_found(exercise):
    """Is of each known answer all but comments and docstrings found, line by line?"""
    for function in exercise.right.values():
        source = answer_source(function, exercise.name)
        (tree,) = live_trees([source], [exercise.name])
        found = spans(source, tree=tree)
        assert not any("\n" in part for part in found)
        tokens = ast.unparse(tree).replace("(", " ").replace(")", " ").split()
        words = " ".join(found).replace("(", " ").replace(")", " ").split()
        assert len(words) == pytest.approx(len(tokens), rel=0.1)


def test_what_is_written_otherwise_is_found():
    """Are brackets, quotes, blanks and lines that the plainest form has not where they were?"""
    source = (
        "def f(a, b = 2):  # why\n"
        '    """Add."""\n'
        "    c = ((a  +  # remark\n"
        "          b))\n"
        "    unused = 3\n"
        "    return {'ä' : c, \"y\": -c}\n"
    )
    (tree,) = live_trees([source], ["f"])
    assert spans(source, tree=tree) == [
        "def f(a, b = 2):", "c = ((a  +", "b))", "return {'ä' : c, \"y\": -c}"
    ]  # fmt: skip


def test_only_what_is_known_is_found():
    """Is a statement left out that nobody else has, and a name told from its neighbours?"""
    source = "a = one + 2\nb = two * 3\nc = a - b\n"
    assert spans(source, lambda place: not 12 <= place < 24) == ["a = one + 2", "c = a - b"]
    assert spans(source, lambda place: place < 5) == ["a = one"]
    assert spans(source, lambda place: False) == []


def test_what_is_no_python_is_found_word_by_word():
    """Is broken code shown as it is, with long runs of blanks, and half of it, too?"""
    source = "def f(x\n    return x" + " " * 150 + "+ 1\n"
    assert spans(source, tree=None) == ["def f(x", "return x" + " " * 150 + "+ 1"]


@pytest.mark.parametrize(
    "source",
    [
        "",
        "\ufeffx = 1",
        "x = 'a\x0cb' \x0c\ny = 2",
        "x = 1\r\ny = 2\ry",
        "ä = 'ö'; ü = ä",
        "(" * 300,
    ],
)
def test_odd_text_gives_spans_within_it(source):
    """Do form feeds, all ends of lines, letters of two bytes and deep nests break nothing?"""
    (tree,) = live_trees([source], [])
    found = Origin(source, tree).spans([True] * 2 * len(source))
    assert found == sorted(found)
    assert all(0 <= start < end <= len(source) for start, end in found)
    assert not any(set(source[start:end]) & set("\r\n") for start, end in found)
