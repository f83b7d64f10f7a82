"""Are converted weights those of the same LSTM?"""

from itertools import permutations

import numpy as np
import pytest
import torch

from course_utils.reference.gate_layout import (
    from_stacked,
    from_torch,
    reorder_gates,
    to_stacked,
    to_torch,
)
from course_utils.reference.gates import sigmoid
from course_utils.reference.lstm import lstm_forward

SIZES = [(5, 2, 3, 4), (3, 4, 5, 2), (2, 3, 4, 4), (1, 1, 1, 1)]  # T, N, D, M
ORDERS = ["".join(order) for order in permutations("ifgo")]
each_size = pytest.mark.parametrize("sizes", SIZES)


def problem(T, N, D, M):
    rng = np.random.default_rng(T)
    shapes = [(T, N, D), (N, M), (N, M), (D, 4 * M), (M, 4 * M), (4 * M,)]
    return [rng.standard_normal(shape) for shape in shapes]


@each_size
def test_pytorch_runs_our_weights(sizes):
    """Does `torch.nn.LSTM` with our weights, laid out for it, give our states?"""
    x, h0, c0, wx, wh, b = problem(*sizes)
    net = torch.nn.LSTM(sizes[2], sizes[3], dtype=torch.float64)
    weights = to_torch(wx, wh, b)._asdict()
    net.load_state_dict({f"{name}_l0": torch.tensor(w) for name, w in weights.items()})
    h, (_, c) = net(torch.tensor(x), (torch.tensor(h0)[None], torch.tensor(c0)[None]))
    (h_ours, c_ours), _ = lstm_forward(x, h0, c0, wx, wh, b)
    np.testing.assert_allclose(h.detach(), h_ours, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(c[0].detach(), c_ours, rtol=1e-12, atol=1e-14)


@each_size
def test_we_run_pytorchs_weights(sizes):
    """Do the weights that PyTorch draws, with two biases, give its states here?"""
    x, h0, c0, *_ = problem(*sizes)
    torch.manual_seed(0)
    net = torch.nn.LSTM(sizes[2], sizes[3], dtype=torch.float64)
    assert net.bias_hh_l0.any()
    weights = from_torch(*(weight.detach().numpy() for weight in net.parameters()))
    (h_ours, _), _ = lstm_forward(x, h0, c0, *weights)
    h, _ = net(torch.tensor(x), (torch.tensor(h0)[None], torch.tensor(c0)[None]))
    np.testing.assert_allclose(h_ours, h.detach(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("first", ["h", "x"])
@pytest.mark.parametrize("order", ["ifgo", "ifog", "gifo"])
@each_size
def test_stacked_matrix_is_the_lectures(sizes, order, first):
    """Do the gates, read off one product with a column, give our step?"""
    x, h0, c0, wx, wh, b = problem(*sizes)
    column = np.concatenate([h0, x[0]] if first == "h" else [x[0], h0], axis=1).T  # (M + D, N)
    a = to_stacked(wx, wh, order=order, first=first) @ column
    a += reorder_gates(b, "ifgo", order)[:, None]
    a_of = dict(zip(order, np.split(a, 4), strict=True))
    c = sigmoid(a_of["f"]) * c0.T + sigmoid(a_of["i"]) * np.tanh(a_of["g"])
    h = sigmoid(a_of["o"]) * np.tanh(c)
    (h_ours, _), _ = lstm_forward(x[:1], h0, c0, wx, wh, b)
    np.testing.assert_allclose(h.T, h_ours[0], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("first", ["h", "x"])
@pytest.mark.parametrize("order", ORDERS)
def test_conversions_undo_each_other(order, first):
    """Do weights survive the way there and back, in each of the 24 orders?"""
    *_, wx, wh, b = problem(*SIZES[0])
    back = from_stacked(to_stacked(wx, wh, order=order, first=first), order=order, first=first)
    np.testing.assert_array_equal(back[0], wx)
    np.testing.assert_array_equal(back[1], wh)
    np.testing.assert_array_equal(reorder_gates(reorder_gates(b, "ifgo", order), order), b)
    for ours, again in zip((wx, wh, b), from_torch(*to_torch(wx, wh, b)), strict=True):
        np.testing.assert_array_equal(again, ours)


def test_results_are_new_arrays():
    """Can a caller change what comes back without changing what went in?"""
    *_, wx, wh, b = problem(*SIZES[0])
    results = [*to_torch(wx, wh, b), reorder_gates(b, "ifgo"), to_stacked(wx, wh)]
    results += from_torch(*to_torch(wx, wh, b))
    assert not any(np.shares_memory(result, a) for result in results for a in (wx, wh, b))


@pytest.mark.parametrize("order", ["ifg", "ifgoo", "iffo", "IFGO", ""])
def test_unknown_orders_are_refused(order):
    """Is an order refused that leaves a gate out, has one twice, or names another?"""
    b = np.zeros(8)
    with pytest.raises(ValueError, match="once each"):
        reorder_gates(b, order)
    with pytest.raises(ValueError, match="once each"):
        reorder_gates(b, "ifgo", order)


def test_what_does_not_fit_is_refused():
    """Are shapes refused that are no LSTM's, and a column that has neither h nor x on top?"""
    wx, wh, b = np.zeros((3, 8)), np.zeros((2, 8)), np.zeros(8)
    with pytest.raises(ValueError, match="four gates"):
        reorder_gates(np.zeros(6), "ifgo")
    with pytest.raises(ValueError, match="wh"):
        to_torch(wx, wh[:1], b)
    with pytest.raises(ValueError, match=r"weight_ih\.T must have shape \(D, 4M\)"):
        from_torch(wx, wh.T, b, b)
    with pytest.raises(ValueError, match="bias_hh"):
        from_torch(wx.T, wh.T, b, b[:4])
    with pytest.raises(ValueError, match="wh"):
        to_stacked(wx, wh.T)
    with pytest.raises(ValueError, match="more than M = 2 columns"):
        from_stacked(np.zeros((8, 2)))
    for convert in (lambda: to_stacked(wx, wh, first="c"), lambda: from_stacked(wx.T, first="c")):
        with pytest.raises(ValueError, match="'h' or 'x'"):
            convert()
