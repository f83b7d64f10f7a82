"""The student's side of a judge: answer, from within the student's kernel, what a judge asks.

A judge is another process. It leaves a question in a file, has the kernel call :func:`answer`,
and reads the answer from a second file. Nothing here is secret, and nothing that it says is
believed: a judge compares the results with its own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from course_utils.checks.call import NOT_SENT, TIMEOUT, attempt, copies, is_gone
from course_utils.checks.cases import Raised, Returned
from course_utils.checks.probes import probed
from course_utils.checks.shortcuts import Watched
from course_utils.checks.wire import MOST_BYTES, WireError, new_file, read_message, write_message

Names = dict[str, Any]


def answer(place: str, names: Names | None = None) -> None:
    """Answer the question in a file; the answers go into one beside it, ``place.answers``.

    A question names a function and the cases on which to call it, each as its arguments and
    keyword arguments, and for how long each may take; each case has an answer, which is there as
    soon as it is known. Or it lists names, and is told which of them there are.

    Parameters
    ----------
    place : str
        The file.
    names : dict, optional
        Where to look names up; the notebook's namespace if it is left out.
    """
    question = read_message(Path(place))
    if names is None:
        from IPython import get_ipython

        names = get_ipython().user_ns
    replies = [_describe(question, names)] if "names" in question else _calls(question, names)
    most = MOST_BYTES // max(1, len(question.get("cases", ())))  # all have to fit into the file
    with new_file(Path(f"{place}.answers")) as file:
        for reply in replies:
            try:
                write_message(file, reply, most)
            except WireError as error:
                write_message(file, {"raised": NOT_SENT, "message": str(error)})


def _describe(question: dict[str, Any], names: Names) -> dict[str, Any]:
    """Say which names there are, and which of them can be called."""
    found = {name: names[name] for name in question["names"] if name in names}
    values = {name: value for name, value in found.items() if not callable(value)}
    return {"callable": [name for name in found if name not in values], "values": values}


def _calls(question: dict[str, Any], names: Names) -> Iterator[dict[str, Any]]:
    """Call a function on each case and say what it came to, up to the first that takes too long."""
    name = question["function"]
    function = None
    if name in names:
        function = Watched(probed(names[name], question["probe"]), question["forbidden"])
    for case in question["cases"]:
        if function is None:
            yield {"raised": "NameError", "message": f"name '{name}' is not defined"}
            continue
        args, kwargs = copies(*case)
        outcome = _outcome(function, args, kwargs, float(question["seconds"]))
        # What the arguments are now is for the judge to compare with what they were.
        yield {**_reply(outcome), "after": [args, kwargs], "shortcuts": function.used}
        if is_gone(outcome):
            return


def _outcome(
    function: Any, args: list[Any], kwargs: dict[str, Any], seconds: float
) -> Returned | Raised:
    try:
        return attempt(function, args, kwargs, seconds)
    except KeyboardInterrupt:
        return Raised(TIMEOUT, "your function had to be interrupted")


def _reply(outcome: Returned | Raised) -> dict[str, Any]:
    if isinstance(outcome, Raised):
        line = dataclasses.asdict(outcome.line) if outcome.line else None
        told = {"bases": list(outcome.bases), "message": outcome.message, "line": line}
        return {"raised": outcome.kind, **told}
    return {"returned": outcome.value}
