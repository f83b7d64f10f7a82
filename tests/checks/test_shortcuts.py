"""Are forbidden shortcuts seen at run time, and is the library whole afterwards?"""

import enum
import sys
import threading
import time
import types

import numpy as np
import pytest

from course_utils.checks.shortcuts import used_in, watch

CONVOLVE = ["numpy.convolve"]
CONV2D = ["torch.nn.functional.conv2d", "torch.conv2d"]


def slide(x, w):
    return np.convolve(x, w)


held_before = np.convolve


def test_a_call_is_recorded_and_passed_on():
    """Does the answer get its result, and the library its function back?"""
    before = np.convolve
    with watch(CONVOLVE) as used:
        assert used == []
        assert slide([1.0, 2.0], [1.0]).tolist() == [1.0, 2.0]
        assert slide([1.0], [3.0]).tolist() == [3.0]
        assert np.convolve.__name__ == "convolve"
    assert used == CONVOLVE
    assert np.convolve is before
    slide([1.0], [1.0])
    assert used == CONVOLVE


def test_everything_is_put_back_after_an_error():
    """Is the library whole after an answer that raises?"""
    before = np.convolve, np.correlate
    with pytest.raises(ValueError, match="empty"), watch([*CONVOLVE, "numpy.correlate"]) as used:
        np.convolve([], [])
    assert used == CONVOLVE
    assert (np.convolve, np.correlate) == before


def test_what_only_one_of_the_two_sees():
    """Does a reference from before escape the watch and not the reader, and `exec` the reverse?"""
    with watch(CONVOLVE) as used:
        held_before([1.0], [1.0])
    assert used == []
    assert (
        used_in(["c = np.convolve", "def f(x, w): return c(x, w)"], CONVOLVE, function="f")
        == CONVOLVE
    )

    with watch(CONVOLVE) as used:
        eval("np." + "con" + "volve([1.0], [1.0])", {"np": np})
    assert used == CONVOLVE
    assert used_in("def f(x): return eval('np.' + 'con' + 'volve(x)')", CONVOLVE) == []


def test_what_is_not_there_is_not_watched():
    """Are modules that nobody imported left alone, and not imported?"""
    names = ["no_such_module", "no_such_module.f", "numpy.no_such_function", "numpy.no_such.f"]
    with watch(names) as used:
        pass
    assert used == []
    assert "no_such_module" not in sys.modules
    with watch([]) as used:
        pass
    assert used == []


@pytest.fixture
def library(monkeypatch):
    """A small library with functions, classes and things that are not its own."""
    module = types.ModuleType("library")
    source = """
from collections import OrderedDict
from textwrap import dedent

limit = 3

class Layer:
    def __init__(self, size=0): self.size = size
    def grow(self): return self.size + 1
    @classmethod
    def empty(cls): return cls(0)
    @staticmethod
    def double(x): return 2 * x

class Deep(Layer): pass
class Plain: pass
class Trouble(Exception):
    def __init__(self): pass

def run(x): return _run(x)
def _run(x): return x
"""
    exec(source, vars(module))
    monkeypatch.setitem(sys.modules, "library", module)
    return module


def test_a_whole_module_is_watched(library):
    """Are its public functions and classes seen, and nothing that it borrowed or keeps private?"""
    before = dict(vars(library))
    with watch(["library"]) as used:
        assert library.run(3) == 3
        assert library.Layer(size=2).size == 2
        assert library.dedent(" a") == "a"
        library.OrderedDict()
        library.Plain()
        with pytest.raises(library.Trouble):
            raise library.Trouble
        assert library._run(1) == 1
        assert library.limit == 3
    assert used == ["library.run", "library.Layer"]
    assert vars(library) == before


def test_a_module_may_say_what_is_public(library):
    """Is `__all__` heeded, even where it names what is not there?"""
    library.__all__ = ["_run", "gone"]
    with watch(["library"]) as used:
        library.run(3)
    assert used == ["library._run"]


def test_classes_stay_classes(library):
    """May a watched class still be asked and subclassed, and is its construction seen?"""
    init = library.Layer.__init__
    with watch(["library.Layer"]) as used:
        assert isinstance(library.Layer, type)
        assert isinstance(library.Deep(5), library.Layer)
        assert library.Deep(5).grow() == 6
    assert used == ["library.Layer"]
    assert library.Layer.__init__ is init


def test_a_class_without_construction_of_its_own_is_put_back(library):
    """Is what a class inherits watched in that class alone?"""
    with watch(["library.Deep", "library.Plain"]) as used:
        library.Layer(1)
        library.Plain()
        assert used == []
        assert library.Deep(5).size == 5
    assert used == ["library.Deep"]
    assert "__init__" not in vars(library.Deep)


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("grow", lambda layer: layer(4).grow() == 5),
        ("empty", lambda layer: layer.empty().size == 0),
        ("double", lambda layer: layer.double(3) == 6 == layer().double(3)),
    ],
)
@pytest.mark.parametrize("kind", ["Layer", "Deep"])
def test_methods_are_watched(library, name, call, kind):
    """Do methods, class methods and static ones still work, and come back as they were?"""
    owner = getattr(library, kind)
    before = dict(vars(owner))
    with watch([f"library.{kind}.{name}"]) as used:
        assert call(owner)
    assert used == [f"library.{kind}.{name}"]
    assert dict(vars(owner)) == before


def test_types_written_in_c_are_left_alone():
    """Is what cannot be replaced passed over?"""
    with watch(["numpy.ndarray.dot", "numpy.ndarray", "builtins.sum", "builtins"]) as used:
        np.ones(2).dot(np.ones(2))
        assert sum([1, 2]) == 3
    assert used == []


def test_functions_keep_their_attributes():
    """May a watched ufunc still reduce?"""
    with watch(["numpy.add"]) as used:
        assert np.add.reduce([1, 2]) == 3
        assert used == []
        np.add(1, 2)
    assert used == ["numpy.add"]


def test_watches_may_be_nested():
    """Do both see the call, and is the function put back by the outer one?"""
    before = np.convolve
    with watch(CONVOLVE) as outer:
        with watch(CONVOLVE) as inner:
            slide([1.0], [1.0])
        assert inner == outer == CONVOLVE
    assert np.convolve is before


def test_watches_of_threads_take_turns():
    """Is the function put back, however threads overlap?"""
    before = np.convolve
    records = []

    def work():
        with watch(CONVOLVE) as used:
            time.sleep(0.001)
            slide([1.0], [1.0])
        records.append(used)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert records == [CONVOLVE] * 8
    assert np.convolve is before


def test_watching_costs_little():
    """Do three names take less than a millisecond?"""
    names = ["numpy.convolve", "numpy.correlate", "numpy.pad"]
    times = []
    for _ in range(20):
        start = time.perf_counter()
        with watch(names):
            pass
        times.append(time.perf_counter() - start)
    assert min(times) < 1e-3


def test_torch_is_watched():
    """Are functions in C seen, also when a layer calls them, and methods of tensors?"""
    torch = pytest.importorskip("torch")
    x, w = torch.ones(1, 1, 3, 3), torch.ones(1, 1, 2, 2)
    layer = torch.nn.Conv2d(1, 1, 2)
    before = torch.nn.functional.conv2d
    names = [*CONV2D, "torch.nn.Linear", "torch.Tensor.unfold"]
    for call, name in [
        (lambda: torch.nn.functional.conv2d(x, w), CONV2D[0]),
        (lambda: torch.conv2d(x, w), CONV2D[1]),
        (lambda: layer(x), CONV2D[0]),
        (lambda: torch.nn.Linear(2, 3), "torch.nn.Linear"),
        (lambda: x.unfold(2, 2, 1), "torch.Tensor.unfold"),
    ]:
        with watch(names) as used:
            call()
        assert used == [name]
    assert torch.nn.functional.conv2d is before
    assert "unfold" not in vars(torch.Tensor)


def test_enumerations_survive_a_watch(monkeypatch):
    """Is a class of an unusual kind left working?"""
    module = types.ModuleType("kinds")
    module.Kind = enum.Enum("Kind", "ONE TWO", module="kinds.inner")
    monkeypatch.setitem(sys.modules, "kinds", module)
    with watch(["kinds"]):
        assert module.Kind(1) is module.Kind.ONE
    assert module.Kind["TWO"].value == 2


@pytest.mark.parametrize("deep", ["1" + "+1" * 5000, "-" * 100_000 + "1", "a" + ".b" * 5000])
def test_code_that_is_nested_too_deeply_is_no_error(deep):
    """Does code that cannot be read stop nobody's check?"""
    assert used_in([deep, "def f(): return 1"], ["numpy.convolve"], function="f") == []
