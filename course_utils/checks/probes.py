"""Turn an answer that is no function of arrays into one, so that it can be checked like the rest.

An answer may build a network. The network itself never leaves the student's side; what can be
recomputed does: the outputs for weights and inputs that the check chose, and the weights' shapes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

Function = Callable[..., Any]


def probed(function: Function, probe: str) -> Function:
    """Return the function of arrays that `probe` makes of an answer.

    Parameters
    ----------
    function : callable
        The answer.
    probe : str
        "" for a function that is called as it is; "module" for one that builds a torch module,
        see :func:`module_outputs`.

    Raises
    ------
    ValueError
        If there is no such probe.
    """
    if not probe:
        return function
    if probe == "module":
        return module_outputs(function)
    raise ValueError(f"unknown probe {probe!r}; there is 'module'")


def module_outputs(build: Function) -> Function:
    """Return a function that builds a torch module, gives it weights, and runs it.

    The returned function takes what `build` takes, then the input `x` and the list `weights`:
    one array for each parameter, in the order in which the forward pass first uses the layers that
    hold them (in a layer: the weight, then the bias). So neither names of attributes nor the
    order in which they were made matter. It returns the output in evaluation mode and the
    parameters' shapes. Without weights (None) it returns the shapes alone.

    Parameters
    ----------
    build : callable
        Returns a ``torch.nn.Module``.
    """

    def outputs(*args: Any, x: np.ndarray, weights: list[np.ndarray] | None = None) -> Any:
        import torch

        network = build(*args)
        if not isinstance(network, torch.nn.Module):
            kind = type(network).__name__
            raise TypeError(f"the answer must return a torch.nn.Module, not a {kind}")
        network.eval()
        inputs = torch.from_numpy(np.array(x))
        network.to(inputs.dtype)
        with torch.no_grad():
            parameters = _in_order_of_use(network, inputs)
            shapes = tuple(tuple(p.shape) for p in parameters)
            if weights is None:
                return shapes
            _set(parameters, weights)
            out = network(inputs)
        return out.numpy(), shapes

    # What a report calls the arguments.
    arguments = [p.replace(kind=p.POSITIONAL_ONLY) for p in _parameters(build)]
    keywords = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in ("x", "weights")
    ]
    signature = inspect.Signature([*arguments, *keywords])
    outputs.__signature__ = signature  # type: ignore[attr-defined]  # read by inspect, if it is there
    return outputs


def _parameters(function: Function) -> list[inspect.Parameter]:
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [p for p in inspect.signature(function).parameters.values() if p.kind in kinds]


def _in_order_of_use(network: Any, x: Any) -> list[Any]:
    """Return the parameters in the order of a forward pass, then those that it never uses."""
    found: list[Any] = []

    def note(layer: Any, inputs: Any) -> None:
        for parameter in layer.parameters(recurse=False):
            if not any(parameter is other for other in found):
                found.append(parameter)

    hooks = [layer.register_forward_pre_hook(note) for layer in network.modules()]
    try:
        network(x)
    finally:
        for hook in hooks:
            hook.remove()
    unused = [p for p in network.parameters() if not any(p is other for other in found)]
    return found + unused


def _set(parameters: list[Any], weights: list[np.ndarray]) -> None:
    import torch

    if len(parameters) != len(weights):
        raise ValueError(
            f"the network has {len(parameters)} parameter arrays where {len(weights)} are due"
        )
    for i, (parameter, weight) in enumerate(zip(parameters, weights, strict=True), start=1):
        if tuple(parameter.shape) != weight.shape:
            raise ValueError(
                f"parameter array {i}, in the order of use, has shape {tuple(parameter.shape)} "
                f"where {weight.shape} is due"
            )
        parameter.copy_(torch.from_numpy(np.array(weight)))
