"""Is the residual block right, forwards and backwards? PyTorch and differences say."""

import numpy as np
import pytest
import torch

from course_utils.checks.layout import strided
from course_utils.gradcheck import gradcheck
from course_utils.reference.residual_block import residual_block_backward, residual_block_forward

NAMES = ("x", "w1", "gamma1", "beta1", "w2", "gamma2", "beta2")
SHAPES = [  # N, C, F, H, W, K
    (2, 3, 4, 5, 6, 3),
    (3, 4, 2, 3, 1, 5),
    (5, 3, 4, 1, 1, 1),
    (1, 2, 3, 4, 2, 3),
]
each_shape = pytest.mark.parametrize("shape", SHAPES, ids=str)


def arguments(shape, dtype=np.float64):
    """Return the block's arguments by name, and its output's gradient."""
    N, C, F, H, W, K = shape
    rng = np.random.default_rng(0)
    sizes = [(N, C, H, W), (F, C, K, K), F, F, (C, F, K, K), C, C]
    values = [rng.standard_normal(size).astype(dtype) for size in sizes]
    return dict(zip(NAMES, values, strict=True)), rng.standard_normal(sizes[0]).astype(dtype)


def pytorch(inputs, dout, eps=1e-5):
    """Return the output and the gradients that torch computes."""
    x, w1, gamma1, beta1, w2, gamma2, beta2 = leaves = [
        torch.tensor(value, requires_grad=True) for value in inputs.values()
    ]

    def layer(x, w, gamma, beta):
        z = torch.nn.functional.conv2d(x, w, padding="same")
        return torch.nn.functional.batch_norm(z, None, None, gamma, beta, True, eps=eps)

    out = torch.relu(x + layer(torch.relu(layer(x, w1, gamma1, beta1)), w2, gamma2, beta2))
    return [
        v.detach().numpy() for v in (out, *torch.autograd.grad(out, leaves, torch.tensor(dout)))
    ]


@pytest.mark.parametrize("eps", [1e-5, 0.5])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@each_shape
def test_everything_is_pytorchs(shape, dtype, eps):
    """Do output and gradients agree with torch, in the type of the input?"""
    inputs, dout = arguments(shape, dtype)
    out, cache = residual_block_forward(*inputs.values(), eps=eps)
    ours = (out, *residual_block_backward(dout, cache))
    tolerance = 1e-10 if dtype == np.float64 else 2e-3
    for name, one, other in zip(("out", *NAMES), ours, pytorch(inputs, dout, eps), strict=True):
        assert one.dtype == dtype, name
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance, err_msg=name)


@each_shape
def test_gradients_are_differences(shape):
    """Do central differences give the gradient with respect to every argument?"""
    inputs, _ = arguments(shape)
    rng = np.random.default_rng(1)
    gradcheck(residual_block_forward, residual_block_backward, inputs, rng=rng, directions=3)


def test_a_branch_of_zero_hands_on_what_is_above_zero():
    """With a last scale and shift of 0, is the block the identity, there and back?"""
    inputs, dout = arguments(SHAPES[0])
    inputs["gamma2"] = inputs["beta2"] = np.zeros(3)
    out, cache = residual_block_forward(*inputs.values())
    np.testing.assert_array_equal(out, np.maximum(inputs["x"], 0))
    dx, dw1, _, _, dw2, dgamma2, _ = residual_block_backward(dout, cache)
    np.testing.assert_array_equal(dx, dout * (inputs["x"] > 0))
    assert not dw1.any()
    assert not dw2.any()
    assert dgamma2.all()  # so it can begin to learn


def test_layout_and_write_protection_do_not_matter():
    """Are arrays that lie oddly in memory and may not be written as good as others?"""
    inputs, dout = arguments(SHAPES[0])
    theirs = pytorch(inputs, dout)
    odd = [strided(value) for value in (*inputs.values(), dout)]
    for value in odd:
        value.flags.writeable = False
    out, cache = residual_block_forward(*odd[:-1])
    first, second = (residual_block_backward(odd[-1], cache) for _ in range(2))
    for one, two, other in zip((out, *first), (out, *second), theirs, strict=True):
        np.testing.assert_array_equal(one, two)
        np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(
    ("name", "shape", "says"),
    [
        ("x", (2, 3), r"x must have shape \(N, C, H, W\)"),
        ("w1", (4, 3), r"w1 must have shape \(F, C, K, K\)"),
        ("w1", (4, 2, 3, 3), r"w1 must have shape \(4, 3, 3, 3\)"),
        ("w1", (4, 3, 1, 3), r"w1 must have shape \(4, 3, 3, 3\)"),
        ("w1", (4, 3, 2, 2), "K must be odd, so that a volume can keep its size, got 2"),
        ("w2", (1, 4, 3, 3), r"w2 must have shape \(3, 4, 3, 3\), got \(1, 4, 3, 3\)"),
        ("w2", (3, 4, 1, 1), r"w2 must have shape \(3, 4, 3, 3\), got \(3, 4, 1, 1\)"),
        ("gamma1", (3,), r"gamma must have shape \(4,\)"),
    ],
)
def test_bad_input_is_refused_by_name(name, shape, says):
    """Does the error name the argument and its shape?"""
    inputs, _ = arguments(SHAPES[0])
    with pytest.raises(ValueError, match=says):
        residual_block_forward(*(inputs | {name: np.ones(shape)}).values())


def test_a_gradient_of_the_wrong_shape_is_refused():
    """Does the error say what shape `dout` must have?"""
    inputs, dout = arguments(SHAPES[0])
    _, cache = residual_block_forward(*inputs.values())
    with pytest.raises(ValueError, match=r"dout must have shape \(2, 3, 5, 6\)"):
        residual_block_backward(dout[:, :1], cache)
