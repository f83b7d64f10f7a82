"""A checkpoint that must fit by name and by shape: `load_strictly`."""

from __future__ import annotations

import numpy as np

from course_utils.exercises.architectures.draw import decimals
from course_utils.exercises.exercise import Exercise, case, refused


def load_strictly(own, checkpoint):
    """Return the numbers of a checkpoint under the network's names and in its types.

    Parameters
    ----------
    own, checkpoint : dict of str to array
        The network's parameters, and what is to take their place.

    Raises
    ------
    ValueError
        If the names are not the same, or an array has another shape.
    """
    if set(own) != set(checkpoint):
        raise ValueError(f"the names must be {sorted(own)}")
    loaded = {}
    for name, array in own.items():
        if checkpoint[name].shape != array.shape:
            raise ValueError(f"{name} must have shape {array.shape}")
        loaded[name] = checkpoint[name].astype(array.dtype)
    return loaded


def _load_strictly_cases(rng):
    def drawn(**shapes):
        return {name.replace("_", "."): decimals(rng, shape) for name, shape in shapes.items()}

    def network():
        return drawn(conv_weight=(2, 3, 3, 2), conv_bias=(2,), fc_weight=(4, 5), fc_bias=(4,))

    yield case("the same names in the same order", network(), network())
    yield case("names in another order", network(), dict(reversed(network().items())))
    twins = {"one": (3, 3), "two": (3, 3), "three": (3, 3)}
    yield case(
        "equal shapes, in another order", drawn(**twins), dict(sorted(drawn(**twins).items()))
    )
    single = {name: array.astype(np.float32) for name, array in network().items()}
    yield case("a network in single precision", single, network())
    counts = drawn(mean=(5,)) | {"seen": np.array([0])}
    yield case("a counter of whole numbers", counts, drawn(mean=(5,)) | {"seen": np.array([7])})
    mixed = network() | {"conv.bias": np.array([0.5, -1.5], np.float32)}
    yield case("a checkpoint of mixed types", network(), mixed)
    yield case("nothing to load", {}, {})

    def without(name):
        return {key: array for key, array in network().items() if key != name}

    def with_shape(name, *shape):
        return network() | {name: decimals(rng, shape)}

    yield refused("a bias is missing", network(), without("conv.bias"))
    yield refused("a bias too many", without("conv.bias"), network())
    renamed = without("fc.weight") | {"classifier.weight": decimals(rng, (4, 5))}
    yield refused("a layer under another name", network(), renamed)
    yield refused("a matrix that lies on its side", network(), with_shape("fc.weight", 5, 4))
    yield refused("a bias that would stretch to fit", network(), with_shape("fc.bias", 1))
    yield refused("a bias with one axis more", network(), with_shape("fc.bias", 1, 4))
    yield refused("other classes", network(), with_shape("fc.weight", 3, 5))
    yield refused("more inputs", network(), with_shape("fc.weight", 4, 6))
    yield refused("an empty checkpoint", network(), {})


LOAD_STRICTLY = Exercise("load_strictly", 2, load_strictly, _load_strictly_cases)


@LOAD_STRICTLY.known_wrong(
    "You pair the arrays by their place; a checkpoint may list them in any order, so look each one "
    "up by its name."
)
def pairs_by_place(own, checkpoint):
    if set(own) != set(checkpoint):
        raise ValueError("other names")
    if any(checkpoint[name].shape != own[name].shape for name in own):
        raise ValueError("another shape")
    pairs = zip(own, checkpoint.values(), strict=True)
    return {name: array.astype(own[name].dtype) for name, array in pairs}


@LOAD_STRICTLY.known_wrong(
    "You hand on the checkpoint's own types; a network in single precision stays in single "
    "precision, whatever the file holds."
)
def keeps_the_checkpoints_types(own, checkpoint):
    if set(own) != set(checkpoint):
        raise ValueError("other names")
    if any(checkpoint[name].shape != own[name].shape for name in own):
        raise ValueError("another shape")
    return {name: checkpoint[name].copy() for name in own}


@LOAD_STRICTLY.known_wrong(
    "You return what the network held before; the numbers come from the checkpoint."
)
def returns_the_old_numbers(own, checkpoint):
    if set(own) != set(checkpoint):
        raise ValueError("other names")
    if any(checkpoint[name].shape != own[name].shape for name in own):
        raise ValueError("another shape")
    return {name: array.copy() for name, array in own.items()}


@LOAD_STRICTLY.known_wrong(
    "You write into the network's own dict, so that a caller who goes on with the old numbers has "
    "lost them; make a new dict."
)
def loads_in_place(own, checkpoint):
    if set(own) != set(checkpoint):
        raise ValueError("other names")
    if any(checkpoint[name].shape != own[name].shape for name in own):
        raise ValueError("another shape")
    for name in own:
        own[name] = checkpoint[name].astype(own[name].dtype)
    return own


@LOAD_STRICTLY.known_wrong(
    "You keep the network's old numbers where the checkpoint lacks a name; half a checkpoint loads "
    "without a word, and to prevent that is what strict means."
)
def keeps_what_is_missing(own, checkpoint):
    if set(checkpoint) - set(own):
        raise ValueError("unexpected names")
    loaded = {}
    for name, array in own.items():
        new = checkpoint.get(name, array)
        if new.shape != array.shape:
            raise ValueError("another shape")
        loaded[name] = new.astype(array.dtype)
    return loaded


@LOAD_STRICTLY.known_wrong(
    "You pass over names that the network does not have; a file with more layers than yours is a "
    "file of another network, so raise an error."
)
def ignores_what_is_unexpected(own, checkpoint):
    if set(own) - set(checkpoint):
        raise ValueError("missing names")
    if any(checkpoint[name].shape != own[name].shape for name in own):
        raise ValueError("another shape")
    return {name: checkpoint[name].astype(array.dtype) for name, array in own.items()}


@LOAD_STRICTLY.known_wrong(
    "You compare how many numbers there are, and a matrix on its side has as many as one that "
    "stands; compare the shapes."
)
def compares_sizes(own, checkpoint):
    if set(own) != set(checkpoint):
        raise ValueError("other names")
    if any(checkpoint[name].size != own[name].size for name in own):
        raise ValueError("another size")
    return {name: checkpoint[name].reshape(a.shape).astype(a.dtype) for name, a in own.items()}


@LOAD_STRICTLY.known_wrong(
    "You fill the network's arrays by assignment, and NumPy stretches an array with one number "
    "until it fits; compare the shapes first."
)
def lets_numpy_stretch(own, checkpoint):
    if set(own) != set(checkpoint):
        raise ValueError("other names")
    loaded = {name: np.empty_like(array) for name, array in own.items()}
    for name in own:
        loaded[name][...] = checkpoint[name]
    return loaded


@LOAD_STRICTLY.known_wrong(
    "You compare the first axis of each array only; the shapes must be the same along every axis."
)
def compares_lengths(own, checkpoint):
    if set(own) != set(checkpoint):
        raise ValueError("other names")
    if any(len(checkpoint[name]) != len(own[name]) for name in own):
        raise ValueError("another length")
    return {name: checkpoint[name].astype(array.dtype) for name, array in own.items()}


@LOAD_STRICTLY.known_right
def collects_all_problems(own, checkpoint):
    problems = [f"{name} is missing" for name in own if name not in checkpoint]
    problems += [f"{name} is unexpected" for name in checkpoint if name not in own]
    problems += [
        f"{name} has another shape"
        for name in own
        if name in checkpoint and own[name].shape != checkpoint[name].shape
    ]
    if problems:
        raise ValueError(", ".join(problems))
    return {name: np.array(checkpoint[name], own[name].dtype) for name in own}


@LOAD_STRICTLY.known_right
def takes_names_off_a_copy(own, checkpoint):
    rest = dict(checkpoint)
    loaded = {}
    for name in own:
        try:
            array = rest.pop(name)
        except KeyError:
            raise ValueError(f"{name} is missing") from None
        if array.shape != own[name].shape:
            raise ValueError(f"{name} has another shape")
        loaded[name] = np.zeros_like(own[name])
        loaded[name][:] = array
    if rest:
        raise ValueError(f"nothing wants {rest.keys()}")
    return loaded
