"""Are AdaGrad, RMSProp, Adam and AdamW PyTorch's, step by step?"""

import copy
from functools import partial

import numpy as np
import pytest
import torch

from course_utils.reference.adaptive_optimizers import (
    AdaGradState,
    AdamState,
    RMSPropState,
    adagrad,
    adagrad_init,
    adam,
    adam_init,
    adamw,
    rmsprop,
    rmsprop_init,
)
from course_utils.reference.optimizers import with_weight_decay

RULES = {
    "adagrad": (adagrad, adagrad_init, torch.optim.Adagrad),
    "rmsprop": (rmsprop, rmsprop_init, torch.optim.RMSprop),
    "adam": (adam, adam_init, torch.optim.Adam),
    "adamw": (adamw, adam_init, torch.optim.AdamW),
}
SHAPES = {"w": (2, 3), "b": (4,)}
STEPS = 20


def draw(seed, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return {name: rng.standard_normal(shape).astype(dtype) for name, shape in SHAPES.items()}


def assert_same_path(rule, init, make, *, weight_decay=0.0, eps=None):
    """Compare 20 steps of a rule and of a PyTorch optimizer, on a bent bowl, at a falling rate."""
    x = draw(0)
    state = init(x)
    tensors = {name: torch.tensor(a, requires_grad=True) for name, a in x.items()}
    optimizer = make(list(tensors.values()), lr=1.0)
    for step in range(STEPS):
        rate = 0.1 if step < STEPS // 2 else 0.01
        noise = draw(step + 1)
        dx = {name: a + np.sin(3 * a) + noise[name] for name, a in x.items()}
        dx["b"][0] = 0.0  # an entry that never gets a gradient
        for name, t in tensors.items():
            t.grad = torch.tensor(dx[name])
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()
        with_decay = with_weight_decay(x, dx, weight_decay)
        x, state = rule(x, with_decay, state, learning_rate=rate)
        for name, t in tensors.items():
            np.testing.assert_allclose(x[name], t.detach().numpy(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", RULES)
def test_the_defaults_are_pytorchs(name):
    """Is each of 20 steps PyTorch's when only the rate is given?"""
    assert_same_path(*RULES[name])


@pytest.mark.parametrize(
    ("name", "options", "theirs"),
    [
        ("adagrad", {"epsilon": 0.3}, {"eps": 0.3}),
        ("rmsprop", {"decay": 0.8, "epsilon": 0.3}, {"alpha": 0.8, "eps": 0.3}),
        ("rmsprop", {"decay": 0.0}, {"alpha": 0.0}),
        ("adam", {"beta1": 0.7, "beta2": 0.8, "epsilon": 0.3}, {"betas": (0.7, 0.8), "eps": 0.3}),
        ("adam", {"beta1": 0.0}, {"betas": (0.0, 0.999)}),
        ("adamw", {"weight_decay": 0.4}, {"weight_decay": 0.4}),
        ("adamw", {"weight_decay": 0.0}, {"weight_decay": 0.0}),
        (
            "adamw",
            {"beta1": 0.7, "beta2": 0.8, "epsilon": 0.3},
            {"betas": (0.7, 0.8), "eps": 0.3},
        ),
    ],
)
def test_the_options_are_pytorchs(name, options, theirs):
    """Does each option do what PyTorch's does, with epsilon added to the root?"""
    rule, init, make = RULES[name]
    assert_same_path(partial(rule, **options), init, partial(make, **theirs))


@pytest.mark.parametrize("name", ["adagrad", "rmsprop", "adam"])
def test_an_l2_penalty_is_pytorchs(name):
    """Is PyTorch's `weight_decay` of these rules a change of the gradients?"""
    rule, init, make = RULES[name]
    assert_same_path(rule, init, partial(make, weight_decay=0.3), weight_decay=0.3)


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3])
def test_the_first_step_of_adam_is_as_long_as_the_rate(size):
    """Does bias correction make the first step the rate, however large the gradient is?"""
    x, dx = {"x": np.zeros(2)}, {"x": np.array([size, -size])}
    new, _ = adam(x, dx, adam_init(x), learning_rate=0.1)
    np.testing.assert_allclose(new["x"], [-0.1, 0.1], rtol=1e-4)


def test_the_first_step_of_adam_without_correction_is_three_times_too_long():
    """What does leaving out the correction cost? (1 - 0.9) / sqrt(1 - 0.999) = 3.16."""
    x, dx = {"x": np.zeros(1)}, {"x": np.ones(1)}
    new, state = adam(x, dx, adam_init(x), learning_rate=0.1)
    uncorrected = -0.1 * state.first["x"] / np.sqrt(state.second["x"])
    np.testing.assert_allclose(uncorrected / new["x"], 0.1 / np.sqrt(0.001), rtol=1e-6)


def test_decoupled_decay_shrinks_all_alike():
    """Does AdamW shrink parameters without gradient by the same factor, where L2 does not?"""
    x = {"x": np.array([1.0, 100.0])}
    still = {"x": np.zeros(2)}
    decoupled, _ = adamw(x, still, adam_init(x), learning_rate=0.1, weight_decay=0.5)
    np.testing.assert_allclose(decoupled["x"], 0.95 * x["x"], rtol=1e-12)
    penalized, _ = adam(x, with_weight_decay(x, still, 0.5), adam_init(x), learning_rate=0.1)
    np.testing.assert_allclose(penalized["x"], x["x"] - 0.1, rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", RULES)
def test_types_stay_and_inputs_do_not_change(name, dtype):
    """Does float32 stay float32, even with NumPy numbers, and is nothing changed in place?"""
    rule, init, _ = RULES[name]
    x = {key: np.repeat(a, 2, axis=-1)[..., ::2] for key, a in draw(0, dtype).items()}
    dx = draw(1, dtype)
    _, state = rule(x, dx, init(x), learning_rate=0.1)
    moments = [arrays for arrays in state if isinstance(arrays, dict)]
    for arrays in (x, dx, *moments):
        for a in arrays.values():
            a.flags.writeable = False
    before = copy.deepcopy((x, dx, state))
    number = np.float64(0.1)
    new, after = rule(x, dx, state, learning_rate=number, epsilon=number)
    for key in x:
        assert new[key].dtype == dtype
        np.testing.assert_array_equal(x[key], before[0][key])
        np.testing.assert_array_equal(dx[key], before[1][key])
    for old, kept, next_ in zip(state, before[2], after, strict=True):
        if isinstance(old, dict):
            for key in x:
                np.testing.assert_array_equal(old[key], kept[key])
                assert next_[key].dtype == dtype
        else:
            assert (old, next_) == (1, 2)


ONE = {"x": np.ones(3)}
WHOLE = {"x": np.ones(3, int)}


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (lambda: adagrad(ONE, ONE, AdaGradState({}), learning_rate=1), "squares must have"),
        (lambda: adagrad(ONE, {}, adagrad_init(ONE), learning_rate=1), "gradients must have"),
        (lambda: adagrad(ONE, ONE, adagrad_init(ONE), learning_rate=-1), "learning_rate must"),
        (lambda: adagrad(ONE, ONE, adagrad_init(ONE), learning_rate=1, epsilon=0), "epsilon must"),
        (
            lambda: adagrad(ONE, ONE, adagrad_init(ONE), learning_rate=1, epsilon=np.inf),
            "epsilon must be positive and finite, got inf",
        ),
        (lambda: rmsprop(ONE, {}, rmsprop_init(ONE), learning_rate=1), "gradients must have"),
        (lambda: rmsprop(ONE, ONE, RMSPropState({}), learning_rate=1), "squares must have"),
        (lambda: rmsprop(ONE, ONE, rmsprop_init(ONE), learning_rate=1, decay=1), "decay must"),
        (lambda: rmsprop(ONE, ONE, rmsprop_init(ONE), learning_rate=-1), "learning_rate must"),
        (lambda: adam(ONE, {}, adam_init(ONE), learning_rate=1), "gradients must have"),
        (lambda: adam(ONE, ONE, AdamState(0, {}, ONE), learning_rate=1), "first must have"),
        (lambda: adam(ONE, ONE, AdamState(0, ONE, {}), learning_rate=1), "second must have"),
        (lambda: adam(ONE, ONE, adam_init(ONE), learning_rate=-1), "learning_rate must"),
        (lambda: adam(ONE, ONE, adam_init(ONE), learning_rate=1, beta1=1), "beta1 must"),
        (lambda: adam(ONE, ONE, adam_init(ONE), learning_rate=1, beta2=1), "beta2 must"),
        (lambda: adamw(ONE, {}, adam_init(ONE), learning_rate=1), "gradients must have"),
        (lambda: adamw(ONE, ONE, adam_init(ONE), learning_rate=1, weight_decay=-1), "weight_decay"),
        (lambda: adamw(WHOLE, ONE, adam_init(ONE), learning_rate=1), "floating"),
    ],
)
def test_bad_input_is_refused_by_name(call, names):
    """Does the error say which argument is wrong?"""
    with pytest.raises(ValueError, match=names):
        call()
