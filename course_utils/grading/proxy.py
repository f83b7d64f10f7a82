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

from course_utils.checks.call import GONE, SECONDS, TIMEOUT, Answer, StandIn, is_gone
from course_utils.checks.cases import Case, CaseSet, Changed, Outcome, Raised, Returned
from course_utils.checks.shortcuts import used_in
from course_utils.checks.wire import WireError, new_file, read_messages, write_message
from course_utils.grading.connection import Connection, alive, held

ANSWER = ["course_utils.checks.answer", "answer"]  # what is called over there
GRACE = 3.0  # seconds that the other side has, beyond its own limit, to say that it gave up
INTERRUPTED = 2.0  # seconds that it has to come back from an interrupt
NO_ANSWER = "NoAnswer"  # the `kind` of a call that was answered by nothing readable
NAME_LENGTH = 60
MOST_SHORTCUTS = 20  # that are told of one answer


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
    """

    def __init__(self, folder: Path, pid: int) -> None:
        self.place = (str(folder), pid)
        self.pid = pid
        self.number = 0
        self.waited = 0.0
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

        An answer always has one of the keys "returned", "raised", "changed" or "callable".

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
        there = -1
        for _ in range(count + 1):  # as long as answers come, but no longer than they may take
            if there == (there := _size(answers)):
                break
            if self._done(seconds):
                return ""
            if self._is_gone():
                return self._break()
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
        return RemoteAnswer(self._line, self.__name__, cases, self._sources)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function; raise what it raises, under a type of Python's own."""
        case = Case("", args, kwargs, Returned(None))
        cases = CaseSet(self.__name__, 0.0, (), (), (case,), {})
        outcome = self.answering(cases).outcomes()[0]
        if isinstance(outcome, Returned):
            return outcome.value
        if isinstance(outcome, Changed):
            raise RuntimeError(f"{self.__name__} changed its argument {outcome.argument}")
        kind = getattr(builtins, outcome.kind, RuntimeError)
        known = isinstance(kind, type) and issubclass(kind, Exception)
        raise (kind if known else RuntimeError)(outcome.message or outcome.kind)


class RemoteAnswer(Answer):
    """A function in the student's kernel. All cases are asked at once."""

    def __init__(self, line: Line, name: str, cases: CaseSet, sources: tuple[str, ...]) -> None:
        self._line = line
        self._name = name
        self._cases = cases
        self._used = used_in(sources, cases.forbidden, function=name)

    def outcomes(self) -> list[Outcome]:
        """Ask about all cases at once, and tell the outcomes."""
        found: list[Outcome] = []
        for case, reply in zip(self._cases.cases, self._ask(), strict=True):
            used = reply.get("shortcuts")
            if isinstance(used, list):
                self._note(used)
            found.append(self._outcome(reply, case))
            if is_gone(found[-1]):
                break
        return found

    def _outcome(self, reply: dict[str, Any], case: Case) -> Outcome:
        if "returned" in reply:
            return Returned(reply["returned"])
        if "changed" in reply:
            return self._changed(reply["changed"], case)
        return Raised(_short(reply.get("raised"), NAME_LENGTH), _short(reply.get("message"), 200))

    def shortcuts(self) -> list[str]:
        """Return what the student's code names, and what its calls were seen to use."""
        return list(dict.fromkeys(self._used))[:MOST_SHORTCUTS]

    def _note(self, used: list[Any]) -> None:
        """Take note of shortcuts that the other side reports, each once, and of so many only."""
        for name in used[: 10 * MOST_SHORTCUTS]:
            if len(self._used) >= MOST_SHORTCUTS:
                return
            if self._is_forbidden(name) and name not in self._used:
                self._used.append(name)

    def _ask(self) -> list[dict[str, Any]]:
        cases = self._cases
        question = {
            "function": self._name,
            "cases": [[list(case.args), dict(case.kwargs)] for case in cases.cases],
            "forbidden": list(cases.forbidden),
            "probe": cases.probe,
        }
        return self._line.ask(question, SECONDS + GRACE, len(cases.cases))

    def _is_forbidden(self, name: Any) -> bool:
        """Say whether a name that the other side reports is one that this side asked about."""
        return (
            isinstance(name, str)
            and len(name) <= NAME_LENGTH
            and any(
                name == other or name.startswith(f"{other}.") for other in self._cases.forbidden
            )
        )

    def _changed(self, argument: Any, case: Case) -> Outcome:
        places = [*map(str, range(len(case.args))), *case.kwargs]
        if argument in places:
            return Changed(argument)
        return Raised(NO_ANSWER, "not a message: it names an argument that is not there")


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
    if isinstance(reply, dict) and {"returned", "raised", "changed", "callable"} & set(reply):
        return reply
    return _failed(NO_ANSWER, "not a message: an answer to another question")


def _failed(kind: str, message: str) -> dict[str, Any]:
    return {"raised": kind, "message": message}


def _short(text: Any, length: int) -> str:
    text = text if isinstance(text, str) else ""
    return "".join(c if c.isprintable() else " " for c in text[:length])


def _remove(path: Path) -> None:
    """Remove a file that the other side may have made something else of."""
    with contextlib.suppress(OSError):
        path.unlink()
