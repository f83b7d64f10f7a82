"""What an argument may be, said in a few words: "whole 1 to 9", "True or False", "array N 4M".

A text that says so is one of these. Within one of them may stand others:

=================================  ==============================================================
``whole 1 to 9``                   a whole number
``number 0 to 9``                  a real number
``True or False``                  a truth
``'conv'``                         this word
``array N 4M``                     an array of numbers, with a letter for the size of each axis
``array N M, -1 to 1, M from 3``   the same, with numbers and sizes from there
``array N of whole, 0 to 2``       an array of whole numbers
``array N of True or False``       an array of truths
``(whole 1 to 3; whole 1 to 3)``   a tuple
``list of 1 to 4: whole 1 to 9``   a list of 1 to 4 entries
``dict of 1 to 3: array A``        a dict of 1 to 3 names
``array A | array A B``            either
=================================  ==============================================================
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_utils.checks.allowed_values import (
    NUMBERS,
    TRUTH,
    Allowed,
    Array,
    Scalar,
    Sizes,
    Truth,
    Word,
    kind_of,
)

MOST_KEY = 10  # characters of a name in a dict
BETWEEN = r"(-?\d+) to (-?\d+)"
SCALAR = re.compile(rf"(whole|number) {BETWEEN}")
WORD = re.compile(r"'(\w+)'")
ARRAY = re.compile(
    rf"array((?: \d*[A-Z])+)(?: of (whole|{TRUTH}))?"
    rf"(?:, {BETWEEN})?(?:, ([A-Z](?: [A-Z])*) from (\d))?"
)
ENTRIES = re.compile(r"(list|dict) of (\d+) to (\d+): (.+)")
ROW = re.compile(r"\((.+)\)")


def read_allowed(text: str) -> Allowed:
    """Read what an argument may be.

    Raises
    ------
    ValueError
        If that cannot be read.

    Examples
    --------
    >>> str(read_allowed("list of 1 to 3: (whole 1 to 9; True or False)"))
    'a list of 1 to 3 of (1 to 9, True or False)'
    """
    if text == TRUTH:
        return Truth()
    if found := ENTRIES.fullmatch(text):
        kind, low, high, entry = found.groups()
        return _Entries(kind, int(low), int(high), read_allowed(entry))
    if " | " in text:
        return _Either(tuple(map(read_allowed, text.split(" | "))))
    if found := ROW.fullmatch(text):
        return _Row(tuple(map(read_allowed, found[1].split("; "))))
    if found := WORD.fullmatch(text):
        return Word(found[1])
    if found := SCALAR.fullmatch(text):
        return Scalar(found[1] == "whole", int(found[2]), int(found[3]))
    if found := ARRAY.fullmatch(text):
        return _array(found)
    raise ValueError(
        f"{text!r} does not say what an argument may be: write 'whole 1 to 9', "
        f"'{TRUTH}', 'array N 4M' or 'array N M, -1 to 1'"
    )


def _array(found: re.Match[str]) -> Array:
    axes, holds, low, high, letters, least = found.groups()
    words = tuple((int(word[:-1] or 1), word[-1]) for word in axes.split())
    sizes = dict.fromkeys((letters or "").split(), int(least or 1))
    if holds == TRUTH:
        return Array(words, "truth", 0, 1, sizes)
    low, high = (int(low), int(high)) if low else NUMBERS
    return Array(words, holds or "number", low, high, sizes)


@dataclass(frozen=True)
class _Row(Allowed):
    """A tuple, of which each place has a meaning of its own."""

    places: tuple[Allowed, ...]

    def __str__(self) -> str:
        return f"({', '.join(place.brief() for place in self.places)})"

    def fault(self, value: Any, sizes: Sizes) -> str:
        if not isinstance(value, list | tuple):
            return f"it is {kind_of(value)}"
        if len(value) != len(self.places):
            return f"it has {_count(value)}"
        faults = (rule.fault(one, sizes) for rule, one in zip(self.places, value, strict=True))
        return _first(enumerate(faults))

    def plain(self, value: Any) -> tuple[Any, ...]:
        return tuple(rule.plain(one) for rule, one in zip(self.places, value, strict=True))

    def draw(self, rng: np.random.Generator, sizes: Sizes) -> tuple[Any, ...]:
        return tuple(rule.draw(rng, sizes) for rule in self.places)

    def resembles(self, value: Any) -> bool:
        return (
            isinstance(value, list | tuple)
            and bool(value)
            and not self.places[0].fault(value[0], {})
        )

    def alike(self, values: Sequence[Any]) -> list[str]:
        equal = all(one == value[0] for value in values for one in value)
        return ["holds one number only"] if equal and len(self.places) > 1 else []


@dataclass(frozen=True)
class _Entries(Allowed):
    """A list, or a dict with names, of `low` to `high` entries of one sort.

    In each entry letters have sizes of their own.
    """

    kind: str
    low: int
    high: int
    entry: Allowed

    def __str__(self) -> str:
        return f"a {self.kind} of {self.low} to {self.high} of {self.entry.brief()}"

    def fault(self, value: Any, sizes: Sizes) -> str:
        if not isinstance(value, dict if self.kind == "dict" else list | tuple):
            return f"it is {kind_of(value)}"
        if not self.low <= len(value) <= self.high:
            return f"it has {_count(value)}"
        if not isinstance(value, dict):
            return _first((i, self.entry.fault(one, {})) for i, one in enumerate(value))
        for key in value:
            if not isinstance(key, str) or not key.isidentifier() or len(key) > MOST_KEY:
                return f"its keys must be names of at most {MOST_KEY} letters"
        return _first((key, self.entry.fault(one, {})) for key, one in value.items())

    def plain(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self.entry.plain(one) for key, one in value.items()}
        return [self.entry.plain(one) for one in value]

    def draw(self, rng: np.random.Generator, sizes: Sizes) -> Any:
        count = int(rng.integers(self.low, self.high + 1))
        drawn = [self.entry.draw(rng, {}) for _ in range(count)]
        return {f"w{i}": one for i, one in enumerate(drawn)} if self.kind == "dict" else drawn

    def alike(self, values: Sequence[Any]) -> list[str]:
        return ["has one entry"] if all(len(value) == 1 for value in values) else []


@dataclass(frozen=True)
class _Either(Allowed):
    """One of several."""

    options: tuple[Allowed, ...]

    def __str__(self) -> str:
        return " or ".join(map(str, self.options))

    def fault(self, value: Any, sizes: Sizes) -> str:
        near = [option for option in self.options if option.resembles(value)]
        return near[0].fault(value, sizes) if near else f"it is {kind_of(value)} of another form"

    def plain(self, value: Any) -> Any:
        return next(option.plain(value) for option in self.options if option.resembles(value))

    def draw(self, rng: np.random.Generator, sizes: Sizes) -> Any:
        return self.options[int(rng.integers(len(self.options)))].draw(rng, sizes)


def same(one: Any, other: Any) -> bool:
    """Say whether two arguments are equal, both allowed for the same parameter.

    Examples
    --------
    >>> same({"a": np.ones(2)}, {"a": np.ones(2)}), same([("fc", 3)], [("fc", 4)])
    (True, False)
    """
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return np.array_equal(one, other)


def letters(allowed: Iterable[Allowed]) -> list[str]:
    """Return the letters of the sizes, each once."""
    arrays = (one for one in allowed if isinstance(one, Array))
    return list(dict.fromkeys(letter for one in arrays for _, letter in one.axes))


def _first(faults: Iterable[tuple[int | str, str]]) -> str:
    """Return the first fault of some parts, and where it is."""
    for key, fault in faults:
        if fault:
            place = f"at [{key!r}]"
            return place + fault[3:] if fault.startswith("at [") else f"{place} {fault}"
    return ""


def _count(value: Any) -> str:
    return f"{len(value)} {'entry' if len(value) == 1 else 'entries'}"
