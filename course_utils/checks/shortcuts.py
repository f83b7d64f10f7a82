"""Find forbidden shortcuts in an answer: ``np.convolve`` where writing the loop is the exercise.

This is fairness, not a security border: it treats all alike who took a shortcut, whether they read
the rule or not, and whoever wants to hide a call can. What counts is a call: :func:`watch` sees
those that are made while a case is answered. What the code merely names, :func:`named_in` finds, so
that its author can be told; it costs nothing.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from types import BuiltinMethodType, CodeType, FrameType, ModuleType
from typing import Any

from course_utils.checks.names import Notebook

# Where a module is loaded; what its own code calls meanwhile is no call of the answer's.
LOADER = "importlib._bootstrap"
MOST_SOURCE = 2**20  # characters of code that are read


def named_in(source: str | Iterable[str], forbidden: Sequence[str], function: str) -> list[str]:
    """Return the forbidden things that an answer's source names, by full name, in order.

    What counts is what the function can reach, through the functions, classes and variables of
    the notebook. So a call in another cell, with which a student compares a result, does not
    count. The last definition of a name is the one that holds, as when the cells are run in order.

    Parameters
    ----------
    source : str or iterable of str
        The code, best as a list of cells: a cell with a syntax error is left out, as no part of it
        runs. Lines with IPython's magics are left out too.
    forbidden : sequence of str
        Functions such as ``"numpy.convolve"``, and modules such as ``"scipy.signal"`` with all that
        is in them.
    function : str
        The answer's name.

    Examples
    --------
    >>> cells = ["import numpy as np", "slide = np.convolve", "def f(x, w): return slide(x, w)"]
    >>> named_in(cells, ["numpy.convolve"], "f")
    ['numpy.convolve']
    >>> named_in([*cells, "def g(x): return x", "g(1) == f(1, 2)"], ["numpy.convolve"], "g")
    []
    """
    cells = [source] if isinstance(source, str) else list(source)
    if not forbidden or sum(map(len, cells)) > MOST_SOURCE:
        return []
    try:
        return Notebook(cells).names(function, forbidden)
    except (RecursionError, MemoryError):  # nested too deeply to be read; `watch` still sees
        return []


@contextlib.contextmanager
def watch(forbidden: Sequence[str]) -> Iterator[list[str]]:
    """Record the forbidden functions that are called in the body, by full name.

    The interpreter tells of every call while it is made (:func:`sys.setprofile`), so it does not
    matter through which name a function is reached, since when, or from where: ``slide =
    np.convolve`` in an earlier cell, ``eval``, another thread. A function that only bears the name,
    such as ``np.convolve = mine``, is not the library's. Of a class its construction counts. Code
    that a module runs while it is imported does not.

    Not seen are types written in C and what NumPy calls without the interpreter: its ufuncs, and
    functions such as `numpy.dot` that have no Python of their own. So it is no use to forbid these.

    Parameters
    ----------
    forbidden : sequence of str
        As for :func:`named_in`.

    Yields
    ------
    list of str
        Grows as functions are called; each is named once. The name of `sys.setprofile` or
        `threading.setprofile` among them says that the body interfered.
    """
    if not forbidden:
        yield []
        return
    watcher = _Watcher(forbidden)
    before = sys.getprofile(), threading.getprofile()
    threading.setprofile(watcher)
    sys.setprofile(watcher)
    try:
        yield watcher.used
    finally:
        if sys.getprofile() is not watcher:
            watcher.note(BLINDING[0])
        watcher.ended = True
        sys.setprofile(before[0])
        threading.setprofile(before[1])


# What would keep a watch from seeing anything.
BLINDING = ("sys.setprofile", "threading.setprofile")


class _Watcher:
    """Is told of calls by the interpreter, and takes note of the forbidden ones.

    Attributes
    ----------
    used : list of str
    ended : bool
        Whether calls are the watch's own from now on, or of threads that go on.
    """

    def __init__(self, forbidden: Sequence[str]) -> None:
        self.used: list[str] = []
        self.ended = False
        self._forbidden = _Forbidden(forbidden)
        # By identity, because code is slow to hash; held, so that no other gets that identity.
        self._codes: dict[int, tuple[CodeType, str]] = {}
        self._owners: dict[type, bool] = {}

    def note(self, name: str) -> None:
        """Take note of a call."""
        if name not in self.used:
            self.used.append(name)

    def __call__(self, frame: FrameType, event: str, arg: Any) -> None:
        """Look at a call, if it is one."""
        if self.ended:
            return
        if event == "call":
            code = frame.f_code
            known = self._codes.get(id(code))
            if known is None:
                known = self._codes[id(code)] = code, self._forbidden.python(frame)
            if known[1] and not _loads_a_module(frame):
                self.note(known[1])
        elif event == "c_call":
            owner = type(arg.__self__)
            may_be = self._owners.get(owner)
            if may_be is None:
                may_be = self._owners[owner] = self._forbidden.may_own(owner)
            if may_be:
                name = self._forbidden.builtin(arg)
                if name and not _loads_a_module(frame):
                    self.note(name)


class _Forbidden:
    """Knows a forbidden function when it is called, by where it comes from and by its own name."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = tuple(names)
        self._libraries = {name.partition(".")[0] for name in names}
        # `torch.nn.Linear` may be defined in any module of torch, and is constructed in Python.
        self._ends = {
            end: name for name in reversed(self._names) for end in _ends(name.split(".")[1:])
        }

    def python(self, frame: FrameType) -> str:
        """Return the full name of the forbidden function whose call a frame is, or nothing."""
        module = frame.f_globals.get("__name__")
        qualified = frame.f_code.co_qualname
        if type(module) is not str or qualified == "<module>":
            return ""
        return self._known(module, qualified)

    def may_own(self, kind: type) -> bool:
        """Say whether a function in C that is bound to something of a type may be forbidden."""
        return kind in (ModuleType, type) or _library(kind.__module__) in self._libraries

    def builtin(self, function: BuiltinMethodType) -> str:
        """Return the full name of a function in C if it is forbidden, or nothing."""
        owner, name = function.__self__, function.__name__
        if isinstance(owner, ModuleType):
            module = owner.__name__
        else:
            kind = owner if isinstance(owner, type) else type(owner)
            module = kind.__module__
            name = f"{kind.__name__}.{name}"
        if type(module) is not str:
            return ""
        if f"{module}.{name}" in BLINDING:
            return f"{module}.{name}"
        if _library(module) not in self._libraries:
            return ""
        found = self._known(module, name) or self._known(module, function.__name__)
        if found:
            return found
        for forbidden in self._names:  # where a module shows it, it may come from another one
            if getattr(sys.modules.get(forbidden), function.__name__, None) is function:
                return f"{forbidden}.{function.__name__}"
        return ""

    def _known(self, module: str, name: str) -> str:
        if _library(module) not in self._libraries:
            return BLINDING[1] if f"{module}.{name}" == BLINDING[1] else ""
        for forbidden in self._names:
            if f"{module}.".startswith(f"{forbidden}."):
                return f"{module}.{name}"
        found = self._ends.get(name, "")
        return found if _library(found) == _library(module) else ""


def _ends(parts: list[str]) -> Iterator[str]:
    """Yield what a function of that full name may be called in its module."""
    for start in range(len(parts)):
        name = ".".join(parts[start:])
        yield from (name, f"{name}.__init__")


def _library(module: Any) -> str:
    return module.partition(".")[0] if isinstance(module, str) else ""


def _loads_a_module(frame: FrameType | None) -> bool:
    """Say whether a call is part of an import."""
    while frame is not None:
        if frame.f_globals.get("__name__") == LOADER:
            return True
        frame = frame.f_back
    return False
