"""Are the model answers on optimizers PyTorch's, step by step?"""

import numpy as np
import pytest
import torch

from course_utils.exercises.catalog import find

SHAPE = (3, 4)


def model(name):
    return find(name).model


def paths(step, state, optimizer, settings, *, steps=12, numbered=False):
    """Go down the same noisy bowl with a model answer and with an optimizer of PyTorch's."""
    rng = np.random.default_rng(3)
    curvature, noise = rng.uniform(0.5, 5, SHAPE), rng.standard_normal((steps, *SHAPE))
    w = rng.standard_normal(SHAPE)
    theirs = torch.tensor(w, requires_grad=True)
    optimizer = optimizer([theirs])
    state = [np.zeros(SHAPE) for _ in range(state)]
    for t in range(1, steps + 1):
        grad = curvature * w + noise[t - 1]
        w, *state = step(w, *state, grad, *([t] if numbered else []), **settings)
        optimizer.zero_grad()
        (
            torch.tensor(curvature) / 2 * theirs**2 + torch.tensor(noise[t - 1]) * theirs
        ).sum().backward()
        optimizer.step()
        yield w, theirs.detach().numpy()


RULES = {
    "momentum_step": (
        1,
        lambda w: torch.optim.SGD(w, lr=0.05, momentum=0.8, weight_decay=0.3),
        {"rate": 0.05, "rho": 0.8, "decay": 0.3},
    ),
    "adagrad_step": (1, lambda w: torch.optim.Adagrad(w, lr=0.3), {"rate": 0.3}),
    "rmsprop_step": (
        1,
        lambda w: torch.optim.RMSprop(w, lr=0.05, alpha=0.8, eps=0.01),
        {"rate": 0.05, "beta": 0.8, "eps": 0.01},
    ),
    "adam_step": (
        2,
        lambda w: torch.optim.AdamW(w, lr=0.1, betas=(0.7, 0.9), eps=0.01, weight_decay=0.4),
        {"rate": 0.1, "beta1": 0.7, "beta2": 0.9, "eps": 0.01, "decay": 0.4},
    ),
}


@pytest.mark.parametrize("name", RULES)
def test_steps_are_pytorchs(name):
    """Does each rule take the steps of its namesake, with momentum, decay and eps?"""
    state, optimizer, settings = RULES[name]
    numbered = name == "adam_step"
    for ours, theirs in paths(model(name), state, optimizer, settings, numbered=numbered):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)


def test_points_ahead_are_pytorchs_parameters():
    """Are the points at which Nesterov's form takes gradients those that PyTorch walks through?"""
    rng = np.random.default_rng(4)
    w, curvature, lowest = (rng.standard_normal(SHAPE) for _ in range(3))
    v = np.zeros(SHAPE)
    theirs = torch.tensor(w, requires_grad=True)
    optimizer = torch.optim.SGD([theirs], lr=0.1, momentum=0.7, nesterov=True)
    for _ in range(12):
        w, v, ahead = model("nesterov_step")(w, v, curvature, lowest, rate=0.1, rho=0.7)
        optimizer.zero_grad()
        (torch.tensor(curvature) / 2 * (theirs - torch.tensor(lowest)) ** 2).sum().backward()
        optimizer.step()
        np.testing.assert_allclose(ahead, theirs.detach().numpy(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("kind", "draw"), [
    ("xavier", torch.nn.init.xavier_normal_),
    ("he", torch.nn.init.kaiming_normal_),
])  # fmt: skip
@pytest.mark.parametrize("shape", [(7, 3), (5, 2, 3, 4)])
def test_starts_are_pytorchs(kind, draw, shape):
    """Do the same random numbers become the weights that PyTorch makes of them?"""
    z, weights = (torch.empty(shape, dtype=torch.float64) for _ in range(2))
    z.normal_(generator=torch.Generator().manual_seed(0))
    draw(weights, generator=torch.Generator().manual_seed(0))
    # PyTorch's dense weights are (M, D), and here they are (D, M).
    turned = (lambda w: w.numpy().T) if len(shape) == 2 else (lambda w: w.numpy())
    ours = model("layer_start")({"w": turned(z), "b": np.zeros(shape[0])}, kind)["w"]
    np.testing.assert_allclose(ours, turned(weights), rtol=1e-12)


@pytest.mark.parametrize("patience", [0, 1, 3])
@pytest.mark.parametrize("gain", [0, 1])
def test_plateaus_are_pytorchs(patience, gain):
    """Does the rate fall when PyTorch's does, with ties, small gains and a lowest rate?"""
    rng = np.random.default_rng(patience)
    for _ in range(20):
        losses = rng.integers(-3, 6, 15).astype(float)
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.8)
        schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(
            optimizer, factor=0.5, patience=patience, threshold=gain, threshold_mode="abs",
            min_lr=0.15, eps=0.0,
        )  # fmt: skip
        theirs = [0.8]
        for loss in losses:
            schedule.step(loss)
            theirs.append(optimizer.param_groups[0]["lr"])
        settings = {"patience": patience, "factor": 0.5, "gain": gain, "lowest": 0.15}
        np.testing.assert_allclose(model("plateau_schedule")(losses, 0.8, **settings), theirs)
