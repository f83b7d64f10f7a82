"""Is it told which earlier exercise a fault comes from?"""

import pytest

from course_utils.checks import CheckFailed, check

WRONG = "def lstm_step_forward(*args):\n    print(1)\n    return args[1], args[2], args[3]\n"
RAISES = "def lstm_step_forward(*args):\n    raise IndexError\n"
BLANK = "def lstm_step_forward(*args):\n    raise NotImplementedError\n"
CALLS = "def helper(*args):\n    return lstm_step_forward(*args)\n"
CALLS += "def lstm_forward(*args):\n    return helper(*args)\n"
DOES_NOT = "def lstm_forward(*args):\n    return None\n"


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (WRONG + CALLS, "Your `lstm_forward` calls your `lstm_step_forward`, which is not right"),
        (RAISES + CALLS, "calls your `lstm_step_forward`, and that raised IndexError"),
        (BLANK + CALLS, "calls your `lstm_step_forward`, and nothing is written there yet"),
        (WRONG + DOES_NOT, ""),
    ],
)
def test_a_wrong_answer_is_told_what_to_mend_first(capsys, source, told):
    """Is an answer that calls a wrong one sent there, and one that does not left alone?"""
    names: dict = {}
    exec(source, names)
    with pytest.raises(CheckFailed):
        check("lstm_forward", names["lstm_forward"])
    out = " ".join(capsys.readouterr().out.split())
    assert told in out
    assert told or "lstm_step_forward" not in out
    assert ("Mend it first" in out) is (source == WRONG + CALLS)
