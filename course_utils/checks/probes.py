"""Turn an answer that is no function of arrays into one, so that it can be checked like the rest.

An answer may build a network. The network itself never leaves the student's side; what can be
recomputed does: the output for weights and inputs that the check chose, and the weights' shapes.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from course_utils.checks.formula import at_points
from course_utils.checks.watch import watched

Function = Callable[..., Any]

DRAWS_ALWAYS = (
    "the network draws at random when it is evaluated, too, so that its output changes from call "
    "to call; nn.Dropout does so in training only, and F.dropout if it gets training=self.training"
)
POINTS = "points"  # the name of the probe that calls a function at many points
RATE, EPOCHS, BATCH = 0.01, 20, 25  # how a network is trained


def probed(function: Function, probe: str) -> Function:
    """Return the function of arrays that `probe` makes of an answer.

    Parameters
    ----------
    function : callable
        The answer.
    probe : str
        "" for a function that is called as it is; "module" for one that builds a torch module,
        see :func:`module_outputs`; "trained" for one that is to be trained, see
        :func:`trained_labels`; "trains" for one that trains a network itself, see
        :func:`labels_of_deep`; "points" for one that is called at many points, see
        :func:`.formula.at_points`.

    Raises
    ------
    ValueError
        If there is no such probe.
    """
    if not probe:
        return function
    if probe == "module":
        return module_outputs(function)
    if probe == "trained":
        return trained_labels(function)
    if probe == "trains":
        return labels_of_deep(function)
    if probe == POINTS:
        return at_points(function)
    raise ValueError(
        f"unknown probe {probe!r}; there are 'module', 'trained', 'trains' and 'points'"
    )


def module_outputs(build: Function) -> Function:
    """Return a function that builds a torch module, gives it weights, and runs it.

    The returned function takes what `build` takes, then the shape of an input, and a seed from
    which the input and all parameters follow. Which numbers a parameter gets depends on the seed
    and on its shape, and among parameters of one shape on how deep the network is where it is used,
    then on which is used first. So it matters neither what the attributes are called, nor in which
    order layers are made, nor in which order branches are computed as long as parameters of one
    shape lie at different depths; those of normalization layers may lie at one.

    It returns three things: the output, in evaluation mode and double precision; the shapes of all
    parameters, sorted; and what a pass in training mode draws at random, in order: for each draw a
    text of how many numbers it is for each image, of how many parameters were used before it, and
    of the share that is kept where that is not a half. There is one draw for each dropout, however
    that is written, and the text says where it stands.

    Layers that wait for their first input to know their sizes get it before all that.

    Without a seed the network is built on the meta device, where shapes are all there is, so that
    it may be of any size. Then the first thing is the output's shape, in training mode.

    Parameters
    ----------
    build : callable
        Returns a ``torch.nn.Module``.
    """
    _warm_up()

    def outputs(*args: Any, x_shape: tuple[int, ...], seed: int | None = None) -> Any:
        import torch

        if seed is None:
            with torch.device("meta"):
                x = torch.zeros(x_shape)
                network = _built(build, args, x)
                seen = watched(network.train(), x)
                return tuple(seen.out.shape), _shapes(network), seen.draws
        with _double_precision():
            x = torch.from_numpy(numbers(seed, x_shape, 0))
            network = _built(build, args, x).eval()
            seen = watched(network, x)
            if seen.draws:
                raise RuntimeError(DRAWS_ALWAYS)
            _set(seen.parameters, seed)
            out = _run(network, x).numpy()
            return out, _shapes(network), watched(network.train(), x).draws

    # What a report calls the arguments.
    arguments = [p.replace(kind=p.POSITIONAL_ONLY) for p in _parameters(build)]
    keywords = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in ("x_shape", "seed")
    ]
    signature = inspect.Signature([*arguments, *keywords])
    outputs.__signature__ = signature  # type: ignore[attr-defined]  # read by inspect, if it is there
    return outputs


def trained_labels(build: Function) -> Function:
    """Return a function that builds a network, trains it on images, and labels other images.

    The returned function takes what `build` takes, then `train_x`, `train_y` and `test_x`, a seed
    and the most parameters that the network may have. Images are arrays of whole numbers, (N, H, W)
    with 16 for the darkest. The recipe is the same for all: Adam over 25 images at a time, 20 times
    through, at a rate that falls from 0.01 to 0, on the cross entropy of the network's scores; the
    seed says what is drawn.

    Parameters
    ----------
    build : callable
        Returns a ``torch.nn.Module`` that takes images (N, 1, H, W) and returns scores.
    """
    _warm_up()

    def labels(
        *args: Any,
        train_x: np.ndarray,
        train_y: np.ndarray,
        test_x: np.ndarray,
        seed: int,
        most_parameters: int,
    ) -> np.ndarray:
        import torch

        x, other, y = _images(train_x), _images(test_x), torch.tensor(train_y)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = _built(build, args, x[:2])
            _require_few(network, most_parameters)
            optimizer = torch.optim.Adam(network.parameters(), lr=RATE)
            batches = [b for _ in range(EPOCHS) for b in torch.randperm(len(x)).split(BATCH)]
            network.train()
            for step, batch in enumerate(batches):
                optimizer.param_groups[0]["lr"] = RATE * (1 - step / len(batches))
                optimizer.zero_grad()
                torch.nn.functional.cross_entropy(network(x[batch]), y[batch]).backward()
                optimizer.step()
        found: np.ndarray = _run(network.eval(), other).argmax(dim=1).numpy()
        return found

    arguments = [p.replace(kind=p.POSITIONAL_ONLY) for p in _parameters(build)]
    keywords = list(inspect.signature(labels).parameters.values())[1:]
    signature = inspect.Signature([*arguments, *keywords])
    labels.__signature__ = signature  # type: ignore[attr-defined]  # read by inspect, if it is there
    return labels


def labels_of_deep(train: Function) -> Function:
    """Return a function that lets an answer train a deep network, and labels other images with it.

    The returned function takes what `train` takes, images and labels as arrays as in
    :func:`trained_labels`; then the images to label, a seed that says what is drawn, and the most
    parameters that the network may have. How deep it is, is counted: the products with weights, of
    convolutions and fully connected layers, on the longest way from an image to its scores.

    Parameters
    ----------
    train : callable
        Takes images (N, 1, H, W), labels (N,) and the least depth, and returns a trained
        ``torch.nn.Module`` that takes such images and returns scores.
    """
    _warm_up()

    def labels(
        train_x: np.ndarray,
        train_y: np.ndarray,
        depth: int,
        *,
        test_x: np.ndarray,
        seed: int,
        most_parameters: int,
    ) -> np.ndarray:
        import torch

        x, other = _images(train_x), _images(test_x)
        args = x, torch.tensor(train_y), depth
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = _built(train, args, x[:2]).eval()
        _require_few(network, most_parameters)
        if (found := watched(network, x[:2]).depth) < depth:
            raise ValueError(f"the network is {found:g} layers deep and must be {depth}")
        labels: np.ndarray = _run(network, other).argmax(dim=1).numpy()
        return labels

    return labels


def _images(arrays: np.ndarray) -> Any:
    """Turn whole numbers up to 16, (N, H, W), into images (N, 1, H, W) of numbers up to 1."""
    import torch

    return torch.from_numpy(arrays[:, None] / 16).float()


def _require_few(network: Any, most_parameters: int) -> None:
    if (count := sum(p.numel() for p in network.parameters())) > most_parameters:
        raise ValueError(f"the network has {count} parameters and may have {most_parameters}")


def numbers(seed: int, shape: tuple[int, ...], place: int) -> np.ndarray:
    """Return numbers from -1 to 1 that look random, and are the same everywhere and always.

    Parameters
    ----------
    seed : int
    shape : tuple of int
    place : int
        With another place come other numbers.

    Returns
    -------
    (*shape), float64

    References
    ----------
    SplitMix64 of :cite:`steele2014fast`: a counter, scrambled.
    """
    step = 0x9E3779B97F4A7C15
    start = np.zeros(1, np.uint64)
    for word in (seed, place, *shape):
        start = _scrambled(start + np.array([word], np.uint64) + np.uint64(step))
    counter = start + np.arange(math.prod(shape), dtype=np.uint64) * np.uint64(step)
    return (_scrambled(counter) >> np.uint64(11)).reshape(shape) * 2.0**-52 - 1


def _scrambled(z: np.ndarray) -> np.ndarray:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def _parameters(function: Function) -> list[inspect.Parameter]:
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [p for p in inspect.signature(function).parameters.values() if p.kind in kinds]


@contextlib.contextmanager
def _double_precision() -> Iterator[None]:
    """Have PyTorch make tensors in double precision where an answer does not say in which."""
    import torch

    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@functools.cache
def _warm_up() -> None:
    """Have PyTorch load what a probe needs: that takes seconds, and a call is timed."""
    import torch

    with torch.device("meta"):
        network = torch.nn.Sequential(torch.nn.Conv2d(1, 1, 1), torch.nn.Dropout())
        watched(network, torch.zeros(1, 1, 1, 1))


def _built(build: Function, args: tuple[Any, ...], x: Any) -> Any:
    """Build a network that is as precise as its input, and let it see that if it waits for it."""
    import torch

    network = build(*args)
    if network is None:
        raise TypeError("the answer is None: does your function end with `return`?")
    if not isinstance(network, torch.nn.Module):
        kind = type(network).__name__
        raise TypeError(f"the answer must return a torch.nn.Module, not a {kind}")
    network = network.to(x.dtype)
    if any(map(torch.nn.parameter.is_lazy, network.parameters())):
        _run(network.eval(), x)
    return network


def _run(network: Any, x: Any) -> Any:
    import torch

    with torch.no_grad():
        out = network(x)
    if not isinstance(out, torch.Tensor):
        raise TypeError(f"the network must return one tensor, not a {type(out).__name__}")
    return out


def _shapes(network: Any) -> tuple[tuple[int, ...], ...]:
    return tuple(sorted(tuple(parameter.shape) for parameter in network.parameters()))


def _set(parameters: list[tuple[Any, int]], seed: int) -> None:
    """Give each parameter its numbers, of a size at which a signal neither grows nor fades."""
    import torch

    for parameter, place in parameters:
        shape = tuple(parameter.shape)
        # From -a to a the variance is a^2 / 3; before a ReLU it should be 2 / fan in.
        size = math.sqrt(6 / math.prod(shape[1:])) if len(shape) > 1 else 0.5
        with torch.no_grad():
            parameter.copy_(torch.from_numpy(size * numbers(seed, shape, place)))
