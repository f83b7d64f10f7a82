"""Does a call leave the check standing, whatever the function does?"""

import contextlib
import gc
import sys
import threading
import time
import weakref

import numpy as np
import pytest

from course_utils.checks import call as module
from course_utils.checks.call import TIMEOUT, answer_of, call
from course_utils.checks.cases import Case, CaseSet, Changed, Raised, Returned

CASE = Case("a case", (np.arange(3.0), [1, 2]), {"scale": np.ones(2)}, Returned(0))


def test_a_result_is_returned():
    """Does the outcome hold what the function returned?"""
    assert call(lambda x, y, scale: x.sum() + y[1] + scale[0], CASE) == Returned(6.0)


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3), RecursionError("deep")])
def test_an_exception_is_an_outcome(error):
    """Is an exception caught, with its type and its message?"""

    def function(*args, **kwargs):
        raise error

    assert call(function, CASE) == Raised(type(error).__name__, str(error))


def test_an_exception_tells_what_it_is_derived_from():
    """Are Python's and NumPy's types told, and a student's own not, whatever they are called?"""

    class Error(np.exceptions.AxisError):
        pass

    class Other(type("RuntimeError", (KeyError,), {})):
        pass

    def raising(error):
        def function(*args, **kwargs):
            raise error

        return function

    outcomes = [call(raising(error), CASE) for error in (ValueError(), Error(1, 2), Other())]
    assert [outcome.is_a("ValueError") for outcome in outcomes] == [True, True, False]
    assert outcomes[1].bases[:2] == ("AxisError", "ValueError")
    assert [outcomes[2].is_a(kind) for kind in ("KeyError", "RuntimeError")] == [True, False]


def test_an_interrupt_is_not_swallowed():
    """Can a person still stop the check?"""

    def function(*args, **kwargs):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        call(function, CASE)


@pytest.mark.parametrize(
    ("change", "argument"),
    [
        (lambda x, y, scale: x.fill(9), "0"),
        (lambda x, y, scale: y.append(3), "1"),
        (lambda x, y, scale: scale.fill(2), "scale"),
    ],
)
def test_a_changed_argument_is_named_and_the_case_is_kept(change, argument):
    """Is a change in place seen, and made to a copy only?"""
    assert call(change, CASE) == Changed(argument)
    np.testing.assert_array_equal(CASE.args[0], [0, 1, 2])
    np.testing.assert_array_equal(CASE.kwargs["scale"], [1, 1])
    assert CASE.args[1] == [1, 2]


def endless(*args, **kwargs):
    while True:
        try:
            time.sleep(0.01)
        except Exception:
            continue


def test_an_endless_loop_is_stopped():
    """Does a loop end that catches every Exception?"""
    assert call(endless, CASE, 0.2) == Raised(TIMEOUT, "no answer after 0.2 s")


def test_outside_the_main_thread_there_is_no_alarm():
    """Does a call still work where no alarm can be set?"""
    found = []
    thread = threading.Thread(target=lambda: found.append(call(lambda *a, **k: 1, CASE)))
    thread.start()
    thread.join()
    assert found == [Returned(1)]


def test_stderr_goes_to_stdout(capsys):
    """Do messages stay out of stderr, for which nbgrader takes all points?"""
    call(lambda *args, **kwargs: print("mind this", file=sys.stderr), CASE)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("mind this\n", "")


def test_a_time_limit_that_is_swallowed_rings_again():
    """Does a loop end that catches everything, the limit itself included, a few times?"""
    caught = []

    def swallows(*args, **kwargs):
        while len(caught) < 3:
            try:
                while True:
                    pass
            except BaseException as error:
                caught.append(type(error).__name__)
        return "came to an end"

    assert call(swallows, CASE, 0.1) == Returned("came to an end")
    assert caught == ["TimeLimit"] * 3


def busy(*args):
    """Keep the core busy for longer than the limit of the tests below."""
    end = time.perf_counter() + 0.3
    while time.perf_counter() < end:
        pass


class Destroyed:
    """An object whose destructor takes longer than the limit."""

    __del__ = busy


class Weak:
    """An object that something looks after by a weak reference."""


@contextlib.contextmanager
def in_a_callback():
    """Let the garbage collector call something that takes longer than the limit."""
    slowed = []

    def slow(phase, info):
        if not slowed:  # else it would slow this test, too
            slowed.append(phase)
            busy()

    gc.callbacks.append(slow)
    try:
        yield gc.collect
    finally:
        gc.callbacks.remove(slow)


@contextlib.contextmanager
def in_a_destructor():
    """Let a destructor take longer than the limit."""
    held = [Destroyed()]
    yield held.clear


@contextlib.contextmanager
def in_a_weak_reference():
    """Let the callback of a weak reference take longer than the limit."""
    held = [Weak()]
    reference = weakref.ref(held[0], busy)
    yield held.clear
    del reference


@pytest.mark.parametrize("where", [in_a_callback, in_a_destructor, in_a_weak_reference])
def test_a_time_limit_that_is_lost_rings_again_without_a_complaint(where, monkeypatch):
    """Does a loop end whose first alarm rings where nothing that is raised comes out?"""
    lost = []
    monkeypatch.setattr(sys, "unraisablehook", lost.append)
    with where() as slow:

        def loops(*args, **kwargs):
            slow()
            while True:
                pass

        assert call(loops, CASE, 0.1).kind == TIMEOUT
    assert lost == []
    assert sys.unraisablehook == lost.append


def test_what_else_a_destructor_raises_is_still_complained_of(monkeypatch):
    """Does the limit keep quiet about itself alone?"""
    lost = []
    monkeypatch.setattr(sys, "unraisablehook", lambda error: lost.append(error.exc_type))

    class Raises:
        def __del__(self):
            raise LookupError

    def drops(*args, **kwargs):
        Raises()
        return 1

    assert call(drops, CASE) == Returned(1)
    assert lost == [LookupError]


def test_a_callback_that_never_ends_does_not_keep_the_limit_off(monkeypatch):
    """Is a call that hangs in a callback of its own ended all the same?"""
    monkeypatch.setattr(sys, "unraisablehook", lambda error: None)

    hung = []

    def hangs(phase, info):
        if not hung:  # else it would hang this test, too
            hung.append(phase)
            while True:
                pass

    def collects(*args, **kwargs):
        gc.collect(0)
        while True:
            pass

    gc.callbacks.append(hangs)
    try:
        assert call(collects, CASE, 0.1).kind == "TimeLimit"
    finally:
        gc.callbacks.remove(hangs)


def test_a_message_that_never_comes_is_left_out(monkeypatch):
    """Does an exception whose text takes for ever stand there without one?"""
    monkeypatch.setattr(module, "SECONDS", 0.1)

    class Endless(Exception):
        def __str__(self):
            while True:
                pass

    def function(*args, **kwargs):
        raise Endless

    assert call(function, CASE) == Raised("Endless", "")


@pytest.mark.parametrize("never", [{0, 1, 2, 3, 4}, {2}, {1, 3}, {0}, {4}, set()])
@pytest.mark.parametrize("order", [(), (3, 4, 2, 1, 0), (2, 0, 4, 1, 3), (4, 3, 2, 1, 0)])
def test_an_endless_loop_is_worth_the_same_in_any_order(monkeypatch, order, never):
    """Do the cases before the first loop count, in whichever order they are asked?"""
    called = []

    def asked(function, case, seconds):
        (i,) = case.args
        called.append(i)
        return Raised(TIMEOUT) if i in never else Returned(i)

    monkeypatch.setattr(module, "call", asked)
    cases = tuple(Case("", (i,), {}, Returned(i)) for i in range(5))
    made = CaseSet("f", 1.0, (), (), cases, {}, order=order)
    found = answer_of(lambda i: i, made).outcomes()
    first = min(never, default=5)
    assert found[:first] == [Returned(i) for i in range(first)]
    assert found[first:] == ([Raised(TIMEOUT)] + [None] * 4)[: 5 - first]
    if first == 0:  # nobody waits for a third call
        assert len(never & {*called}) <= 2
