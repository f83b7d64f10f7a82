"""Does late work lose what the rule says, never more than there is, and more the later it is?"""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from traitlets.config import Config

from course_utils.errors import CourseError
from course_utils.grading.late_rule import LateRule, loses_nothing

HOUR, DAY = 3600, 86400
SHARES = st.floats(0, 1)


def rule(**settings):
    """Return the rule with these settings, in a notebook of 20 points."""
    made = LateRule(config=Config(LateRule=Config(settings)))
    notebook = SimpleNamespace(max_score=20.0)
    gradebook = SimpleNamespace(find_submission_notebook=lambda *_: notebook)
    step = SimpleNamespace(gradebook=gradebook, notebook_id="n", assignment_id="a", student_id="s")
    made._points_to_reach = LateRule._points_to_reach.__get__(SimpleNamespace(parent=step))
    return made


def lost(seconds, score=10.0, **settings):
    return rule(**settings).late_submission_penalty("student-001", score, seconds)


PER_DAY = {"penalty_method": "per-day", "per_day": 0.1}
STEPS = {"penalty_method": "steps", "steps": [(0, 0.1), (24, 0.5), (48, 1)]}


@pytest.mark.parametrize(
    ("settings", "seconds", "points"),
    [
        ({}, 9 * DAY, None),
        ({"penalty_method": "zero"}, 1, 10.0),
        (PER_DAY, 1, 1.0),
        (PER_DAY, DAY, 1.0),
        (PER_DAY, DAY + 1, 2.0),
        (PER_DAY, 30 * DAY, 10.0),
        ({**PER_DAY, "most": 0.5}, 30 * DAY, 5.0),
        ({**PER_DAY, "of": "maximum"}, DAY, 2.0),
        ({**PER_DAY, "of": "maximum"}, 9 * DAY, 10.0),
        ({**PER_DAY, "per_day": 0.333}, DAY, 3.33),
        ({**PER_DAY, "grace_minutes": 15}, 15 * 60, None),
        ({**PER_DAY, "grace_minutes": 15}, 15 * 60 + 1, 1.0),
        (STEPS, 1, 1.0),
        (STEPS, DAY, 1.0),
        (STEPS, DAY + 1, 5.0),
        (STEPS, 49 * HOUR, 10.0),
        ({"penalty_method": "steps", "steps": [(2, 0.5)]}, 2 * HOUR, None),
        ({"penalty_method": "steps", "steps": [[2, 0.5]]}, 2 * HOUR + 1, 5.0),
    ],
)
def test_what_is_lost(settings, seconds, points):
    """Is it to the point what the rule says, at the ends of days and steps too?"""
    assert lost(seconds, **settings) == points


@pytest.mark.parametrize("score", [0.0, -1.0])
def test_who_has_nothing_loses_nothing(score):
    """Is there no penalty on a score of 0, be the share of the points to reach?"""
    assert lost(DAY, score, **PER_DAY, of="maximum") is None


@given(
    st.sampled_from(["none", "zero", "per-day", "steps"]),
    SHARES,
    st.lists(SHARES, min_size=1, max_size=4),
    st.sampled_from(["score", "maximum"]),
    SHARES,
    st.integers(0, 600),
    st.floats(0, 30),
    st.tuples(st.integers(1, 10 * DAY), st.integers(1, 10 * DAY)),
)
def test_a_penalty_is_between_nothing_and_the_score(
    method, per_day, shares, of, most, grace, score, seconds
):
    """Is it never negative, never above the score, and never less for who is later?"""
    made = rule(
        penalty_method=method,
        per_day=per_day,
        steps=[(12 * i, share) for i, share in enumerate(sorted(shares))],
        of=of,
        most=most,
        grace_minutes=grace,
    )
    early, late = (
        made.late_submission_penalty("student-001", score, s) or 0.0 for s in sorted(seconds)
    )
    assert 0 <= early <= late <= score


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"per_day": 10}, "c.LateRule makes no sense: .*not be greater than 1"),
        ({"most": -1}, "c.LateRule makes no sense"),
        ({"penalty_method": "perday"}, "c.LateRule makes no sense"),
        ({"grace": 5}, r"c\.LateRule\.grace is no setting; there are .*grace_minutes"),
        ({"penalty_method": "steps"}, "steps is empty"),
        ({"steps": [(24, 0.5), (0, 0.1)]}, "steps must go up"),
        ({"steps": [(0, 0.5), (24, 0.1)]}, "steps must go up"),
        ({"steps": [(0, 50)]}, "c.LateRule makes no sense"),
    ],
)
def test_settings_that_make_no_sense(settings, says):
    """Is a setting that is wrong or misspelt an error that names it?"""
    with pytest.raises(CourseError, match=says):
        rule(**settings)


def test_nbgraders_setting_holds():
    """Does the rule count that a course has under nbgrader's own name?"""
    config = Config(LateSubmissionPlugin=Config(penalty_method="zero"))
    assert LateRule(config=config).penalty_method == "zero"
    assert not loses_nothing(LateRule(config=config))
    assert loses_nothing(LateRule())
