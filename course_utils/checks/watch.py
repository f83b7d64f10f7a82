"""Watch a network compute: what parameters it reads and when, how deep it is, what it draws."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

HALF = 0.5  # what dropout keeps unless it is told otherwise
COMPARISONS = ("lt", "le", "gt", "ge")
UNIFORM = ("rand", "rand_like", "uniform", "uniform_")
# What makes of numbers and weights a sum of products each: a convolution, or a matrix product.
PRODUCTS = ("convolution", "addmm", "mm", "bmm", "baddbmm", "mv", "addmv", "dot")
SIDE_BY_SIDE = 2**32  # a place that no other parameter has


@dataclass
class Reading:
    """When an operation first read a parameter.

    Attributes
    ----------
    parameter : tensor
    level : float
        How many products with weights lie on the longest way from the input to what came of it;
        infinity for a parameter of which nothing came.
    norm : int
        1 for the first parameter that a normalization read by itself, 2 for the second; else 0.
    """

    parameter: Any
    level: float = math.inf
    norm: int = 0


@dataclass
class Watched:
    """What was seen while a network ran.

    Attributes
    ----------
    out : tensor
    readings : list of Reading
        In the order of their levels, and within one level in that in which they were read. So of
        two branches it makes no difference which is computed first.
    depth : float
        How many products with weights lie on the longest way from the input to the output.
    draws : tuple of str
        For each operation that PyTorch knows to be random, what it drew for each image and how
        many parameters had been read before it.
    """

    out: Any
    readings: list[Reading]
    depth: float
    draws: tuple[str, ...]

    @property
    def parameters(self) -> list[tuple[Any, int]]:
        """Each parameter with its place among those of its shape.

        Scales and shifts of normalizations have all one shape. So their place is their level, and
        those that normalize side by side share it: nobody can say which of them is the first.
        """
        counts: dict[tuple[int, ...], int] = {}
        found = []
        for reading in self.readings:
            shape = tuple(reading.parameter.shape)
            if reading.norm:
                place = SIDE_BY_SIDE + 2 * int(reading.level) + reading.norm
            else:
                place = counts[shape] = counts.get(shape, 0) + 1
            found.append((reading.parameter, place))
        return found


def watched(network: Any, x: Any) -> Watched:
    """Run a network on an input, without gradients, and watch every operation.

    Tensors are known by their memory, so that views and what is written in place count as the same.
    """
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils._pytree import tree_leaves

    aten = torch.ops.aten
    on_paper = {
        aten.native_batch_norm.default: _normalized,
        aten.relu.default: torch.empty_like,
        aten.relu_.default: lambda x: x,
    }
    readings = {id(parameter): Reading(parameter) for parameter in network.parameters()}
    unread = dict(readings)
    order: list[Reading] = []
    levels = {_memory(x): 0.0}  # of what was made from the input
    # Of what was made from parameters alone: from which.
    origins = {_memory(r.parameter): [r] for r in readings.values()}
    alive: list[Any] = []  # memory that is given back would be known as what it was before
    draws: list[_Draw] = []

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            given = [v for v in tree_leaves((args, kwargs)) if isinstance(v, torch.Tensor)]
            order.extend(unread.pop(id(v)) for v in given if id(v) in unread)
            before = list(map(_memory, given))
            # Where shapes are all there is, PyTorch goes through every step of these in Python.
            do = on_paper.get(func, func) if given and given[0].is_meta else func
            result = do(*args, **(kwargs or {}))
            name = func.overloadpacket.__name__
            made = [v for v in tree_leaves(result) if isinstance(v, torch.Tensor)]
            alive.extend(made)
            self.follow(name, before, list(map(_memory, made)))
            if torch.Tag.nondeterministic_seeded in func.tags:
                draws.append(_Draw(name, tree_leaves(result)[0], len(order), _kept(name, args)))
            elif name in COMPARISONS:
                for draw in filter(partial(_is_compared, args[0]), draws):
                    draw.kept = _kept(name, args)
            return result

        def follow(self, name: str, given: list[int], made: list[int]) -> None:
            """Note from what an operation made something, each known by its memory."""
            came = [levels[memory] for memory in given if memory in levels]
            sources = [r for memory in given for r in origins.get(memory, ())]
            if not came:
                for memory in made:
                    if sources and memory not in origins:
                        origins[memory] = sources
                return
            level = max(came)
            if name in PRODUCTS and any(r.parameter.ndim > 1 for r in sources):
                level += 1
            normalizes = "norm" in name and all(r.parameter.ndim == 1 for r in sources)
            for place, reading in enumerate(sources, 1):
                if math.isinf(reading.level):
                    reading.level, reading.norm = level, place if normalizes else 0
            for memory in made:
                levels[memory] = max(level, levels.get(memory, 0.0))

    with torch.random.fork_rng(devices=[]), torch.no_grad(), Watch():
        out = network(x)
    if not isinstance(out, torch.Tensor):
        raise TypeError(f"the network must return one tensor, not a {type(out).__name__}")
    readings_in_order = sorted([*order, *unread.values()], key=lambda reading: reading.level)
    depth = levels.get(_memory(out), 0.0)
    return Watched(out, readings_in_order, depth, tuple(map(str, draws)))


@dataclass
class _Draw:
    """What an operation drew at random, after how many parameters, and the share that it keeps."""

    operation: str
    drawn: Any
    parameters: int
    kept: float

    def __str__(self) -> str:
        # Before a volume is laid out as a vector, the same numbers are dropped as after it.
        shape = tuple(self.drawn.shape)
        shape = (shape[0], math.prod(shape[1:])) if len(shape) > 2 else shape
        kept = "" if self.kept == HALF else f", {self.kept:g} kept"
        return f"{shape} after {self.parameters} parameters{kept}"


def _is_compared(tensor: Any, draw: _Draw) -> bool:
    """Say whether a tensor holds the numbers of a uniform draw, be it as a view of them."""
    return draw.operation in UNIFORM and _memory(tensor) == _memory(draw.drawn)


def _normalized(x: Any, *_others: Any) -> tuple[Any, Any, Any]:
    """Return what a batch normalization makes where shapes are all there is: x, means, deviations.

    Whether there are as many scales and shifts as channels, PyTorch has seen to before.
    """
    return x.new_empty(x.shape), x.new_empty(x.shape[1]), x.new_empty(x.shape[1])


def _memory(tensor: Any) -> int:
    return int(tensor.untyped_storage()._cdata)


def _kept(name: str, args: tuple[Any, ...]) -> float:
    """Return the share that an operation lets through, if it says so; else a half.

    A Bernoulli trial is told it, as a number or for each place; of uniform numbers, a comparison.
    """
    if name not in (*COMPARISONS, "bernoulli", "bernoulli_", "native_dropout"):
        return HALF
    # PyTorch leaves out what is an argument's default; `bernoulli` may have the shares alone.
    share: Any = args[1] if len(args) > 1 else args[0] if name == "bernoulli" else HALF
    if hasattr(share, "is_meta"):
        share = HALF if share.is_meta else float(share.double().mean())
    return round(1 - share if name in ("gt", "ge", "native_dropout") else share, 6)
