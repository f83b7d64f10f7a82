"""Does a term go from a platform's zip to what it takes back, with nothing wrong on the way?"""

import pytest

from tests.grading.term import begin, play, transcript


@pytest.mark.slow
def test_a_small_class_on_blackboard(tmp_path):
    """Is each score, each LATE, each page and each line of the sheet right, for eight students?"""
    term = begin("blackboard", 8, tmp_path, short=True)
    play(term)
    assert not term.wrong, transcript(term)
