"""Are the trainings on the adding problem what the book says that they are?"""

import json
from pathlib import Path

import numpy as np
import pytest

from course_utils.bench import adding_problem as adding
from course_utils.errors import CourseError

COMMITTED = Path(__file__).parents[2] / "book" / "lstm" / "adding-problem.json"


def test_answer_is_the_sum_of_the_two_marked_numbers():
    """Is one step in each half marked, and is the target the sum of their numbers?"""
    x, y = adding.adding_problem(np.random.default_rng(0), N=50, T=12)
    assert x.shape == (12, 50, 2)
    for half in (x[:6], x[6:]):
        np.testing.assert_array_equal(half[:, :, 1].sum(axis=0), 1)
    for n in range(50):
        first, second = np.flatnonzero(x[:, n, 1])
        assert y[n] == pytest.approx(x[first, n, 0] + x[second, n, 0])


@pytest.mark.parametrize("gate", range(4))
def test_holding_a_gate_that_never_moves_changes_nothing(gate):
    """Are the answers the same if the gate that is held is constant anyway, and others if not?"""
    p = adding.start(np.random.default_rng(1), 1.0)
    x, _ = adding.adding_problem(np.random.default_rng(2), N=9, T=8)
    moving = adding.answer_with_held(p, x, "ifgo"[gate])
    assert np.abs(moving - adding.answer(p, x)[1]).max() > 1e-4
    columns = slice(gate * adding.UNITS, (gate + 1) * adding.UNITS)
    p["wx"][:, columns] = p["wh"][:, columns] = 0
    p["b"][columns] = 0.3
    held = adding.answer_with_held(p, x, "ifgo"[gate])
    np.testing.assert_allclose(held, adding.answer(p, x)[1], rtol=1e-4, atol=1e-6)


def test_input_gate_is_told_apart_by_the_marks():
    """If only the mark opens the input gate, are the two means the two values of the gate?"""
    p = adding.start(np.random.default_rng(1), 1.0)
    x, _ = adding.adding_problem(np.random.default_rng(2), N=9, T=8)
    mine = slice(0, adding.UNITS)
    p["wx"][:, mine] = p["wh"][:, mine] = p["b"][mine] = 0
    p["wx"][1, mine] = np.log(3)  # 1/2 without a mark, 3/4 with one
    marked, others = adding.input_gate_at_marks(p, x)
    np.testing.assert_allclose(marked, 3 / 4, rtol=1e-6)
    np.testing.assert_allclose(others, 1 / 2, rtol=1e-6)


@pytest.mark.parametrize("setting", adding.STUDIES, ids=str)
def test_committed_result_is_that_of_the_program(setting):
    """Does the file hold ten trainings of each kind, whose first updates can be repeated?"""
    kind, T, updates = setting
    found = [
        one
        for one in json.loads(COMMITTED.read_text(encoding="utf-8"))
        if (one["kind"], one["steps"]) == (kind, T)
    ]
    assert [one["seed"] for one in found] == list(range(10))
    assert {len(one["losses"]) for one in found} == {updates // adding.EVERY}
    again = adding.train(kind, seed=4, T=T, updates=adding.EVERY)
    assert again.losses.mean() == pytest.approx(found[4]["losses"][0], rel=0.01)


def test_the_experiment_is_all_trainings_of_the_file():
    """Are its settings those of the committed file, in its order, and is a training told?"""
    found = adding.experiment(None, 10)
    committed = json.loads(COMMITTED.read_text(encoding="utf-8"))
    assert found.settings == [{name: one[name] for name in found.settings[0]} for one in committed]
    assert found.says(committed[0]) == "RNN, 40 steps, seed 0: 0.16586"
    with pytest.raises(CourseError, match="draws its own data"):
        adding.experiment("digits", 10)


def test_training_lowers_the_error():
    """Does an LSTM learn a short form of the problem, far below the error of the answer 1?"""
    trained = adding.train("LSTM, bias 3", seed=0, T=6, updates=200)
    assert trained.error < 1 / 24
