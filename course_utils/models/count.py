"""Count what a network holds and makes, without running or even storing it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import torch
from torch import Tensor, nn

Module = TypeVar("Module", bound=nn.Module)


class LayerShape(NamedTuple):
    """A layer of a network: its name in it, its kind, one output's shape, its parameters."""

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int


def parameter_count(module: nn.Module) -> int:
    """Return how many numbers a network learns.

    Examples
    --------
    >>> parameter_count(nn.Linear(3, 5))
    20
    """
    return sum(parameter.numel() for parameter in module.parameters())


def on_meta(build: Callable[[], Module]) -> Module:
    """Return what `build` builds, with shapes but without numbers, in no time and no memory.

    Examples
    --------
    >>> parameter_count(on_meta(lambda: nn.Linear(10**6, 10**6)))
    1000001000000
    """
    with torch.device("meta"):
        return build()


def layer_shapes(module: nn.Module, x_shape: tuple[int, ...]) -> list[LayerShape]:
    """Follow one input through a network and return its layers in the order in which they are used.

    Parameters
    ----------
    module : nn.Module
        On any device; on the meta device nothing is computed.
    x_shape : (C, H, W) or (D,)
        Shape of one input, without the batch.

    Returns
    -------
    list of LayerShape
        The modules that have none inside. One that is used twice is listed twice, with its
        parameters at its first use only.
    """
    found: list[LayerShape] = []
    names = {layer: name for name, layer in module.named_modules()}
    counted = set()

    def note(layer: nn.Module, inputs: Any, out: Tensor) -> None:
        parameters = 0 if layer in counted else parameter_count(layer)
        counted.add(layer)
        shape = tuple(out.shape[1:])
        found.append(LayerShape(names[layer], type(layer).__name__, shape, parameters))

    leaves = [layer for layer in module.modules() if not list(layer.children())]
    hooks = [layer.register_forward_hook(note) for layer in leaves]
    training = module.training
    device = next((p.device for p in module.parameters()), torch.device("cpu"))
    try:
        with torch.no_grad():
            module.eval()(torch.zeros(1, *x_shape, device=device))
    finally:
        module.train(training)
        for hook in hooks:
            hook.remove()
    return found
