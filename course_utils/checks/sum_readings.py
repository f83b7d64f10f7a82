"""Say in sentences which numbers a function multiplies and adds up where it should others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from course_utils.checks.index_formula import Index, Term, listed, terms_of, written
from course_utils.checks.sums import SumProbe, Table, fraction

SMALL = ("", "one", "two", "three", "four")


def sum_readings(probe: SumProbe, parts: Sequence[Any]) -> tuple[str, ...]:
    """Say of each output that is no right sum what it is, and where.

    Parameters
    ----------
    probe : SumProbe
    parts : sequence
        What the function comes to at the probe's calls; see :meth:`.SumProbe.tables`.
    """
    said: list[str] = []
    for name, table in probe.tables(parts).items():
        wrong = probe.wrong(name, table)
        if not wrong.any():
            continue
        terms = terms_of(probe, name, table)
        text = (
            _number(probe, name, table, wrong)
            if terms is None
            else _formula(probe, name, terms, written(terms))
        )
        said.append(text if said or not probe.setting else f"{probe.setting}, {text}")
    return tuple(f"{text[0].upper()}{text[1:]}" for text in said)


def _formula(probe: SumProbe, name: str, terms: Sequence[Term], has: str) -> str:
    """Say what an output is as a formula."""
    text = f"{_at(name, probe.letters[name])}: you have {has}"
    right = terms_of(probe, name, probe.right()[name]) if probe.told else None
    if right is None:
        return f"{text}."
    words = list(_words(probe, terms, right))
    return f"{text}; right is {written(right)}{f': {_joined(words)}' if words else ''}."


def _number(probe: SumProbe, name: str, table: Table, wrong: np.ndarray) -> str:
    """Say of one number of an output, and of one impulse, what they have to do with each other."""
    # Rather one that is multiplied by something than one that is left out.
    pairs = sorted(np.argwhere(wrong).tolist(), key=lambda at: not table.constants[tuple(at)].any())
    (o, t), *_ = pairs
    index = [int(i) for i in np.unravel_index(o, table.shape)]
    has = _sum(probe, table.constants[o, t])
    text = f"{_at(name, index)}"
    if not t:
        text += f" adds `{has}` as it stands"
    elif not probe.others:
        text += f" gets `{_one(probe, t)}` {_times(has)}"
    elif has == "0":
        text += f" leaves `{_one(probe, t)}` out"
    else:
        text += f" multiplies `{_one(probe, t)}` by `{has}`"
    if probe.told:
        right = _sum(probe, probe.right()[name].constants[o, t])
        text += f"; right is {f'`{right}`' if probe.others or not t else _times(right)}"
    return f"{text}. {_count(table, wrong)}"


def _count(table: Table, wrong: np.ndarray) -> str:
    several, of = int(wrong.any(axis=1).sum()), len(table.read)
    least = "" if table.read.all() else "at least "
    text = f"{least}{several} of its {of} numbers {'is' if several == 1 else 'are'} no right sum."
    return f"{text[0].upper()}{text[1:]}"


def _times(has: str) -> str:
    return "not at all" if has == "0" else "once" if has == "1" else f"{has} times"


def _at(name: str, indices: Sequence[Any]) -> str:
    place = f"[{', '.join(map(str, indices))}]"
    return f"`{name}{place}`" if name.isidentifier() else f"{name} at `{place}`"


def _one(probe: SumProbe, t: int) -> str:
    name, index = probe.number(probe.impulses, t - 1)
    return f"{name}[{', '.join(map(str, index))}]"


def _sum(probe: SumProbe, row: np.ndarray) -> str:
    """Write down what one impulse is multiplied by: (P + 1,) constants."""
    text = ""
    for place in np.flatnonzero(row):
        size = abs(row[place])
        if place == len(row) - 1:
            product = fraction(size)
        else:
            name, index = probe.number(probe.others, int(place))
            times = "" if size == 1 else f"{fraction(size)} "
            product = f"{times}{name}[{', '.join(map(str, index))}]"
        minus = row[place] < 0
        text += (" - " if minus else " + ") if text else ("-" if minus else "")
        text += product
    return text or "0"


def _joined(phrases: Sequence[str]) -> str:
    *most, last = phrases
    return f"{', '.join(most)}, and {last}" if most else last


def _words(probe: SumProbe, has: Sequence[Term], right: Sequence[Term]) -> Iterator[str]:
    """Yield what differs, in words, if that is all that does."""
    mine, due = ({tuple(term.factors): term for term in terms} for terms in (has, right))
    said = [f"{_product(factors)} is missing" for factors in due if factors not in mine]
    if any(factors not in due for factors in mine):
        return
    for factors, term in mine.items():
        found = _differences(probe, term, due[factors])
        if found is None:
            return
        said += found
    yield from said


def _product(factors: Sequence[str]) -> str:
    names = [f"`{name}`" for name in factors]
    return f"each product of {listed(names)}" if len(names) > 1 else "".join(names)


def _differences(probe: SumProbe, has: Term, right: Term) -> list[str] | None:
    """Return in words how a term differs from the right one; None where words fail."""
    said = []
    if has.constant != right.constant:
        times = fraction(has.constant / right.constant)
        counts = "counts twice" if times == "2" else f"counts {times} times"
        said.append(f"{_product(tuple(filter(None, has.factors)))} {counts}")
    alone = _alone(probe, has, right)
    said += [f"only {word} {number} of `{name}` counts" for number, word, name in alone.values()]
    turned: dict[str, list[str]] = {}
    shifts: dict[str, list[str]] = {}
    for name, axis, mine, due in _pairs(has, right):
        word = probe.axes[name][axis]
        if mine == due or _held(mine, due, alone):
            continue
        if (reversed_in := _turned(probe, has, right, name, axis)) is not None:
            turned.setdefault(reversed_in[0], []).append(f"{reversed_in[1]}s")
        elif dict(mine.times) == dict(due.times):
            shifts.setdefault(name, []).append(_shift(mine.plus - due.plus, word))
        elif (steps := _steps(mine, due)) is not None:
            said.append(f"with {steps[0]}, `{name}` moves {_moves(*steps[1:], word)}")
        else:
            return None
    said += [f"`{name}` is read {listed(sizes)}" for name, sizes in shifts.items()]
    return said + [
        f"along {listed(w)} `{name}` stands the wrong way round" for name, w in turned.items()
    ]


def _pairs(has: Term, right: Term) -> Iterator[tuple[str, int, Index, Index]]:
    """Yield each argument and axis with both its indices."""
    for name, indices in has.factors.items():
        pairs = zip(indices, right.factors[name], strict=True)
        yield from ((name, axis, mine, due) for axis, (mine, due) in enumerate(pairs))


def _alone(probe: SumProbe, has: Term, right: Term) -> dict[str, tuple[int, str, str]]:
    """Return letters of the right sum that are held to one number, with it, its axis and where."""
    alone: dict[str, tuple[int, str, str]] = {}
    for name, axis, mine, due in _pairs(has, right):
        letter = due.times[0][0] if due.times else ""
        if not mine.times and letter in right.over and due == Index(((letter, 1),)):
            alone.setdefault(letter, (mine.plus, probe.axes[name][axis], name))
    return alone


def _shift(by: int, word: str) -> str:
    size = SMALL[abs(by)] if abs(by) < len(SMALL) else str(abs(by))
    return f"{size} {word}{'s' * (abs(by) > 1)} too {'late' if by > 0 else 'early'}"


def _moves(by: int, due: int, word: str) -> str:
    way = "on" if by > 0 else "back"
    return f"{way} by {abs(by)} {word}{'s' * (abs(by) != 1)}, not {abs(due)}"


def _held(mine: Index, due: Index, alone: Mapping[str, tuple[int, str, str]]) -> bool:
    """Say whether an index is the right one with letters that are held to a number."""
    plus = due.plus + sum(factor * alone[n][0] for n, factor in due.times if n in alone)
    left = tuple((n, factor) for n, factor in due.times if n not in alone)
    return bool(alone) and mine == Index(left, plus)


def _steps(mine: Index, due: Index) -> tuple[str, int, int] | None:
    """Return the letter in whose factor alone two indices differ, and both factors."""
    one, other = dict(mine.times), dict(due.times)
    changed = [n for n in other if one.get(n) != other[n]]
    if one.keys() != other.keys() or len(changed) != 1 or mine.plus != due.plus:
        return None
    (letter,) = changed
    return (letter, one[letter], other[letter]) if one[letter] * other[letter] > 0 else None


def _turned(
    probe: SumProbe, has: Term, right: Term, name: str, axis: int
) -> tuple[str, str] | None:
    """Return which argument stands reversed along which axis, if that is the difference."""
    mine, due = has.factors[name][axis], right.factors[name][axis]
    size = probe.shapes[name][axis]
    whole = tuple((letter, -factor) for letter, factor in due.times)
    if dict(mine.times) == dict(whole) and mine.plus == size - 1 - due.plus and len(whole) > 1:
        return name, probe.axes[name][axis]
    for other in has.factors:  # whose own index runs the other way in what it meets
        for place, index in enumerate(right.factors[other]):
            letter = index.times[0][0] if index.times else ""
            plain = index == Index(((letter, 1),)) == has.factors[other][place]
            if other != name and plain and letter in right.over:
                factor, last = dict(due.times).get(letter, 0), probe.shapes[other][place] - 1
                back = {n: -f if n == letter else f for n, f in due.times}
                if factor and dict(mine.times) == back and mine.plus == due.plus + factor * last:
                    return other, probe.axes[other][place]
    return None
