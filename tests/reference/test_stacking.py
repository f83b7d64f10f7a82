"""Are layers on top of each other, both ways and of unequal length, what PyTorch makes of them?"""

from functools import partial

import numpy as np
import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from course_utils.gradcheck import gradcheck
from course_utils.reference.gru import gru_backward, gru_forward
from course_utils.reference.lstm import lstm_forward
from course_utils.reference.rnn import rnn_backward, rnn_forward
from course_utils.reference.stacking import (
    GRU,
    LSTM,
    MUT1,
    MUT2,
    MUT3,
    PEEPHOLE_LSTM,
    Layer,
    bidirectional_backward,
    bidirectional_forward,
    hold_last_backward,
    hold_last_forward,
    stacked_backward,
    stacked_forward,
)

RNN = Layer(rnn_forward, rnn_backward)
T, N, D = 6, 3, 4
LENGTHS = np.array([4, 6, 1])
SHAPES = {  # of the parameters, by the width D of the input and the M units
    RNN: lambda D, M: [(N, M), (D, M), (M, M), (M,)],
    LSTM: lambda D, M: [(N, M), (N, M), (D, 4 * M), (M, 4 * M), (4 * M,)],
    PEEPHOLE_LSTM: lambda D, M: [*SHAPES[LSTM](D, M), (M,), (M,), (M,)],
    GRU: lambda D, M: [(N, M), (D, 3 * M), (M, 3 * M), (3 * M,), (3 * M,)],
    MUT1: lambda D, M: [(N, M), (D, 2 * M), (M, 2 * M), (3 * M,)],
    MUT2: lambda D, M: [(N, M), (D, 2 * M), (M, 3 * M), (3 * M,)],
    MUT3: lambda D, M: [(N, M), (D, 3 * M), (M, 3 * M), (3 * M,)],
}


def draw(rng, layer, D, M):
    return [rng.standard_normal(shape) for shape in SHAPES[layer](D, M)]


def torchs(layer, x, groups, *, both_ways, lengths):
    """Return torch's padded states and its leaves: x, then each group's parameters."""
    leaves = [torch.tensor(x, requires_grad=True)]
    weights, first = {}, ([], [])
    M = groups[0][0].shape[1]
    for place, group in enumerate(groups):
        number, turned = divmod(place, 2) if both_ways else (place, 0)
        tensors = [torch.tensor(value, requires_grad=True) for value in group]
        leaves += tensors
        states = 2 if layer is LSTM else 1
        for kept, state in zip(first, tensors[:states], strict=False):
            kept.append(state)
        wx, wh, bx, *bh = tensors[states:]
        values = [wx.T, wh.T, bx, *(bh or [torch.zeros_like(bx)])]
        for name, value in zip(
            ["weight_ih", "weight_hh", "bias_ih", "bias_hh"], values, strict=True
        ):
            weights[f"{name}_l{number}{'_reverse' * turned}"] = value
    kind = torch.nn.LSTM if layer is LSTM else torch.nn.GRU
    height = len(groups) // (2 if both_ways else 1)
    net = kind(D, M, num_layers=height, bidirectional=both_ways, dtype=torch.float64)
    start = tuple(torch.stack(kept) for kept in first if kept)
    start = start if layer is LSTM else start[0]
    packed = pack_padded_sequence(leaves[0], torch.tensor(lengths), enforce_sorted=False)
    out, _ = torch.func.functional_call(net, weights, (packed, start))
    return pad_packed_sequence(out, total_length=T)[0], leaves


def same(mine, other):
    np.testing.assert_allclose(mine, other, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("layer", [LSTM, GRU], ids=["lstm", "gru"])
def test_a_stack_is_pytorchs(layer):
    """Do two layers agree with torch, in their states and in every gradient?"""
    rng = np.random.default_rng(0)
    x, dh = rng.standard_normal((T, N, D)), rng.standard_normal((T, N, 5))
    groups = [draw(rng, layer, D, 5), draw(rng, layer, 5, 5)]
    h, cache = stacked_forward(x, groups, [layer, layer])
    dx, dgroups = stacked_backward(dh, cache)
    out, leaves = torchs(layer, x, groups, both_ways=False, lengths=np.full(N, T))
    out.backward(torch.tensor(dh))
    same(h, out.detach())
    for mine, leaf in zip([dx, *dgroups[0], *dgroups[1]], leaves, strict=True):
        same(mine, leaf.grad)


@pytest.mark.parametrize("lengths", [None, LENGTHS], ids=["equal", "unequal"])
@pytest.mark.parametrize("layer", [LSTM, GRU], ids=["lstm", "gru"])
def test_two_layers_both_ways_are_pytorchs(layer, lengths):
    """Do bidirectional layers stack as in torch, over sequences of unequal length too?"""
    rng = np.random.default_rng(1)
    x, dh = rng.standard_normal((T, N, D)), rng.standard_normal((T, N, 10))
    groups = [draw(rng, layer, width, 5) for width in (D, D, 10, 10)]
    both = Layer(
        partial(bidirectional_forward, layer=layer, lengths=lengths), bidirectional_backward
    )
    params = [[*groups[0], *groups[1]], [*groups[2], *groups[3]]]
    h, cache = stacked_forward(x, params, [both, both])
    out, leaves = torchs(
        layer, x, groups, both_ways=True, lengths=np.full(N, T) if lengths is None else lengths
    )
    inside = np.arange(T)[:, None, None] < (T if lengths is None else lengths[:, None])
    same(h * inside, out.detach())
    out.backward(torch.tensor(dh))
    dx, dgroups = stacked_backward(dh * inside, cache)
    for mine, leaf in zip([dx, *dgroups[0], *dgroups[1]], leaves, strict=True):
        same(mine, leaf.grad)


@pytest.mark.parametrize("layer", [LSTM, GRU], ids=["lstm", "gru"])
def test_states_stop_at_the_end_of_their_sequence(layer):
    """Do held states equal torch's packed ones, then its last, and so their gradients?"""
    rng = np.random.default_rng(2)
    x, dh = rng.standard_normal((T, N, D)), rng.standard_normal((T, N, 5))
    params = draw(rng, layer, D, 5)
    states, cache = layer.forward(x, *params)
    h, held = hold_last_forward(states, LENGTHS)
    out, leaves = torchs(layer, x, [params], both_ways=False, lengths=LENGTHS)
    rows = np.minimum(np.arange(T)[:, None], LENGTHS - 1)
    out = out[rows, np.arange(N)]
    out.backward(torch.tensor(dh))
    same(h, out.detach())
    for mine, leaf in zip(layer.backward(hold_last_backward(dh, held), cache), leaves, strict=True):
        same(mine, leaf.grad)


def test_an_empty_batch_passes():
    """Do no sequences have no lengths that could be wrong?"""
    out, cache = hold_last_forward(np.zeros((T, 0, 5)), np.zeros(0, int))
    assert out.shape == hold_last_backward(out, cache).shape == (T, 0, 5)


def test_what_stands_in_the_padding_does_not_matter():
    """Does other padding change neither the held states nor a gradient, which is zero there?"""
    rng = np.random.default_rng(3)
    x, dh = rng.standard_normal((T, N, D)), rng.standard_normal((T, N, 10))
    params = [*draw(rng, GRU, D, 5), *draw(rng, GRU, D, 5)]
    results = []
    for padding in (0, 9):
        filled = np.where(np.arange(T)[:, None, None] < LENGTHS[:, None], x, padding)
        states, cache = bidirectional_forward(filled, *params, layer=GRU, lengths=LENGTHS)
        h, held = hold_last_forward(states, LENGTHS)
        back = bidirectional_backward(hold_last_backward(dh, held), cache)
        results.append([h, *back])
    for one, other in zip(*results, strict=True):
        same(one, other)
    assert not results[0][1][4:, 0].any()


@pytest.mark.parametrize(
    "layer", list(SHAPES), ids=["rnn", "lstm", "peephole", "gru", "mut1", "mut2", "mut3"]
)
def test_any_cell_reads_both_ways(layer):
    """For each cell, is the way back a turned run, and are all gradients right?"""
    rng = np.random.default_rng(4)
    x = rng.standard_normal((T, N, D))
    params = [*draw(rng, layer, D, D), *draw(rng, layer, D, D)]
    h, _ = bidirectional_forward(x, *params, layer=layer)
    half = len(params) // 2
    same(h[:, :, :D], layer.forward(x, *params[:half])[0])
    same(h[:, :, D:], layer.forward(x[::-1], *params[half:])[0][::-1])
    named = {"x": x} | {f"param {place}": value for place, value in enumerate(params)}
    forward = partial(bidirectional_forward, layer=layer)
    gradcheck(forward, bidirectional_backward, named, rng=rng, time_axis={"x": 0}, directions=2)


def test_cells_of_different_kinds_stack():
    """Are the gradients right through an LSTM, a GRU of another convention and MUT1?"""
    rng = np.random.default_rng(5)
    other = Layer(partial(gru_forward, update="replaces", reset="before"), gru_backward)
    layers = [LSTM, other, MUT1]
    groups = [draw(rng, LSTM, D, 5), draw(rng, GRU, 5, 2), draw(rng, MUT1, 2, 2)]
    named = {"x": rng.standard_normal((T, N, D))}
    named |= {f"{k} {place}": v for k, group in enumerate(groups) for place, v in enumerate(group)}

    def forward(x, *flat):
        return stacked_forward(x, [flat[:5], flat[5:10], flat[10:]], layers)

    def backward(dh, cache):
        dx, dgroups = stacked_backward(dh, cache)
        return dx, *(gradient for group in dgroups for gradient in group)

    gradcheck(forward, backward, named, rng=rng, time_axis={"x": 0})


def test_held_states_have_the_gradients_of_differences():
    """Does what comes back to the held states reach the last one that counts?"""
    rng = np.random.default_rng(6)
    named = {"h": rng.standard_normal((T, N, 5))}
    gradcheck(partial(hold_last_forward, lengths=LENGTHS), hold_last_backward, named, rng=rng)


def test_float32_stays_and_nothing_is_changed():
    """Do types last through a stack, and may protected inputs go back twice?"""
    rng = np.random.default_rng(7)
    x, dh, *params = (
        value.astype(np.float32)
        for value in [
            rng.standard_normal((T, N, D)), rng.standard_normal((T, N, 10)),
            *draw(rng, LSTM, D, 5), *draw(rng, LSTM, D, 5),
        ]
    )  # fmt: skip
    for value in [x, dh, *params]:
        value.flags.writeable = False
    both = Layer(
        partial(bidirectional_forward, layer=LSTM, lengths=LENGTHS), bidirectional_backward
    )
    states, cache = stacked_forward(x, [params], [both])
    h, held = hold_last_forward(states, LENGTHS)
    dx, (once,) = stacked_backward(hold_last_backward(dh, held), cache)
    _, (twice,) = stacked_backward(hold_last_backward(dh, held), cache)
    assert {value.dtype for value in [h, dx, *once]} == {np.dtype(np.float32)}
    for one, other in zip(once, twice, strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_lstm_layer_gives_the_states_of_an_lstm():
    """Does the layer drop the last cell, and nothing else?"""
    rng = np.random.default_rng(8)
    x, params = rng.standard_normal((T, N, D)), draw(rng, LSTM, D, 5)
    np.testing.assert_array_equal(LSTM.forward(x, *params)[0], lstm_forward(x, *params)[0][0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: stacked_forward(x, [], []), "^layers must hold at least one"),
        (lambda x: stacked_forward(x, [[x]], [GRU, GRU]), "^params must have one group a layer: 2"),
        (lambda x: bidirectional_forward(x, x, x, x, layer=GRU), "^params must be as many .* 3 in"),
        (lambda x: hold_last_forward(x, np.array([4, 6])), r"^lengths must have shape \(N,\)"),
        (lambda x: hold_last_forward(x, np.array([4, 0, 6])), "^lengths must be within 1 to T = 6"),
        (lambda x: hold_last_forward(x, np.array([4, 7, 6])), "^lengths must be within 1 to T = 6"),
        (lambda x: bidirectional_forward(x, layer=GRU, lengths=np.array([7, 1, 1])), "^lengths"),
    ],
)
def test_bad_input_is_refused_by_name(call, message):
    """Does the error name the argument?"""
    with pytest.raises(ValueError, match=message):
        call(np.ones((T, N, D)))
