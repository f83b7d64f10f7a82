"""Is it read what a function computes, and nothing where it is no product?"""

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from course_utils.authoring.changes import right_answers
from course_utils.checks.encode import decode_cases, encode_cases
from course_utils.checks.formula import Product, at_points
from course_utils.checks.grade import grade
from course_utils.checks.readings import readings
from course_utils.exercises.catalog import drawn_cases, find, frozen_cases
from course_utils.exercises.formula import Formula

NAMES = (
    "batch_norm_backward", "gru_step_backward", "jacobian_product", "lstm_step_backward",
    "path_terms", "peephole_step_backward", "rnn_backward", "rnn_step_backward", "rtrl_step",
)  # fmt: skip
ONE = Formula(
    arguments={"d": [["d"]], "a": [["a"]], "b": [["b"]]},
    numbers={"d a b": lambda rng, count: rng.uniform(0.1, 2, count) * rng.choice([-1, 1], count)},
    slopes="a",
    upstream="d",
)


def product(d, a, b):
    return d * a * b


def probe_of(formula=ONE, answer=product, entries=("the result",), **changes):
    axes = dict.fromkeys(entries, ())
    return replace(formula, **changes).probe(np.random.default_rng(0), answer, axes)


def read(function, **changes):
    """Return what is read in the only place."""
    probe = probe_of(**changes)
    (found,) = probe.read(at_points(function)(*probe.stacked()))
    return found


def sentences(name, function, draw=0):
    probe = find(name).reading(np.random.default_rng(draw))
    return readings(probe, at_points(function)(*probe.stacked()))


@pytest.mark.parametrize(
    ("function", "says"),
    [
        (product, "d a b"),
        (lambda d, a, b: -d * b, "-d b"),
        (lambda d, a, b: 2 * d * (1 - a**2), "2 d (1 - a^2)"),
        (lambda d, a, b: d * (1 - a) ** 2 * (1 + a), "d (1 - a^2) (1 - a)"),
        (lambda d, a, b: d / (3 * a * b**2), "1/3 d / (a b^2)"),
        (lambda d, a, b: d**2 / b, "d^2 / b"),
        (lambda d, a, b: 0 * d, "0"),
        (lambda d, a, b: np.full((1, 1), -0.5), "-1/2"),
        (lambda d, a, b: (d * a * b).tolist(), "d a b"),
        (lambda d, a, b: (d * a).ravel(), "d a"),
    ],
)
def test_a_product_is_read_as_it_stands_there(function, says):
    """Are factors, powers, constant and sign those of the code, and slopes in one piece?"""
    assert str(read(function)) == says


@pytest.mark.parametrize(
    "function",
    [
        lambda d, a, b: d * (a + b),
        lambda d, a, b: d * a + 1e-4 * d * b,
        lambda d, a, b: d * np.sqrt(np.abs(a)),
        lambda d, a, b: d * np.abs(a),
        lambda d, a, b: np.maximum(d * a, 0),
        lambda d, a, b: 2**0.5 * d,
        lambda d, a, b: 1000 * d,
        lambda d, a, b: d * a**6,
        lambda d, a, b: d * np.exp(a),
        lambda d, a, b: d * np.nan,
        lambda d, a, b: (d * a).astype(complex),
        lambda d, a, b: np.concatenate([d, a]),
        lambda d, a, b: {"d": d},
        lambda d, a, b: None,
        lambda d, a, b: "d",
    ],
)
def test_what_is_no_product_is_not_read(function):
    """Is nothing said of sums, other functions, crooked constants, and what is no number?"""
    assert read(function) is None


def test_a_product_of_float32_is_not_taken_for_exact():
    """Is nothing read of values whose digits do not bear it out?"""
    rng = np.random.default_rng(1)
    assert read(lambda d, a, b: d * a * (1 + rng.uniform(-1, 1) * 1e-4)) is None


def test_part_of_a_sum_is_what_is_there_only_with_its_selectors():
    """Are two products of one number told apart by what they need?"""
    formula = replace(
        ONE,
        numbers={"d a b": ONE.numbers["d a b"]},
        selectors={"way a": ("a",), "way b": ("b",), "both": ("a", "b")},
        slopes="",
    )

    def right(d, a, b):
        return d + d * a - 2 * d * b + d * a * b

    probe = probe_of(formula, right)
    found = probe.read(at_points(right)(*probe.stacked()))
    assert list(map(str, found)) == ["d", "d a", "-2 d b", "d a b"]
    parts = at_points(lambda d, a, b: right(d, a, b) + d * b)(*probe.stacked())
    assert readings(probe, parts) == ("The result, way b: you have `-d b`.",)
    parts = at_points(lambda d, a, b: d + d * a - 2 * d * b)(*probe.stacked())
    assert readings(probe, parts) == ("The result, both: you have `0`.",)


def test_factors_that_say_the_same_are_refused():
    """Is a formula turned down that could be read in two ways?"""
    twice = replace(ONE, factors={"a squared": lambda a: a**2})
    with pytest.raises(ValueError, match="nearly the same"):
        read(product, formula=twice)


def test_a_factor_of_what_may_be_off_is_refused():
    """Is it said which factor would be no longer what it is called?"""
    with pytest.raises(ValueError, match="the factor u depends on d"):
        probe_of(factors={"u": lambda d: 1 + d**2})


def test_what_students_print_is_not_shown(capfd):
    """Do many calls leave no trace in the notebook?"""

    def loud(d, a, b):
        print("here")
        return np.log(d - d)

    probe_of().read(at_points(loud)(*probe_of().stacked()))
    assert capfd.readouterr() == ("", "")


def test_a_slow_answer_is_left_alone(monkeypatch):
    """Do all calls together end before long?"""
    monkeypatch.setattr("course_utils.checks.formula.SECONDS", 0.0)
    with pytest.raises(TimeoutError, match="calls take more than"):
        at_points(product)(*probe_of().stacked())


def test_what_is_right_is_read_however_busy_the_machine_is(monkeypatch):
    """Is the limit that of students' answers alone?"""
    monkeypatch.setattr("course_utils.checks.formula.SECONDS", 0.0)
    assert probe_of(tells="everywhere").right() == ("d a b",)


@pytest.mark.parametrize("name", NAMES)
def test_right_answers_are_read_as_right(name):
    """Is no difference found in any style, and something read everywhere?"""
    exercise = find(name)
    for draw in range(2):
        probe = exercise.reading(np.random.default_rng(draw))
        for function in right_answers(exercise).values():
            parts = at_points(function)(*probe.stacked())
            assert readings(probe, parts) == ()
            assert None not in probe.read(parts)


EXACT = {
    ("lstm_step_backward", "lets_f_meet_the_new_cell"): (
        "`db`, gate f, from `dh`: you have `dh f (1 - f) o c_next (1 - tanh(c_next)^2)`; "
        "from `dc`: you have `dc f (1 - f) c_next`. The same times `wx_f` in `dx`, `wh_f` in "
        "`dh_prev`, `x` in `dwx` and `h` in `dwh`.",
    ),
    ("lstm_step_backward", "forgets_the_path_through_h"): (
        "`dx`, gates i, f and g, from `dh`: you have `0`. The same in `dh_prev`, `dwx`, `dwh` and "
        "`db`.",
        "`dc_prev`, from `dh`: you have `0`.",
    ),
    ("gru_step_backward", "forgets_bh_in_da_r"): (
        "`dx`, gate r, by way of bh_n: you have `0`. The same in `dh_prev`, `dwx`, `dwh`, `dbx` "
        "and `dbh`.",
    ),
    ("gru_step_backward", "forgets_n_in_da_z"): (
        "`dbx`, gate z: you have `dh h z (1 - z)`. The same in `dbh`. The same times `wx_z` in "
        "`dx`, `wh_z` in `dh_prev`, `x` in `dwx` and `h` in `dwh`.",
    ),
    ("peephole_step_backward", "leaves_f_out_of_dc_prev"): (
        "`dc_prev`, directly, from `dh`: you have `dh o (1 - tanh(c_next)^2)`; from `dc`: you have "
        "`dc`.",
        "`dc_prev`, by way of p_o, from `dh`: you have `dh o (1 - o) p_o tanh(c_next)`.",
    ),
    ("peephole_step_backward", "forgets_the_path_through_h"): (
        "`dx`, gates i and f, from `dh`: you have `0` other than by way of p_o. The same in "
        "`dh_prev`, `dwx`, `dwh`, `dp` and `db`.",
        "`dx`, gate g, from `dh`: you have `0` other than by way of p_o. The same in `dh_prev`, "
        "`dwx`, `dwh` and `db`.",
        "`dc_prev`, directly, by way of p_i and by way of p_f, from `dh`: you have `0`.",
    ),
    ("rnn_backward", "keeps_the_first_step_only"): (
        "`dwx`, directly, from `dh[1]`: you have `0`. The same in `dwh` and `db`.",
    ),
    ("jacobian_product", "takes_one_factor_too_few"): (
        "The result, j = 2 and k = 0: you have `wh (1 - h[2]^2)`.",
    ),
    ("path_terms", "goes_one_step_only"): ("The result, [2, 0], from `dh[2]`: you have `0`.",),
    ("rtrl_step", "reads_the_new_state"): (
        "`influence_next`, row of wh: you have `h_next (1 - h_next^2)`.",
    ),
    ("batch_norm_backward", "takes_the_statistics_for_constants"): (
        "`dx`, image 0 of 3: you have `dout[0] gamma / std`.",
        "`dx`, image 1 of 3 and image 2 of 3: you have `0`.",
    ),
    ("batch_norm_backward", "forgets_eps"): (),
    ("rnn_step_backward", "meets_the_new_state"): ("`dwh`: you have `dh h_next (1 - h_next^2)`.",),
    ("rnn_step_backward", "multiplies_by_wh_itself"): (),
}


@pytest.mark.parametrize(("name", "mistake"), EXACT)
def test_known_mistakes_are_read_exactly(name, mistake):
    """Does the sentence name the place and the product, and nothing else?"""
    function = find(name).mistakes[mistake].function
    assert {sentences(name, function, draw) for draw in range(2)} == {EXACT[name, mistake]}


def test_what_is_right_is_told_where_the_exercise_allows_it():
    """Is the right product in feedback alone, or at the desk, too, or nowhere?"""
    exercise = find("rnn_step_backward")
    wrong = exercise.mistakes["meets_the_new_state"].function
    told = []
    for tells in ("nowhere", "feedback", "everywhere"):
        changed = replace(exercise, formula=replace(exercise.formula, tells=tells))
        for hidden in (False, True):
            report = grade(changed.cases(np.random.default_rng(0), hidden=hidden), wrong)
            told.append(report.readings[0].endswith("; right is `dh h (1 - h_next^2)`."))
    assert told == [False, False, False, True, True, True]


def test_the_frozen_file_does_not_hold_the_right_formula():
    """Does what students get tell right from wrong, and no more?"""
    data = encode_cases(frozen_cases("lstm_step_backward"))["formula"]
    assert all(len(mark) == 12 and set(mark) <= set("0123456789abcdef") for mark in data["right"])
    assert len(set(data["right"])) == len(data["right"])


@pytest.mark.parametrize("name", NAMES)
def test_the_frozen_probe_reads_as_the_exercise_does(name):
    """Does it say the same behind a file?"""
    exercise = find(name)
    cases = frozen_cases(name)
    back = decode_cases(json.loads(json.dumps(encode_cases(cases))))
    read = 0
    for mistake in exercise.mistakes.values():
        report = grade(cases, mistake.function)
        assert report.readings == grade(back, mistake.function).readings
        read += bool(report.readings)
        if read == 2:
            break
    assert read == 2


def test_hidden_points_follow_from_the_secret():
    """Are they the same for one secret, and others for another?"""
    exercise = find("gru_step_backward")
    one, same, other = (drawn_cases(exercise, secret).formula for secret in ("a", "a", "b"))
    np.testing.assert_array_equal(one.values["h"], same.values["h"])
    assert (one.values["h"] != other.values["h"]).any()


def test_nothing_is_read_of_right_answers_and_of_parts_that_are_right():
    """Is a function called no more than its cases need, and is only a wrong output spoken of?"""
    exercise = find("rnn_step_backward")
    cases = frozen_cases(exercise.name)
    calls = []

    def counted(*args):
        calls.append(args)
        return exercise.model(*args)

    assert grade(cases, counted).readings == ()
    assert len(calls) == len(cases.cases)

    def odd(dh, x, h, *rest):
        """Err in dwh, and elsewhere only where nothing else is tried."""
        dx, dh_prev, dwx, dwh, db = exercise.model(dh, x, h, *rest)
        tried = x.size > 1 or any(np.array_equal(x, case.args[1]) for case in cases.cases)
        return (dx if tried else 2 * dx), dh_prev, dwx, 2 * dwh, db

    assert grade(cases, odd).readings == ("`dwh`: you have `2 dh h (1 - h_next^2)`.",)


def test_an_answer_that_fails_at_the_points_only_loses_the_reading():
    """Do points stay as they are whatever such a call comes to?"""
    exercise = find("rnn_step_backward")
    cases = frozen_cases(exercise.name)
    wrong = exercise.mistakes["meets_the_new_state"].function
    calls = []

    def fails_later(*args):
        calls.append(args)
        if len(calls) > len(cases.cases):
            raise SystemExit
        return wrong(*args)

    report, other = grade(cases, fails_later), grade(cases, wrong)
    assert report.readings == ()
    assert replace(other, readings=()) == report


def test_products_are_written_as_on_paper():
    """Does a bare constant stand there as a number, and is only a single name squared?"""
    texts = [str(Product(Fraction(n, 2))) for n in (0, 1, 2, -2, -3)]
    assert texts == ["0", "1/2", "1", "-1", "-3/2"]
    apart = Product(Fraction(1), (("1 - a b", 1), ("1 + a b", 1)))
    assert str(apart) == "(1 - a b) (1 + a b)"
