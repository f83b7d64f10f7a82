"""The judge's side: names of the student's notebook that stand for what lives in his kernel.

A call writes the arguments to a file, asks the kernel to answer them
(:mod:`course_utils.checks.answer`), and reads a file in return. Whatever the other side does, a
call comes to an outcome: it may die, hang, send garbage or claim what is not there.
"""

from __future__ import annotations

import builtins
import contextlib
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from course_utils.checks.call import (
    GONE,
    SECONDS,
    TIMEOUT,
    Answer,
    StandIn,
    changed,
    is_gone,
    left_to_ask,
    settled,
)
from course_utils.checks.cases import Case, CaseSet, Changed, Outcome, Raised, Returned
from course_utils.checks.code_line import told_line
from course_utils.checks.shortcuts import BLINDING, named_in
from course_utils.checks.wire import WireError, as_sent, new_file, read_messages, write_message
from course_utils.grading.kernels.connection import Connection, alive, held

ANSWER = ["course_utils.checks.answer", "answer"]  # what is called over there
GRACE = 3.0  # seconds that the other side has, beyond its own limit, to say that it gave up
LOOK = 0.1  # seconds between two looks at what has been answered
INTERRUPTED = 2.0  # seconds that it has to come back from an interrupt
NO_ANSWER = "NoAnswer"  # the `kind` of a call that was answered by nothing readable
NAME_LENGTH = 60
MOST_BASES = 20  # of an error's type
MOST_SHORTCUTS = 20  # that are told of one answer
MOST_HEARD = 100  # answers that are kept


class Line:
    """The way to a student's kernel.

    Parameters
    ----------
    folder : Path
        For questions and answers; both sides see it under this name.
    pid : int
        The kernel's process, or the one that holds its sandbox.

    Attributes
    ----------
    waited : float
        Seconds that all answers together have taken.
    late : int
        How many answers did not come in time.
    heard : list of RemoteAnswer or None
        The first answers that were asked for, if they are to be kept.
    """

    def __init__(self, folder: Path, pid: int) -> None:
        self.place = (str(folder), pid)
        self.pid = pid
        self.number = 0
        self.waited = 0.0
        self.late = 0
        self.heard: list[RemoteAnswer] | None = None
        self.broken = ""  # why nothing more is asked: TIMEOUT or GONE
        with contextlib.ExitStack() as undo:
            try:
                # A kernel's folder goes with it, but not what is held: its last answers count.
                self.folder = held(folder, undo)
                self._connection = Connection(folder)
                undo.callback(self._connection.close)
            except OSError:
                self.broken = GONE
            self._undo = undo.pop_all()

    def close(self) -> None:
        """Let go of the kernel."""
        self._undo.close()

    def ask(self, question: dict[str, Any], seconds: float, count: int = 1) -> list[dict[str, Any]]:
        """Ask a question and return its `count` answers. Never raises.

        An answer always has one of the keys "returned", "raised" or "callable".

        Parameters
        ----------
        question : dict
            See :func:`course_utils.checks.answer.answer`.
        seconds : float
            The longest to wait for the first answer, and then for each next one.
        count : int
        """
        if self.broken:
            return [_failed(self.broken, "there was no answer before")] * count
        start = time.monotonic()
        self.number += 1
        place = self.folder / str(self.number)
        answers = Path(f"{place}.answers")
        for path in (place, answers):
            _remove(path)  # whatever the other side may have put there
        try:
            with new_file(place) as file:
                write_message(file, question)
            broken = self._call(answers, seconds, count)
            missing = _failed(broken or NO_ANSWER, f"no answer after {seconds:g} s")
            found = _read(answers, count)
            return found + [missing] * (count - len(found))
        except (OSError, WireError) as error:
            return [_failed(NO_ANSWER, f"the question could not be put: {error}")] * count
        finally:
            self.waited += time.monotonic() - start
            for path in (place, answers):
                _remove(path)

    def _call(self, answers: Path, seconds: float, count: int) -> str:
        """Have the kernel answer; return why it did not, or nothing."""
        if not self._connection.send({"call": [*ANSWER, answers.stem], "number": self.number}):
            return self._break()
        # This side's own clock decides: an answer may take no longer, whatever the other side says.
        begin = since = time.monotonic()
        there = 0
        while (now := time.monotonic()) - since < seconds and now - begin < seconds * count:
            if self._done(min(LOOK, seconds)):
                return ""
            if self._is_gone():
                return self._break()
            if _size(answers) > there:
                there, since = _size(answers), time.monotonic()
        self._connection.interrupt()
        if not self._done(INTERRUPTED):
            self._break()
        return TIMEOUT

    def _is_gone(self) -> bool:
        return self._connection.gone or not alive(self.pid)

    def _break(self) -> str:
        """Note that nothing more is to be asked, and return why."""
        self.broken = GONE if self._is_gone() else TIMEOUT
        return self.broken

    def _done(self, seconds: float) -> bool:
        """Wait until the kernel says that it is done with this; pass over what else it says."""
        messages = self._connection.messages(seconds)
        return any(message and message.get("number") == self.number for message in messages)


class Proxy(StandIn):
    """Stands for a function of the student's.

    Parameters
    ----------
    line : Line
    name : str
    used : iterable of str
        Shortcuts that were seen in the student's code already.
    """

    def __init__(self, line: Line, name: str, sources: Iterable[str] = ()) -> None:
        self.__name__ = name
        self._line = line
        self._sources = tuple(sources)

    def answering(self, cases: CaseSet) -> Answer:
        """Return the answer that asks the student's kernel."""
        answer = RemoteAnswer(self._line, self.__name__, cases, self._sources)
        if self._line.heard is not None and len(self._line.heard) < MOST_HEARD:
            self._line.heard.append(answer)
        return answer

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function; raise what it raises, under a type of Python's own."""
        case = Case("", args, kwargs, Returned(None))
        cases = CaseSet(self.__name__, 0.0, (), (), (case,), {})
        (outcome,) = self.answering(cases).outcomes()
        assert outcome is not None  # a single case is always asked
        if isinstance(outcome, Returned):
            return outcome.value
        if isinstance(outcome, Changed):
            raise RuntimeError(f"{self.__name__} changed its argument {outcome.argument}")
        kind = getattr(builtins, outcome.kind, RuntimeError)
        known = isinstance(kind, type) and issubclass(kind, Exception)
        raise (kind if known else RuntimeError)(outcome.message or outcome.kind)


class RemoteAnswer(Answer):
    """A function in the student's kernel. As many cases as can be are asked at once.

    Attributes
    ----------
    cases : CaseSet
    found : list of Outcome or None
        What it came to on each, when it was asked.
    """

    def __init__(self, line: Line, name: str, cases: CaseSet, sources: tuple[str, ...]) -> None:
        self._line = line
        self._name = name
        self.cases = cases
        self.found: list[Outcome | None] = []
        self._sources = sources
        self._used: list[str] = []
        self._named = named_in(sources, cases.forbidden, name)

    def outcomes(self) -> list[Outcome | None]:
        """Ask about the cases, and tell the outcomes."""
        self.found = self._outcomes()
        return list(self.found)

    def _outcomes(self) -> list[Outcome | None]:
        found: list[Outcome | None] = [None] * len(self.cases.cases)
        end = len(found)
        waiting = list(self.cases.asked)
        while waiting:
            for place, reply in zip(tuple(waiting), self._ask(waiting), strict=True):
                waiting.remove(place)
                found[place] = outcome = self._outcome(reply, self.cases.cases[place])
                if isinstance(outcome, Raised) and outcome.kind == GONE:
                    return found  # nobody is left who could be asked
                if is_gone(outcome):
                    self._line.late += 1
                    end = place
                    waiting = left_to_ask(waiting, end)
                    break
        return [outcome if place <= end else None for place, outcome in enumerate(found)]

    def shortcuts(self) -> list[str]:
        """Return what the calls were seen to use."""
        return list(dict.fromkeys(self._used))[:MOST_SHORTCUTS]

    def named(self) -> list[str]:
        """Return what the student's code names."""
        return self._named

    def _outcome(self, reply: dict[str, Any], case: Case) -> Outcome:
        used = reply["shortcuts"]
        self._used += filter(self._is_forbidden, used[: 10 * MOST_SHORTCUTS])
        if set(used) & set(BLINDING):
            return settled(Returned(None), blinded=True)
        if "after" in reply:
            try:
                args, kwargs = as_sent([case.args, dict(case.kwargs)])
                place = changed(Case("", args, kwargs, case.expected), *reply["after"])
            except (TypeError, ValueError):  # it is no list of arguments, or not of as many
                return Raised(NO_ANSWER, "not a message: the arguments of another call")
            if place is not None:
                return Changed(place)
        if "returned" in reply:
            if "after" not in reply:
                return Raised(NO_ANSWER, "not a message: it does not tell the arguments")
            return Returned(reply["returned"])
        kind, message = _short(reply.get("raised"), NAME_LENGTH), _short(reply.get("message"), 200)
        bases = (_short(name, NAME_LENGTH) for name in reply["bases"][:MOST_BASES])
        return Raised(kind, message, tuple(bases), told_line(reply.get("line"), self._sources))

    def _ask(self, places: list[int]) -> list[dict[str, Any]]:
        cases = [self.cases.cases[place] for place in places]
        question = {
            "function": self._name,
            "cases": [[list(case.args), dict(case.kwargs)] for case in cases],
            "forbidden": list(self.cases.forbidden),
            "probe": self.cases.probe,
            "seconds": self.cases.seconds,
        }
        return self._line.ask(question, self.cases.seconds + GRACE, len(cases))

    def _is_forbidden(self, name: str) -> bool:
        """Say whether a name that the other side reports is one that this side asked about."""
        return len(name) <= NAME_LENGTH and any(
            f"{name}.".startswith(f"{other}.") for other in self.cases.forbidden
        )


def names_of(line: Line, wanted: list[str], sources: Iterable[str]) -> dict[str, Any]:
    """Return, for each wanted name that the student's notebook has, its value or a proxy."""
    (reply,) = line.ask({"names": wanted}, SECONDS + GRACE)
    callables, values = reply.get("callable"), reply.get("values")
    found: dict[str, Any] = {}
    if isinstance(values, dict):
        found |= {name: values[name] for name in wanted if name in values}
    if isinstance(callables, list):
        found |= {name: Proxy(line, name, sources) for name in wanted if name in callables}
    if line.broken:
        # Let every check say what happened, in place of a name that is not there.
        found |= {name: Proxy(line, name, sources) for name in wanted}
    return found


def _size(path: Path) -> int:
    """Return how long a file is, or 0 if there is none."""
    try:
        return os.lstat(path).st_size
    except OSError:
        return 0


def _read(path: Path, count: int) -> list[dict[str, Any]]:
    """Return the answers that are in a file, at most `count`."""
    if not os.path.lexists(path):
        return []
    try:
        return [_known(reply) for reply in read_messages(path, count)]
    except WireError as error:
        return [_failed(NO_ANSWER, str(error))]


def _known(reply: Any) -> dict[str, Any]:
    """Return an answer, or that it is none."""
    if isinstance(reply, WireError):
        return _failed(NO_ANSWER, str(reply))
    if isinstance(reply, dict) and {"returned", "raised", "callable"} & set(reply):
        # Texts alone, because what is compared with something else may raise what it likes.
        lists = {key: reply.get(key) for key in ("callable", "shortcuts", "bases")}
        texts = {
            key: [text for text in value if isinstance(text, str)]
            if isinstance(value, list)
            else []
            for key, value in lists.items()
        }
        return reply | texts
    return _failed(NO_ANSWER, "not a message: an answer to another question")


def _failed(kind: str, message: str) -> dict[str, Any]:
    return {"raised": kind, "message": message, "shortcuts": [], "bases": []}


def _short(text: Any, length: int) -> str:
    text = text if isinstance(text, str) else ""
    return "".join(c if c.isprintable() else " " for c in text[:length])


def _remove(path: Path) -> None:
    """Remove a file that the other side may have made something else of."""
    with contextlib.suppress(OSError):
        path.unlink()
