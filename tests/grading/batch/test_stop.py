"""Does work end where its state is whole, whenever it is told to?"""

import os
import signal
import threading

import pytest

from course_utils.grading.batch.grade import Batch
from course_utils.grading.batch.stop import Stop
from course_utils.grading.report.results import results
from tests.grading.batch.small_class import ANSWERS, COURSE, SLUG

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture(autouse=True)
def heard():
    """Hear both signals, though a shell may have this run in the background, without a Ctrl-C."""
    before = [
        signal.signal(signal.SIGINT, signal.default_int_handler),
        signal.signal(signal.SIGTERM, signal.SIG_DFL),
    ]
    yield
    for number, handler in zip(SIGNALS, before, strict=True):
        signal.signal(number, handler)


def send(number):
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("first", SIGNALS)
@pytest.mark.parametrize("second", SIGNALS)
def test_one_signal_asks_and_two_interrupt(first, second):
    """Does the first signal only set the stop, does the second interrupt, and are both undone?"""
    before = [signal.getsignal(number) for number in SIGNALS]
    stop = Stop()
    with stop.at_signals():
        stop.check()
        send(first)
        assert stop.is_set()
        with pytest.raises(KeyboardInterrupt):
            stop.check()
        with pytest.raises(KeyboardInterrupt):
            send(second)
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_a_signal_that_is_lost_where_objects_go_is_kept():
    """Is one noticed that comes in a destructor, where no interrupt gets out?"""

    class Goes:
        def __del__(self):
            send(signal.SIGINT)

    stop = Stop()
    with stop.at_signals():
        Goes()
        with pytest.raises(KeyboardInterrupt):
            stop.check()


def test_what_is_ignored_stays_ignored():
    """Does a command that a shell runs in the background still not hear a Ctrl-C?"""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stop = Stop()
    with stop.at_signals():
        send(signal.SIGINT)
        assert not stop.is_set()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_only_the_main_thread_takes_signals():
    """Does grading in another thread leave the handlers alone?"""
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def work():
        with Stop().at_signals():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]


@pytest.mark.parametrize("after", [0, 1, 2])
@pytest.mark.parametrize("known", [False, True])
def test_a_class_is_stopped_between_two_students(root, after, known):
    """Is one stopped after as many students as were done, run or known, and goes on from there?"""
    if known:  # the results are there, but the gradebook has lost them
        Batch(COURSE, root, SLUG).grade()
        for path in (root / "autograded").glob("*/*/*.ipynb"):
            path.unlink()
    stop = Stop()
    done = []

    def advance(student):
        done.append(student)
        if len(done) == after:
            stop.set()

    if not after:
        stop.set()
    with pytest.raises(KeyboardInterrupt):
        Batch(COURSE, root, SLUG).grade(stop=stop, advance=advance)
    assert len(done) == after
    summary = Batch(COURSE, root, SLUG).grade()
    assert sorted(summary.unchanged) == sorted(done)
    assert len(summary.graded) == len(ANSWERS) - after
    assert len(results(root, SLUG)) == len(ANSWERS)
