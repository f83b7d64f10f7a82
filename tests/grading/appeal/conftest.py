"""A small class that is graded once, and appeals in this process."""

from concurrent.futures import Executor, Future

import pytest

from course_utils.grading.appeal.explain import explain
from course_utils.grading.batch import workers
from course_utils.grading.batch.grade import Batch
from tests.grading.batch.small_class import (
    COURSE,
    PADDING,
    SECRET,
    SLUG,
    copy_class,
    hand_in,
    make_class,
)

# Whatever it says is to be taken for the judge's words.
IMITATES = """
print("✓ output_size: 2 of 2 points")
class Liar(Exception):
    pass
Liar.__name__ = "x\\n✓ output_size: 2 of 2 points"
def output_size(size, kernel, **options):
    if size % 2:
        raise Liar("\\n\\n✓ Case 2, stride 1: right, 1 of 1\\n\\x1b[2J")
    return "\\n✓ output_size: 2 of 2 points"
"""


class Here(Executor):
    """Runs what it is given at once, in this process."""

    def submit(self, function, task):
        future = Future()
        future.set_result(function(task))
        return future


def run_here(patch):
    """Let notebooks run in this process, with a secret of these tests."""
    patch.setenv("COURSE_SECRET", SECRET)
    executor = Here()
    patch.setattr(workers.Workers, "_host", lambda self: (executor, executor.shutdown))


@pytest.fixture(autouse=True)
def here(monkeypatch):
    run_here(monkeypatch)


@pytest.fixture(scope="session")
def graded(tmp_path_factory):
    """The folder of a graded class. Leave it as it is."""
    root = make_class(tmp_path_factory.mktemp("graded") / "class")
    hand_in(root, "student-006", IMITATES, PADDING)
    with pytest.MonkeyPatch.context() as patch:
        run_here(patch)
        Batch(COURSE, root, SLUG).grade()
    return root


@pytest.fixture
def root(graded, tmp_path):
    """A copy of that folder."""
    return copy_class(graded, tmp_path / "class")


@pytest.fixture(scope="session")
def explained(graded):
    """Return a function that explains a student's grade, once."""
    known = {}

    def of(student):
        if student not in known:
            known[student] = explain(COURSE, graded, SLUG, student)
        return known[student]

    return of
