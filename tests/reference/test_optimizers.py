"""Are momentum's rules PyTorch's, step by step, and the two forms of Nesterov's one?"""

import copy
import math
from functools import partial

import numpy as np
import pytest
import torch

from course_utils.reference.optimizers import (
    MomentumState,
    NesterovState,
    lookahead_point,
    momentum,
    momentum_init,
    nesterov,
    nesterov_init,
    nesterov_lookahead,
    sgd,
    sgd_init,
    with_weight_decay,
)

RULES = {
    "sgd": (sgd, sgd_init),
    "momentum": (momentum, momentum_init),
    "nesterov": (nesterov, nesterov_init),
    "nesterov_lookahead": (nesterov_lookahead, nesterov_init),
}
STEPS = 20
CURVATURE = {"w": np.linspace(0.5, 3.0, 6).reshape(2, 3), "b": np.array([1.0, 4.0, 2.0, 0.1])}


def start(dtype=np.float64):
    rng = np.random.default_rng(0)
    return {name: rng.standard_normal(a.shape).astype(dtype) for name, a in CURVATURE.items()}


def gradient(parameters):
    """Return that of a bowl with one curvature for each entry, bent by a sine."""
    return {
        name: (CURVATURE[name].astype(x.dtype) * x + np.sin(3 * x)).astype(x.dtype)
        for name, x in parameters.items()
    }


def path(rule, init, rates, *, weight_decay=0.0):
    """Return the parameters after each step."""
    x = start()
    state = init(x)
    points = []
    for rate in rates:
        dx = with_weight_decay(x, gradient(x), weight_decay)
        x, state = rule(x, dx, state, learning_rate=rate)
        points.append(x)
    return points


def torch_path(make, rates):
    """Return the same path as PyTorch goes it; `make` takes the tensors."""
    tensors = {name: torch.tensor(x, requires_grad=True) for name, x in start().items()}
    optimizer = make(list(tensors.values()))
    points = []
    for rate in rates:
        here = {name: x.detach().numpy().copy() for name, x in tensors.items()}
        for name, dx in gradient(here).items():
            tensors[name].grad = torch.tensor(dx)
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
        points.append({name: x.detach().numpy().copy() for name, x in tensors.items()})
    return points


def assert_same_path(one, other):
    assert len(one) == len(other) == STEPS
    for here, there in zip(one, other, strict=True):
        for name in CURVATURE:
            np.testing.assert_allclose(here[name], there[name], rtol=1e-12, atol=1e-12)


CONSTANT = [0.05] * STEPS
FALLING = [0.05] * 10 + [0.005] * 10


@pytest.mark.parametrize("rates", [CONSTANT, FALLING], ids=["constant", "falling"])
@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
@pytest.mark.parametrize("rho", [0.0, 0.9, 0.99])
def test_momentum_is_pytorchs_at_any_rate(rho, weight_decay, rates):
    """Is each of 20 steps PyTorch's, also with an L2 penalty, and when the rate falls?"""
    ours = path(partial(momentum, rho=rho), momentum_init, rates, weight_decay=weight_decay)
    sgd_ = partial(torch.optim.SGD, lr=1.0, momentum=rho, weight_decay=weight_decay)
    assert_same_path(ours, torch_path(sgd_, rates))


@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
def test_sgd_is_pytorchs(weight_decay):
    """Is each step of plain descent PyTorch's, also when the rate falls?"""
    ours = path(sgd, sgd_init, FALLING, weight_decay=weight_decay)
    theirs = torch_path(partial(torch.optim.SGD, lr=1.0, weight_decay=weight_decay), FALLING)
    assert_same_path(ours, theirs)


@pytest.mark.parametrize("weight_decay", [0.0, 0.3])
@pytest.mark.parametrize("rho", [0.5, 0.9])
def test_nesterov_is_pytorchs_at_a_constant_rate(rho, weight_decay):
    """Is the rearranged form PyTorch's while the rate stays, although its velocity is a step?"""
    ours = path(partial(nesterov, rho=rho), nesterov_init, CONSTANT, weight_decay=weight_decay)
    sgd_ = partial(torch.optim.SGD, lr=1.0, momentum=rho, nesterov=True, weight_decay=weight_decay)
    assert_same_path(ours, torch_path(sgd_, CONSTANT))


def test_nesterov_leaves_pytorchs_path_when_the_rate_falls():
    """Do both go one way until the rate falls, and part at that step?"""
    ours = path(nesterov, nesterov_init, FALLING)
    theirs = torch_path(partial(torch.optim.SGD, lr=1.0, momentum=0.9, nesterov=True), FALLING)
    np.testing.assert_allclose(ours[9]["w"], theirs[9]["w"], rtol=1e-12)
    assert np.abs(ours[10]["w"] - theirs[10]["w"]).max() > 1e-3


@pytest.mark.parametrize("rates", [CONSTANT, FALLING], ids=["constant", "falling"])
def test_the_two_forms_of_nesterov_are_one(rates):
    """Does the rearranged form visit the points at which the other looks ahead?"""
    x = start()
    state = nesterov_init(x)
    ahead = []
    for rate in rates:
        dx = gradient(lookahead_point(x, state, rho=0.8))
        x, state = nesterov_lookahead(x, dx, state, learning_rate=rate, rho=0.8)
        ahead.append(lookahead_point(x, state, rho=0.8))
    assert_same_path(path(partial(nesterov, rho=0.8), nesterov_init, rates), ahead)


@pytest.mark.parametrize("rates", [CONSTANT, FALLING], ids=["constant", "falling"])
def test_the_rate_inside_or_outside_the_velocity(rates):
    """Is momentum with the rate inside the velocity the same, exactly as long as it stays?"""
    x = start()
    v = {name: np.zeros_like(a) for name, a in x.items()}
    inside = []
    for rate in rates:
        dx = gradient(x)
        v = {name: 0.9 * v[name] - rate * dx[name] for name in x}
        x = {name: x[name] + v[name] for name in x}
        inside.append(x)
    outside = path(momentum, momentum_init, rates)
    if rates is CONSTANT:
        assert_same_path(outside, inside)
    else:
        assert np.abs(outside[10]["w"] - inside[10]["w"]).max() > 1e-3


@pytest.mark.parametrize("name", RULES)
def test_a_step_goes_down(name):
    """Is the first step from rest against the gradient, not along it?"""
    rule, init = RULES[name]
    x = start()
    dx = gradient(x)
    new, _ = rule(x, dx, init(x), learning_rate=0.01)
    for key in x:
        assert np.array_equal(np.sign(new[key] - x[key]), -np.sign(dx[key]))


@pytest.mark.parametrize("rule", [momentum, nesterov, nesterov_lookahead])
def test_the_usual_friction_is_the_default(rule):
    """Is rho 0.9 unless another is handed in?"""
    init = momentum_init if rule is momentum else nesterov_init
    assert_same_path(path(rule, init, CONSTANT), path(partial(rule, rho=0.9), init, CONSTANT))
    x, state = start(), NesterovState(start())
    np.testing.assert_allclose(lookahead_point(x, state)["b"], 1.9 * x["b"], rtol=1e-12)


def read_only(arrays):
    """Return every second column of arrays that may not be written."""
    views = {}
    for name, a in arrays.items():
        views[name] = np.repeat(a, 2, axis=-1)[..., ::2]
        views[name].flags.writeable = False
    return views


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", RULES)
def test_types_stay_and_inputs_do_not_change(name, dtype):
    """Does float32 stay float32, even with NumPy numbers, and is nothing changed in place?"""
    rule, init = RULES[name]
    x = read_only(start(dtype))
    dx = read_only(gradient(x))
    state = init(x)
    for a in dict(state._asdict().get("velocity", {})).values():
        a.flags.writeable = False
    before = copy.deepcopy((x, dx, state))
    new, after = rule(x, dx, state, learning_rate=np.float64(0.1))
    again, _ = rule(x, dx, state, learning_rate=0.1)
    for key in x:
        assert new[key].dtype == dtype
        assert new[key].shape == x[key].shape
        np.testing.assert_array_equal(new[key], again[key])
        np.testing.assert_array_equal(x[key], before[0][key])
        np.testing.assert_array_equal(dx[key], before[1][key])
        assert not np.shares_memory(new[key], x[key])
        for arrays in after:
            assert arrays[key].dtype == dtype


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_weight_decay_is_the_gradient_of_a_penalty(dtype):
    """Is what is added the slope of weight_decay/2 ||x||^2, in the same type?"""
    x = start(dtype)
    dx = {name: np.zeros_like(a) for name, a in x.items()}
    added = with_weight_decay(x, dx, np.float64(0.3))
    for name, a in x.items():
        np.testing.assert_allclose(added[name], dtype(0.3) * a, rtol=1e-6)
        assert added[name].dtype == dtype


ONE = {"x": np.ones(3)}
TWO = {"x": np.ones(3), "y": np.ones(2)}


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (lambda: sgd(ONE, TWO, sgd_init(ONE), learning_rate=1), r"gradients must have the names"),
        (lambda: sgd(TWO, ONE, sgd_init(TWO), learning_rate=1), r"\['x', 'y'\], got \['x'\]"),
        (lambda: sgd(ONE, {"x": np.ones(4)}, sgd_init(ONE), learning_rate=1), r"'x' must have sh"),
        (lambda: sgd(ONE, {"x": np.ones(3, np.float32)}, sgd_init(ONE), learning_rate=1), "type f"),
        (lambda: sgd({"x": np.ones(3, int)}, ONE, sgd_init(ONE), learning_rate=1), "floating"),
        (lambda: sgd(ONE, ONE, sgd_init(ONE), learning_rate=-1), "learning_rate must be at least"),
        (lambda: sgd(ONE, ONE, sgd_init(ONE), learning_rate=math.nan), "learning_rate"),
        (lambda: sgd(ONE, ONE, sgd_init(ONE), learning_rate=math.inf), "learning_rate"),
        (lambda: momentum(ONE, ONE, MomentumState({}), learning_rate=1), "velocity must have"),
        (lambda: momentum(ONE, ONE, momentum_init(ONE), learning_rate=1, rho=1), "rho must be"),
        (lambda: nesterov(ONE, ONE, NesterovState({}), learning_rate=1), "velocity must have"),
        (lambda: nesterov(ONE, ONE, nesterov_init(ONE), learning_rate=1, rho=-0.1), "rho must be"),
        (lambda: nesterov(ONE, ONE, nesterov_init(ONE), learning_rate=1, rho=1), "rho must be"),
        (lambda: lookahead_point(ONE, nesterov_init(TWO)), "velocity must have the names"),
        (lambda: lookahead_point(ONE, nesterov_init(ONE), rho=1.0), "rho must be"),
        (lambda: with_weight_decay(ONE, ONE, -0.1), "weight_decay must be at least 0"),
        (lambda: with_weight_decay(ONE, TWO, 0.1), "gradients must have the names"),
    ],
)
def test_bad_input_is_refused_by_name(call, names):
    """Does the error say which argument is wrong?"""
    with pytest.raises(ValueError, match=names):
        call()


@pytest.mark.parametrize("name", RULES)
def test_a_rate_of_zero_rests(name):
    """Does the end of a cosine schedule, rate 0, leave the parameters where they are?"""
    rule, init = RULES[name]
    x = start()
    new, _ = rule(x, gradient(x), init(x), learning_rate=0.0)
    np.testing.assert_array_equal(new["w"], x["w"])
