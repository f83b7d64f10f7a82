"""Are the bugs to find made of the exercises' mistakes, whole and undisguised?"""

import ast

import pytest

from course_utils.authoring.bugs import bug
from course_utils.exercises import catalog, find
from course_utils.exercises.exercise import Exercise

# What is measured is an open task: nobody's answer to it is shown.
EXERCISES = [one.name for topic in catalog().values() for one in topic if not one.measured]


@pytest.mark.parametrize("name", EXERCISES)
def test_each_exercise_has_a_bug_in_one_line(name):
    """Is there a mistake of each exercise to show, which is one line of a function that runs?"""
    found = bug(name)
    assert len(found.wrong) == len(found.right) == 1
    (function,) = ast.parse("\n".join(found.lines)).body
    assert function.name == name
    right = [*found.lines[: found.start], *found.right, *found.lines[found.stop :]]
    ast.parse("\n".join(right))
    assert found.sentence == find(name).mistakes[found.mistake].sentence
    assert found.task


@pytest.mark.parametrize("name", EXERCISES)
def test_changed_text_is_all_that_differs(name):
    """Does exchanging the marked texts make the wrong line the right one?"""
    found = bug(name)
    wrong, right = found.wrong[0], found.right[0]
    for (start, stop), (begin, end) in reversed(found.changes):
        assert wrong[start:stop] != right[begin:end]
        wrong = wrong[:start] + right[begin:end] + wrong[stop:]
    assert wrong == right


@pytest.mark.parametrize("name", ["output_size", "local_response_norm", "lstm_backward"])
def test_a_case_fails(name):
    """Is the reader told a case in which the result is wrong?"""
    assert bug(name).first_difference().startswith("Case ")


def test_a_mistake_may_be_named():
    """Is it the mistake that one asks for?"""
    found = bug("correlate1d", "misses_the_last_window")
    assert found.wrong[0].strip() == "starts = range(0, len(padded) - KW, stride)"
    ((start, stop), (begin, end)) = found.changes[0]
    assert start == stop
    assert found.right[0][begin:end].strip() == "+ 1"


def test_comments_give_nothing_away():
    """Are comments that say what is right left out, and shapes kept?"""
    assert not any("#" in line for line in bug("receptive_field").lines)
    assert any("# (N, M) each" in line for line in bug("lstm_step_forward").lines)


def one(x):
    """Return x and a sum."""
    y = x + 1
    z = x + 2
    return y, z


def exercise(**mistakes):
    made = Exercise(one, points=1, inputs=lambda rng: [])
    for name, edits in mistakes.items():
        made.mistake(name, edits).says("You err.")
    return made


@pytest.mark.parametrize(
    ("edits", "says"),
    [
        ({"x + 1": "x - 1", "y, z": "z, y"}, "in one place"),  # two places
        ({"y = x + 1": ""}, "in one place"),  # nothing to pick
    ],
)
def test_what_cannot_be_picked_is_refused(monkeypatch, edits, says):
    """Is a mistake in two places, or one that leaves no line to pick, an error with a remedy?"""
    made = exercise(good={"x + 1": "x"}, bad=edits)
    monkeypatch.setattr("course_utils.authoring.bugs.find", lambda name: made)
    with pytest.raises(ValueError, match=rf"{says}.*these can: good"):
        bug("one", "bad")


def test_an_exercise_without_a_bug_says_what_to_do(monkeypatch):
    """Is an exercise of which no mistake is one line an error with a remedy?"""
    made = exercise(bad={"x + 1": "x - 1", "y, z": "z, y"})
    monkeypatch.setattr("course_utils.authoring.bugs.find", lambda name: made)
    with pytest.raises(ValueError, match="write one"):
        bug("one")


def test_names_are_looked_up():
    """Does a misspelt mistake get a suggestion?"""
    with pytest.raises(ValueError, match="did you mean 'flips_filters'"):
        bug("correlate1d", "flips_filter")
