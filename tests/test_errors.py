"""Does an error about an unknown word name what was probably meant?"""

import pytest

from course_utils.errors import did_you_mean

KNOWN = ("lstm_forward", "gru_forward", "conv2d_forward")


@pytest.mark.parametrize(
    ("word", "known", "otherwise", "mend"),
    [
        ("lstm_fwd", KNOWN, (), "did you mean 'lstm_forward'?"),
        ("lstm_fwd", KNOWN, ("look around",), "did you mean 'lstm_forward'?"),
        ("zzz", KNOWN, (), "there are conv2d_forward, gru_forward, lstm_forward"),
        ("zzz", KNOWN, ("look around",), "look around"),
        ("zzz", KNOWN, ("",), ""),
        ("zzz", iter("ba"), (), "there are a, b"),
        ("zzz", (), (), "there are none"),
    ],
)
def test_did_you_mean(word, known, otherwise, mend):
    """Is it the nearest word, and where none is near what is said otherwise, or all of them?"""
    assert did_you_mean(word, known, *otherwise) == mend
