"""Find forbidden shortcuts in an answer: ``np.convolve`` where writing the loop is the exercise.

This is advice and fairness, not a security border. It tells those who took a shortcut without
reading the rule, and treats all who read it alike; whoever wants to hide a call can. Two ways of
looking complete each other. :func:`used_in` reads the source: it sees what a name stands for
through imports, aliases and helpers, but not what is put together at run time, as with ``exec``.
:func:`watch` sees the calls themselves, but only those that go through the library's own name at
that time.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import FunctionType, ModuleType
from typing import Any

from course_utils.checks.names import Notebook

# One watch at a time: two that end in another order than they began would restore wrongly.
ONE_AT_A_TIME = threading.RLock()


def used_in(
    source: str | Iterable[str], forbidden: Sequence[str], *, function: str = ""
) -> list[str]:
    """Return the forbidden things that an answer's source uses, by full name, in order.

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
        The answer's name. Where it is empty or the source does not define it, all code counts.

    Examples
    --------
    >>> cells = ["import numpy as np", "slide = np.convolve", "def f(x, w): return slide(x, w)"]
    >>> used_in(cells, ["numpy.convolve"], function="f")
    ['numpy.convolve']
    >>> used_in([*cells, "def g(x): return x", "g(1) == f(1, 2)"], ["numpy.convolve"], function="g")
    []
    """
    if not forbidden:
        return []
    try:
        cells = source if isinstance(source, str) else tuple(source)
        return _notebook(cells, tuple(forbidden)).uses(function)
    except (RecursionError, MemoryError):  # nested too deeply to be read; `watch` still sees
        return []


@functools.lru_cache(maxsize=4)  # one notebook is asked about several exercises
def _notebook(source: str | tuple[str, ...], forbidden: tuple[str, ...]) -> Notebook:
    return Notebook(source, forbidden)


@contextlib.contextmanager
def watch(forbidden: Sequence[str]) -> Iterator[list[str]]:
    """Record the forbidden functions that are called in the body, by full name.

    Each is replaced by a function that takes note and passes the call on, and put back afterwards;
    of a class the calls of ``__init__`` are seen. Of a forbidden module the public functions and
    classes are watched, not those of its submodules.

    Modules that nobody has imported are not, so nothing is seen of one that is first imported in
    the body; nor is a call through a reference that was taken before (``slide = np.convolve`` in
    a cell). :func:`used_in` sees both. Types written in C and the functions of `builtins` are not
    watched.

    Other threads that begin a watch wait for the end of this one, so keep it short; begin it
    outside anything that may interrupt it, such as a time limit.

    Parameters
    ----------
    forbidden : sequence of str
        As for :func:`used_in`.

    Yields
    ------
    list of str
        Grows as functions are called; each is named once.
    """
    used: list[str] = []
    if not forbidden:
        yield used
        return
    with ONE_AT_A_TIME, contextlib.ExitStack() as restoring:
        for name in forbidden:
            for owner, attribute, full_name in _places(name):
                restore = _replace(owner, attribute, full_name, used)
                if restore:
                    restoring.callback(restore)
        yield used


class _Spy:
    """Stands for a module's function: takes note of a call and passes it on."""

    def __init__(self, function: Callable[..., Any], note: Callable[[], None]) -> None:
        self._function = function
        self._note = note

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self._note()
        return self._function(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._function, name)


def _places(name: str) -> Iterator[tuple[Any, str, str]]:
    """Yield each thing to watch as its owner, its name there and its full name."""
    if name.partition(".")[0] == "builtins":
        return  # every library calls them, too
    module = sys.modules.get(name)
    if module is not None:
        for attribute in _public(module):
            yield module, attribute, f"{name}.{attribute}"
        return
    parts = name.split(".")
    for length in range(len(parts) - 1, 0, -1):
        owner: Any = sys.modules.get(".".join(parts[:length]))
        if owner is None:
            continue
        for part in parts[length:-1]:
            owner = getattr(owner, part, None)
        if hasattr(owner, parts[-1]):
            yield owner, parts[-1], name
        return


def _public(module: ModuleType) -> list[str]:
    """Return the names of a module's own functions and classes."""
    held = vars(module)
    names = held.get("__all__") or [name for name in held if not name.startswith("_")]
    found = []
    for name in names:
        value = held.get(name)
        if not callable(value):
            continue
        # What a module has imported from elsewhere is not its own. Functions in C do not say.
        if isinstance(value, type | FunctionType):
            home = f"{value.__module__}."
            if not home.startswith(f"{module.__name__}."):
                continue
        if not (isinstance(value, type) and issubclass(value, BaseException)):
            found.append(name)
    return found


def _replace(owner: Any, attribute: str, name: str, used: list[str]) -> Callable[[], None] | None:
    """Put a spy in a place; return what puts the old thing back, or None if it cannot be done."""
    value = getattr(owner, attribute)
    if isinstance(value, type):
        if value.__init__ is object.__init__:  # type: ignore[misc]  # a class's, not an instance's
            return None
        return _replace(value, "__init__", name, used)

    def note() -> None:
        if name not in used:
            used.append(name)

    raw = inspect.getattr_static(owner, attribute)
    spy = _method(value, raw, note) if isinstance(owner, type) else _Spy(value, note)
    own = attribute in vars(owner)
    try:
        setattr(owner, attribute, spy)
    except (AttributeError, TypeError):  # a type written in C
        return None
    if own:
        return functools.partial(setattr, owner, attribute, raw)
    return functools.partial(delattr, owner, attribute)


def _method(value: Callable[..., Any], raw: Any, note: Callable[[], None]) -> Any:
    """Return a spy that can be a method: a plain function, which binds as one."""

    def spy(*args: Any, **kwargs: Any) -> Any:
        note()
        return value(*args, **kwargs)

    return staticmethod(spy) if isinstance(raw, staticmethod | classmethod) else spy
