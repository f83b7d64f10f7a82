"""Say in sentences where a function's products are not the right ones, and what they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from course_utils.checks.call import StandIn, answer_of, is_gone
from course_utils.checks.cases import Case, CaseSet, Outcome, Returned
from course_utils.checks.compare import compare
from course_utils.checks.formula import Place, Probe, Product, mark
from course_utils.checks.probes import POINTS
from course_utils.checks.sum_readings import sum_readings
from course_utils.checks.sums import SumProbe
from course_utils.checks.window_readings import WindowProbe, window_readings

AT_MOST = 4  # more sentences than this confuse more than they help


@dataclass(frozen=True)
class Difference:
    """A product that is not the right one.

    Attributes
    ----------
    place : Place
    has : Product
    right : str
        The right one, where that may be told.
    besides : tuple of str
        By which other ways something is due at this place.
    """

    place: Place
    has: Product
    right: str = ""
    besides: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """The place within the output, in words."""
        return _where(self.place) or ("directly" if self.besides else "")

    def __str__(self) -> str:
        """Say what one has, and what is right if that may be told."""
        nothing = not self.has.constant and self.besides and _where(self.place)
        rest = f" other than {_listed(self.besides)}" if nothing else ""
        right = f"; right is `{self.right}`" if self.right else ""
        return f"you have `{self.has}`{rest}{right}"


def differences(probe: Probe, parts: Sequence[Any]) -> list[Difference]:
    """Return where a function's products are not the right ones.

    Parameters
    ----------
    probe : Probe
    parts : sequence
        What the function comes to at the probe's points; see :meth:`.Probe.read`.
    """
    marks = dict(zip(probe.places, probe.right(), strict=True))
    pairs = zip(probe.places, probe.read(parts), strict=True)
    return [
        Difference(place, has, right if probe.told else "", _besides(place, marks, probe.told))
        for place, has in pairs
        if has and (right := marks[place]) and mark(place, has, told=probe.told) != right
    ]


def _besides(place: Place, marks: Mapping[Place, str], told: bool) -> tuple[str, ...]:
    """Return by which ways something is due at a place besides what is looked at."""
    start = f"{_where(place)}, ".removeprefix(", ")
    return tuple(
        _where(other).removeprefix(start)
        for other, right in marks.items()
        if (other.output, other.upstream) == (place.output, place.upstream)
        and other.at not in ("", place.at)
        and _where(other).startswith(start)
        and right != mark(other, Product(Fraction(0)), told=told)
    )


def _where(place: Place) -> str:
    return ", ".join(dict.fromkeys(filter(None, (place.entry, place.at))))


def read(
    cases: CaseSet, function: Callable[..., Any] | StandIn, outcomes: Sequence[Outcome | None]
) -> tuple[str, ...]:
    """Call a function that is wrong once more, at a probe's points, and say what is read there.

    It is not called where there is no probe, or where a case did not come to an end.

    Parameters
    ----------
    cases : CaseSet
    function : callable
    outcomes : sequence of Outcome
        What it came to on the cases; None for one that was not run. Outputs that were right on all
        of them are passed over.
    """
    probe = cases.formula
    if probe is None or any(outcome is None or is_gone(outcome) for outcome in outcomes):
        return ()
    points = Case("", tuple(probe.stacked()), probe.fixed, Returned(None))
    asked = replace(cases, cases=(points,), order=(), forbidden=(), probe=POINTS, formula=None)
    (outcome,) = answer_of(function, asked).outcomes()
    if not isinstance(outcome, Returned) or not isinstance(outcome.value, tuple | list):
        return ()
    wrong = _wrong_outputs(cases, outcomes)
    pairs = zip(cases.outputs, outcome.value, strict=False)
    return readings(probe, [part if name in wrong else None for name, part in pairs])


def _wrong_outputs(cases: CaseSet, outcomes: Sequence[Outcome | None]) -> set[str]:
    """Return the parts of the result that are wrong on some case."""
    wrong: set[str] = set()
    for case, outcome in zip(cases.cases, outcomes, strict=True):
        if not isinstance(case.expected, Returned) or not isinstance(outcome, Returned):
            continue
        parts = [[value] for value in (case.expected.value, outcome.value)]
        if len(cases.outputs) > 1:
            parts = [list(value) if isinstance(value, tuple | list) else [] for (value,) in parts]
        if not len(parts[0]) == len(parts[1]) == len(cases.outputs):
            return set(cases.outputs)
        for name, expected, got in zip(cases.outputs, *parts, strict=True):
            if compare(expected, got, rtol=cases.rtol, atol=cases.atol) is not None:
                wrong.add(name)
    return wrong


def readings(probe: Probe | SumProbe | WindowProbe, parts: Sequence[Any]) -> tuple[str, ...]:
    """Say where a function's products are not the right ones, and what they are.

    Outputs whose products are those of another, times a factor, stand in one sentence.
    """
    if isinstance(probe, SumProbe):
        return sum_readings(probe, parts)
    if isinstance(probe, WindowProbe):
        return window_readings(probe, parts)
    order = list(probe.entries).index
    found = sorted(differences(probe, parts), key=lambda each: order(each.place.output))
    blocks = sorted(_merged(_blocks(found)), key=lambda block: -len(block.outputs))
    several = len(probe.upstream) > 1
    said = [block.sentence(several) for block in blocks[:AT_MOST]]
    if more := len(blocks) - AT_MOST:
        said += [f"It is wrong at {more} more place{'s' * (more > 1)}."] if more > 0 else []
    return tuple(said)


@dataclass(frozen=True)
class _Block:
    """Outputs that differ at one place in one way.

    Attributes
    ----------
    where : tuple of str
        The places in words; several where nothing is had at each.
    outputs : tuple of (str, str)
        Each with the factor that it has besides those of the first.
    found : tuple of Difference
        Of the first output, for each incoming gradient.
    """

    where: tuple[str, ...]
    outputs: tuple[tuple[str, str], ...]
    found: tuple[Difference, ...]

    def sentence(self, several: bool) -> str:
        """Write it down; `several` says whether there are several incoming gradients."""
        (first, _), *others = self.outputs
        has = []
        for each in self.found:
            source = f"from `{each.place.upstream}`: " if several else ""
            has.append(f"{source}{each}")
        name = f"`{first}`" if first.isidentifier() else f"{first[0].upper()}{first[1:]}"
        head = ", ".join(filter(None, (name, _places(self.where))))
        text = f"{head}{', ' if several else ': '}{'; '.join(has)}."
        plain = [f"`{output}`" for output, factor in others if not factor]
        times = [f"`{factor}` in `{output}`" for output, factor in others if factor]
        if plain:
            text += f" The same in {_listed(plain)}."
        if times:
            text += f" The same times {_listed(times)}."
        return text

    def with_place(self, where: tuple[str, ...]) -> _Block:
        """Return it with more places; the ways that they name are no others any more."""
        where = self.where + where
        ways = {_split(each)[1] for each in where}
        found = (
            replace(each, besides=tuple(way for way in each.besides if way not in ways))
            for each in self.found
        )
        return replace(self, where=where, found=tuple(found))


def _blocks(found: Iterable[Difference]) -> Iterator[_Block]:
    """Put outputs together that differ at the same place in the same way."""
    places: dict[str, dict[str, dict[str, Difference]]] = {}
    for each in found:
        outputs = places.setdefault(each.where, {})
        outputs.setdefault(each.place.output, {}).setdefault(each.place.upstream, each)
    for where, outputs in places.items():
        left = sorted(outputs, key=lambda o: sum(d.has.degree for d in outputs[o].values()))
        while left:
            first = outputs[left[0]]
            factors = {output: _factor(first, outputs[output]) for output in left}
            joined = tuple((o, factor) for o, factor in factors.items() if factor is not None)
            yield _Block((where,), joined, tuple(first.values()))
            left = [output for output in left if factors[output] is None]


def _factor(one: dict[str, Difference], other: dict[str, Difference]) -> str | None:
    """Return by which factor one output is another, for every incoming gradient; None if none."""
    if one.keys() != other.keys():
        return None
    pairs = [(one[key].has, other[key].has) for key in one]
    factors = {a.times(b) for a, b in pairs if a.constant or b.constant}
    return factors.pop() if len(factors) == 1 else None if factors else ""


def _merged(blocks: Iterable[_Block]) -> list[_Block]:
    """Put places together where there is nothing."""
    found: dict[Any, _Block] = {}
    for block in blocks:
        nothing = all(not each.has.constant and not each.right for each in block.found)
        sources = tuple(each.place.upstream for each in block.found)
        key = (
            (block.outputs, sources) if nothing and block.where[0] else block.where + block.outputs
        )
        known = found.get(key)
        found[key] = known.with_place(block.where) if known else block
    return list(found.values())


def _places(where: Sequence[str]) -> str:
    """Join places: "gate i" and "gate f" are "gates i and f"."""
    heads, ways = (list(dict.fromkeys(each)) for each in zip(*map(_split, where), strict=True))
    if len(heads) * len(ways) != len(where):
        return "; ".join(where)
    if len(ways) > 1:
        ways = [way or "directly" for way in ways]
    kinds = {head.partition(" ")[0] for head in heads}
    if len(heads) > 1 and len(kinds) == 1 and all(head.count(" ") == 1 for head in heads):
        heads = [f"{kinds.pop()}s {_listed([head.partition(' ')[2] for head in heads])}"]
    return ", ".join(filter(None, (_listed(heads), _listed(ways))))


def _split(where: str) -> tuple[str, str]:
    head, _, way = where.partition(", ")
    return head, way


def _listed(words: Sequence[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
