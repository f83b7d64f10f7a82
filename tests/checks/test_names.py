"""Are forbidden shortcuts found in the source, however they are written, and nothing else?"""

import time

import pytest

from course_utils.checks.shortcuts import used_in

CONVOLVE = ["numpy.convolve"]
CONV2D = ["torch.nn.functional.conv2d", "torch.conv2d"]
SIGNAL = ["scipy.signal"]


def answer(*lines):
    """Return a function of these lines in a cell after NumPy's import."""
    return ["import numpy as np", "\n    ".join(["def f(x, w):", *lines])]


def found(cells, forbidden=CONVOLVE, function="f"):
    return used_in(cells, forbidden, function=function)


@pytest.mark.parametrize(
    "line",
    [
        "return np.convolve(x, w)",
        "return list(map(np.convolve, x, w))",
        "return numpy.convolve(x, w)",
        "import numpy\n    return numpy.convolve(x, w)",
        "import numpy as n\n    return n.convolve(x, w)",
        "from numpy import convolve as c\n    return c(x, w)",
        "n = np\n    c = n.convolve\n    return c(x, w)",
        "n, m = np, 3\n    return n.convolve(x, w)",
        "(n := np).convolve\n    return n.convolve(x, w)",
        "for n in [np]:\n        return np.convolve(x, w)",
        "with np as n:\n        return n.convolve(x, w)",
        "n = np if x else None\n    return n.convolve(x, w)",
        "n = None or np\n    return n.convolve(x, w)",
        "n: object = np\n    return n.convolve(x, w)",
        "m = n\n    n = np\n    return m.convolve(x, w)",
        "return getattr(np, 'convolve')(x, w)",
        "return getattr(np, 'convolve', None)(x, w)",
        "import importlib\n    return importlib.import_module('numpy').convolve(x, w)",
        "from importlib import import_module as load\n    return load('numpy').convolve(x, w)",
        "return __import__('numpy').convolve(x, w)",
        "import sys\n    return sys.modules['numpy'].convolve(x, w)",
        "return (lambda a, b: np.convolve(a, b))(x, w)",
        "return [np.convolve(a, w) for a in x]",
        "def inner(a):\n        return np.convolve(a, w)\n    return inner(x)",
        "class C:\n        def g(self):\n            return np.convolve(x, w)\n    return C().g()",
        "if x:\n        import numpy as n\n    return n.convolve(x, w)",
        "np.convolve.cache = 1",
        "return __import__('numpy', globals()).convolve(x, w)",
        "import sys\n    return sys.modules[np.convolve.__module__]",
        "global q\n    return np.convolve(x, q)",
        "class C:\n        n = np\n        go = n.convolve\n    return C.go(x, w)",
        "unknown.go = 1\n    return np.convolve(x, w)",
    ],
)
def test_a_call_is_seen_however_it_is_written(line):
    """Are imports, aliases, attributes and nested code followed within a function?"""
    name = found(answer(line))[0]
    assert name.startswith("numpy.convolve")


@pytest.mark.parametrize(
    "cell",
    [
        "c = np.convolve",
        "from numpy import convolve as c",
        "from numpy import *\nc = convolve",
        "n = np; c = n.convolve",
        "def c(x, w): return np.convolve(x, w)",
        "async def c(x, w): return np.convolve(x, w)",
        "def c(x, w, way=np.convolve): return way(x, w)",
        "def c(x, w, *, way=np.convolve): return way(x, w)",
        "c = lambda x, w: np.convolve(x, w)",
        "from functools import partial\nc = partial(np.convolve, mode='same')",
        "c = [np.convolve][0]",
        "c = {}\nc['slide'] = np.convolve",
        "class c:\n    def __call__(self, x, w):\n        return np.convolve(x, w)",
        "class base:\n    go = np.convolve\nclass c(base): pass",
        "class c: pass\nc.go = np.convolve",
        "def b(x, w): return np.convolve(x, w)\ndef c(x, w): return b(x, w)",
        "def b(x, w): return np.convolve(x, w)\nd = b\ndef b(x, w): return 0\nc = d",
        "def c(x, w): return np.convolve(x, w)\nc = len and c",
        "def wrap(g): return g\ndef c(x, w): return np.convolve(x, w)\nc = wrap(c)",
        "def wrap(g): return np.convolve\n@wrap\ndef c(x, w): return 0",
        "try:\n    from numpy import convolve as c\nexcept ImportError:\n    c = None",
        "if True:\n    c = np.convolve\nelse:\n    c = None",
        "a, c = 1, np.convolve",
        "a, c = [np.convolve] * 2",
        "a, *c = [1, np.convolve]",
        "[a, c] = pair = [1, np.convolve]",
        "(c := np.convolve)",
        "c = table = [np.convolve(0, 1)]",
        "c = None\nc += np.convolve",
        "unknown.go = np.convolve\nc = unknown.go",
    ],
)
def test_the_function_reaches_what_the_notebook_defines(cell):
    """Are names followed through cells, in whichever way they are bound?"""
    assert found(["import numpy as np", cell, "def f(x, w): return c(x, w)"]) == CONVOLVE


def test_a_method_does_not_see_its_class():
    """Does a name within a method mean the notebook's, as in Python?"""
    cells = ["from numpy import convolve", "class f:\n  def convolve(self): return convolve(1, 2)"]
    assert found(cells) == CONVOLVE


@pytest.mark.parametrize(
    "cells",
    [
        answer("return x"),
        [*answer("return x"), "assert np.allclose(f(x, w), np.convolve(x, w))"],
        [*answer("return x"), "def compare(x, w): return np.convolve(x, w) - f(x, w)"],
        [*answer("return np.convolve(x, w)"), "def f(x, w): return x"],
        ["c = np.convolve", "c = max", "def f(x): return c(x)"],
        ["c = np.convolve", "def c(x): return x", "def f(x): return c(x)"],
        ["c = np.convolve", "def f(x, c): return c(x)"],
        ["c = np.convolve", "def f(*c): return c"],
        ["c = np.convolve", "def f(**c): return c"],
        ["c = np.convolve", "def f(x, /, *, c): return c(x)"],
        ["c = np.convolve", "def f(x):\n    for c in x: print(c)"],
        ["c = np.convolve", "def f(x): return [c for c in x]"],
        ["c = np.convolve", "def f(x): return {a: c for a, c in x}"],
        ["c = np.convolve", "f = lambda c: c"],
        ["def convolve(x, w): return x", "def f(x, w): return convolve(x, w)"],
        ["import mine as np", "def f(x, w): return np.convolve(x, w)"],
        ["from .numpy import convolve", "def f(x, w): return convolve(x, w)"],
        answer("return np.convolve_all(x, w)"),
        answer("return x.convolve(w)"),
        answer("'np.convolve(x, w)'", "return 'numpy.convolve'"),
        answer("n: np.convolve = 3", "return n"),
        ["def f(x: np.convolve) -> np.convolve: return x"],
        ["getattr = lambda *a: 0", "def f(x): return getattr(np, 'convolve')"],
        answer("name = 'max'", "return getattr(np, name)(x)"),
    ],
)
def test_what_the_answer_does_not_call_is_not_counted(cells):
    """Are comparisons in other cells, old definitions and other things of that name left alone?"""
    assert found(cells) == []


def test_a_whole_module_may_be_forbidden():
    """Is anything in it a shortcut, by its full name, in order and once?"""
    cells = [
        "import scipy.signal as s, scipy",
        "from scipy.signal import windows, fftconvolve",
        "def f(x, w):\n    fftconvolve(x); windows.hann(3); s.correlate(x, w)\n"
        "    fftconvolve(x); scipy.ndimage.convolve(x); return scipy.signal.lfilter(x)",
    ]
    assert found(cells, SIGNAL) == [
        "scipy.signal.fftconvolve",
        "scipy.signal.windows.hann",
        "scipy.signal.correlate",
        "scipy.signal.lfilter",
    ]
    given = ["from scipy import signal", "def g(m): return m", "def f(x): return g(signal)"]
    assert found(given, SIGNAL) == SIGNAL


@pytest.mark.parametrize(
    "line",
    [
        "from torch.nn.functional import conv2d as c",
        "import torch.nn.functional as F; c = F.conv2d",
        "import torch; F = torch.nn.functional; c = F.conv2d",
        "from torch import nn; c = nn.functional.conv2d",
        "import importlib; c = importlib.import_module('torch.nn.functional').conv2d",
        "c = __import__('torch.nn.functional', fromlist=['conv2d']).conv2d",
        "c = __import__('torch.nn.functional').nn.functional.conv2d",
        "c = getattr(getattr(torch, 'nn').functional, 'conv2d')",
        "c = F.conv2d",
    ],
)
def test_modules_within_modules_are_followed(line):
    """Is torch's function found under its full name, by every way to it?"""
    assert found([line, "def f(x, w): return c(x, w)"], CONV2D) == CONV2D[:1]
    assert found([line, "def f(x, w): return w"], CONV2D) == []


def test_without_a_function_all_code_counts():
    """Is everything read where no answer is named, or none of that name is there?"""
    cells = ["import numpy as np", "x = np.convolve(1, 2)", "def g(): return 0"]
    assert found(cells, function="") == CONVOLVE
    assert found(cells, function="f") == CONVOLVE
    assert found(cells, function="g") == []
    assert used_in("np.convolve(1, 2)", CONVOLVE) == CONVOLVE
    assert found(cells, forbidden=[], function="") == []


def test_an_answer_may_be_the_shortcut_itself():
    """Is a name that stands for the library's own function seen?"""
    assert found(["from numpy import convolve as f"]) == CONVOLVE
    assert found(["import numpy as np", "f = np.convolve"]) == CONVOLVE


def test_cells_with_syntax_errors_hide_nothing():
    """Is the rest read, whether cells come one by one or as one text?"""
    cells = ["import numpy as n", "def broken(:", "def f(x, w): return n.convolve(x, w)"]
    assert found(cells) == CONVOLVE
    assert found("\n\n".join(cells)) == CONVOLVE
    # As its own cell, a text with an error does not run at all.
    assert found(["def f(x): return 0", "\n\n".join(cells)]) == []


def test_what_python_warns_of_is_read():
    """Is a cell read in which a backslash is meant?"""
    assert found(["def f(x, w):\n    '\\d'\n    return np.convolve(x, w)"]) == CONVOLVE


def test_magics_are_no_syntax_errors():
    """Is a cell with lines for IPython read?"""
    cell = "%matplotlib inline\n!ls\n?f\ndef f(x, w):\n    %time pass\n    return np.convolve(x, w)"
    assert found([cell]) == CONVOLVE


@pytest.mark.parametrize(
    "cell",
    [
        "x = " + "-" * 50_000 + "1",
        "x = " + "(" * 5_000 + "1" + ")" * 5_000,
        "x = a" + ".b" * 20_000,
        "x = a" + "()" * 900,
        "x = " + "+".join("a" * 2_000),
        "\0",
        "\ud800",
        "'\\d'",
        "x = np\n" + "x = x.a\n" * 2_000,
        "d = {}\n" + "d[0] = np.array(d[1])\n" * 2_000,
    ],
)
def test_no_source_breaks_the_reader(cell):
    """Do absurd cells end soon, without an error, and leave the others readable?"""
    start = time.perf_counter()
    assert found([cell, "def f(x, w): return np.convolve(x, w)"]) == CONVOLVE
    assert time.perf_counter() - start < 5


def test_absurd_functions_are_survived():
    """Is an answer nested too deep read as far as it goes, and one in a circle once?"""
    deep = "def f(x): return " + "g(" * 80 + "np.convolve(x)" + ")" * 80
    assert found([deep]) == CONVOLVE
    assert found(["def f(x): return " + "+".join(["x"] * 3_000)]) == []
    circle = ["def f(x): return g(x)", "def g(x): return f(x) + np.convolve(x)"]
    assert found(circle) == CONVOLVE
    chain = [f"def f{i}(x): return f{i + 1}(x)" for i in range(3_000)]
    assert found([*chain, "def f3000(x): return np.convolve(x)"], function="f0") == CONVOLVE
