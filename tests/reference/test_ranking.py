"""Is the top-k error right? PyTorch and scikit-learn are asked."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import top_k_accuracy_score

from course_utils.reference.ranking import top_k_error


@pytest.mark.parametrize("k", [1, 2, 6])
def test_it_is_the_libraries(k):
    """Do torch.topk and scikit-learn find as many?"""
    rng = np.random.default_rng(0)
    scores, classes = rng.normal(size=(60, 7)), rng.integers(0, 7, 60)
    best = torch.tensor(scores).topk(k, dim=1).indices.numpy()
    found = top_k_error(scores, classes, k)
    assert found == pytest.approx(1 - (best == classes[:, None]).any(axis=1).mean())
    theirs = top_k_accuracy_score(classes, scores, k=k, labels=range(7))
    assert found == pytest.approx(1 - theirs)


def test_equal_scores_are_ranked_by_number():
    """Where all scores are the same, are the first k classes found and no others?"""
    rng = np.random.default_rng(1)
    for K in (4, 100):  # small arrays are sorted in another way than large ones
        scores = np.tile(rng.integers(0, 2, K).astype(float), (K, 1))  # many equal ones
        ranks = [
            sum((-s, j) < (-scores[0, k], k) for j, s in enumerate(scores[0])) for k in range(K)
        ]
        for k in (1, 3, K):
            expected = np.mean(np.array(ranks) >= k)
            assert top_k_error(scores, np.arange(K), k) == pytest.approx(expected)
            missing = [c for c in range(K) if top_k_error(scores[:1], np.array([c]), k) == 1]
            assert missing == [c for c in range(K) if ranks[c] >= k]


@pytest.mark.parametrize("k", [0, 4])
def test_a_k_out_of_range_is_refused(k):
    """Does the message say how large k may be?"""
    with pytest.raises(ValueError, match="number of classes, 3"):
        top_k_error(np.ones((2, 3)), np.zeros(2, int), k)
