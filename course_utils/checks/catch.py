"""Cases that a student writes to catch mistakes: what may stand in them, and what they are worth.

The answer to such an exercise returns *calls* of a function that an earlier exercise asked for.
They are worth the share of the known mistakes that they catch, times the share of them that is
valid. What they catch is found where right answers and mistakes are at hand, which is in the judge;
a student's own copy of the checks can only say which calls are valid.

Nothing of what the answer returns is trusted. It is read before anything is run on it, and what is
valid is small.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from course_utils.checks.allowed import letters, read_allowed, same
from course_utils.checks.allowed_values import Allowed, Array

Arguments = dict[str, Any]
MOST_NAME = 30  # characters of a name that no argument has
MOST_NUMBER, MOST_SHOWN = 20, 100  # characters of a number that is shown, of a list
MOST_ENTRIES = 10  # of a list that is shown
HIDES = "A mistake there would not show in any of them."


@dataclass(frozen=True)
class Tried:
    """What calls came to where right answers and mistakes were run on them.

    Attributes
    ----------
    faults : dict of int to str
        For calls on which right answers do not agree, by place: why they are not valid.
    catches : dict of str to int
        For each mistake that is caught, the first call that does, by place.
    """

    faults: Mapping[int, str]
    catches: Mapping[str, int]


@dataclass(frozen=True)
class Catches:
    """What is asked for where an answer returns calls that are to catch mistakes.

    Attributes
    ----------
    function : str
        The function that is called.
    allowed : dict of str to str
        For each of its parameters, in order, what it may be: see :mod:`.allowed`.
    defaults : dict of str to object
        For those that may be left out, what they are then.
    most : int
        How many calls there may be.
    mistakes : int
        How many known mistakes there are.
    run : callable, optional
        Runs right answers and mistakes on valid calls. None where these are not at hand.

    Raises
    ------
    ValueError
        If what an argument may be cannot be read.
    """

    function: str
    allowed: Mapping[str, str]
    defaults: Mapping[str, Any]
    most: int
    mistakes: int
    run: Callable[[Sequence[Arguments]], Tried] | None = field(
        default=None, compare=False, repr=False
    )

    def __post_init__(self) -> None:
        """Refuse what cannot be read."""
        self.rules()

    def rules(self) -> dict[str, Allowed]:
        """Return what each argument may be."""
        return {name: read_allowed(text) for name, text in self.allowed.items()}

    def caught_by(self, value: Any) -> Caught:
        """Say what the calls catch that an answer returned.

        Parameters
        ----------
        value
            Whatever it was, of plain types, as :func:`.wire.as_sent` returns it.
        """
        if says := self._refused(value):
            return Caught(mistakes=self.mistakes, refused=says)
        found: list[Call] = []
        usable: list[Arguments] = []
        places: list[int] = []
        for place, one in enumerate(value):
            arguments, fault = self._read(one)
            if not fault and (same := _place_of(arguments, usable)) is not None:
                fault = f"it is call {places[same] + 1} once more"
            found.append(Call(self._shown(one), fault))
            if not fault:
                usable.append(arguments)
                places.append(place)
        if self.run is None:
            alike = tuple(self._alike(usable))
            return Caught(tuple(found), self.mistakes, counted=False, alike=alike)
        tried = self.run(usable)
        for i, place in enumerate(places):
            catches = tuple(name for name, first in tried.catches.items() if first == i)
            found[place] = Call(found[place].shown, tried.faults.get(i, ""), catches)
        return Caught(tuple(found), self.mistakes)

    def _refused(self, value: Any) -> str:
        """Say why an answer is no list of calls; nothing if it is one."""
        if value is None:
            return "the result is None: does your function end with `return`?"
        if not isinstance(value, list | tuple):
            return f"the result must be a list of calls, not a {type(value).__name__}"
        if not value:
            return "the list is empty: write a call"
        if len(value) > self.most:
            return f"there may be {self.most} calls, and you return {len(value)}"
        return ""

    def _read(self, one: Any) -> tuple[Arguments, str]:
        """Return a call's arguments, and what keeps it from being valid."""
        if not isinstance(one, dict):
            return {}, (
                f"write it as `dict({self._example()})`, with its arguments by name; "
                f"yours is a {type(one).__name__}"
            )
        if unknown := [name for name in one if name not in self.allowed]:
            return {}, f"`{self.function}` has no argument `{_name(unknown[0])}`"
        sizes: dict[str, int] = {}
        arguments = dict(self.defaults)
        for name, rule in self.rules().items():
            if name not in one and name not in self.defaults:
                return {}, f"it lacks `{name}`"
            if name in one:
                if fault := rule.fault(one[name], sizes):
                    return {}, f"`{name}` must be {rule}; {fault}"
                arguments[name] = rule.plain(one[name])
        return arguments, ""

    def _example(self) -> str:
        return ", ".join(f"{name}=..." for name in self.allowed if name not in self.defaults)

    def _shown(self, one: Any) -> str:
        """Show a call: numbers as they are, arrays by shape, anything else by its type."""
        if not isinstance(one, dict):
            return type(one).__name__
        given = [f"{name}={_short(one[name])}" for name in self.allowed if name in one]
        return f"{self.function}({', '.join(given)})"

    def _alike(self, calls: Sequence[Arguments]) -> list[str]:
        """Say what is so friendly in all calls that mistakes may hide behind it."""
        if not calls:
            return []
        says = []
        for name, default in self.defaults.items():
            if all(call[name] == default for call in calls):
                says.append(f"`{name}` is {default}")
        rules = self.rules()
        for name, rule in rules.items():
            says += [f"`{name}` {one}" for one in rule.alike([call[name] for call in calls])]
        each = [_sizes(rules, call) for call in calls]
        names = letters(rules.values())
        for i, one in enumerate(names):
            if all(sizes[one] == 1 for sizes in each):
                says.append(f"{one} is 1")
            for other in names[i + 1 :]:
                if all(sizes[one] == sizes[other] > 1 for sizes in each):
                    says.append(f"{one} and {other} are equal")
        return says


@dataclass(frozen=True)
class Call:
    """A call that a student wrote.

    Attributes
    ----------
    shown : str
        The call in short.
    fault : str
        What keeps it from being valid.
    catches : tuple of str
        The mistakes that it catches and no call before it does.
    """

    shown: str
    fault: str = ""
    catches: tuple[str, ...] = ()


@dataclass(frozen=True)
class Caught:
    """What a student's calls catch.

    Attributes
    ----------
    calls : tuple of Call
    mistakes : int
        How many known mistakes there are.
    counted : bool
        Whether the mistakes were run. At a student's desk there are none.
    alike : tuple of str
        What all calls have in common, behind which mistakes may hide.
    refused : str
        Why there are no calls; empty if there are.
    """

    calls: tuple[Call, ...] = ()
    mistakes: int = 0
    counted: bool = True
    alike: tuple[str, ...] = ()
    refused: str = ""

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Caught:
        """Undo `dataclasses.asdict`, also after JSON, which knows no tuples."""
        calls = (Call(c["shown"], c["fault"], tuple(c["catches"])) for c in data["calls"])
        return cls(**{**data, "calls": tuple(calls), "alike": tuple(data["alike"])})

    @property
    def valid(self) -> int:
        """How many calls are valid."""
        return sum(not call.fault for call in self.calls)

    @property
    def names(self) -> tuple[str, ...]:
        """The mistakes that are caught."""
        return tuple(name for call in self.calls for name in call.catches)

    @property
    def share(self) -> float:
        """The share of the points: of the mistakes that are caught, times that of valid calls."""
        if not self.calls or not self.counted:
            return 0.0
        return self.valid / len(self.calls) * len(self.names) / self.mistakes

    @property
    def fine(self) -> bool:
        """Whether nothing is to be mended, as far as can be known here."""
        all_valid = bool(self.calls) and self.valid == len(self.calls)
        return all_valid and (not self.counted or len(self.names) == self.mistakes)

    @property
    def summary(self) -> str:
        """What was found, in a few words."""
        count = len(self.calls)
        valid = f"{self.valid} of {count} {'call' if count == 1 else 'calls'} valid"
        if self.refused:
            return "no calls"
        if not self.counted:
            return valid
        return f"{valid}, {len(self.names)} of {self.mistakes} mistakes caught"

    @property
    def texts(self) -> list[str]:
        """What there is to say of each call, and of all."""
        if self.refused:
            end = "" if self.refused.endswith("?") else "."
            return [f"Nothing was run: {self.refused}{end}"]
        said = [self._of(number, call) for number, call in enumerate(self.calls, start=1)]
        if not self.counted:
            if self.alike:
                common = "In all your valid calls" if self.valid > 1 else "In your valid call"
                said.append(f"{common} {'; '.join(self.alike)}. {HIDES}")
            said.append(
                f"How many of {self.mistakes} known mistakes your calls catch is counted when you "
                "are graded: no mistake is here, because it would show most of the answer."
            )
        elif missed := self.mistakes - len(self.names):
            were = "was" if missed == 1 else "were"
            said.append(f"{missed} of {self.mistakes} known mistakes {were} not caught.")
        return said

    def _of(self, number: int, call: Call) -> str:
        if call.fault:
            return f"Call {number}, `{call.shown}`, is not valid: {call.fault}."
        if not self.counted:
            return f"Call {number}, `{call.shown}`, is valid."
        names = "; ".join(name.replace("_", " ") for name in call.catches)
        more = " more" if any(one.catches for one in self.calls[: number - 1]) else ""
        told = f"{len(call.catches)}{more}: {names}" if names else f"no{more or ' mistake'}"
        return f"Call {number}, `{call.shown}`, catches {told}."


def _place_of(arguments: Arguments, before: Sequence[Arguments]) -> int | None:
    """Return where a call stands already."""
    for place, one in enumerate(before):
        if all(same(value, one[name]) for name, value in arguments.items()):
            return place
    return None


def _sizes(rules: Mapping[str, Allowed], call: Arguments) -> dict[str, int]:
    """Return the sizes that letters have in a valid call."""
    arrays = {name: rule for name, rule in rules.items() if isinstance(rule, Array)}
    return {
        letter: size
        for name, rule in arrays.items()
        for letter, size in rule.sizes(call[name]).items()
    }


def _short(value: Any, depth: int = 3) -> str:
    """Show a value if that takes a few characters, and its type if not."""
    if isinstance(value, np.ndarray):
        return str(value.shape)
    if isinstance(value, int | float | np.generic):
        text = str(value)
        return text if len(text) < MOST_NUMBER else "..."
    if isinstance(value, str) and value.isidentifier() and len(value) < MOST_NAME:
        return repr(value)
    if isinstance(value, list | tuple | dict) and depth and len(value) < MOST_ENTRIES:
        items = value.items() if isinstance(value, dict) else enumerate(value)
        shown = [(_name(key), _short(one, depth - 1)) for key, one in items]
        text = ", ".join(f"{k}={v}" if isinstance(value, dict) else v for k, v in shown)
        if len(text) < MOST_SHOWN:
            return {list: f"[{text}]", tuple: f"({text})", dict: f"dict({text})"}[type(value)]
    return type(value).__name__


def _name(key: Any) -> str:
    """Return the name that somebody gave an argument, without what would break a line."""
    return "".join(c if c.isprintable() and c != "`" else " " for c in str(key)[:MOST_NAME])
