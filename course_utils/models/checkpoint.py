"""Load a checkpoint into a network, strictly: every name and every shape must fit."""

from __future__ import annotations

import pickle
from collections.abc import Iterable, Mapping
from os import PathLike
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from course_utils.errors import did_you_mean

Module = TypeVar("Module", bound=nn.Module)
SHOWN = 10  # problems of a kind that an error lists
# Counts batches while a network trains; checkpoints that are older than it do without.
MAY_BE_MISSING = "num_batches_tracked"


def load_checkpoint(module: Module, source: Mapping[str, Tensor] | str | PathLike[str]) -> Module:
    """Load a checkpoint into a network and return the network.

    Nothing is changed unless everything fits. Numbers are converted to the network's own type.

    Parameters
    ----------
    module : nn.Module
    source : mapping of str to tensor, or path
        A state dict, or a file that ``torch.save`` made of one. From a file nothing is run: it
        may hold tensors, numbers, texts and containers of these.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file cannot be read, a name is missing or unexpected, a shape differs, or a value
        is no tensor. The error lists all of that.

    References
    ----------
    `torch.nn.Module.load_state_dict`, which copies what fits before it complains.
    """
    state = source if isinstance(source, Mapping) else _read(source)
    own = module.state_dict()
    missing = [
        name for name in own if name not in state and not name.endswith(f".{MAY_BE_MISSING}")
    ]
    unexpected = [str(name) for name in state if name not in own]
    others = [f"{name} is a {type(v).__name__}" for name, v in _misfits(state, own, tensor=False)]
    shapes = [
        f"{name} is {tuple(value.shape)} where {tuple(own[name].shape)} is due"
        for name, value in _misfits(state, own, tensor=True)
    ]
    problems = [
        *_listed("missing", [f"{name}{_near(name, unexpected)}" for name in missing]),
        *_listed("unexpected", unexpected),
        *_listed("no tensor", others),
        *_listed("of another shape", shapes),
    ]
    if problems:
        raise ValueError("the checkpoint is not one of this network:\n" + "\n".join(problems))
    with torch.no_grad():
        for name, value in state.items():
            own[name].copy_(value)  # the state dict shares its memory with the network
    return module


def _read(path: str | PathLike[str]) -> Mapping[str, Any]:
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise
    except (RuntimeError, pickle.UnpicklingError, EOFError, OSError, ValueError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ValueError(f"{path} is no checkpoint that can be read: {first}") from error
    if not isinstance(state, Mapping):
        raise ValueError(f"{path} holds a {type(state).__name__}, not a state dict")
    return state


def _misfits(
    state: Mapping[str, Any], own: Mapping[str, Tensor], *, tensor: bool
) -> Iterable[tuple[str, Any]]:
    """Yield what has a name of the network's but is no tensor, or is one of another shape."""
    for name, value in state.items():
        if name not in own or isinstance(value, Tensor) is not tensor:
            continue
        if not tensor or value.shape != own[name].shape:
            yield name, value


def _listed(kind: str, items: list[str]) -> list[str]:
    if not items:
        return []
    rest = f" and {len(items) - SHOWN} more" if len(items) > SHOWN else ""
    return [f"  {kind}: {', '.join(items[:SHOWN])}{rest}"]


def _near(name: str, names: list[str]) -> str:
    mend = did_you_mean(name, names, "")
    return f" ({mend})" if mend else ""
