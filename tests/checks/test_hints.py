"""Do hints come one by one where an instructor has chosen so, and at once where not?"""

import pytest

from course_utils.checks import CheckFailed, check, hint, hints
from course_utils.checks.check import GRADING
from course_utils.checks.hints import AT_ONCE, CHOICES, IN_STEPS, held_back, kind, settings
from course_utils.exercises import catalog, find

MISTAKE = "rounds_up"
WRONG = find("output_size").mistakes[MISTAKE]


def ask(capsys):
    """Check the wrong answer; return what is shown, in one line."""
    with pytest.raises(CheckFailed):
        check("output_size", WRONG.function)
    return " ".join(capsys.readouterr().out.split())


def told(capsys, name="output_size"):
    hint(name)
    return " ".join(capsys.readouterr().out.split())


@pytest.fixture
def stepwise(monkeypatch):
    monkeypatch.setattr(hints, "in_steps", lambda: True)
    monkeypatch.setattr(hints, "_kept", {})


def test_without_a_choice_the_sentence_comes_at_once(capsys, monkeypatch):
    """Is a hint with the check, as ever, and nothing kept back?"""
    monkeypatch.setattr(hints, "_kept", {})
    said = ask(capsys)
    assert WRONG.sentence in said
    assert "hint(" not in said
    assert told(capsys).startswith("There is no hint")


@pytest.mark.usefixtures("stepwise")
def test_hints_in_steps(capsys):
    """Does the check say where, the first hint of what kind, the second the sentence?"""
    said = ask(capsys)
    assert WRONG.sentence not in said
    assert "Case 1, the example" in said
    assert 'run `hint("output_size")`' in said
    first = told(capsys)
    assert "an answer that rounds up" in first
    assert WRONG.sentence not in first
    for _ in range(2):
        assert WRONG.sentence in told(capsys)


@pytest.mark.usefixtures("stepwise")
def test_the_same_mistake_keeps_its_step_and_another_begins_anew(capsys):
    """Does Run All give nothing away, and take nothing back?"""
    ask(capsys)
    told(capsys)
    ask(capsys)
    assert WRONG.sentence in told(capsys)
    other = find("output_size").mistakes["forgets_first_position"]
    with pytest.raises(CheckFailed):
        check("output_size", other.function)
    capsys.readouterr()
    assert other.sentence not in told(capsys)
    check("output_size", find("output_size").reference_or_model)
    capsys.readouterr()
    assert told(capsys).startswith("There is no hint")


@pytest.mark.usefixtures("stepwise")
def test_grading_keeps_nothing_back(capsys, monkeypatch):
    """Does the feedback have every sentence, however the desk was set?"""
    monkeypatch.setenv(GRADING, "autograde")
    assert check("output_size", WRONG.function) > 0
    assert WRONG.sentence in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("choice", CHOICES)
def test_the_kit_says_how(choice, monkeypatch, tmp_path):
    """Is the choice read from the file beside the checks, and its absence taken as at once?"""
    monkeypatch.setattr(hints.resources, "files", lambda package: tmp_path)
    assert not hints.in_steps()
    (tmp_path / hints.SETTINGS).write_text(settings(choice))
    assert hints.in_steps() is (choice == IN_STEPS)
    assert AT_ONCE in CHOICES


def test_a_report_without_a_mistake_is_left_alone(stepwise):
    """Is nothing promised that is not there?"""
    from course_utils.checks.check import frozen_cases
    from course_utils.checks.grade import grade

    report = grade(frozen_cases("output_size"), find("output_size").reference_or_model)
    assert held_back(report) is report


def test_a_mistakes_name_reads_as_a_verb():
    """Do all names begin with a verb in the third person, so that the sentence is one?"""
    names = [n for es in catalog().values() for e in es for n in e.mistakes]
    verbs = {name.partition("_")[0] for name in names}
    adverbs = {"always", "never", "hardly", "only", "just"}
    assert not [verb for verb in verbs - adverbs if not verb.endswith("s")]
    assert kind("forgets_the_slope_of_f") == "forgets the slope of f"
