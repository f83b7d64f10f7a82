"""Find forbidden shortcuts in an answer: ``np.convolve`` where writing the loop is the exercise.

This is fairness, not a security border: it treats all alike who took a shortcut, whether they read
the rule or not, and whoever wants to hide a call can. What counts is a call: :func:`watch` sees
those that are made while a case is answered. What the code merely names, :func:`named_in` finds, so
that its author can be told; it costs nothing.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import BuiltinMethodType, CodeType, FrameType, ModuleType
from typing import Any

from course_utils.checks.names import Notebook

LOADER, LOADS = "importlib._bootstrap", "_find_and_load"  # where a module is imported
MOST_SOURCE = 2**20  # characters of code that are read
MOST_FORKED = 2**16  # calls that forks tell of


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
    cells = (source,) if isinstance(source, str) else tuple(source)
    if not forbidden or sum(map(len, cells)) > MOST_SOURCE:
        return []
    try:
        return _notebook(cells).names(function, forbidden)
    except (RecursionError, MemoryError):  # nested too deeply to be read; `watch` still sees
        return []


@functools.lru_cache(maxsize=2)
def _notebook(cells: tuple[str, ...]) -> Notebook:
    """Read a notebook's code once for all its exercises."""
    return Notebook(cells)


@contextlib.contextmanager
def watch(forbidden: Sequence[str]) -> Iterator[list[str]]:
    """Record the forbidden functions that are called in the body, by full name.

    The interpreter tells of every call while it is made (:func:`sys.setprofile`), so it does not
    matter through which name a function is reached, since when, or from where: ``slide =
    np.convolve`` in an earlier cell, ``eval``, another thread, a process that is forked. A function
    that only bears the name, such as ``np.convolve = mine``, is not the library's. Of a class its
    construction counts. Code that a module runs while it is imported does not.

    Not seen are types written in C and what NumPy calls without the interpreter: its ufuncs, and
    functions such as `numpy.dot` that have no Python of their own. So it is no use to forbid these.
    Nor is what a program does that the body starts.

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
    threading.setprofile(watcher.told)
    sys.setprofile(watcher.told)
    try:
        yield watcher.used
        watcher.check()
    except Exception:
        watcher.check()
        raise
    finally:  # what interrupts the body may do so in the watcher, which ends it, too
        watcher.ended = True
        sys.setprofile(before[0])
        threading.setprofile(before[1])
        watcher.close()


class Watched:
    """A function, each call of which is watched.

    Parameters
    ----------
    function : callable
    forbidden : sequence of str
        As for :func:`named_in`.

    Attributes
    ----------
    used : list of str
        What the last call used; see :func:`watch`.
    """

    def __init__(self, function: Callable[..., Any], forbidden: Sequence[str]) -> None:
        self._function = function
        self._forbidden = forbidden
        self.used: list[str] = []

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it."""
        with watch(self._forbidden) as self.used:
            return self._function(*args, **kwargs)


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
        self._process = os.getpid()
        self._forks, self._told_by_forks = os.pipe()  # a sandbox has no shared memory
        os.set_blocking(self._forks, False)
        os.set_blocking(self._told_by_forks, False)
        self._loading: FrameType | None = None  # in which a module is imported
        self._forbidden = _known(tuple(forbidden))
        self.told = self._hook()

    def note(self, name: str) -> None:
        """Take note of a call."""
        if os.getpid() != self._process:
            for i, forbidden in enumerate(self._forbidden.names):
                if f"{name}.".startswith(f"{forbidden}."):
                    with contextlib.suppress(OSError):
                        os.write(self._told_by_forks, bytes([i]))
        elif name not in self.used:
            self.used.append(name)

    def check(self) -> None:
        """Take note of what forks have called, and if the interpreter tells of calls no more."""
        with contextlib.suppress(OSError):  # nothing is there, or the body has closed it
            for i in set(os.read(self._forks, MOST_FORKED)):
                self.note(self._forbidden.names[i])
        if sys.getprofile() is not self.told:
            self.note(BLINDING[0])

    def close(self) -> None:
        """Give back the pipe to forks."""
        for end in (self._forks, self._told_by_forks):
            with contextlib.suppress(OSError):
                os.close(end)

    def _hook(self) -> Callable[[FrameType, str, Any], None]:
        """Return what the interpreter calls.

        It is called up to a million times a second: a function of its own, which knows by one look
        into a dict most calls that are of no interest.
        """
        codes, owners = self._forbidden.codes, self._forbidden.owners
        call, look = self._call, self._look

        def told(frame: FrameType, event: str, arg: Any) -> None:
            if event == "c_call":
                if owners.get(type(arg.__self__), True):
                    look(frame, arg)
            elif event == "call":
                known = codes.get(id(frame.f_code))
                if known is None or known[1]:
                    call(frame)
            elif event == "return" and frame is self._loading:
                self._loading = None

        return told

    def _call(self, frame: FrameType) -> None:
        """Look at a call of a function in Python."""
        if self.ended or self._loading is not None:
            return
        name = self._forbidden.python(frame)
        if name == LOADS:
            self._loading = frame  # what a module does as it is imported is its own affair
        elif name and self._counts(name, frame.f_back):
            self.note(name)

    def _look(self, frame: FrameType, function: BuiltinMethodType) -> None:
        """Look at a call of a function in C."""
        if self.ended or self._loading is not None:
            return
        if self._forbidden.may_own(type(function.__self__)):
            name = self._forbidden.builtin(function)
            if name and self._counts(name, frame):
                self.note(name)

    def _counts(self, name: str, caller: FrameType | None) -> bool:
        """Say whether a call is the answer's, and no affair of the module's own."""
        if name in self._forbidden.functions or caller is None:
            return True
        return _library(caller.f_globals.get("__name__")) != _library(name)


class _Forbidden:
    """Knows a forbidden function when it is called, by where it comes from and by its own name.

    Attributes
    ----------
    names : tuple of str
    functions : set of str
        The names of which every call counts, from wherever it comes.
    codes : dict of int to (CodeType, str)
        Code that was met, and the name it has if it matters. By identity, because code is slow to
        hash; held, so that no other gets that identity.
    owners : dict of type to bool
        Whether a function in C that is bound to something of a type may be forbidden.
    """

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names
        self._libraries = {name.partition(".")[0] for name in names}
        # `torch.nn.Linear` may be defined in any module of torch, and is constructed in Python.
        self._ends = {end: name for name in reversed(names) for end in _ends(name.split(".")[1:])}
        self.functions = {*self._ends.values(), *BLINDING}
        self.codes: dict[int, tuple[CodeType, str]] = {}
        self.owners: dict[type, bool] = {}
        self._built_in: dict[int, tuple[BuiltinMethodType, str]] = {}  # of modules, as `codes`

    def python(self, frame: FrameType) -> str:
        """Return the full name of the forbidden function whose call a frame is, or nothing.

        It is `LOADS` where a module is imported.
        """
        code = frame.f_code
        known = self.codes.get(id(code))
        if known is None:
            module = frame.f_globals.get("__name__")
            loads = code.co_name == LOADS and module == LOADER
            name = LOADS if loads else self._full(module, code.co_qualname)
            known = self.codes[id(code)] = code, name
        return known[1]

    def may_own(self, kind: type) -> bool:
        """Say whether a function in C that is bound to something of a type may be forbidden."""
        may_be = self.owners.get(kind)
        if may_be is None:
            unbound = kind in (ModuleType, type, type(None))
            may_be = unbound or _library(kind.__module__) in self._libraries
            self.owners[kind] = may_be
        return may_be

    def builtin(self, function: BuiltinMethodType) -> str:
        """Return the full name of a function in C if it is forbidden, or nothing."""
        known = self._built_in.get(id(function))
        if known is None:
            known = function, self._of_builtin(function)
            if isinstance(function.__self__, ModuleType):  # it lasts; others are made for a call
                self._built_in[id(function)] = known
        return known[1]

    def _of_builtin(self, function: BuiltinMethodType) -> str:
        owner, name = function.__self__, function.__name__
        module: Any = function.__module__
        if isinstance(owner, ModuleType):
            module = owner.__name__
        elif owner is not None:
            kind = owner if isinstance(owner, type) else type(owner)
            module, name = kind.__module__, f"{kind.__name__}.{name}"
        found = self._full(module, name) or self._full(module, function.__name__)
        if found or _library(module) not in self._libraries:
            return found
        for forbidden in self.names:  # where a module shows it, it may come from another one
            if getattr(sys.modules.get(forbidden), function.__name__, None) is function:
                return f"{forbidden}.{function.__name__}"
        return ""

    def _full(self, module: Any, name: str) -> str:
        if f"{module}.{name}" in BLINDING:
            return f"{module}.{name}"
        last = name.rpartition(".")[2]
        if _library(module) not in self._libraries or last in ASKS or "<" in last:
            return ""
        for forbidden in self.names:
            if f"{module}.".startswith(f"{forbidden}."):
                return _public(forbidden, f"{module}.{name}")
        found = self._ends.get(name, "")
        return found if _library(found) == _library(module) else ""


# What a class is asked by `isinstance`: that is no use of it.
ASKS = ("__instancecheck__", "__subclasscheck__")


@functools.lru_cache(maxsize=8)
def _known(forbidden: tuple[str, ...]) -> _Forbidden:
    """Return what knows these; it learns from one case for the next."""
    return _Forbidden(forbidden)


def _public(forbidden: str, name: str) -> str:
    """Leave out the private modules through which a library shows a function."""
    *rest, last = name.removeprefix(forbidden).removesuffix(".__init__").split(".")
    return forbidden + ".".join([*(part for part in rest if not part.startswith("_")), last])


def _ends(parts: list[str]) -> Iterator[str]:
    """Yield what a function of that full name may be called in its module."""
    for start in range(len(parts)):
        name = ".".join(parts[start:])
        yield from (name, f"{name}.__init__")


def _library(module: Any) -> str:
    return module.partition(".")[0] if isinstance(module, str) else ""
