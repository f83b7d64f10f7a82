"""Does `course prove` say what is wrong with a mistake, and where?"""

from dataclasses import replace

import numpy as np
import pytest

from course_utils.authoring import prove
from course_utils.exercises import find
from course_utils.exercises.catching import catching
from course_utils.exercises.draw import decimals
from course_utils.exercises.exercise import Exercise, case


def largest(x):
    """Return the largest number of an array.

    >>> largest(np.array([1.0, 3.0]))
    3.0
    """
    return float(x.max())


def inputs(rng):
    yield case("the example", np.array([1.0, 3.0]))
    yield case("4 numbers", decimals(rng, 4))
    yield case("5 numbers", decimals(rng, 5) - 10)


@pytest.fixture
def told(monkeypatch):
    """Return what is said of one mistake, on hidden draws of the cases above."""

    def says(edits, sentence="You do something else; the largest is asked for."):
        exercise = Exercise(largest, points=2, inputs=inputs)
        exercise.mistake("errs", edits).says(sentence)
        cases = [exercise.cases_of(list(inputs(np.random.default_rng(i)))) for i in range(20)]
        monkeypatch.setattr(prove, "draws", lambda name: tuple(cases))
        monkeypatch.setattr(prove, "MISTAKES", 1)
        checks = (prove.mistakes_are_caught_and_named, prove.sentences_are_a_tutors)
        return [line for check in checks for line in check(exercise)]

    return says


def test_a_mistake_that_always_shows_is_fine(told):
    """Is nothing said of one that fails the same cases on every draw?"""
    assert told({"x.max()": "x.max() + 1"}) == []


def test_a_mistake_that_is_none_is_asked_about(told):
    """Is one that is right on every draw told from one that is right on some?"""
    assert told({"x.max()": "np.max(x)"}) == [
        "errs gets full marks on every draw: is it a mistake at all?"
    ]


def test_a_mistake_that_only_raises_is_not_named(told):
    """Is an author told what would name it?"""
    [line] = told({"x.max()": "x.maximum()"})
    assert line.startswith("errs is not named on every draw: give it a case in which it returns")


def test_the_case_that_tells_now_and_then_is_named(told):
    """Is the case named that fails on some draws only, and on how many?"""
    [line] = told({"x.max()": "max(x[0], x[-1], 0)"})
    assert line.startswith("errs fails the case '4 numbers' on ")
    assert " of 20 draws: draw the inputs of such a case until it shows" in line


def test_a_missing_sentence_is_asked_for(told):
    """Is it said how to add it, and nothing else of its form?"""
    assert told({"x.max()": "x.max() + 1"}, "") == ['errs has no sentence: add .says("...")']


def test_what_comes_after_a_measured_exercise_is_to_move(monkeypatch):
    """Is an exercise told to move before the measured one, and that one let be?"""
    names = ("learn_adding", "lstm_parameters")
    monkeypatch.setattr(prove, "topics", lambda: ("lstm",))
    monkeypatch.setattr(prove, "exercise_names", lambda slug: names)
    [line] = prove.what_is_measured_comes_last(find("lstm_parameters"))
    assert line.startswith("learn_adding is measured: move this before it")
    assert list(prove.what_is_measured_comes_last(find("learn_adding"))) == []
    assert list(prove.what_is_measured_comes_last(find("output_size"))) == []


def test_what_catches_mistakes_comes_between(monkeypatch):
    """Do calls that catch stand behind all that is asked for, and before what learns?"""
    names = ("cases_for_lstm_parameters", "lstm_parameters", "learn_adding")
    monkeypatch.setattr(prove, "topics", lambda: ("lstm",))
    monkeypatch.setattr(prove, "exercise_names", lambda slug: names)
    told = {name: list(prove.what_is_measured_comes_last(find(name))) for name in names}
    assert [name for name in names if told[name]] == ["lstm_parameters"]
    monkeypatch.setattr(prove, "exercise_names", lambda slug: names[::-1])
    told = {name: list(prove.what_is_measured_comes_last(find(name))) for name in names}
    assert [name for name in names if told[name]] == [names[0], names[1]]


def test_what_is_allowed_and_makes_no_sense_is_told(monkeypatch):
    """Is an exercise at fault that allows a stride of 0?"""
    exercise = find("cases_for_output_size")
    target = find("output_size")
    rules = {"size": "whole 1 to 9", "kernel": "whole 1 to 9", "stride": "whole 0 to 1"}
    allowed = rules | {"pad": "whole 0 to 1", "dilation": "whole 1 to 2"}
    wide = replace(exercise, inputs=lambda rng: [catching(target, most=2, allowed=allowed)])
    drawn = (wide.cases(np.random.default_rng(0)),)
    assert list(prove.what_is_allowed_makes_sense(exercise)) == []
    monkeypatch.setattr(prove, "draws", lambda name: drawn)
    [line] = prove.what_is_allowed_makes_sense(wide)
    assert "but it is allowed: output_size with" in line
    assert "'stride': 0" in line
