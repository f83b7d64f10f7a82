"""Are calls of forbidden shortcuts seen at run time, however they are made, and nothing else?"""

import sys
import textwrap
import threading
import time
import types

import numpy as np
import pytest

from course_utils.checks.call import LocalAnswer
from course_utils.checks.cases import Case, CaseSet, Returned
from course_utils.checks.grade import grade
from course_utils.checks.shortcuts import watch

CONVOLVE = ["numpy.convolve"]
CONV2D = ["torch.nn.functional.conv2d", "torch.conv2d"]
SLIDES = ("numpy.convolve", "scipy.ndimage", "torch", "wsgiref")

# How an answer is written: code that defines `f(x, w)`, after `import numpy as np`.
LOOP = """
    out = []
    for i in range(len(x) + len(w) - 1):
        out.append(sum(x[j] * w[i - j] for j in range(len(x)) if 0 <= i - j < len(w)))
    return np.array(out)
"""
HONEST = {
    "a loop": "def f(x, w):" + LOOP,
    "a class with a comparison": "class f:\n    library = np.convolve\n"
    "    def compare(self, x, w): return self.library(x, w) - self(x, w)\n"
    "    def __call__(self, x, w):" + textwrap.indent(LOOP, "    ") + "\nf = f()",
    "a table of ways": "def mine(x, w):" + LOOP + "\nways = {'mine': mine, 'numpy': np.convolve}\n"
    "def f(x, w): return ways['mine'](x, w)",
    "a debug branch": "DEBUG = False\ndef f(x, w):\n    if DEBUG: print(np.convolve(x, w))" + LOOP,
    "a decorator": "def compared(g):\n    g.library = np.convolve\n    return g\n"
    "@compared\ndef f(x, w):" + LOOP,
    "the library's name for one's own": "def mine(x, w):" + LOOP + "\nimport types\n"
    "np = types.SimpleNamespace(**vars(np))\nnp.convolve = mine\n"
    "def f(x, w): return np.convolve(x, w)",
    "a question of type": "import torch\ndef f(x, w):\n"
    "    if isinstance(x, torch.Tensor): x = x.numpy()" + LOOP,
    "a question of a layer's type": "import torch\ndef f(x, w):\n"
    "    if isinstance(x, (torch.nn.Parameter, torch.nn.Module)): x = 0" + LOOP,
    "an import that is not used": "def f(x, w):\n    import scipy" + LOOP,
    "a first import that is not used": "def f(x, w):\n    import sys\n"
    "    [sys.modules.pop(n) for n in list(sys.modules) if n.startswith('wsgiref')]\n"
    "    import wsgiref.handlers" + LOOP,
    "a comparison in a cell": "def f(x, w):" + LOOP + "\nassert (np.convolve([1], [2]) == 2).all()",
    "a default that is not called": "def f(x, w, way=np.convolve):" + LOOP,
    "a text": "def f(x, w):\n    'like np.convolve(x, w)'" + LOOP,
    "a function of one's own with that name": "def convolve(x, w):" + LOOP + "\nf = convolve",
    "a method with that name": "class Mine:\n    def convolve(self, x, w):"
    + textwrap.indent(LOOP, "    ")
    + "\ndef f(x, w): return Mine().convolve(x, w)",
    "an annotation": "def f(x: np.convolve, w) -> np.convolve:" + LOOP,
    "a fallback that is not needed": "def f(x, w):\n    try:"
    + textwrap.indent(LOOP, "    ")
    + "\n    except Exception: return np.convolve(x, w)",
    "other functions of the library": "def f(x, w):\n    np.pad(x, 1); np.dot(x, x)" + LOOP,
}
HONEST["a process that is forked"] = (
    "import os\ndef f(x, w):\n    if not os.fork():\n        os._exit(0)\n    os.wait()" + LOOP
)
CALL = "return np.convolve(x, w)"
DISHONEST = {
    "a call": f"def f(x, w): {CALL}",
    "the library's function itself": "f = np.convolve",
    "a reference from before": "slide = np.convolve\ndef f(x, w): return slide(x, w)",
    "another name": "from numpy import convolve as c\ndef f(x, w): return c(x, w)",
    "a text that is run": "def f(x, w): return eval('np.con' + 'volve(x, w)')",
    "a name that is put together": "def f(x, w): return getattr(np, 'con' + 'volve')(x, w)",
    "what is behind the dispatch": "def f(x, w): return np.convolve.__wrapped__(x, w)",
    "a private module": "def f(x, w):\n    import numpy._core.numeric as n\n    " + CALL,
    "a partial": "from functools import partial\nslide = partial(np.convolve)\n"
    "def f(x, w): return slide(x, w)",
    "another function that calls it": "def f(x, w): return np.polymul(x, w)",
    "a name that is replaced first": "slide = np.convolve\nclass N: pass\nnp = N()\n"
    "np.convolve = lambda x, w: slide(x, w)\ndef f(x, w): " + CALL,
    "another thread": "import threading\ndef f(x, w):\n    out = []\n    t = threading.Thread("
    "target=lambda: out.append(np.convolve(x, w)))\n    t.start(); t.join()\n    return out[0]",
    "a map": "def f(x, w): return next(map(np.convolve, [x], [w]))",
    "a generator": "def g(x, w): yield np.convolve(x, w)\ndef f(x, w): return next(g(x, w))",
    "a module that is forbidden": "import scipy.ndimage as n\ndef f(x, w):\n"
    "    k = len(w); y = np.pad(x, k)\n    y = n.convolve1d(y, w, mode='constant')\n"
    "    begin = k - (k - 1) // 2\n    return y[begin:begin + len(x) + k - 1]",
    "a tensor's method": "import torch\ndef f(x, w):\n    x = torch.from_numpy(x).numpy()" + LOOP,
    "a destructor": "class D:\n    def __del__(self): D.out = np.convolve(*self.args)\n"
    "def f(x, w):\n    d = D(); d.args = x, w; del d\n    return D.out",
    "a process that is forked": "import os\ndef f(x, w):\n    r, s = os.pipe()\n"
    "    if not os.fork():\n        os.write(s, np.convolve(x, w).tobytes())\n        os._exit(0)\n"
    "    os.wait()\n    return np.frombuffer(os.read(r, 8 * (len(x) + len(w) - 1)))",
    "a pool of processes": "import multiprocessing as m\ndef f(x, w):\n"
    "    with m.get_context('fork').Pool(2) as pool:\n"
    "        return pool.apply(np.convolve, (x, w))",
    "no profile": "import sys\ndef f(x, w):\n    sys.setprofile(None)\n    " + CALL,
    "no profile for a while": "import sys\ndef f(x, w):\n    p = sys.getprofile()\n"
    "    sys.setprofile(None)\n    y = np.convolve(x, w)\n    sys.setprofile(p)\n    return y",
    "no profile for threads": "import threading\ndef f(x, w):\n    threading.setprofile(None)\n"
    "    out = []\n    t = threading.Thread(target=lambda: out.append(np.convolve(x, w)))\n"
    "    t.start(); t.join()\n    return out[0]",
}


def cases():
    x, w = np.arange(1.0, 5.0), np.array([2.0, -1.0, 3.0])
    made = (Case("a case", (x, w), {}, Returned(np.convolve(x, w))),)
    return CaseSet("f", 1.0, ("x", "w"), ("y",), made, {}, forbidden=SLIDES)


def answer(code):
    space = {"np": np, "__name__": "__main__"}
    exec(code, space)
    return space["f"]


@pytest.mark.parametrize("code", HONEST.values(), ids=HONEST)
def test_an_honest_answer_keeps_its_points(code):
    """Is nobody accused who did not call it?"""
    report = grade(cases(), answer(code))
    assert report.shortcuts == ()
    assert report.score == 1


@pytest.mark.parametrize("code", DISHONEST.values(), ids=DISHONEST)
def test_a_shortcut_earns_nothing(code):
    """Is a call seen, or the case wrong that keeps it from being seen?"""
    report = grade(cases(), answer(code))
    assert report.score == 0
    assert report.shortcuts or "not watched" in report.first


def test_what_is_named_is_a_remark(monkeypatch):
    """Does a reader hear that the code names it, that this costs nothing, and once only?"""
    cells = ["import numpy as np", "def f(x, w, way=np.convolve):" + LOOP]
    main = types.SimpleNamespace(In=cells)
    monkeypatch.setitem(sys.modules, "__main__", main)
    report = grade(cases(), answer(cells[1]))
    assert report.named == ("numpy.convolve",)
    assert report.passed
    assert "names `numpy.convolve`" in str(report)
    assert "costs nothing" in str(report)
    main.In = ["import numpy as np", f"def f(x, w): {CALL}"]
    report = grade(cases(), answer(main.In[1]))
    assert (report.shortcuts, report.named) == (("numpy.convolve",), ())


def test_a_profile_comes_back():
    """Is a profile function that somebody has set there again, also after an error?"""

    def profile(*args):
        pass

    before = sys.getprofile(), threading.getprofile()
    sys.setprofile(profile)
    threading.setprofile(profile)
    try:
        with pytest.raises(ValueError, match="empty"), watch(CONVOLVE) as used:
            np.convolve([], [])
        assert sys.getprofile() is threading.getprofile() is profile
    finally:
        sys.setprofile(before[0])
        threading.setprofile(before[1])
    assert used == CONVOLVE
    np.convolve([1.0], [1.0])
    assert used == CONVOLVE


def test_what_is_not_there_is_not_imported():
    """Are modules that nobody imported left alone, and is nothing watched for nothing?"""
    with watch(["no_such_module", "no_such_module.f", "numpy.no_such_function"]) as used:
        np.ones(2).sum()
    assert used == []
    assert "no_such_module" not in sys.modules
    with watch([]):
        assert sys.getprofile() is None


@pytest.fixture
def library(monkeypatch):
    """A small library with functions, classes and things that are not its own."""
    module = types.ModuleType("library")
    source = """
from textwrap import dedent

class Layer:
    def __init__(self, size=0): self.size = size
    def grow(self): return self.size + 1
    @classmethod
    def empty(cls): return cls(0)
    @staticmethod
    def double(x): return 2 * x

def run(x): return _run(x)
def _run(x): return x
"""
    exec(source, vars(module))
    monkeypatch.setitem(sys.modules, "library", module)
    return module


def test_a_whole_module_is_watched(library):
    """Is each way into it seen, and neither what it does inside nor what it borrowed?"""
    with watch(["library"]) as used:
        assert library.run(3) == 3
        assert library.Layer(size=2).size == 2
        assert library.dedent(" a") == "a"
    assert used == ["library.run", "library.Layer"]


@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("Layer", lambda layer: layer(4).size == 4),
        ("Layer.grow", lambda layer: layer(4).grow() == 5),
        ("Layer.empty", lambda layer: layer.empty().size == 0),
        ("Layer.double", lambda layer: layer.double(3) == 6 == layer().double(3)),
    ],
)
def test_classes_and_methods_are_watched(library, name, call):
    """Is a construction seen, and a method of each kind?"""
    with watch([f"library.{name}"]) as used:
        assert call(library.Layer)
    assert used == [f"library.{name}"]


def test_torch_is_watched():
    """Are functions in C seen, also when a layer calls them, and methods of tensors?"""
    torch = pytest.importorskip("torch")
    x, w = torch.ones(1, 1, 3, 3), torch.ones(1, 1, 2, 2)
    layer = torch.nn.Conv2d(1, 1, 2)
    for call, forbidden, name in [
        (lambda: torch.nn.functional.conv2d(x, w), CONV2D, CONV2D[0]),
        (lambda: torch.conv2d(x, w), CONV2D[1:], CONV2D[1]),
        (lambda: layer(x), CONV2D, CONV2D[0]),
        (lambda: torch.nn.Linear(2, 3), ["torch.nn.Linear"], "torch.nn.Linear"),
        (lambda: x.unfold(2, 2, 1), ["torch.Tensor.unfold"], "torch.Tensor.unfold"),
        (lambda: torch.nn.functional.unfold(x, 2), ["torch"], "torch.nn.functional.unfold"),
        (lambda: torch.tensor(1.0), ["torch"], "torch.tensor"),
        (lambda: x.sum(), ["torch"], "torch.Tensor.sum"),
    ]:
        with watch(forbidden) as used:
            call()
        assert used == [name]


def test_a_watch_costs_little_beside_a_call():
    """Does a watched call take less than a tenth of a millisecond more, and less than ten times?"""
    made = cases()
    f = answer("def f(x, w):" + LOOP)
    times = []
    for forbidden in ((), SLIDES):
        local = LocalAnswer(f, CaseSet("f", 1.0, (), (), made.cases, {}, forbidden=forbidden))
        tries = []
        for _ in range(30):
            start = time.process_time()
            local.outcomes()
            tries.append(time.process_time() - start)
        times.append(min(tries))
    assert times[1] < 10 * times[0] + 1e-3
