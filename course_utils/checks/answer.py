"""The student's side of a judge: answer, from within the student's kernel, what a judge asks.

A judge is another process. It leaves a question in a file, has the kernel call :func:`answer`,
and reads the answer from a second file. Nothing here is secret, and nothing that it says is
believed: a judge compares the results with its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from course_utils.checks.call import call
from course_utils.checks.cases import Case, Changed, Outcome, Raised, Returned
from course_utils.checks.probes import probed
from course_utils.checks.shortcuts import watch
from course_utils.checks.wire import WireError, read_message, write_message

Names = dict[str, Any]


def answer(place: str, names: Names | None = None) -> None:
    """Answer the question in the file `place` in the file of that name with ``.answer`` added.

    Parameters
    ----------
    place : str
    names : dict, optional
        Where to look names up; the notebook's namespace if it is left out.
    """
    question = read_message(Path(place))
    if names is None:
        from IPython import get_ipython

        names = get_ipython().user_ns
    reply = _describe(question, names) if "names" in question else _call(question, names)
    target = Path(place + ".answer")
    try:
        write_message(target, reply)
    except (WireError, RecursionError, ValueError) as error:
        write_message(target, {"raised": "ValueError", "message": f"cannot be sent: {error}"})


def _describe(question: dict[str, Any], names: Names) -> dict[str, Any]:
    """Say which names there are, and which of them can be called."""
    found = {name: names[name] for name in question["names"] if name in names}
    values = {name: value for name, value in found.items() if not callable(value)}
    return {"callable": [name for name in found if name not in values], "values": values}


def _call(question: dict[str, Any], names: Names) -> dict[str, Any]:
    """Call a function on a case and say what it came to."""
    name = question["function"]
    if name not in names:
        return {"raised": "NameError", "message": f"name '{name}' is not defined"}
    case = Case("", tuple(question["args"]), question["kwargs"], Returned(None))
    function = probed(names[name], question["probe"])
    outcome: Outcome
    with watch(question["forbidden"]) as used:
        try:
            outcome = call(function, case)
        except KeyboardInterrupt as error:
            outcome = Raised(type(error).__name__)
    reply: dict[str, Any]
    if isinstance(outcome, Raised):
        reply = {"raised": outcome.kind, "message": outcome.message[:1000]}
    elif isinstance(outcome, Changed):
        reply = {"changed": outcome.argument}
    else:
        reply = {"returned": outcome.value}
    return {**reply, "shortcuts": list(used)}
