"""Is it read which numbers a function multiplies, and nothing where it does something else?"""

import json
import re
from dataclasses import replace
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from course_utils.checks.encode import decode_cases, encode_cases
from course_utils.checks.formula import at_points
from course_utils.checks.grade import grade
from course_utils.checks.readings import readings
from course_utils.checks.sums import SumProbe
from course_utils.exercises.catalog import find, frozen_cases
from course_utils.exercises.sums import Sums, Windows
from tests.exercises.further_styles import STYLES

SUMS = ("correlate1d", "correlate2d", "convolve2d", "conv2d_forward", "conv2d_backward")
NAMES = (*SUMS, "max_pool2d_forward", "max_pool2d_backward")
MOST_CALLS = 600
PLACES = 5  # of a result at which a formula is computed
SLIDING = Sums(
    arguments={"x": ("y", (5,), "sample"), "w": ("k", (3,), "tap")},
    results={"the result": "i"},
    impulses="w",
    draws=7,
)


def sliding(x, w):
    return np.array([x[i : i + 3] @ w for i in range(3)])


def said(function, *, told=True):
    """Return what is read of a function beside `sliding`."""
    probe = SLIDING.probe(np.random.default_rng(0), sliding, {"the result": ()}, hidden=told)
    return readings(probe, at_points(function)(*probe.stacked()))


def sentences(name, function, *, told=True, draw=0):
    probe = find(name).reading(np.random.default_rng(draw), hidden=told)
    return readings(probe, at_points(function)(*probe.stacked(), **probe.fixed))


@pytest.mark.parametrize("seed", range(5))
def test_any_table_is_read_as_it_was_written_down(seed):
    """Are constants found, of products, of numbers by themselves, and of none at all?"""
    rng = np.random.default_rng(seed)
    O, T, P = 4, 5, 6  # noqa: E741
    fractions = [float(Fraction(n, d)) for n in (-12, -3, -1, 1, 2, 5) for d in (1, 2, 3, 12)]
    table = rng.choice(fractions, (O, 1 + T, P + 1)) * (rng.random((O, 1 + T, P + 1)) < 0.3)
    probe = SumProbe(
        shapes={"p": (2, 3), "t": (5,)},
        impulses=("t",),
        draws=P + 3,
        fixed={},
        outputs={"out": (2, 2)},
        letters={},
        axes={},
        setting="",
        seed=seed,
    )

    def function(p, t):
        one, other = [1, *t], [*p.ravel(), 1]
        sums = [sum(c * one[i] * other[j] for (i, j), c in np.ndenumerate(o)) for o in table]
        return np.reshape(sums, (2, 2))

    (found,) = probe.tables(at_points(function)(*probe.stacked())).values()
    assert found.read.all()
    np.testing.assert_allclose(found.constants, table, rtol=1e-15)


@pytest.mark.parametrize(
    "function",
    [
        lambda x, w: sliding(x, w) ** 2,
        lambda x, w: sliding(x, w**2),
        lambda x, w: sliding(x**2, w),
        lambda x, w: np.abs(sliding(x, w)),
        lambda x, w: np.maximum(sliding(x, w), 0),
        lambda x, w: sliding(x, np.exp(w)),
        lambda x, w: sliding(x, w) + 1e-4 * w[0] * w[1],
        lambda x, w: 2**0.5 * sliding(x, w),
        lambda x, w: 13 * sliding(x, w),
        lambda x, w: sliding(x, w) * np.nan,
        lambda x, w: sliding(x, w).astype(complex),
        lambda x, w: sliding(np.sort(x), w),
        lambda x, w: sliding(x, w)[:2],
        lambda x, w: sliding(x, w)[None],
        lambda x, w: sliding(x, w).tolist()[0],
        lambda x, w: [sliding(x, w), 1],
        lambda x, w: {"out": sliding(x, w)},
        lambda x, w: None,
        lambda x, w: "sum",
        sliding,
        lambda x, w: sliding(x, w) * (1 + 1e-9),
        lambda x, w: sliding(x.astype(np.float32), w.astype(np.float32)),
    ],
)
def test_nothing_is_said_of_what_is_no_sum_and_of_what_is_right(function):
    """Is no difference reported where values do not bear it out?"""
    for told in (False, True):
        assert said(function, told=told) == ()


@pytest.mark.parametrize(
    ("function", "has", "right"),
    [
        (
            lambda x, w: sliding(x, w[::-1]),
            "you have the sum over k of `x[i - k + 2] w[k]`",
            "along taps `w` stands the wrong way round",
        ),
        (
            lambda x, w: sliding(np.append(x[1:], 0), w),
            "you have the sum over k of `x[i + k + 1] w[k]`",
            "`x` is read one sample too late",
        ),
        (
            lambda x, w: sliding(np.append(0, x), w),
            "you have the sum over k of `x[i + k - 1] w[k]`",
            "`x` is read one sample too early",
        ),
        (
            lambda x, w: -sliding(x, w),
            "you have the sum over k of `-x[i + k] w[k]`",
            "each product of `x` and `w` counts -1 times",
        ),
        (
            lambda x, w: 2 * sliding(x, w),
            "you have the sum over k of `2 x[i + k] w[k]`",
            "each product of `x` and `w` counts twice",
        ),
        (
            lambda x, w: x[1:4] * w[1],
            "you have `x[i + 1] w[1]`",
            "only tap 1 of `w` counts",
        ),
        (lambda x, w: 0 * w, "you have `0`", "each product of `x` and `w` is missing"),
        (lambda x, w: w / 4, "you have `1/4 w[i]`", None),
        (
            lambda x, w: sliding(x, w) + 1 - w[0],
            "you have the sum over k of `x[i + k] w[k]`, plus `-w[0]`, plus `1`",
            None,
        ),
    ],
)
def test_a_sum_is_read_as_a_formula(function, has, right):
    """Is what one has told everywhere, and in feedback what is right, and how these differ?"""
    desk, feedback = said(function, told=False), said(function)
    assert desk == (f"The result at `[i]`: {has}.",)
    words = f": {right}" if right else ""
    assert feedback == (
        f"The result at `[i]`: {has}; right is the sum over k of `x[i + k] w[k]`{words}.",
    )


EXACT = {
    ("conv2d_forward", "repeats_the_border"): (
        "With kernels of 3 rows and 2 columns, stride 2 and padding 1, the result at "
        "`[0, 0, 0, 0]` multiplies `w[0, 0, 0, 0]` by `x[0, 0, 0, 0]`; right is `0`. 16 of its 24 "
        "numbers are no right sum.",
    ),
    ("conv2d_backward", "steps_columns_by_one"): (
        "With kernels of 3 rows and 2 columns, stride 2 and padding 1, `dx[n, c, y, z]`: you have "
        "the sum over f, i and j of `dout[n, f, i, j] w[f, c, y - 2 i + 1, z - j + 1]`; right is "
        "the sum over f, i and j of `dout[n, f, i, j] w[f, c, y - 2 i + 1, z - 2 j + 1]`: with j, "
        "`w` moves back by 1 column, not 2.",
        "`dw[f, c, k, m]`: you have the sum over n, i and j of "
        "`dout[n, f, i, j] x[n, c, k + 2 i - 1, m + j - 1]`; right is the sum over n, i and j of "
        "`dout[n, f, i, j] x[n, c, k + 2 i - 1, m + 2 j - 1]`: with j, `x` moves on by 1 column, "
        "not 2.",
    ),
    ("conv2d_backward", "overwrites_dx"): (
        "With kernels of 3 rows and 2 columns, stride 2 and padding 1, `dx[0, 0, 1, 0]` leaves "
        "`dout[0, 0, 0, 0]` out; right is `w[0, 0, 2, 1]`. 12 of its 48 numbers are no right sum.",
    ),
    ("correlate2d", "adds_the_kernel"): (
        "With a kernel of 3 rows and 2 columns, the result at `[0, 0]` adds `x[0, 0] + x[0, 1] + "
        "x[1, 0] + x[1, 1] + x[2, 0] + x[2, 1]` as it stands; right is `0`. 9 of its 9 numbers "
        "are no right sum.",
    ),
    ("max_pool2d_forward", "steps_columns_by_one"): (
        "With windows of 3 rows and 2 columns, stride 2 and padding 1, the result at "
        "`[0, 0, 0, 1]` is the largest number of `x[0, 0, 0:2, 0:2]`; right is that of "
        "`x[0, 0, 0:2, 1:3]`. 16 of its 24 numbers have no right window.",
    ),
    ("max_pool2d_forward", "averages"): (),
    ("max_pool2d_forward", "begins_at_zero"): (),
    ("max_pool2d_backward", "shares_among_ties"): (
        "With windows of 3 rows and 2 columns, stride 2, padding 1, and images of which each pixel "
        "is the number of its row, the result at `[0, 0, 1, 1]` gets `dout[0, 0, 0, 1]` 1/2 times; "
        "right is once. 32 of its 80 numbers are no right sum.",
    ),
}


@pytest.mark.parametrize(("name", "mistake"), EXACT)
def test_known_mistakes_are_read_exactly(name, mistake):
    """Does each sentence say what is so, whatever the numbers are?"""
    function = find(name).mistakes[mistake].function
    assert {sentences(name, function, draw=draw) for draw in range(2)} == {EXACT[name, mistake]}


FORMULAS = {  # of how many known mistakes one is read at least
    "correlate1d": 7,
    "correlate2d": 6,
    "convolve2d": 14,
    "conv2d_forward": 11,
    "conv2d_backward": 11,
}


@pytest.mark.parametrize("name", SUMS)
def test_a_formula_computes_what_the_function_does(name):
    """Does a mistake come to what the sentence about it says, on numbers that nobody read?"""
    exercise = find(name)
    probe = exercise.reading(np.random.default_rng(0))
    rng = np.random.default_rng(1)
    arrays = {name: rng.normal(size=shape) for name, shape in probe.shapes.items()}
    read = 0
    for mistake in exercise.mistakes.values():
        found = [text for text in sentences(name, mistake.function, told=False) if "have" in text]
        if not found:
            continue
        results = mistake.function(*(a.copy() for a in arrays.values()), **probe.fixed)
        results = results if isinstance(results, tuple) else (results,)
        for text in found:
            output, formula = re.fullmatch(
                r".*?(\w+)(?: at `|)\[.*?: you have (.*)\.", text
            ).groups()
            (place,) = (k for k, known in enumerate(probe.outputs) if known.endswith(output))
            at = [tuple(rng.integers(results[place].shape)) for _ in range(PLACES)]
            due = _computed(formula, probe, [*probe.outputs][place], arrays, at)
            np.testing.assert_allclose([results[place][each] for each in at], due, rtol=1e-9)
        read += 1
    assert read >= FORMULAS[name]


def _computed(formula, probe, output, arrays, places):
    """Compute a formula as it is written, at some places of an output."""
    sizes = {
        letter: size
        for name, shape in probe.shapes.items()
        for letter, size in zip(probe.letters[name], shape, strict=True)
    }
    result = np.zeros(len(places))
    for number, at in enumerate(places):
        here = dict(zip(probe.letters[output], at, strict=True))
        for part in formula.split(", plus "):
            over, text = re.fullmatch(r"(?:the sum over (.*) of )?`(.*)`", part).groups()
            letters = re.findall(r"\w'?(?=,| and|$)", over or "")
            for values in product(*(range(sizes[each[0]]) for each in letters)):
                result[number] += _value(
                    text, {**here, **dict(zip(letters, values, strict=True))}, arrays
                )
    return result


def _value(text, letters, arrays):
    constant, factors = re.fullmatch(r"(-?[\d/]*) ?((?:\w+\[.*?\] ?)*)", text).groups()
    value = {"": 1, "-": -1}.get(constant) or float(Fraction(constant))
    for name, indices in re.findall(r"(\w+)\[(.*?)\]", factors):
        at = []
        for index in indices.split(", "):
            terms = re.findall(r"([+-]?) ?(\d*) ?([a-z]'?)?(?: |$)", index)
            terms = [term for term in terms if term[1] or term[2]]
            at.append(
                sum(
                    (-1 if sign == "-" else 1) * int(times or 1) * (letters[of] if of else 1)
                    for sign, times, of in terms
                )
            )
        inside = all(0 <= i < size for i, size in zip(at, arrays[name].shape, strict=True))
        value *= arrays[name][tuple(at)] if inside else 0
    return value


@pytest.mark.parametrize("name", NAMES)
def test_right_answers_of_other_styles_are_not_accused(name):
    """Is nothing said of what the corpus has never seen, and are calls few?"""
    probe = find(name).reading(np.random.default_rng(3))
    assert len(probe.stacked()[0]) <= MOST_CALLS
    for function in STYLES[name]:
        parts = at_points(function)(*probe.stacked(), **probe.fixed)
        assert readings(probe, parts) == ()
        assert None not in probe.read(parts)


@pytest.mark.parametrize("name", NAMES)
def test_the_frozen_probe_reads_as_the_exercise_does(name):
    """Does it say the same behind a file, and there never what is right?"""
    exercise = find(name)
    cases = frozen_cases(name)
    back = decode_cases(json.loads(json.dumps(encode_cases(cases))))
    for mistake in exercise.mistakes.values():
        told = grade(back, mistake.function).readings
        assert told == sentences(name, mistake.function, told=False)
        assert not any("right is" in text for text in told)
        if told:
            return
    pytest.fail("nothing is read")


def test_feedback_tells_what_is_right():
    """Does a report on hidden cases have both?"""
    exercise = find("correlate1d")
    cases = exercise.cases(np.random.default_rng(0), hidden=True)
    (text,) = grade(cases, exercise.mistakes["flips_filters"].function).readings
    assert text.endswith("; right is the sum over k of `x[2 i + k - 1] w[f, k]`: along taps "
                         "`w` stands the wrong way round.")  # fmt: skip


@pytest.mark.parametrize(
    ("declared", "answer"),
    [(replace(SLIDING), sliding), (Windows((3,), {}, ""), lambda x: x.max(keepdims=True))],
)
def test_what_is_right_is_read_however_busy_the_machine_is(declared, answer, monkeypatch):
    """Is the limit that of students' answers alone?"""
    monkeypatch.setattr("course_utils.checks.formula.SECONDS", 0.0)
    assert declared.probe(np.random.default_rng(0), answer, {"the result": ()}).marks()


@pytest.mark.parametrize(
    ("declared", "answer"),
    [
        (SLIDING, lambda x, w: sliding(x, w) ** 2),
        (replace(SLIDING, draws=5), sliding),
        (Windows((6,), {}, ""), lambda x: x[:3] + x[3:]),
    ],
)
def test_what_cannot_be_read_of_the_right_answer_is_refused(declared, answer):
    """Does an author hear of it, rather than a student of a difference that is none?"""
    probe = declared.probe(np.random.default_rng(0), answer, {"the result": ()})
    with pytest.raises(ValueError, match="the right answer"):
        probe.marks()


def test_what_is_fixed_is_so_at_every_call():
    """Does an answer that writes into such an argument find the next one as it was?"""
    x = np.ones(2)

    def spoils(t, x):
        x += t
        return x.copy()

    (found,) = at_points(spoils)(np.ones(3), x=x)
    np.testing.assert_array_equal(found, np.full((3, 2), 2.0))
    np.testing.assert_array_equal(x, np.ones(2))
