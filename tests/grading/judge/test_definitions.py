import ast

import pytest

from course_utils.grading.judge.definitions import (
    Cell,
    for_judge,
    free_names,
    needed,
    of_students,
    parsed,
    tainted,
)

KNOWN = frozenset({"np", "print", "len"})


def split(test, *cells):
    """Return what the judge runs for a test, as text, and which names are the student's."""
    statements = needed(test, [Cell(source, kind == "test") for kind, source in cells])
    theirs = of_students(statements, KNOWN)
    ours = for_judge(statements, KNOWN, theirs)
    return [ast.unparse(statement.node) for statement in ours], set(theirs)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ('check("f", f)', "check f"),
        ("import numpy as np\nx = g(2)\nassert len(x) == np.pi", "g len"),
        ("def f(a):\n    return a + b\nf(1)", "b"),
        ("[k for k in values]", "values"),
        ("async def f(a): return a + b", "b"),
        ("f'{x}'", "x"),
        ("%matplotlib inline\nx", "get_ipython x"),
        ("def f(:", ""),
    ],
)
def test_free_names(source, names):
    """Are the names found that a cell takes from elsewhere, and no others?"""
    assert sorted(free_names(parsed(source))) == names.split()


@pytest.mark.parametrize(
    ("cells", "ours", "theirs"),
    [
        ([("read", "a = 1\nb = 2")], ["a = 1"], set()),
        ([("read", "b = 2\na = b")], ["b = 2", "a = b"], set()),
        ([("read", "a = 1\nprint(a)\nplt.plot(a)\ndisplay(a)")], ["a = 1"], set()),
        ([("read", "a = 1\nf(a)")], ["a = 1"], set()),
        ([("read", "a = f(1)")], [], {"a"}),
        ([("read", "b = f(1)\na = b + 1")], [], {"a", "b"}),
        ([("read", "a = []\na.append(f(1))")], [], {"a"}),
        ([("read", "a = np.ones(3)\nnp.testing.ok(f(a), 1)")], ["a = np.ones(3)"], set()),
        ([("read", "np.random.seed(0)\na = np.random.rand()")],
         ["np.random.seed(0)", "a = np.random.rand()"], set()),
        ([("test", "a = f(1)\nassert a == 1")], ["a = f(1)"], set()),
        ([("test", "a = 1\ncheck('f', f)\nnp.testing.assert_allclose(f(a), 1)")], ["a = 1"], set()),
        ([("read", "a = f(1)"), ("test", "a = 2")], ["a = 2"], {"a"}),
        ([("read", "def a():\n    return b\nb = 1")],
         ["def a():\n    return b", "b = 1"], set()),
        ([("read", "def a():\n    return f(1)")], [], {"a"}),
        ([("read", "class A:\n    x = f\na = A()")], [], {"a", "A"}),
        ([("read", "for i in range(3):\n    a = i")], ["for i in range(3):\n    a = i"], set()),
    ],
)  # fmt: skip
def test_what_the_judge_defines(cells, ours, theirs):
    """Does the judge define what is the release's, and leave to the student what comes of his?"""
    cells = [(kind, source.replace("range", "len")) for kind, source in cells]
    ours = [source.replace("range", "len") for source in ours]
    assert split("assert a == 1", *cells) == (ours, theirs)


def test_what_comes_of_a_name():
    """Is it followed through assignments and functions, and not into a library?"""
    tree = parsed("x = f(1)\ny = x.shape\nz = 3\ndef g(): return y\nnp.testing.ok(x)\nw = [z]")
    assert tainted(tree, frozenset({"f"}), KNOWN) == {"f", "x", "y", "g"}
