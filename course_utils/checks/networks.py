"""Say in words where two networks differ: in which layers' parameters, in which dropout.

What is compared is what :func:`course_utils.checks.probes.module_outputs` finds of a network.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from course_utils.checks.compare import Difference, brief

# By how many axes a parameter has: what it belongs to, and what is said of several.
LAYERS = {
    1: ("vector of biases, scales or shifts", "vectors of biases, scales or shifts"),
    2: ("fully connected layer", "fully connected layers"),
    4: ("convolution", "convolutions"),
}
Shape = tuple[int, ...]


def describe_parameters(expected: Sequence[Shape], got: Any) -> Difference:
    """Say in which layers the parameters' shapes differ.

    The order does not matter: a layer is known by its shape alone. Weights come before biases,
    which follow them.
    """
    if not _are_shapes(got):
        return Difference("type", "the parameters' shapes must be tuples of whole numbers")
    axes = next(iter(_ranks_that_differ(expected, got)), 0)
    lacking, surplus = _differing(expected, got, axes)
    one, many = _layer(axes)
    if len(lacking) == len(surplus):
        what = "weights of another shape" if axes > 1 else "another length"
        wanted, have = _nearest(lacking, surplus)
        says = f"your network has a {one} with {what}"
        return Difference("shape", says, brief(wanted), brief(have))
    count = abs(len(surplus) - len(lacking))
    too = "many" if len(surplus) > len(lacking) else "few"
    total = sum(len(shape) == axes for shape in got)
    says = f"your network has {total} {one if total == 1 else many}, {count} too {too}"
    if not total:  # there may be some in a list, say
        says = f"PyTorch finds no {many} in your network, where there must be {count}"
    if not lacking:  # of what is lacking the shape would be an expected number
        says += f"; one of them has the shape {brief(surplus[0])}"
    return Difference("shape", says)


def same_draws(expected: Sequence[str], got: Any) -> bool:
    """Say whether the same is drawn at random, wherever in the network it stands."""
    texts = all(isinstance(text, str) for text in got) if isinstance(got, tuple) else False
    return texts and list(map(_share, expected)) == list(map(_share, got))


def _share(draw: str) -> tuple[str, str]:
    """Split off how many parameters come before a draw."""
    size, _, rest = draw.partition(" after ")
    return size, rest.partition(",")[2]


def layers_that_differ(expected: Sequence[Shape], got: Any) -> str:
    """Name the kinds of layers whose parameters' shapes differ: "convolutions"."""
    ranks = _ranks_that_differ(expected, got) if _are_shapes(got) else []
    *others, last = [_layer(axes)[1] for axes in ranks] or [""]
    return f"{', '.join(others)} and {last}" if others else last


def describe_draws(expected: Sequence[str], got: Any) -> Difference:
    """Say which dropout differs."""
    if not isinstance(got, tuple) or not all(isinstance(text, str) for text in got):
        return Difference("type", "the random draws must be texts")
    if len(got) != len(expected):
        has = f"{len(got)} dropout layer{'' if len(got) == 1 else 's'}" if got else "no dropout"
        return Difference(
            "shape", f"your network has {has} in training, and must have {len(expected) or 'none'}"
        )
    pairs = list(zip(expected, got, strict=True))
    place = next((i for i, (want, have) in enumerate(pairs) if want != have), 0)
    which = f"dropout {place + 1} of {len(expected)}" if len(expected) > 1 else "the dropout"
    return Difference("value", f"{which} stands at another place, or keeps another share")


def _layer(axes: int) -> tuple[str, str]:
    return LAYERS.get(axes, (f"parameter of {axes} axes", f"parameters of {axes} axes"))


def _ranks_that_differ(expected: Sequence[Shape], got: Sequence[Shape]) -> list[int]:
    """Return how many axes the parameters have that differ, the most first."""
    ranks = sorted({len(shape) for shape in (*expected, *got)}, reverse=True)
    return [axes for axes in ranks if any(_differing(expected, got, axes))]


def _differing(
    expected: Sequence[Shape], got: Sequence[Shape], axes: int
) -> tuple[list[Shape], list[Shape]]:
    """Return the shapes of so many axes that are lacking, and those that are too many."""
    wanted, have = (Counter(s for s in shapes if len(s) == axes) for shapes in (expected, got))
    return list((wanted - have).elements()), list((have - wanted).elements())


def _nearest(lacking: Sequence[Shape], surplus: Sequence[Shape]) -> tuple[Shape, Shape]:
    """Return the lacking shape and the one in its place that have most sizes in common."""
    pairs = ((want, have) for want in lacking for have in surplus)
    return max(pairs, key=lambda pair: sum(a == b for a, b in zip(*pair, strict=True)))


def _are_shapes(value: Any) -> bool:
    return isinstance(value, tuple) and all(
        isinstance(shape, tuple) and all(isinstance(size, int) for size in shape) for shape in value
    )
