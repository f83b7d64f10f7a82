"""Are right answers and mistakes run on a student's calls, within bounds?"""

import time
from pathlib import Path

import nbformat
import numpy as np
import pytest

from course_utils.exercises import catalog, find
from course_utils.exercises.catching import allowed_calls, catching
from course_utils.exercises.exercise import Exercise, case

ROOT = Path(__file__).parents[2]
NAMES = [one.name for exercises in catalog().values() for one in exercises if one.catches]
each_exercise = pytest.mark.parametrize("name", NAMES)


def asked(name):
    (inputs,) = find(name).inputs(np.random.default_rng(0))
    return inputs.achieves


@each_exercise
def test_every_mistake_can_be_caught(name):
    """Do the calls of right answers catch each, and is each caught for a reason?"""
    exercise, wanted = find(name), asked(name)
    (inputs,) = exercise.inputs(np.random.default_rng(0))
    calls = exercise.model(*inputs.args)
    assert set(wanted.run([dict(wanted.defaults, **call) for call in calls]).catches) == set(
        wanted.run.mistakes
    )
    assert wanted.run([]).catches == {}


@pytest.mark.parametrize("name", [name for name in NAMES if find(name).parameters])
def test_what_is_drawn_catches_all_whatever_the_seed(name):
    """Does a right answer that draws its calls lose nothing by the luck of a draw?"""
    wanted = asked(name)
    for seed in range(0, 1000, 20):
        tried = wanted.run(find(name).model(seed))
        assert set(wanted.run.mistakes) - set(tried.catches) == set(), seed
        assert tried.faults == {}


@each_exercise
def test_any_allowed_call_is_quickly_tried(name):
    """Does no right answer and no mistake take long or much, on the largest calls as on others?"""
    wanted = asked(name)
    calls = allowed_calls(wanted, np.random.default_rng(1), 30)
    start = time.process_time()
    assert wanted.run(calls).faults == {}
    assert time.process_time() - start < 0.2 * len(calls)


def in_words(count):
    """Return a number from 10 to 99 in words."""
    teens = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
    tens = "twenty thirty forty fifty sixty seventy eighty ninety"
    units = "one two three four five six seven eight nine"
    if count < 20:
        return teens.split()[count - 10]
    unit = count % 10
    return tens.split()[count // 10 - 2] + (f"-{units.split()[unit - 1]}" if unit else "")


@each_exercise
def test_the_statement_says_how_many_mistakes_there_are(name):
    """Is the number in words that of the mistakes that are run?"""
    (path,) = (p for p in ROOT.glob("solutions/*/*.ipynb") if f'"{name}"' in p.read_text())
    cells = nbformat.read(path, as_version=nbformat.NO_CONVERT).cells
    (statement,) = (cell.source for cell in cells if cell.get("id") == f"{name}-statement")
    assert f"{in_words(asked(name).mistakes)} wrong answers to" in statement


def halved(n):
    """Halve a number."""
    return n / 2


def numbers(rng):
    yield case("the example", 2)


def made():
    """Return an exercise whose right answers do not agree on 3, and a mistake that never ends."""
    exercise = Exercise(halved, 1, numbers)
    exercise.right["strange"] = lambda n: 0.0 if n == 3 else n / 2
    exercise.mistake("keeps_it", {"n / 2": "n"}).says("You do not divide.")
    exercise.mistake("never_ends", {"return n / 2": "while n > 4:\n    pass\nreturn n / 2"}).says(
        "You never come back."
    )
    exercise.mistake("divides_by_0", {"n / 2": "n / 2 if n < 9 else n / 0"}).says(
        "You divide by 0."
    )
    return exercise


def test_calls_on_which_right_answers_part_do_not_count():
    """Is such a call not valid, and does it catch nothing?"""
    run = catching(made(), most=3, allowed={"n": "whole 0 to 9"}).achieves.run
    tried = run([{"n": 3}, {"n": 0}, {"n": 2}])
    assert list(tried.faults) == [0]
    assert "do not agree" in tried.faults[0]
    assert tried.catches == {"keeps_it": 2}


def test_a_mistake_that_hangs_is_caught_and_one_that_raises_too(monkeypatch):
    """Does its call end in time?"""
    monkeypatch.setattr("course_utils.exercises.catching.SECONDS", 0.1)
    run = catching(made(), most=3, allowed={"n": "whole 0 to 9"}).achieves.run
    assert run([{"n": 9}]).catches == {"keeps_it": 0, "never_ends": 0, "divides_by_0": 0}


def test_what_makes_no_sense_to_right_answers_is_not_valid():
    """Is a call not valid on which they raise anything but a ValueError?"""
    run = catching(find("output_size"), most=1, allowed=asked("cases_for_output_size").allowed)
    call = {"size": 8, "kernel": 3, "stride": 0, "pad": 0, "dilation": 1}
    assert "makes no sense" in run.achieves.run([call]).faults[0]
    refused = {"size": 1, "kernel": 3, "stride": 1, "pad": 0, "dilation": 1}
    assert run.achieves.run([refused]).catches == {"counts_without_checking": 0}


def test_a_mistake_may_be_left_out():
    """Is one not counted that cannot show, and an unknown one refused?"""
    kept = catching(made(), most=1, allowed={"n": "whole 0 to 9"}, without=["never_ends"])
    assert kept.achieves.mistakes == 2
    with pytest.raises(ValueError, match="did you mean 'never_ends'"):
        catching(made(), most=1, allowed={"n": "whole 0 to 9"}, without=["never_end"])
    with pytest.raises(ValueError, match="say of n what each may be"):
        catching(made(), most=1, allowed={"m": "whole 0 to 9"})
