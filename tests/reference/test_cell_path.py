"""Are the gradients of the cells complete, and is the part along the cells what is claimed?"""

import numpy as np
import pytest
import torch

from course_utils.reference.cell_path import cell_gradients
from course_utils.reference.lstm import lstm_step_forward

SIZES = [(6, 3, 5, 4), (1, 3, 2, 5), (5, 1, 3, 2)]  # T, N, D, M


def arguments(T, N, D, M, *, dtype=np.float64):
    """Inputs, start and weights of an LSTM, and a gradient of its last cell."""
    rng = np.random.default_rng(0)
    shapes = [(T, N, D), (N, M), (N, M), (D, 4 * M), (M, 4 * M), (4 * M,), (N, M)]
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


def steps_of(x, h, c, wx, wh, b):
    """What each step of the forward pass keeps."""
    steps = []
    for x_t in x:
        (h, c), step = lstm_step_forward(x_t, h, c, wx, wh, b)
        steps.append(step)
    return steps


def torch_cells(x, h, c, wx, wh, b, *, cut):
    """The cells of the same pass in torch; `cut` lets no gradient through the hidden state."""
    x, h, c, wx, wh, b = (torch.tensor(array) for array in (x, h, c, wx, wh, b))
    cells = []
    for x_t in x:
        a_i, a_f, a_g, a_o = (x_t @ wx + h @ wh + b).chunk(4, 1)
        c = torch.sigmoid(a_f) * c + torch.sigmoid(a_i) * torch.tanh(a_g)
        c.requires_grad_()
        h = torch.sigmoid(a_o) * torch.tanh(c.detach() if cut else c)
        cells.append(c)
    return cells


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("part", ["full", "along"])
def test_autograd_agrees(size, part):
    """Does torch find the same, with all ways open and with the hidden states cut off?"""
    *inputs, dc = arguments(*size)
    cells = torch_cells(*inputs, cut=part == "along")
    wanted = torch.autograd.grad(cells[-1], cells, torch.tensor(dc))
    got = getattr(cell_gradients(dc, steps_of(*inputs)), part)
    np.testing.assert_allclose(got, torch.stack(wanted), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("size", SIZES)
def test_full_is_the_slope(size):
    """Do central differences with respect to each cell find the full gradient?"""
    x, h, c, wx, wh, b, dc = arguments(*size)
    steps = steps_of(x, h, c, wx, wh, b)
    full = cell_gradients(dc, steps).full
    direction = np.random.default_rng(1).standard_normal(c.shape)
    for t, step in enumerate(steps):

        def loss(cell, t=t, step=step):
            state = step.o * np.tanh(cell)
            for x_t in x[t + 1 :]:
                (state, cell), _ = lstm_step_forward(x_t, state, cell, wx, wh, b)
            return (cell * dc).sum()

        after = step.f * step.c + step.i * step.g
        rise = loss(after + 1e-6 * direction) - loss(after - 1e-6 * direction)
        assert rise / 2e-6 == pytest.approx((full[t] * direction).sum(), rel=1e-6)


def test_along_is_the_product_of_the_forget_gates():
    """Is what arrives along the cells the product of all forget gates after the step?"""
    *inputs, dc = arguments(6, 3, 5, 4)
    steps = steps_of(*inputs)
    along = cell_gradients(dc, steps).along
    for t in range(6):
        kept = np.prod([step.f for step in steps[t + 1 :]], axis=0)
        np.testing.assert_allclose(along[t], dc * kept, rtol=1e-12)


def test_single_precision_stays_single():
    """Is the type that of the arguments?"""
    *inputs, dc = arguments(5, 1, 3, 2, dtype=np.float32)
    assert cell_gradients(dc, steps_of(*inputs)).full.dtype == np.float32


def test_nothing_to_go_back_through():
    """Is an empty sequence refused?"""
    with pytest.raises(ValueError, match="at least one step"):
        cell_gradients(np.ones((1, 1)), [])


def test_gradient_of_another_shape():
    """Is a gradient refused that has not the shape of the cells?"""
    *inputs, _ = arguments(5, 1, 3, 2)
    with pytest.raises(ValueError, match="dc"):
        cell_gradients(np.ones((2, 2)), steps_of(*inputs))
