"""Does a residual network of 20 layers learn where a plain one does not?"""

import numpy as np
import pytest

from course_utils.checks.measure import accuracy
from course_utils.checks.probes import labels_of_deep
from course_utils.exercises import find


def learned(answer, seed):
    """Return the share of training digits, and of others, that an answer's network labels right."""
    (drawn,) = find("train_deep_residual").inputs(np.random.default_rng(seed))
    train_x, train_y, _ = drawn.args
    both = {**drawn.kwargs, "test_x": np.concatenate([train_x, drawn.kwargs["test_x"]])}
    labels = labels_of_deep(answer)(*drawn.args, **both)
    known = len(train_y)
    truth = drawn.achieves.truth
    return accuracy(train_y, labels[:known]), accuracy(truth, labels[known:])


@pytest.mark.parametrize("seed", [0, 6])
def test_a_plain_network_does_not_even_fit_its_training_digits(seed):
    """Do shortcuts alone make the difference, on digits learned from and on others?"""
    exercise = find("train_deep_residual")
    plain, residual = exercise.mistakes["is_plain"], exercise.right["writes_its_own_blocks"]
    assert dict(plain.edits) == {"torch.relu(x + branch)": "torch.relu(branch)"}
    fitted, right = learned(residual, seed)
    assert fitted > 0.85
    assert right > 0.75
    fitted, right = learned(plain.function, seed)
    assert fitted < 0.65
    assert right < 0.65
