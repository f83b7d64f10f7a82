"""Are the ways to regularize compared as the book says?"""

import json
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from course_utils.bench import regularizers
from course_utils.bench.regularizers import Digits
from course_utils.errors import CourseError

COMMITTED = Path(__file__).parents[2] / "book" / "regularization" / "regularizers.json"
SEEDS = 10


def committed():
    """Return the trainings that the book reads."""
    return json.loads(COMMITTED.read_text(encoding="utf-8"))


def test_committed_result_is_that_of_the_program():
    """Does the file hold each training, in order, with all that is measured?"""
    expected = regularizers.experiment(None, SEEDS).settings
    assert [{name: one[name] for name in expected[0]} for one in committed()] == expected
    for one in committed():
        assert (one["epochs"] == regularizers.EPOCHS) or one["way"] == "early stopping"
        assert all(
            0 <= one[what] <= 1
            for what in ("learned", "held out", "moved", "views", "voted", "alone")
        )
        if one["way"] not in ("ensemble", "bagging"):
            assert one["held out"] == one["voted"] == one["alone"]


@pytest.mark.parametrize(
    ("labels", "way"), [("noisy", "dropout"), ("noisy", "early stopping"), ("clean", "shifts")]
)
def test_committed_training_can_be_repeated(labels, way):
    """Does the same setting come to what is in the file?"""
    one = next(one for one in committed() if (one["labels"], one["way"]) == (labels, way))
    again = regularizers.study(one)
    for what in ("learned", "held out", "moved", "views"):
        assert again[what] == pytest.approx(one[what], abs=0.03)


@pytest.mark.parametrize(("decay", "drop"), [(0.0, 0.0), (0.05, 0.0), (0.0, 0.5)])
def test_gradients_are_pytorchs(decay, drop):
    """Are they those of the mean loss, the squares of the matrices, and the same mask?"""
    train, _ = regularizers.load(0, "clean")
    digits = Digits(train.x[:7].astype(float), train.y[:7])
    weights = regularizers.start(np.random.default_rng(1))
    p = {
        name: torch.tensor(array, dtype=torch.float64, requires_grad=True)
        for name, array in weights.items()
    }
    hidden = torch.relu(torch.tensor(regularizers.flat(digits.x)) @ p["w1"] + p["b1"])
    kept = np.random.default_rng(2).random(hidden.shape, dtype=np.float32) >= drop
    scores = hidden * torch.tensor(kept) / (1 - drop) @ p["w2"] + p["b2"]
    loss = torch.nn.functional.cross_entropy(scores, torch.tensor(digits.y))
    (loss + decay / 2 * ((p["w1"] ** 2).sum() + (p["w2"] ** 2).sum())).backward()
    double = {name: array.astype(float) for name, array in weights.items()}
    found = regularizers.gradients(
        double, digits, decay=decay, drop=drop, rng=np.random.default_rng(2)
    )
    assert found.keys() == p.keys()
    for name, gradient in found.items():
        np.testing.assert_allclose(gradient, p[name].grad, rtol=1e-9, atol=1e-12)


def test_noise_changes_labels_of_training_alone():
    """Are about 27 of 100 labels wrong, and images and the test those of the clean digits?"""
    wrong = []
    for seed in range(SEEDS):
        clean, noisy = (regularizers.load(seed, labels) for labels in regularizers.LABELS)
        wrong.append(np.mean(clean[0].y != noisy[0].y))
        np.testing.assert_array_equal(clean[0].x, noisy[0].x)
        np.testing.assert_array_equal(clean[1].y, noisy[1].y)
        assert len(clean[0].y) == 300
    assert 0.25 < np.mean(wrong) < 0.29
    assert max(wrong) <= 0.3


def test_ways_change_images_as_they_say():
    """Are images moved, mirrored, or left, and labels left in all of them?"""
    train, _ = regularizers.load(0, "clean")
    rng = np.random.default_rng(0)
    for way, _ in regularizers.WAYS:
        changed = regularizers.changed(train, way, rng)
        np.testing.assert_array_equal(changed.y, train.y)
        same = np.array([np.array_equal(*pair) for pair in zip(changed.x, train.x, strict=True)])
        mirrored = np.array(
            [np.array_equal(a, b[..., ::-1]) for a, b in zip(changed.x, train.x, strict=True)]
        )
        if way == "mirror images":
            assert 0.4 < mirrored.mean() < 0.6
            assert (same | mirrored).all()
        elif "shifts" in way:
            assert 0.15 < same.mean() < 0.35
            assert not mirrored[~same].any()
        else:
            assert same.all()


def test_early_stopping_keeps_the_best_epoch(monkeypatch):
    """Are the weights those of the lowest validation loss, looked for ten epochs longer?"""
    losses = [3.0, 2.0, 2.5, 1.0, *[1.5] * 30]
    seen = iter(losses)
    monkeypatch.setattr(regularizers, "validation_loss", lambda p, held: next(seen))
    train, _ = regularizers.load(0, "noisy")
    rng = np.random.default_rng(3)
    kept, best = regularizers.train(train, "early stopping", 0, rng)
    assert best == 4
    assert len(list(seen)) == len(losses) - 4 - regularizers.PATIENCE
    few = train.take(np.arange(240))
    again = list(islice(regularizers.epochs(few, "early stopping", 0, np.random.default_rng(3)), 4))
    for name, array in kept.items():
        np.testing.assert_array_equal(array, again[-1][name])


def test_averages_and_votes_differ():
    """Does one sure member outvote two unsure ones in the average, and not in the vote?"""
    answers = np.zeros((3, 1, 10))
    answers[:, 0, :2] = [[0.9, 0.1], [0.4, 0.6], [0.4, 0.6]]
    assert regularizers.right(answers, np.array([0])) == 1
    assert regularizers.right(regularizers.votes(answers), np.array([1])) == 1


def test_other_data_are_refused():
    """Does the error say what to leave out?"""
    with pytest.raises(CourseError, match="leave --data out"):
        regularizers.experiment("cifar10", 1)
