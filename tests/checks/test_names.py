"""Are shortcuts found that an answer's code names, and nothing else?"""

import time

import pytest

from course_utils.checks.shortcuts import named_in

CONVOLVE = ["numpy.convolve"]
CONV2D = ["torch.nn.functional.conv2d", "torch.conv2d"]
SIGNAL = ["scipy.signal"]


def answer(*lines):
    """Return a function of these lines in a cell after NumPy's import."""
    return ["import numpy as np", "\n    ".join(["def f(x, w):", *lines])]


def found(cells, forbidden=CONVOLVE, function="f"):
    return named_in(cells, forbidden, function)


@pytest.mark.parametrize(
    "line",
    [
        "return np.convolve(x, w)",
        "return list(map(np.convolve, x, w))",
        "import numpy\n    return numpy.convolve(x, w)",
        "import numpy as n\n    return n.convolve(x, w)",
        "from numpy import convolve as c\n    return c(x, w)",
        "n = np\n    c = n.convolve\n    return c(x, w)",
        "return (lambda a, b: np.convolve(a, b))(x, w)",
        "return [np.convolve(a, w) for a in x]",
        "def inner(a):\n        return np.convolve(a, w)\n    return inner(x)",
        "class C:\n        def g(self):\n            return np.convolve(x, w)\n    return C().g()",
        "if x:\n        import numpy as n\n    return n.convolve(x, w)",
        "global q\n    return np.convolve(x, q)",
        "with open(x) as file:\n        return np.convolve(x, w)",
    ],
)
def test_a_name_is_seen_within_a_function(line):
    """Are imports, aliases, attributes and nested code followed?"""
    assert found(answer(line)) == CONVOLVE


@pytest.mark.parametrize(
    "cell",
    [
        "c = np.convolve",
        "from numpy import convolve as c",
        "n = np; c = n.convolve",
        "def c(x, w): return np.convolve(x, w)",
        "async def c(x, w): return np.convolve(x, w)",
        "def c(x, w, way=np.convolve): return way(x, w)",
        "def c(x, w, *, way=np.convolve): return way(x, w)",
        "c = lambda x, w: np.convolve(x, w)",
        "from functools import partial\nc = partial(np.convolve, mode='same')",
        "c = [np.convolve][0]",
        "class c:\n    def __call__(self, x, w):\n        return np.convolve(x, w)",
        "class base:\n    go = np.convolve\nclass c(base): pass",
        "def b(x, w): return np.convolve(x, w)\ndef c(x, w): return b(x, w)",
        "def wrap(g): return np.convolve\n@wrap\ndef c(x, w): return 0",
        "try:\n    from numpy import convolve as c\nexcept ImportError:\n    pass",
        "a, c = 1, np.convolve",
        "(c := np.convolve)",
        "c = table = [np.convolve(0, 1)]",
    ],
)
def test_names_are_followed_through_the_notebook(cell):
    """Is what the function names followed to where the notebook defines it?"""
    assert found(["import numpy as np", cell, "def f(x, w): return c(x, w)"]) == CONVOLVE


@pytest.mark.parametrize(
    "cells",
    [
        answer("return x"),
        [*answer("return x"), "assert np.allclose(f(x, w), np.convolve(x, w))"],
        [*answer("return x"), "def compare(x, w): return np.convolve(x, w) - f(x, w)"],
        [*answer("return np.convolve(x, w)"), "def f(x, w): return x"],
        ["c = np.convolve", "c = max", "def f(x): return c(x)"],
        ["c = np.convolve", "def c(x): return x", "def f(x): return c(x)"],
        ["import numpy as np", "c = np.convolve", "def f(x, c): return c(x)"],
        ["import numpy as np", "c = np.convolve", "def f(*c): return c"],
        ["import numpy as np", "c = np.convolve", "def f(**c): return c"],
        ["import numpy as np", "c = np.convolve", "def f(x, /, *, c): return c(x)"],
        ["import numpy as np", "c = np.convolve", "def f(x):\n    for c in x: print(c)"],
        ["import numpy as np", "c = np.convolve", "def f(x): return [c for c in x]"],
        ["import numpy as np", "c = np.convolve", "def f(x): return {a: c for a, c in x}"],
        ["import numpy as np", "c = np.convolve", "f = lambda c: c"],
        ["import numpy as np", "class f:\n  c = np.max\n  def convolve(self): return self.c"],
        ["def convolve(x, w): return x", "def f(x, w): return convolve(x, w)"],
        ["import mine as np", "def f(x, w): return np.convolve(x, w)"],
        ["from .numpy import convolve", "def f(x, w): return convolve(x, w)"],
        ["import numpy as np", "np.convolve = max", "def f(x, w): return np.convolve(x, w)"],
        answer("return np.convolve_all(x, w)"),
        answer("return x.convolve(w)"),
        answer("'np.convolve(x, w)'", "return 'numpy.convolve'"),
        answer("n: np.convolve = 3", "return n"),
        ["import numpy as np", "def f(x: np.convolve) -> np.convolve: return x"],
        answer("np = x", "return np.convolve(w)"),
    ],
)
def test_what_the_answer_does_not_name_is_not_counted(cells):
    """Are comparisons in other cells, old definitions and other things of that name left alone?"""
    assert found(cells) == []


def test_a_whole_module_may_be_forbidden():
    """Is anything in it found by its full name, in order and once?"""
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


@pytest.mark.parametrize(
    "line",
    [
        "from torch.nn.functional import conv2d as c",
        "import torch.nn.functional as F; c = F.conv2d",
        "import torch; F = torch.nn.functional; c = F.conv2d",
        "from torch import nn; c = nn.functional.conv2d",
    ],
)
def test_modules_within_modules_are_followed(line):
    """Is torch's function found under its full name, by every way to it?"""
    assert found([line, "def f(x, w): return c(x, w)"], CONV2D) == CONV2D[:1]
    assert found([line, "def f(x, w): return w"], CONV2D) == []


def test_an_answer_may_be_the_shortcut_itself():
    """Is a name that stands for the library's own function seen?"""
    assert found(["from numpy import convolve as f"]) == CONVOLVE
    assert found(["import numpy as np", "f = np.convolve"]) == CONVOLVE
    assert found(["import numpy as np"]) == []


def test_cells_that_cannot_be_read_hide_nothing():
    """Is the rest read, also where a cell has magics, an error, or a backslash that is meant?"""
    cells = ["import numpy as n", "def broken(:", "def f(x, w): return n.convolve(x, w)"]
    assert found(cells) == CONVOLVE
    assert found(answer("'\\d'", "return np.convolve(x, w)")) == CONVOLVE
    magics = "%matplotlib inline\n!ls\n?f\nimport numpy\n"
    assert found([magics + "def f(x, w):\n    %time pass\n    numpy.convolve(x, w)"]) == CONVOLVE


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
        "def a(): pass\n" * 20_000,
    ],
)
def test_no_source_breaks_the_reader(cell):
    """Do absurd cells end soon, without an error, and leave the others readable?"""
    start = time.perf_counter()
    assert found([*answer("return np.convolve(x, w)"), cell]) in (CONVOLVE, [])
    assert time.perf_counter() - start < 5


def test_absurd_functions_are_survived():
    """Is an answer nested too deep no error, and one in a circle or a long chain read once?"""
    deep = "def f(x): return " + "g(" * 80 + "np.convolve(x)" + ")" * 80
    assert found(["import numpy as np", deep]) == CONVOLVE
    assert found(["def f(x): return " + "+".join(["x"] * 3_000)]) == []
    circle = ["import numpy as np", "def f(x): return g(x)", "def g(x): return f(np.convolve(x))"]
    assert found(circle) == CONVOLVE
    chain = [f"def f{i}(x): return f{i + 1}(x)" for i in range(3_000)]
    last = "def f3000(x): return np.convolve(x)"
    assert found(["import numpy as np", *chain, last], function="f0") == CONVOLVE


def test_more_than_anybody_writes_is_not_read():
    """Is a notebook of megabytes left alone, since a remark is all that hangs on it?"""
    assert found([*answer("return np.convolve(x, w)"), "#" * 2**20]) == []
