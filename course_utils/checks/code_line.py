"""The line of a student's own code in which an exception was raised."""

from __future__ import annotations

import ast
import functools
import linecache
import sysconfig
import traceback
import warnings
from collections.abc import Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from course_utils.checks.cases import CodeLine
from course_utils.checks.names import CANNOT_BE_READ, plain_python

MOST_TEXT = 100  # characters of a line that are shown
MOST_NUMBER = 100_000
MOST_NAME = 60
MOST_SOURCE = 2**20
PATHS = ("stdlib", "platstdlib", "purelib", "platlib")
LIBRARIES = (*(sysconfig.get_paths()[key] for key in PATHS), str(Path(__file__).parents[1]), "<fr")


def raised_in(error: BaseException) -> CodeLine | None:
    """Return the innermost line of the student's own from which an exception came.

    Frames of Python's library, of installed packages and of this one are passed over. None where
    no line is the student's, as when the call did not fit the function.
    """
    trace: TracebackType | None = BaseException.__dict__["__traceback__"].__get__(error)
    found = [each for each in traceback.walk_tb(trace) if _is_students(each[0])]
    if not found:
        return None
    (first, _), (frame, number) = found[0], found[-1]
    checked, function = _function(first), _function(frame)
    caller = 0
    if function != checked:
        caller = next(line for f, line in reversed(found) if _function(f) == checked)
    text = linecache.getline(frame.f_code.co_filename, number)
    return CodeLine(number, short(text), function, caller)


def told_line(told: Any, cells: Sequence[str]) -> CodeLine | None:
    """Return the line that another process tells of, if there is one in the student's code.

    What is shown is read here from the code that was handed in: of the other side's word only a
    name and two numbers count, and those only where they fit.

    Parameters
    ----------
    told : object
        Anything; a dict with "function", "number" and "caller" if it is honest.
    cells : sequence of str
        The student's code.
    """
    if not isinstance(told, dict):
        return None
    function, number, caller = (told.get(key) for key in ("function", "number", "caller"))
    if not isinstance(function, str) or len(function) > MOST_NAME:
        return None
    if type(number) is not int or type(caller) is not int or not 0 < number <= MOST_NUMBER:
        return None
    text = _text_of(tuple(cells), function, number)
    if text is None:
        return None
    return CodeLine(number, short(text), function, caller if 0 <= caller <= MOST_NUMBER else 0)


def short(text: str) -> str:
    """Return a line of code as it may stand in a sentence: on one line, and not too long."""
    text = " ".join("".join(c if c.isprintable() else " " for c in text[:1000]).split())
    text = text.replace("`", "'")
    return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]} …"


def _is_students(frame: FrameType) -> bool:
    if frame.f_globals.get("__name__") == "__main__":
        return True
    file = frame.f_code.co_filename
    return not file.startswith(LIBRARIES) and "-packages" not in file


def _function(frame: FrameType) -> str:
    """Return the function of the notebook in which a frame stands, be it deep within."""
    return frame.f_code.co_qualname.partition(".<locals>")[0]


@functools.lru_cache(maxsize=8)
def _text_of(cells: tuple[str, ...], function: str, number: int) -> str | None:
    """Return a line of the last definition of a function or class that has it; else None."""
    if sum(map(len, cells)) > MOST_SOURCE:
        return None
    name = function.partition(".")[0]
    for cell in map(_as_run, reversed(cells)):
        for node in _definitions(cell):
            # A decorator stands above, and is part of it.
            start = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            if node.name == name and start <= number <= (node.end_lineno or 0):
                return cell.split("\n")[number - 1]
    return None


def _as_run(cell: str) -> str:
    """Return a cell as IPython counts its lines: without blank ones at its beginning.

    A magic that takes the whole cell counts for itself, so nothing is known of such a cell.
    """
    lines = cell.split("\n")
    while lines and not lines[0].strip():
        lines = lines[1:]
    return "" if lines and lines[0].startswith("%%") else "\n".join(lines)


def _definitions(cell: str) -> list[ast.FunctionDef | ast.ClassDef]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for text in (cell, plain_python(cell)):
            try:
                body = ast.parse(text).body
            except CANNOT_BE_READ:
                continue
            return [node for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    return []
