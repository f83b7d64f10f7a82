"""Are the losses right, do they say how they average, and do they stay finite?"""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from course_utils.checks.layout import strided
from course_utils.gradcheck import gradcheck
from course_utils.reference.losses import (
    binary_cross_entropy_backward,
    binary_cross_entropy_forward,
    softmax_cross_entropy_backward,
    softmax_cross_entropy_forward,
    squared_error_backward,
    squared_error_forward,
)

functional = torch.nn.functional
SHAPES = [(5,), (1, 5), (4, 5), (2, 3, 5)]
each_type = pytest.mark.parametrize("dtype", [np.float32, np.float64])
each_shape = pytest.mark.parametrize("shape", SHAPES)


def classes(shape):
    """Return scores, targets and a mask that leaves one element out where there are several."""
    rng = np.random.default_rng(0)
    targets = rng.integers(0, shape[-1], shape[:-1])
    mask = np.ones(shape[:-1], bool)
    if mask.size > 1:
        mask.flat[1] = False
    return rng.standard_normal(shape), targets, mask


def compare(ours, theirs, dtype):
    tolerance = 1e-13 if dtype == np.float64 else 1e-6
    for one, other in zip(ours, theirs, strict=True):
        assert one.dtype == dtype
        np.testing.assert_allclose(one, other.detach().numpy(), rtol=tolerance, atol=tolerance)


@each_type
@each_shape
@pytest.mark.parametrize("masked", [False, True])
def test_softmax_cross_entropy_is_pytorchs(shape, masked, dtype):
    """Does it agree with torch, whose `ignore_index` is our mask, and with a factor in `dout`?"""
    scores, targets, mask = classes(shape)
    scores = (100 * scores).astype(dtype)
    if not masked:
        mask = None
    loss, cache = softmax_cross_entropy_forward(scores, targets, mask)
    dscores = softmax_cross_entropy_backward(0.7, cache)
    tensor = torch.tensor(scores, requires_grad=True)
    kept = targets if mask is None else np.where(mask, targets, -100)
    rows = tensor.reshape(-1, shape[-1])
    expected = functional.cross_entropy(rows, torch.tensor(kept).reshape(-1), ignore_index=-100)
    (gradient,) = torch.autograd.grad(0.7 * expected, tensor)
    compare((loss, dscores), (expected, gradient), dtype)


@each_type
@each_shape
def test_squared_error_is_pytorchs(shape, dtype):
    """Does the mean of squares agree with torch, and with a factor in `dout`?"""
    predictions, targets = np.random.default_rng(1).standard_normal((2, *shape)).astype(dtype)
    loss, cache = squared_error_forward(predictions, targets)
    tensor = torch.tensor(predictions, requires_grad=True)
    expected = functional.mse_loss(tensor, torch.tensor(targets))
    (gradient,) = torch.autograd.grad(0.7 * expected, tensor)
    compare((loss, squared_error_backward(0.7, cache)), (expected, gradient), dtype)


@each_type
@each_shape
def test_binary_cross_entropy_is_pytorchs(shape, dtype):
    """Does it agree with torch on scores up to 100 and soft targets?"""
    rng = np.random.default_rng(2)
    scores = rng.uniform(-100, 100, shape).astype(dtype)
    targets = rng.random(shape).astype(dtype)
    loss, cache = binary_cross_entropy_forward(scores, targets)
    tensor = torch.tensor(scores, requires_grad=True)
    expected = functional.binary_cross_entropy_with_logits(tensor, torch.tensor(targets))
    (gradient,) = torch.autograd.grad(0.7 * expected, tensor)
    compare((loss, binary_cross_entropy_backward(0.7, cache)), (expected, gradient), dtype)


@each_shape
def test_gradients_are_differences(shape):
    """Do central differences give all three gradients, with and without a mask?"""
    scores, targets, mask = classes(shape)
    soft = np.random.default_rng(3).random(shape)
    cases = [
        (lambda s: softmax_cross_entropy_forward(s, targets), softmax_cross_entropy_backward),
        (lambda s: softmax_cross_entropy_forward(s, targets, mask), softmax_cross_entropy_backward),
        (lambda s: squared_error_forward(s, soft), squared_error_backward),
        (lambda s: binary_cross_entropy_forward(s, soft), binary_cross_entropy_backward),
    ]
    for forward, backward in cases:
        gradcheck(forward, backward, {"scores": scores}, rng=np.random.default_rng(4))


@each_type
@pytest.mark.parametrize("size", [1e4, -1e4])
def test_huge_scores_give_the_exact_loss(size, dtype):
    """Is a confident answer worth 0 if right and its score if wrong, without a warning?"""
    scores = np.array([[size, 0.0]], dtype)
    for target in (0, 1):
        wrong = (size > 0) == (target == 1)
        loss, cache = softmax_cross_entropy_forward(scores, np.array([target]))
        assert loss == (abs(size) if wrong else 0)
        dscores = softmax_cross_entropy_backward(1.0, cache)
        np.testing.assert_array_equal(dscores, np.sign(size) * np.array([[1, -1]]) * wrong)
        scores_of_one = -scores[:, 0]  # the log-odds of class 1 against class 0
        loss, cache = binary_cross_entropy_forward(scores_of_one, np.array([target]))
        assert loss == (abs(size) if wrong else 0)
        np.testing.assert_array_equal(
            binary_cross_entropy_backward(1.0, cache), [-np.sign(size) * wrong]
        )


def test_padding_may_hold_anything():
    """Do NaN scores and targets out of range stay out of loss and gradient where masked?"""
    scores = np.array([[[1.0, 2.0], [np.nan, np.inf]], [[0.0, 3.0], [4.0, -1.0]]])
    targets, mask = np.array([[0, -1], [1, 99]]), np.array([[True, False], [True, False]])
    loss, cache = softmax_cross_entropy_forward(scores, targets, mask)
    dscores = softmax_cross_entropy_backward(1.0, cache)
    short_loss, short = softmax_cross_entropy_forward(scores[:, 0], targets[:, 0])
    assert loss == short_loss
    np.testing.assert_array_equal(dscores[:, 0], softmax_cross_entropy_backward(1.0, short))
    np.testing.assert_array_equal(dscores[:, 1], 0)


def test_elements_weigh_the_same():
    """Does a sequence of three steps weigh three times as much as one of one step?"""
    scores, targets, _ = classes((2, 3, 5))
    mask = np.array([[True, True, True], [True, False, False]])
    loss, _ = softmax_cross_entropy_forward(scores, targets, mask)
    long_one, _ = softmax_cross_entropy_forward(scores[0], targets[0])
    short_one, _ = softmax_cross_entropy_forward(scores[1, 0], targets[1, 0])
    assert loss == pytest.approx((3 * long_one + short_one) / 4, rel=1e-14)


@given(
    scores=arrays(np.float64, (3, 4), elements=st.floats(-1e3, 1e3)),
    targets=arrays(np.int8, 3, elements=st.integers(0, 3)),
)
def test_cross_entropy_is_not_negative_and_its_gradients_sum_to_zero(scores, targets):
    """Is the loss at least 0, and does raising all scores together change nothing?"""
    loss, cache = softmax_cross_entropy_forward(scores, targets)
    assert loss >= 0
    dscores = softmax_cross_entropy_backward(1.0, cache)
    np.testing.assert_allclose(dscores.sum(axis=1), 0, atol=1e-15)


@given(score=st.floats(-700, 700), target=st.integers(0, 1))
def test_two_classes_are_the_binary_loss(score, target):
    """Is softmax over scores 0 and s the binary loss of s?"""
    two, _ = softmax_cross_entropy_forward(np.array([0.0, score]), np.array(target))
    one, _ = binary_cross_entropy_forward(np.array([score]), np.array([target]))
    assert two == pytest.approx(one, rel=1e-12, abs=1e-15)


@each_type
def test_targets_of_other_types_do_not_widen(dtype):
    """Do booleans, integers and doubles as targets leave the type of the scores alone?"""
    scores = np.array([0.5, -2.0], dtype)
    for targets in (np.array([True, False]), np.array([1, 0]), np.array([1.0, 0.0])):
        loss, cache = binary_cross_entropy_forward(scores, targets)
        assert loss.dtype == binary_cross_entropy_backward(1.0, cache).dtype == dtype
    loss, cache = softmax_cross_entropy_forward(scores, np.array(1))
    assert softmax_cross_entropy_backward(np.float64(1), cache).dtype == dtype
    loss, cache = squared_error_forward(scores, scores)
    assert squared_error_backward(np.float64(1), cache).dtype == dtype


@pytest.mark.parametrize("lay", [np.asfortranarray, strided], ids=["fortran", "strided"])
def test_layout_write_protection_and_repetition_do_not_matter(lay):
    """Are odd and read-only arrays taken, and does a second backward pass say the same?"""
    scores, targets, mask = classes((2, 3, 5))
    soft = np.random.default_rng(5).random(scores.shape)
    cases = [
        (softmax_cross_entropy_forward, softmax_cross_entropy_backward, (scores, targets)),
        (softmax_cross_entropy_forward, softmax_cross_entropy_backward, (scores, targets, mask)),
        (squared_error_forward, squared_error_backward, (scores, soft)),
        (binary_cross_entropy_forward, binary_cross_entropy_backward, (scores, soft)),
    ]
    for forward, backward, plain in cases:
        loss, cache = forward(*plain)
        gradient = backward(0.7, cache)
        odd = [lay(value) for value in plain]
        for value in odd:
            value.flags.writeable = False
        odd_loss, cache = forward(*odd)
        assert odd_loss == pytest.approx(loss, rel=1e-14)
        for _ in range(2):
            np.testing.assert_allclose(backward(0.7, cache), gradient, rtol=1e-13, atol=1e-16)


SCORES, TARGETS = np.ones((2, 3)), np.array([0, 2])


@pytest.mark.parametrize(
    ("forward", "arguments", "names"),
    [
        (softmax_cross_entropy_forward, (SCORES, np.array([0, 3])), r"targets .* 0..2, got 0..3"),
        (softmax_cross_entropy_forward, (SCORES, np.array([1, -1])), r"got -1..1; .* the mask"),
        (softmax_cross_entropy_forward, (SCORES, TARGETS + 0.0), "integers.*float64"),
        (softmax_cross_entropy_forward, (SCORES, TARGETS > 0), "integers.*bool"),
        (softmax_cross_entropy_forward, (SCORES, TARGETS[:1]), r"got \(1,\) for \(2, 3\)"),
        (softmax_cross_entropy_forward, (SCORES, SCORES), "without K"),
        (softmax_cross_entropy_forward, (np.array(1.0), np.array(0)), "without K"),
        (softmax_cross_entropy_forward, (SCORES, TARGETS, np.ones(2)), "mask must be boolean"),
        (softmax_cross_entropy_forward, (SCORES, TARGETS, np.ones((2, 1), bool)),
         r"mask must have the shape of targets \(2,\), got \(2, 1\)"),
        (softmax_cross_entropy_forward, (SCORES, TARGETS, np.zeros(2, bool)), "no element counts"),
        (softmax_cross_entropy_forward, (SCORES[:0], TARGETS[:0]), "no element counts"),
        (squared_error_forward, (SCORES, SCORES[:1]), r"shape of predictions \(2, 3\), got \(1, 3"),
        (squared_error_forward, (SCORES[:0], SCORES[:0]), "predictions must hold an element"),
        (binary_cross_entropy_forward, (SCORES, SCORES[0]), r"shape of scores \(2, 3\)"),
        (binary_cross_entropy_forward, (SCORES, SCORES + 0.5), r"in \[0, 1\], got 1.5 to 1.5"),
        (binary_cross_entropy_forward, (SCORES, -SCORES), r"in \[0, 1\]"),
        (binary_cross_entropy_forward, (SCORES, SCORES * np.nan), r"in \[0, 1\]"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_by_name(forward, arguments, names):
    """Does the error name the argument and the mend?"""
    with pytest.raises(ValueError, match=names):
        forward(*arguments)
