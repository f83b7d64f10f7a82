"""Do tests that share what they set up run in one process?"""

import pytest


def test_a_test_is_sent_with_its_group(request):
    """Is the group of a test, its file, in what pytest-xdist sends it by?"""
    if not hasattr(request.config, "workerinput"):
        pytest.skip("the tests run in one process: start them with --numprocesses")
    assert request.node.nodeid.endswith(f"@{request.path.as_posix()}")
