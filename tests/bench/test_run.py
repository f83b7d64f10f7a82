"""Are the benchmarks honest: fair turns, true medians, and the same work on both sides?"""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from course_utils import cli
from course_utils.bench import run, timing
from course_utils.errors import CourseError

ROOT = Path(__file__).parents[2]


class Clock:
    """A clock that only moves when a run says how long it takes."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def takes(self, *seconds):
        """Return a run that takes these times, again and again."""
        calls = iter(range(10**6))

        def work():
            self.now += seconds[next(calls) % len(seconds)]

        return work


def test_the_ratio_is_ours_by_theirs():
    """Does a run that takes twice as long get 2, whichever goes first?"""
    clock = Clock()
    assert timing.ratio(clock.takes(2.0), clock.takes(1.0), clock=clock) == 2
    assert timing.ratio(clock.takes(1.0), clock.takes(4.0), clock=clock) == 0.25


def test_an_outlier_does_not_count():
    """Is a single slow turn left out by the median?"""
    clock = Clock()
    ours = clock.takes(*[0.5] * 5, 50.0, *[0.5] * 20)
    assert timing.ratio(ours, clock.takes(0.5), clock=clock) == 1


def test_slow_works_take_the_least_number_of_turns():
    """Are there enough turns for a median, however long a turn takes?"""
    clock = Clock()
    timing.ratio(clock.takes(10.0), clock.takes(10.0), clock=clock)
    assert clock.now == 20 * (timing.LEAST_TURNS + 1)


def test_names_choose_works():
    """Does a name stand for all works that begin with it, and no name for all?"""
    everything = run.works_of([])
    assert {work.name for work in run.works_of(["convolution"])} == {
        work.name for work in everything if work.name.startswith("convolution")
    }
    assert len({work.name for work in everything}) == len(everything)


@pytest.mark.parametrize(
    ("names", "says"),
    [
        (["convolutoin"], "unknown benchmark 'convolutoin'; there are "),
        (
            ["recurrent", "grading: 23"],
            "unknown benchmark 'grading: 23'; did you mean 'grading: 32",
        ),
    ],
)
def test_an_unknown_name_is_an_error_before_anything_is_timed(names, says, monkeypatch):
    """Is a misspelt benchmark named at once, one of grading too, whatever else is asked for?"""
    monkeypatch.setattr(run, "ratio", lambda *_: pytest.fail("timed"))
    with pytest.raises(CourseError, match=says):
        list(run.bench(ROOT, names))


def test_grading_is_timed_only_if_asked_for(monkeypatch):
    """Do all benchmarks together leave out those that take many minutes?"""
    monkeypatch.setattr(run, "ratio", lambda *_: 1.0)
    everything = {timing.work for timing in run.bench(ROOT)}
    assert everything == {work.name for work in run.works_of()}


@pytest.mark.parametrize(
    ("name", "module", "extra"),
    [("recurrent", "works", "torch"), ("grading", "grading", "grading")],
)
def test_what_is_not_installed_is_named(name, module, extra, monkeypatch):
    """Is a missing library named, with the command that installs it?"""
    monkeypatch.setitem(sys.modules, f"course_utils.bench.{module}", None)
    with pytest.raises(CourseError, match=rf'is not installed: pip install -e "\.\[{extra}\]"'):
        list(run.bench(ROOT, [name]))


def test_the_command_prints_a_table_or_json(monkeypatch, capsys):
    """Are the ratios printed with their bars, and is one above its bar a problem?"""
    fine, slow = (timing.Timing("work", "float32", "PyTorch", value, 1.0) for value in (0.5, 2.0))
    monkeypatch.setattr(run, "bench", lambda course, names: iter([fine]))
    assert cli.main(["bench"]) == 0
    assert "0.500" in capsys.readouterr().out
    monkeypatch.setattr(run, "bench", lambda course, names: iter([fine, slow]))
    assert cli.main(["bench", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == [
        {"work": "work", "dtype": "float32", "peer": "PyTorch", "ratio": value, "bar": 1.0}
        for value in (0.5, 2.0)
    ]
    assert cli.main(["bench"]) == 1
    assert capsys.readouterr().out.count("above") == 1


@pytest.mark.parametrize("work", run.works_of([]), ids=lambda work: work.name)
def test_both_sides_do_the_same_work(work):
    """Are outputs and gradients equal, so that the ratio compares like with like?"""
    ours, peer = (side() for side in work.make("float64"))
    for mine, theirs in zip(ours, peer, strict=False):
        np.testing.assert_allclose(mine, theirs, rtol=1e-7, atol=1e-9)
    assert 2 <= len(peer) <= len(ours)
