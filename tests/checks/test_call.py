"""Does a call leave the check standing, whatever the function does?"""

import sys
import threading
import time

import numpy as np
import pytest

from course_utils.checks import call as module
from course_utils.checks.call import TIMEOUT, call
from course_utils.checks.cases import Case, Raised, Returned

CASE = Case("a case", (np.arange(3.0), [1, 2]), {"scale": np.ones(2)}, Returned(0))


def test_a_result_is_returned():
    """Does the outcome hold what the function returned?"""
    outcome, changed = call(lambda x, y, scale: x.sum() + y[1] + scale[0], CASE)
    assert outcome == Returned(6.0)
    assert changed == []


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3), RecursionError("deep")])
def test_an_exception_is_an_outcome(error):
    """Is an exception caught, with its type and its message?"""

    def function(*args, **kwargs):
        raise error

    outcome, _ = call(function, CASE)
    assert outcome == Raised(type(error).__name__, str(error))


def test_an_interrupt_is_not_swallowed():
    """Can a person still stop the check?"""

    def function(*args, **kwargs):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        call(function, CASE)


def test_changed_arguments_are_named_and_the_case_is_kept():
    """Are changes in place seen, and made to a copy only?"""

    def function(x, y, scale):
        x[0] = 9
        y.append(3)
        scale *= 2

    assert call(function, CASE)[1] == ["0", "1", "scale"]
    np.testing.assert_array_equal(CASE.args[0], [0, 1, 2])
    assert CASE.args[1] == [1, 2]


def endless(*args, **kwargs):
    while True:
        try:
            time.sleep(0.01)
        except Exception:
            continue


def test_an_endless_loop_is_stopped(monkeypatch):
    """Does a loop end that catches every Exception?"""
    monkeypatch.setattr(module, "SECONDS", 0.2)
    outcome, _ = call(endless, CASE)
    assert outcome == Raised(TIMEOUT, "no answer after 0.2 s")


def test_outside_the_main_thread_there_is_no_alarm():
    """Does a call still work where no alarm can be set?"""
    found = []
    thread = threading.Thread(target=lambda: found.append(call(lambda *a, **k: 1, CASE)))
    thread.start()
    thread.join()
    assert found == [(Returned(1), [])]


def test_stderr_goes_to_stdout(capsys):
    """Do messages stay out of stderr, for which nbgrader takes all points?"""
    call(lambda *args, **kwargs: print("mind this", file=sys.stderr), CASE)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("mind this\n", "")
