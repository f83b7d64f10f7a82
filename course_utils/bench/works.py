"""What is timed: each reference beside the same work in PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from course_utils.bench.timing import Run, Work
from course_utils.reference.conv_layer import conv2d_backward, conv2d_forward
from course_utils.reference.conv_loops import conv2d_backward_loops, conv2d_forward_loops
from course_utils.reference.gru import gru_backward, gru_forward
from course_utils.reference.local_response_norm import (
    local_response_norm_backward,
    local_response_norm_forward,
)
from course_utils.reference.lstm import lstm_backward, lstm_forward
from course_utils.reference.normalization import batch_norm_backward, batch_norm_forward
from course_utils.reference.pooling import (
    avg_pool2d_backward,
    avg_pool2d_forward,
    max_pool2d_backward,
    max_pool2d_forward,
)
from course_utils.reference.rnn import rnn_backward, rnn_forward
from course_utils.reference.winograd import conv2d_backward_winograd, conv2d_forward_winograd

Array = NDArray[Any]
Pass = Callable[..., tuple[Any, Any]]


def _passes(forward: Pass, backward: Callable[..., Any], inputs: list[Array], dout: Array) -> Run:
    """Return a run of a reference: forward, then backward, as a list of output and gradients."""

    def run() -> list[Array]:
        out, cache = forward(*inputs)
        gradients = backward(dout, cache)
        return [out, *(gradients if isinstance(gradients, tuple) else (gradients,))]

    return run


def _autograd(function: Callable[..., torch.Tensor], inputs: list[Array], dout: Array) -> Run:
    """Return a run of the same work in PyTorch."""
    tensors = [torch.tensor(value, requires_grad=True) for value in inputs]
    gradient = torch.tensor(dout)

    def run() -> list[Array]:
        for tensor in tensors:
            tensor.grad = None
        out = function(*tensors)
        out.backward(gradient)
        return [out.detach().numpy(), *(_gradient(tensor) for tensor in tensors)]

    return run


def _gradient(tensor: torch.Tensor) -> Array:
    assert tensor.grad is not None  # every input has a part in the output
    return tensor.grad.numpy()


def _draw(dtype: str, *shapes: tuple[int, ...], scale: float = 1.0) -> list[Array]:
    rng = np.random.default_rng(0)
    return [(scale * rng.standard_normal(shape)).astype(dtype) for shape in shapes]


def convolution(
    N: int, C: int, H: int, F: int, K: int, pad: int, *, loops: bool = False
) -> Callable[[str], tuple[Run, Run]]:
    """Return a maker of a 2-D convolution of square images, beside PyTorch's or the loops."""

    def make(dtype: str) -> tuple[Run, Run]:
        x, w, b = _draw(dtype, (N, C, H, H), (F, C, K, K), (F,))
        out = H + 2 * pad - K + 1
        (dout,) = _draw(dtype, (N, F, out, out))
        ours = _passes(partial(conv2d_forward, pad=pad), conv2d_backward, [x, w, b], dout)
        if loops:
            forward = partial(conv2d_forward_loops, pad=pad)
            return ours, _passes(forward, conv2d_backward_loops, [x, w, b], dout)
        return ours, _autograd(partial(functional.conv2d, padding=pad), [x, w, b], dout)

    return make


def winograd(dtype: str) -> tuple[Run, Run]:
    """Make Winograd's form of the convolution at VGG's third block."""
    x, w, b, dout = _draw(dtype, (2, 128, 56, 56), (256, 128, 3, 3), (256,), (2, 256, 56, 56))
    forward, inputs = partial(conv2d_forward_winograd, pad=1), [x, w, b]
    theirs = partial(functional.conv2d, padding=1)
    ours = _passes(forward, conv2d_backward_winograd, inputs, dout)
    return ours, _autograd(theirs, inputs, dout)


def pooling(
    forward: Pass,
    backward: Callable[..., Any],
    theirs: Callable[..., Any],
    kernel: int,
    stride: int,
) -> Callable[[str], tuple[Run, Run]]:
    """Return a maker of a pooling layer."""

    def make(dtype: str) -> tuple[Run, Run]:
        (x,) = _draw(dtype, (32, 64, 55, 55))
        out = (55 - kernel) // stride + 1
        (dout,) = _draw(dtype, (32, 64, out, out))
        ours = _passes(partial(forward, kernel=kernel, stride=stride), backward, [x], dout)
        return ours, _autograd(partial(theirs, kernel_size=kernel, stride=stride), [x], dout)

    return make


def batch_norm(dtype: str) -> tuple[Run, Run]:
    """Make batch norm over images, with the statistics of the batch."""
    x, gamma, beta, dout = _draw(dtype, (32, 64, 32, 32), (64,), (64,), (32, 64, 32, 32))
    mean, var = np.zeros(64, dtype), np.ones(64, dtype)

    def forward(x: Array, gamma: Array, beta: Array) -> tuple[Any, Any]:
        (out, _, _), cache = batch_norm_forward(x, gamma, beta, mean, var, training=True)
        return out, cache

    def theirs(x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor) -> torch.Tensor:
        m, v = torch.tensor(mean), torch.tensor(var)
        return functional.batch_norm(x, m, v, gamma, beta, training=True)

    inputs = [x, gamma, beta]
    return _passes(forward, batch_norm_backward, inputs, dout), _autograd(theirs, inputs, dout)


def response_norm(dtype: str) -> tuple[Run, Run]:
    """Make AlexNet's local response normalization after its second convolution."""
    x, dout = _draw(dtype, (8, 256, 27, 27), (8, 256, 27, 27))
    forward = partial(local_response_norm_forward, size=5, alpha=1e-4, beta=0.75, k=2.0)
    theirs = partial(functional.local_response_norm, size=5, alpha=1e-4, beta=0.75, k=2.0)
    return _passes(forward, local_response_norm_backward, [x], dout), _autograd(theirs, [x], dout)


def recurrent(kind: str, T: int, N: int, D: int, M: int) -> Callable[[str], tuple[Run, Run]]:
    """Return a maker of a recurrent layer over a whole sequence; the loss sees every state."""

    def make(dtype: str) -> tuple[Run, Run]:
        gates = {"rnn": 1, "gru": 3, "lstm": 4}[kind]
        shapes = [(T, N, D), (D, gates * M), (M, gates * M), (gates * M,), (gates * M,)]
        x, wx, wh, bx, bh = _draw(dtype, *shapes, scale=0.05)
        h0, (dout,) = np.zeros((N, M), dtype), _draw(dtype, (T, N, M))
        if kind == "rnn":
            ours = _passes(rnn_forward, rnn_backward, [x, h0, wx, wh, bx], dout)
        elif kind == "gru":
            ours = _passes(gru_forward, gru_backward, [x, h0, wx, wh, bx, bh], dout)
        else:
            ours = _lstm([x, h0, h0, wx, wh, bx], dout)
        layer = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[kind](D, M)
        layer = layer.to(torch.float32 if dtype == "float32" else torch.float64)
        with torch.no_grad():
            for name, value in (("ih", wx.T), ("hh", wh.T)):
                getattr(layer, f"weight_{name}_l0").copy_(torch.tensor(value))
            layer.bias_ih_l0.copy_(torch.tensor(bx))
            layer.bias_hh_l0.copy_(torch.tensor(bh if kind == "gru" else 0 * bh))
        return ours, _layer(layer, x, h0, dout)

    return make


def _lstm(inputs: list[Array], dout: Array) -> Run:
    """Return a run of the LSTM; its last cell state is no part of the loss."""
    nothing = np.zeros_like(inputs[1])

    def run() -> list[Array]:
        (h, _), cache = lstm_forward(*inputs)
        return [h, *lstm_backward(dout, nothing, cache)]

    return run


def _layer(layer: torch.nn.Module, x: Array, h0: Array, dout: Array) -> Run:
    """Return a run of PyTorch's recurrent layer: states, then the gradient with respect to x."""
    inputs = torch.tensor(x, requires_grad=True)
    start = torch.tensor(h0, requires_grad=True)
    state = (start[None], start[None].clone()) if isinstance(layer, torch.nn.LSTM) else start[None]
    gradient = torch.tensor(dout)

    def run() -> list[Array]:
        inputs.grad = None
        layer.zero_grad()
        out, _ = layer(inputs, state)
        out.backward(gradient, inputs=[inputs, *layer.parameters()])
        return [out.detach().numpy(), _gradient(inputs)]

    return run


def _bars(float32: float, float64: float) -> dict[str, float]:
    return {"float32": float32, "float64": float64}


A, B = {"T": 100, "N": 32, "D": 128, "M": 256}, {"T": 35, "N": 20, "D": 200, "M": 200}
MAX = max_pool2d_forward, max_pool2d_backward, functional.max_pool2d
AVERAGE = avg_pool2d_forward, avg_pool2d_backward, functional.avg_pool2d

WORKS = [
    Work("convolution: AlexNet conv2", convolution(4, 96, 27, 256, 5, 2), _bars(1.5, 1.0)),
    Work("convolution: VGG conv3_1", convolution(2, 128, 56, 256, 3, 1), _bars(1.5, 1.0)),
    Work("convolution: ResNet 64 channels", convolution(4, 64, 56, 64, 3, 1), _bars(1.8, 0.9)),
    Work("convolution: CIFAR first layer", convolution(64, 3, 32, 32, 3, 1), _bars(2.1, 1.7)),
    Work(
        "convolution: against the loops",
        convolution(2, 3, 12, 4, 3, 1, loops=True),
        _bars(0.05, 0.05),
        peer="loops",
    ),
    Work("convolution: Winograd, VGG conv3_1", winograd, {"float32": 0.75}),
    Work("pooling: max 2x2", pooling(*MAX, 2, 2), _bars(2.0, 3.5)),
    Work("pooling: max 3x3 stride 2", pooling(*MAX, 3, 2), _bars(2.0, 3.5)),
    Work("pooling: average 2x2", pooling(*AVERAGE, 2, 2), _bars(1.6, 2.5)),
    Work("normalization: batch norm", batch_norm, _bars(2.8, 3.5)),
    Work("normalization: local response", response_norm, _bars(0.4, 0.6)),
    Work("recurrent: RNN, long", recurrent("rnn", **A), _bars(0.85, 0.85)),
    Work("recurrent: RNN, short", recurrent("rnn", **B), _bars(0.85, 0.85)),
    Work("recurrent: GRU, long", recurrent("gru", **A), _bars(1.05, 1.0)),
    Work("recurrent: GRU, short", recurrent("gru", **B), _bars(1.05, 1.0)),
    Work("recurrent: LSTM, long", recurrent("lstm", **A), _bars(1.5, 1.0)),
    Work("recurrent: LSTM, short", recurrent("lstm", **B), _bars(1.5, 1.0)),
]
