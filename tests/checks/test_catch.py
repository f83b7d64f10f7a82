"""Are calls worth what they catch, and is nothing that an answer returns a danger?"""

import json
import time

import numpy as np
import pytest

from course_utils.checks.cases import Case, CaseSet
from course_utils.checks.catch import Catches, Tried
from course_utils.checks.check import CheckFailed, check
from course_utils.checks.grade import grade
from course_utils.checks.report import Report

ALLOWED = {"n": "whole 1 to 9", "x": "array N M", "twice": "True or False"}
MISTAKES = ("forgets_n", "transposes", "never_twice", "errs_on_9")
X = np.arange(6.0).reshape(2, 3)


def run(calls):
    """Catch by simple rules, and find that right answers do not agree on an n of 7."""
    caught = {
        "forgets_n": lambda call: call["n"] > 1,
        "transposes": lambda call: len(set(call["x"].shape)) > 1,
        "never_twice": lambda call: call["twice"],
        "errs_on_9": lambda call: call["n"] == 9,
    }
    faults = {i: "right answers do not agree" for i, call in enumerate(calls) if call["n"] == 7}
    fine = [i for i in range(len(calls)) if i not in faults]
    firsts = {m: next((i for i in fine if rule(calls[i])), None) for m, rule in caught.items()}
    return Tried(faults, {name: first for name, first in firsts.items() if first is not None})


def report(answer, here=run):
    """Grade what an answer returns; without `here`, as at a student's desk."""
    asked = Catches("scale", ALLOWED, {"twice": False}, 3, len(MISTAKES), here)
    case = Case("3 calls at most of scale", (), {}, asked)
    cases = CaseSet("cases_for_scale", 4, (), ("the result",), (case,), {}, seconds=1)
    return grade(cases, answer if callable(answer) else lambda: answer)


GOOD = [{"n": 9, "x": X}, {"n": 1, "x": X, "twice": True}]


def test_points_are_a_product():
    """Do shares of what is caught and of what is valid multiply?"""
    assert report(GOOD).score == 4
    assert report(GOOD[:1]).score == 3  # of four mistakes one is not caught
    assert report([*GOOD, {"n": 7, "x": X}]).score == pytest.approx(4 * 2 / 3, abs=0.01)
    assert report([GOOD[0], {"n": 10, "x": X}]).score == 1.5
    assert report([{"n": 1, "x": np.ones((2, 2))}]).score == 0


def test_what_is_caught_is_named_and_the_rest_is_counted():
    """Is each mistake named at the first call that catches it, and none that is missed?"""
    found = report(GOOD[:1])
    text = " ".join(str(found).split())
    assert "catches 3: forgets n; transposes; errs on 9." in text
    assert "1 of 4 known mistakes was not caught." in text
    assert "never twice" not in text
    assert found.rows[0].verdict == "partly"
    both = " ".join(str(report(GOOD)).split())
    assert "catches 1 more: never twice." in both
    assert "not caught" not in both
    assert report(GOOD).passed


def test_a_call_that_is_there_twice_is_not_valid():
    """Is it compared by what it means, with what was left out?"""
    again = {"x": X.astype(int), "n": np.int64(9), "twice": np.False_}
    found = report([*GOOD, again])
    assert "it is call 1 once more" in str(found)
    assert found.caught.valid == 2


def test_at_the_desk_it_is_said_what_can_be_known():
    """Are calls valid or not there, is what they share told, and are no points promised?"""
    found = report(GOOD[:1], None)
    text = " ".join(str(found).split())
    assert found.passed
    assert found.score == 0
    assert "1 of 1 call valid, 4 points to be had when you are graded" in text
    assert "In your valid call `twice` is False. A mistake there would not show" in text
    assert not any(name.replace("_", " ") in text for name in MISTAKES)
    square = [{"n": n, "x": np.full((2, 2), 3)} for n in (2, 3)]
    says = report(square, None).caught.alike
    assert says == ("`twice` is False", "`x` holds one number only", "N and M are equal")
    assert report(GOOD, None).caught.alike == ()
    assert not report([*GOOD, 3], None).passed


def test_lists_are_shown_and_compared():
    """Does a student see the list that is meant, and is one that is there already not valid?"""
    rules = {"layers": "list of 1 to 3: ('fc'; whole 1 to 9)", "w": "dict of 1 to 2: array A"}
    asked = Catches("count", rules, {}, 3, 1, lambda calls: Tried({}, {}))
    layers, w = [("fc", 3), ("fc", 2)], {"a": np.ones(2)}
    caught = asked.caught_by([{"layers": layers, "w": w}, {"layers": layers, "w": dict(w)}])
    assert caught.calls[0].shown == "count(layers=[('fc', 3), ('fc', 2)], w=dict(a=(2,)))"
    assert caught.calls[1].fault == "it is call 1 once more"
    (call,) = asked.caught_by([{"layers": [("fc", 0)] * 5000, "w": nested(30)}]).calls
    assert call.shown == "count(layers=list, w=[[[list]]])"
    (call,) = asked.caught_by([{"layers": [("fc", 0)], "w": w}]).calls
    assert call.fault.endswith("; at [0][1] it is 0")


class Hostile:
    """A value that does harm if it is compared, shown, counted or copied."""

    def __eq__(self, other):
        raise SystemExit

    def __repr__(self):
        time.sleep(100)

    __hash__ = None
    __len__ = __iter__ = __str__ = __bool__ = __index__ = __float__ = __deepcopy__ = __repr__


class HostileDict(dict):
    """A dict whose methods do harm."""

    def __iter__(self):
        raise SystemExit

    __getitem__ = __contains__ = items = keys = values = get = __len__ = __iter__


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "returned",
    [
        [],
        (),
        None,
        3,
        "calls",
        GOOD * 1000,
        [{}],
        [[]],
        [3],
        [(9, X)],
        nested(20),
        nested(10_000),
        [nested(20)],
        (call for call in GOOD),
        set(),
        {0: GOOD[0]},
        Hostile(),
        [Hostile()],
        [HostileDict(n=Hostile(), x=X)],
        [{"n": Hostile(), "x": X}],
        [{"n": 2, "x": Hostile()}],
        [{"n": 10**9, "x": X}],
        [{"n": 10**4000, "x": X}],
        [{"n": float("nan"), "x": X}],
        [{"n": 2, "x": X * np.nan}],
        [{"n": 2, "x": X.tolist()}],
        [{"n": 2, "x": np.array([[Hostile()]], object)}],
        [{"n": 2, "x": np.zeros((2000, 2000))}],
        [{"n": 2, "x": np.broadcast_to(1.0, (10**6, 10**6))}],
        [{"n": 2, "x": X, "other": 1}],
        [{"n": 2, "x": X, "`" * 500 + "\n<script>": 1}],
        [{0: 2}],
        [{"x": X}],
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("here", [run, None])
def test_what_is_no_list_of_valid_calls_earns_nothing(returned, here):
    """Is it refused in a few words and at once, and never run?"""
    start = time.monotonic()
    found = report(lambda: returned, here and never)
    assert time.monotonic() - start < 2
    assert found.score == 0
    assert not found.passed
    assert len(str(found)) < 1500
    assert "<script>" not in found.to_html()


def never(calls):
    assert not calls
    return Tried({}, {})


def test_an_answer_that_hangs_or_raises_is_told_so():
    """Is it judged as any other answer?"""

    def hangs():
        while True:
            pass

    assert "o answer after 1 s" in str(report(hangs))
    assert "ZeroDivisionError" in str(report(lambda: 1 / 0))


def test_a_report_survives_json():
    """Does a page that is made of it say the same?"""
    for found in (report(GOOD[:1]), report(GOOD, None), report([])):
        assert Report.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_grading_without_the_mistakes_gives_nothing(monkeypatch, capsys):
    """Does the kit's check, run by nbgrader alone, not pass for all points?"""
    calls = [{"size": 9, "kernel": 3, "stride": 4}]
    assert check("cases_for_output_size", lambda: calls) is None
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    with pytest.raises(CheckFailed, match="1 of 1 call valid"):
        check("cases_for_output_size", lambda: calls)
    capsys.readouterr()
