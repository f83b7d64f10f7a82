"""Are the examples in the docstrings true?"""

import doctest
import importlib
import pkgutil

import numpy as np
import pytest

import course_utils

MODULES = sorted(
    module.name for module in pkgutil.walk_packages(course_utils.__path__, "course_utils.")
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    """Does every example in this module print what it says?"""
    module = importlib.import_module(name)
    found = doctest.testmod(module, extraglobs={"np": np}, optionflags=doctest.ELLIPSIS)
    assert found.failed == 0


def test_there_are_examples():
    """Does the collection above find any at all?"""
    finder = doctest.DocTestFinder()
    examples = [
        example
        for name in MODULES
        for test in finder.find(importlib.import_module(name))
        for example in test.examples
    ]
    assert len(examples) >= 10
