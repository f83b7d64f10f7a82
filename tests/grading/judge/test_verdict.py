import pytest

from course_utils.grading.judge.verdict import FAULT, Verdict, has_verdict


@pytest.mark.parametrize(
    "said",
    [
        None,
        True,
        2.0,
        "2.0",
        [],
        {},
        {"kind": "scored"},
        {"score": 2.0},
        {"kind": "passed", "score": 2.0},
        {"kind": "late", "score": 2.0},
        *({"kind": "scored", "score": score} for score in ("2", True, None, -1, 2.5, [2.0])),
        *({"kind": "scored", "score": float(score)} for score in ("nan", "inf", "-inf")),
    ],
)
def test_what_is_no_verdict_is_lost(said):
    """Is anything but an explicit score or error an error, and the course's?"""
    verdict = Verdict.of(said, 2.0)
    assert (verdict.kind, verdict.score) == ("lost", 0.0)
    assert verdict.output.ename == FAULT
    assert has_verdict([verdict.output], 2.0)


@pytest.mark.parametrize("score", [0, 0.5, 1 / 3, 2, 2.0, 12345.67])
def test_a_score_is_read_as_it_was_said(score):
    """Does nbgrader read the number that the judge said?"""
    verdict = Verdict.of({"kind": "scored", "score": score}, 20_000)
    assert float(verdict.output.data["text/plain"]) == pytest.approx(score, rel=1e-11)


def test_what_an_error_says_is_short():
    """Is a message cut that a student could make as long as he likes?"""
    verdict = Verdict.of({"kind": "failed", "name": "X" * 10**6, "says": "y" * 10**6}, 2.0)
    assert verdict.kind == "failed"
    assert len(str(verdict.output)) < 20_000
