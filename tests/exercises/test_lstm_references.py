"""The references of the LSTM assignment: do PyTorch and finite differences agree with them?

The adapters over :mod:`course_utils.reference` are checked too, since they order the arguments and
the results in a way of their own.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch

from course_utils.exercises.lstm.cell_weights import cell_weights
from course_utils.exercises.lstm.gradient_norm_ratio import gradient_norm_ratio
from course_utils.exercises.lstm.gru_step_backward import reference as gru_step_backward
from course_utils.exercises.lstm.gru_step_forward import reference as gru_step_forward
from course_utils.exercises.lstm.peephole_step_backward import reference as peephole_step_backward
from course_utils.exercises.lstm.peephole_step_forward import reference as peephole_step_forward

SIZES = [(3, 2, 4), (2, 4, 3), (1, 3, 2), (4, 2, 1)]

each_size = pytest.mark.parametrize(("N", "D", "M"), SIZES)


def tensors(rng: np.random.Generator, *shapes: tuple[int, ...]) -> list[torch.Tensor]:
    """Draw leaves of a graph, in double precision."""
    drawn = [torch.from_numpy(rng.standard_normal(shape)) for shape in shapes]
    return [tensor.requires_grad_() for tensor in drawn]


def arrays(*values: torch.Tensor) -> list[np.ndarray]:
    return [value.detach().numpy() for value in values]


def close(got, wanted) -> None:
    """Assert that two sequences of arrays hold the same numbers, in the same shapes."""
    for mine, theirs in zip(got, wanted, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize(("T", "M"), [(1, 2), (4, 3), (6, 1)])
def test_do_the_weights_add_up_to_the_cell(T: int, M: int) -> None:
    """Are they PyTorch's gradients of the last cell, and is the cell their sum, zeros included?"""
    rng = np.random.default_rng(T)
    i, f = rng.random((T, M)), rng.random((T, M))
    f[T // 2, 0] = 0
    c0, g = tensors(rng, (M,), (T, M))
    c = c0
    for t in range(T):
        c = torch.from_numpy(f[t]) * c + torch.from_numpy(i[t]) * g[t]
    by_c0, by_g = torch.autograd.grad(c.sum(), (c0, g))
    weights = cell_weights(i, f)
    close([weights[:1], weights[1:]], arrays(by_c0[None], by_g))
    close([(weights * np.vstack(arrays(c0[None], g))).sum(axis=0)], arrays(c))


def test_does_an_open_forget_gate_keep_the_cell() -> None:
    """With f = 1 and i = 0 over 200 steps, does the start cell count whole, and nothing else?"""
    weights = cell_weights(np.zeros((200, 2)), np.ones((200, 2)))
    assert np.array_equal(weights[0], [1, 1])
    assert not weights[1:].any()


@pytest.mark.parametrize(("T", "N", "M"), [(1, 2, 3), (5, 3, 2), (4, 1, 1), (6, 2, 4)])
def test_are_the_ratios_those_of_autograd(T: int, N: int, M: int) -> None:
    """Do norms of PyTorch's gradients at all states of its own network give the same ratios?"""
    rng = np.random.default_rng(T)
    torch.manual_seed(0)
    cell = torch.nn.RNNCell(3, M, dtype=torch.float64)
    x, state = torch.from_numpy(rng.standard_normal((T, N, 3))), torch.zeros(N, M).double()
    states = []
    for t in range(T):
        state = cell(x[t], state)
        state.retain_grad()
        states.append(state)
    dh = rng.standard_normal((N, M))
    state.backward(torch.from_numpy(dh))
    norms = np.array([tensor.grad.norm().item() for tensor in states])
    h, wh = np.stack(arrays(*states)), cell.weight_hh.detach().numpy().T
    close([gradient_norm_ratio(dh, h, wh)], [norms / norms[-1]])


def peephole_in_torch(x, h, c, wx, wh, p, b):
    """Take the step of section 2 in Gers and Schmidhuber's paper, written for autograd."""
    a_i, a_f, a_g, a_o = (x @ wx + h @ wh + b).chunk(4, dim=1)
    i, f = torch.sigmoid(a_i + p[0] * c), torch.sigmoid(a_f + p[1] * c)
    g = torch.tanh(a_g)
    c_next = f * c + i * g
    o = torch.sigmoid(a_o + p[2] * c_next)
    return o * torch.tanh(c_next), c_next, torch.cat([i, f, g, o], dim=1)


@each_size
def test_is_the_peephole_step_that_of_autograd(N: int, D: int, M: int) -> None:
    """Do both passes agree with PyTorch, part by part?"""
    rng = np.random.default_rng(N)
    leaves = tensors(
        rng, (N, D), (N, M), (N, M), (D, 4 * M), (M, 4 * M), (3, M), (4 * M,)
    )  # x, h, c, wx, wh, p, b
    h_next, c_next, gates = peephole_in_torch(*leaves)
    close(peephole_step_forward(*arrays(*leaves)), arrays(h_next, c_next, gates))

    dh, dc = rng.standard_normal((2, N, M))
    upstream = torch.from_numpy(dh), torch.from_numpy(dc)
    grads = torch.autograd.grad((h_next, c_next), leaves, upstream)
    by_x, by_h, by_c, by_wx, by_wh, by_p, by_b = arrays(*grads)
    *before_b, _ = arrays(*leaves)
    got = peephole_step_backward(dh, dc, *before_b, *arrays(c_next, gates))
    close(got, [by_x, by_h, by_c, by_wx, by_wh, by_p, by_b])


@each_size
def test_is_the_gru_step_that_of_pytorch(N: int, D: int, M: int) -> None:
    """Do both passes agree with PyTorch's own cell?"""
    rng = np.random.default_rng(N)
    torch.manual_seed(0)
    cell = torch.nn.GRUCell(D, M, dtype=torch.float64)
    x, h = tensors(rng, (N, D), (N, M))
    h_next = cell(x, h)
    weights = [cell.weight_ih.mT, cell.weight_hh.mT, cell.bias_ih, cell.bias_hh]
    wx, wh, bx, bh = arrays(*weights)
    got, gates = gru_step_forward(*arrays(x, h), wx, wh, bx, bh)
    close([got], arrays(h_next))

    dh = rng.standard_normal((N, M))
    leaves = x, h, cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh
    by_x, by_h, by_wx, by_wh, *by_b = arrays(
        *torch.autograd.grad(h_next, leaves, torch.from_numpy(dh))
    )
    got = gru_step_backward(dh, *arrays(x, h), wx, wh, bh, gates)
    close(got, [by_x, by_h, by_wx.T, by_wh.T, *by_b])


@pytest.mark.parametrize("update", ["keeps", "replaces"])
@pytest.mark.parametrize("reset", ["after", "before"])
def test_are_the_gates_those_of_the_formula(update: str, reset: str) -> None:
    """Does each convention come out as one writes it down, for one number of each?"""
    x, h, wx, wh = 0.5, -1.5, np.array([0.3, -0.7, 1.1]), np.array([-0.4, 0.9, 0.6])
    bx, bh = np.array([0.2, -0.1, 0.4]), np.array([-0.5, 0.3, 0.8])
    r, z = (1 / (1 + np.exp(-(x * wx[k] + bx[k] + h * wh[k] + bh[k]))) for k in (0, 1))
    seen = {"after": r * (h * wh[2] + bh[2]), "before": r * h * wh[2] + bh[2]}[reset]
    n = np.tanh(x * wx[2] + bx[2] + seen)
    h_next = {"keeps": z * h + (1 - z) * n, "replaces": (1 - z) * h + z * n}[update]
    one = np.array([[x]]), np.array([[h]]), wx[None], wh[None], bx, bh
    close(gru_step_forward(*one, update=update, reset=reset), [[[h_next]], [[r, z, n]]])
