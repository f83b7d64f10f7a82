"""Are the benchmarks honest: fair turns, true medians, and the same work on both sides?"""

import json

import numpy as np
import pytest

from course_utils import cli
from course_utils.bench import run, timing
from course_utils.errors import CourseError


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
    everything = run.chosen([])
    assert {work.name for work in run.chosen(["convolution"])} == {
        work.name for work in everything if work.name.startswith("convolution")
    }
    assert len({work.name for work in everything}) == len(everything)
    with pytest.raises(CourseError, match="unknown benchmark 'convolutoin'"):
        run.chosen(["convolutoin"])


def test_the_command_prints_a_table_or_json(monkeypatch, capsys):
    """Are the ratios printed with their bars, and is one above its bar a problem?"""
    fine, slow = (timing.Timing("work", "float32", "PyTorch", value, 1.0) for value in (0.5, 2.0))
    monkeypatch.setattr(run, "bench", lambda names: iter([fine]))
    assert cli.main(["bench"]) == 0
    assert "0.500" in capsys.readouterr().out
    monkeypatch.setattr(run, "bench", lambda names: iter([fine, slow]))
    assert cli.main(["bench", "--json"]) == 1
    assert json.loads(capsys.readouterr().out) == [
        {"work": "work", "dtype": "float32", "peer": "PyTorch", "ratio": value, "bar": 1.0}
        for value in (0.5, 2.0)
    ]
    assert cli.main(["bench"]) == 1
    assert capsys.readouterr().out.count("above") == 1


@pytest.mark.parametrize("work", run.chosen([]), ids=lambda work: work.name)
def test_both_sides_do_the_same_work(work):
    """Are outputs and gradients equal, so that the ratio compares like with like?"""
    ours, peer = (side() for side in work.make("float64"))
    for mine, theirs in zip(ours, peer, strict=False):
        np.testing.assert_allclose(mine, theirs, rtol=1e-7, atol=1e-9)
    assert 2 <= len(peer) <= len(ours)
