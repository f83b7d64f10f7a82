"""Does the gradient check pass what is right, and say where what is wrong is wrong?

The pass under test is a small recurrence with two inputs and two outputs,
h[t] = tanh(x[t] w + h[t-1]), whose gradient is short enough to be read.
"""

import re

import numpy as np
import pytest

from course_utils.gradcheck import GradientError, gradcheck

T, M = 4, 3


def recurrence(x, w):
    """Return all states (T, M), the last one (M,), and a cache."""
    h, states = np.zeros(M), []
    for row in x:
        h = np.tanh(row @ w + h)
        states.append(h)
    return (np.stack(states), h), (x, w, np.stack(states))


def recurrence_gradients(dstates, dlast, cache):
    """Return the gradients with respect to x (T, M) and w (M, M)."""
    x, w, states = cache
    da = np.empty_like(states)
    dh = dlast
    for t in reversed(range(T)):
        da[t] = dh = (dh + dstates[t]) * (1 - states[t] ** 2)
    return da @ w.T, x.T @ da


def inputs():
    x, w = np.random.default_rng(0).standard_normal((2, T, M))
    return {"x": x, "w": w[:M]}


def check(spoil, **options):
    """Check the recurrence after `spoil` has changed copies of its gradients."""

    def backward(*arguments):
        return spoil(*recurrence_gradients(*arguments))

    gradcheck(recurrence, backward, inputs(), rng=np.random.default_rng(1), **options)


def planted(array, index, value):
    """Return the array with one element replaced."""
    array = array.copy()
    array[index] = value
    return array


def test_right_gradients_pass():
    """Do two inputs and two outputs pass, for every seed?"""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        gradcheck(recurrence, recurrence_gradients, inputs(), rng=rng)


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_one_input_and_one_output_need_no_tuple(scale):
    """May a pass take and give plain arrays, whatever the size of its numbers?"""
    x = np.random.default_rng(2).standard_normal((2, 3))
    gradcheck(
        lambda x: (scale * np.sin(x), x),
        lambda dout, x: scale * dout * np.cos(x),
        {"x": x},
        rng=np.random.default_rng(3),
    )


def test_a_scalar_output_is_taken():
    """Does a loss, which has no axes, pass with its right gradient and fail with a wrong one?"""
    x, rng = np.array([1.0, -2.0]), np.random.default_rng(4)
    gradcheck(lambda x: (np.mean(x**2), x), lambda dout, x: dout * x, {"x": x}, rng=rng)
    with pytest.raises(GradientError, match="to x is wrong"):
        gradcheck(lambda x: (np.mean(x**2), x), lambda dout, x: 2 * dout * x, {"x": x}, rng=rng)


@pytest.mark.parametrize(
    ("name", "spoil"),
    [
        ("x", lambda dx, dw: (1.001 * dx, dw)),
        ("w", lambda dx, dw: (dx, 1.001 * dw)),
        ("x", lambda dx, dw: (-dx, dw)),
        ("w", lambda dx, dw: (dx, -dw)),
        ("x", lambda dx, dw: (0 * dx, dw)),
        ("w", lambda dx, dw: (dx, dw.T)),
        ("x", lambda dx, dw: (dx[::-1], dw)),
        ("x", lambda dx, dw: (dx + 1e-4, dw)),
    ],
    ids=["scaled x", "scaled w", "sign of x", "sign of w", "zero", "transposed", "turned", "moved"],
)
def test_a_wrong_gradient_is_named(name, spoil):
    """Does the message name the input whose gradient is wrong, and no other?"""
    with pytest.raises(GradientError, match=f"the gradient with respect to {name} is wrong"):
        check(spoil)


@pytest.mark.parametrize("value", [7.0, np.nan, np.inf])
@pytest.mark.parametrize("index", [(0, 0), (2, 1), (3, 2)])
def test_one_wrong_element_is_found(index, value):
    """Is the one bad element named by its index, when it is wrong, NaN or infinite?"""
    place = re.escape(str(list(index)))
    with pytest.raises(GradientError, match=f"to x is wrong, most at {place}: analytic {value:g},"):
        check(lambda dx, dw: (planted(dx, index, value), dw))


def test_the_worst_of_several_is_named():
    """Of two bad elements, is the one further off named, or the one that is no number?"""

    def two(dx, dw):
        return planted(planted(dx, (1, 0), 5.0), (2, 2), 50.0), dw

    def one_missing(dx, dw):
        return planted(planted(dx, (1, 0), np.nan), (2, 2), 50.0), dw

    with pytest.raises(GradientError, match=r"most at \[2, 2\]"):
        check(two)
    with pytest.raises(GradientError, match=r"most at \[1, 0\]"):
        check(one_missing)


def test_the_message_gives_both_numbers():
    """Are the analytic and the numeric value those of the element that is named?"""
    out, cache = recurrence(*inputs().values())
    rng = np.random.default_rng(1)
    right, _ = recurrence_gradients(*[rng.standard_normal(part.shape) for part in out], cache)
    with pytest.raises(GradientError) as caught:
        check(lambda dx, dw: (planted(dx, (1, 2), 9.0), dw))
    analytic, numeric = re.search(r"analytic (\S+), numeric (\S+)", str(caught.value)).groups()
    assert float(analytic) == 9
    assert float(numeric) == pytest.approx(right[1, 2], rel=1e-4)


@pytest.mark.parametrize("axis", [0, -2])
def test_the_time_step_is_named(axis):
    """Is the step named where time has an axis, and not for inputs without one?"""
    with pytest.raises(GradientError, match=r"at \[2, 1\] \(step 2\):"):
        check(lambda dx, dw: (planted(dx, (2, 1), 7.0), dw), time_axis={"x": axis})
    with pytest.raises(GradientError, match=r"to w is wrong, most at \[2, 1\]:"):
        check(lambda dx, dw: (dx, planted(dw, (2, 1), 7.0)), time_axis={"x": axis})


def test_a_forgotten_past_is_found_before_the_last_step():
    """Is a backward pass that stops at each step wrong, but not at the last?"""

    def truncated(dstates, dlast, cache):
        x, w, states = cache
        dstates = dstates.copy()
        dstates[-1] += dlast
        da = dstates * (1 - states**2)
        return da @ w.T, x.T @ da

    rng = np.random.default_rng(5)
    with pytest.raises(GradientError, match=r"to x .*\(step [0-2]\)"):
        gradcheck(recurrence, truncated, inputs(), rng=rng, time_axis={"x": 0})


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda dx, dw: (dx.T, dw), r"to x has shape \(3, 4\), but x has \(4, 3\)"),
        (lambda dx, dw: (dx, dw[0]), r"to w has shape \(3,\), but w has \(3, 3\)"),
        (lambda dx, dw: (dx, dw[None]), r"to w has shape \(1, 3, 3\), but w has \(3, 3\)"),
        (lambda dx, dw: dx, "2 inputs, but 1 gradients"),
        (lambda dx, dw: (dx, dw, dw), "2 inputs, but 3 gradients"),
    ],
)
def test_a_wrong_shape_or_number_is_named(spoil, message):
    """Does the message give the shapes that should be equal, or the two numbers?"""
    with pytest.raises(GradientError, match=message):
        check(spoil)


@pytest.mark.parametrize("dtype", [np.float32, np.int64])
def test_other_types_are_refused(dtype):
    """Is an input that is too coarse for differences named, with its type?"""
    values = inputs()
    values["w"] = values["w"].astype(dtype)
    with pytest.raises(
        ValueError, match=f"w must be float64 for differences, got {dtype.__name__}"
    ):
        gradcheck(recurrence, recurrence_gradients, values, rng=np.random.default_rng(6))


def test_inputs_stay_as_they_are():
    """Are read-only inputs moved in copies, also when an element is sought?"""
    values = inputs()
    for value in values.values():
        value.flags.writeable = False
    gradcheck(recurrence, recurrence_gradients, values, rng=np.random.default_rng(7))
    with pytest.raises(GradientError):
        gradcheck(recurrence, lambda *_: (0 * values["x"], 0 * values["w"]), values,
                  rng=np.random.default_rng(8))  # fmt: skip


def test_options_reach_the_check():
    """Does a loose tolerance pass a small error, and a wide step miss a bend?"""
    check(lambda dx, dw: (1.001 * dx, dw), rtol=0.1)
    with pytest.raises(GradientError):
        check(lambda dx, dw: (dx, dw), step=0.5)
    check(lambda dx, dw: (0 * dx, 0 * dw), directions=0)


def test_both_outputs_count():
    """Is a gradient that forgets the second output refused?"""

    def forgetful(dstates, dlast, cache):
        return recurrence_gradients(dstates, 0 * dlast, cache)

    with pytest.raises(GradientError, match="to x is wrong"):
        gradcheck(recurrence, forgetful, inputs(), rng=np.random.default_rng(9))


def test_a_number_is_an_input_too():
    """Is the gradient with respect to a 0-d array checked and, if wrong, named?"""
    x, rng = np.array(3.0), np.random.default_rng(5)
    gradcheck(lambda x: (x**2, x), lambda dout, x: 2 * dout * x, {"x": x}, rng=rng)
    with pytest.raises(GradientError, match=r"to x is wrong, most at \[\]"):
        gradcheck(lambda x: (x**2, x), lambda dout, x: dout * x, {"x": x}, rng=rng)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [(lambda d: None, "is None, not an array"), (lambda d: d.astype(np.float32), "is float32")],
)
def test_what_is_no_gradient_is_named(spoil, says):
    """Is a forgotten or narrowed gradient told apart from a wrong one?"""
    rng = np.random.default_rng(5)
    with pytest.raises(GradientError, match=says):
        gradcheck(
            lambda x: (2 * x, None),
            lambda d, _: spoil(2 * d),
            {"x": np.ones(3)},
            rng=rng,
        )


def test_a_pass_that_changes_what_it_is_given_is_refused():
    """Is changing an input or the incoming gradient in place an error?"""

    def in_place(x, _=None):
        x *= 2
        return x

    rng = np.random.default_rng(5)
    for forward, backward in (
        (lambda x: (in_place(x), None), lambda d, _: 2 * d),
        (lambda x: (2 * x, None), in_place),
    ):
        with pytest.raises(ValueError, match="read-only"):
            gradcheck(forward, backward, {"x": np.ones(3)}, rng=rng)
