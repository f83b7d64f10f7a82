"""The small exercise as a fixture."""

import pytest

from tests.checks.doubling import double_cases


@pytest.fixture
def double():
    """Cases of a function that doubles an array and refuses an empty one."""
    return double_cases()
