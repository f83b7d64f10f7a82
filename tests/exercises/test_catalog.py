"""Are exercises found by name, and are their cases drawn as they should be?"""

import json

import pytest

from course_utils.authoring.changes import without_mistakes
from course_utils.checks.encode import encode_cases
from course_utils.exercises import catalog, find, frozen_cases, hidden_cases
from course_utils.exercises.catalog import topic

NAMES = [exercise.name for exercises in catalog().values() for exercise in exercises]


def arguments(cases):
    encoded = encode_cases(without_mistakes(cases))
    return [(case["args"], case["kwargs"]) for case in encoded["cases"]]


def as_text(cases):
    return json.dumps(encode_cases(without_mistakes(cases)))


def test_names_are_unique():
    """Does a name mean one exercise in the whole course?"""
    assert len(NAMES) == len(set(NAMES))


@pytest.mark.parametrize("name", NAMES)
def test_hidden_cases_follow_from_the_secret(name, monkeypatch):
    """Do they repeat with the secret, change with it, and differ from the frozen ones?"""
    monkeypatch.setenv("COURSE_SECRET", "one")
    one, again = hidden_cases(name), hidden_cases(name)
    monkeypatch.setenv("COURSE_SECRET", "other")
    other = hidden_cases(name)
    # As text, because NaN, which an answer may hold, equals nothing.
    assert as_text(one) == as_text(again)
    if not find(name).catches:  # there the mistakes are hidden, and not what an answer gets
        assert arguments(one) != arguments(other)
        assert arguments(one) != arguments(frozen_cases(name))
    assert one.hidden


@pytest.mark.parametrize("name", NAMES)
def test_kinds_of_cases_do_not_depend_on_the_draw(name, monkeypatch):
    """Are labels those that the student saw, and weights, too, where they are not 0?"""
    monkeypatch.setenv("COURSE_SECRET", "one")
    for hidden, known in zip(hidden_cases(name).cases, frozen_cases(name).cases, strict=True):
        assert (hidden.label, type(hidden.expected)) == (known.label, type(known.expected))
        assert hidden.weight in (known.weight, 0)


def test_without_a_secret_nothing_is_drawn(monkeypatch):
    """Is a missing secret an error that names the mend?"""
    monkeypatch.delenv("COURSE_SECRET", raising=False)
    with pytest.raises(RuntimeError, match=r"with its nbgrader_config\.py"):
        hidden_cases(NAMES[0])


def test_unknown_names_are_answered_with_known_ones():
    """Do both look-ups propose the nearest name?"""
    with pytest.raises(ValueError, match=f"did you mean {NAMES[0]!r}"):
        find(NAMES[0] + "s")
    with pytest.raises(ValueError, match="did you mean 'convolution-arithmetic'"):
        topic("convolution-arithmetik")
