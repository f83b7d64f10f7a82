"""Are the schedules PyTorch's, epoch by epoch?"""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_utils.reference.schedules import (
    PlateauState,
    cosine,
    plateau,
    plateau_init,
    step_decay,
)

EPOCHS = 30


def optimizer_at(rate):
    return torch.optim.SGD([torch.zeros(1)], lr=rate)


def rates_of(make, epochs):
    """Return the rates that a PyTorch schedule gives to the epochs 0, 1, ..., epochs."""
    optimizer = optimizer_at(0.3)
    scheduler = make(optimizer)
    rates = []
    for _ in range(epochs + 1):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


@pytest.mark.parametrize("every", [1, 3, 10, 100])
@pytest.mark.parametrize("factor", [0.1, 0.5, 1.0])
def test_step_decay_is_pytorchs(every, factor):
    """Does the rate fall after every so many epochs, as StepLR's does?"""
    theirs = rates_of(lambda o: torch.optim.lr_scheduler.StepLR(o, every, gamma=factor), EPOCHS)
    ours = [step_decay(e, start=0.3, every=every, factor=factor) for e in range(EPOCHS + 1)]
    np.testing.assert_allclose(ours, theirs, rtol=1e-12)


def test_ten_times_smaller_is_the_default():
    """Is the factor 0.1 unless another is handed in?"""
    assert step_decay(5, start=1.0, every=5) == pytest.approx(0.1, rel=1e-12)
    assert plateau(1.0, PlateauState(1.0, 0.0, 0), patience=0).learning_rate == 0.1


@pytest.mark.parametrize("epochs", [1, 7, EPOCHS])
@pytest.mark.parametrize("end", [0.0, 0.01, 0.3])
def test_cosine_is_pytorchs(epochs, end):
    """Does the rate follow CosineAnnealingLR from the first epoch to the last?"""
    theirs = rates_of(
        lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, epochs, eta_min=end), epochs
    )
    ours = [cosine(e, start=0.3, epochs=epochs, end=end) for e in range(epochs + 1)]
    assert cosine(epochs, start=0.3, epochs=epochs) == 0  # unless another end is asked for
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-15)


@given(
    values=st.lists(st.integers(-3, 3), max_size=40),
    patience=st.integers(0, 4),
    factor=st.sampled_from([0.1, 0.5]),
)
def test_plateau_is_pytorchs(values, patience, factor):
    """Does the rate fall exactly when ReduceLROnPlateau lowers it, ties included?"""
    optimizer = optimizer_at(0.3)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=factor, patience=patience, threshold=0.0, threshold_mode="abs", eps=0.0
    )
    state = plateau_init(0.3)
    for value in values:
        scheduler.step(value)
        state = plateau(value, state, patience=patience, factor=factor)
        theirs = optimizer.param_groups[0]["lr"]
        assert state.learning_rate == pytest.approx(theirs, rel=1e-12)
        assert (state.best, state.waited) == (scheduler.best, scheduler.num_bad_epochs)


def test_a_state_is_not_changed():
    """May two measurements be tried from the same state?"""
    state = PlateauState(1.0, 2.0, 3)
    lowered, better = plateau(2.5, state, patience=3), plateau(1.5, state, patience=3)
    assert (lowered, better) == (PlateauState(0.1, 2.0, 0), PlateauState(1.0, 1.5, 0))
    assert state == PlateauState(1.0, 2.0, 3)


def test_rates_are_plain_numbers():
    """Are rates Python floats, which leave float32 parameters as they are?"""
    one = np.float64(1.0)
    assert type(step_decay(3, start=one, every=2, factor=one)) is float
    assert type(cosine(3, start=one, epochs=4, end=np.float64(0.1))) is float
    state = plateau(one, plateau_init(one), patience=0, factor=one)
    state = plateau(one, state, patience=0, factor=np.float64(0.1))
    assert [type(number) for number in state] == [float, float, int]


@pytest.mark.parametrize(
    ("call", "names"),
    [
        (lambda: step_decay(-1, start=1, every=1), "epoch must be at least 0"),
        (lambda: step_decay(0, start=0, every=1), "start must be positive"),
        (lambda: step_decay(0, start=math.inf, every=1), "start must be positive and finite"),
        (lambda: step_decay(0, start=1, every=0), "every must be at least 1"),
        (lambda: step_decay(0, start=1, every=1, factor=0), "factor must be positive"),
        (lambda: step_decay(0, start=1, every=1, factor=10), "factor must be positive and at most"),
        (lambda: cosine(-1, start=1, epochs=4), "epoch must be from 0 to epochs"),
        (lambda: cosine(5, start=1, epochs=4), r"epoch must be from 0 to epochs \(4\), got 5"),
        (lambda: cosine(0, start=1, epochs=0), "epochs must be at least 1"),
        (lambda: cosine(0, start=1, epochs=4, end=2), "end must be from 0 to start"),
        (lambda: cosine(0, start=1, epochs=4, end=-1), "end must be from 0 to start"),
        (lambda: cosine(0, start=-1, epochs=4), "start must be positive"),
        (lambda: plateau_init(0), "start must be positive"),
        (lambda: plateau(math.nan, plateau_init(1), patience=1), "value is not a number"),
        (lambda: plateau(1, plateau_init(1), patience=-1), "patience must be at least 0"),
        (lambda: plateau(1, plateau_init(1), patience=1, factor=2), "factor must be"),
    ],
)
def test_bad_input_is_refused_by_name(call, names):
    """Does the error say which argument is wrong?"""
    with pytest.raises(ValueError, match=names):
        call()
