import inspect

import numpy as np
import pytest
import torch

from course_utils.checks.probes import module_outputs, probed
from course_utils.exercises.exercise import Exercise, case


def two_layers(channels, classes):
    return torch.nn.Sequential(
        torch.nn.Conv2d(channels, 4, 3), torch.nn.ReLU(), torch.nn.Flatten(),
        torch.nn.Linear(4 * 3 * 2, classes), torch.nn.Dropout(),
    )  # fmt: skip


class OtherNames(torch.nn.Module):
    """The same network, under other names and made in another order."""

    def __init__(self, channels, classes):
        super().__init__()
        self.last = torch.nn.Linear(24, classes)
        self.first = torch.nn.Conv2d(channels, 4, 3)

    def forward(self, x):
        return self.last(self.first(x).clamp(min=0).flatten(1))


def chosen(rng):
    shapes = [(4, 3, 3, 3), (4,), (5, 24), (5,)]
    return [rng.standard_normal(shape) for shape in shapes]


def test_outputs_follow_from_the_chosen_weights():
    """Is the output what the layers' formulas give for the weights that were handed in?"""
    rng = np.random.default_rng(0)
    x, weights = rng.standard_normal((2, 3, 5, 4)), chosen(rng)
    out, shapes = module_outputs(two_layers)(3, 5, x=x, weights=weights)
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(2, 3))
    hidden = np.einsum("nchwij,fcij->nfhw", windows, weights[0]) + weights[1][:, None, None]
    expected = np.maximum(hidden, 0).reshape(2, -1) @ weights[2].T + weights[3]
    np.testing.assert_allclose(out, expected, rtol=1e-12)
    assert shapes == tuple(w.shape for w in weights)


def test_names_and_order_do_not_matter():
    """Does a network with other attribute names, made in another order, come to the same?"""
    rng = np.random.default_rng(1)
    x, weights = rng.standard_normal((2, 3, 5, 4)), chosen(rng)
    one, _ = module_outputs(two_layers)(3, 5, x=x, weights=weights)
    other, _ = module_outputs(OtherNames)(3, 5, x=x, weights=weights)
    np.testing.assert_allclose(one, other, rtol=1e-12)


def test_unused_parameters_show():
    """Does a layer that the forward pass never uses show among the shapes?"""

    class Idle(OtherNames):
        def __init__(self, channels, classes):
            super().__init__(channels, classes)
            self.idle = torch.nn.Linear(7, 1)

    shapes = module_outputs(Idle)(3, 5, x=np.zeros((1, 3, 5, 4)))
    assert shapes == ((4, 3, 3, 3), (4,), (5, 24), (5,), (1, 7), (1,))


def test_wrong_weights_are_named():
    """Does an error say which parameter does not fit?"""
    weights = chosen(np.random.default_rng(2))
    with pytest.raises(ValueError, match=r"parameter array 3.*\(5, 24\).*\(5, 25\)"):
        module_outputs(two_layers)(
            3, 5, x=np.zeros((1, 3, 5, 4)), weights=[*weights[:2], np.zeros((5, 25)), weights[3]]
        )
    with pytest.raises(ValueError, match="4 parameter arrays where 2"):
        module_outputs(two_layers)(3, 5, x=np.zeros((1, 3, 5, 4)), weights=weights[:2])
    with pytest.raises(TypeError, match=r"torch\.nn\.Module, not a int"):
        module_outputs(lambda: 3)(x=np.zeros(1), weights=[])


def test_probes_are_known_by_name():
    """Is a function left as it is without a probe, and an unknown probe refused?"""
    assert probed(len, "") is len
    assert list(inspect.signature(probed(two_layers, "module")).parameters) == [
        "channels", "classes", "x", "weights",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="unknown probe 'modul'"):
        probed(len, "modul")


def test_an_exercise_that_asks_for_a_module():
    """Can an exercise ask for a network, with known wrong answers recognised by their outputs?"""
    from course_utils.checks.grade import grade

    def inputs(rng):
        yield case("a wide image", 3, 5, x=rng.standard_normal((2, 3, 5, 4)), weights=chosen(rng))

    exercise = Exercise(
        "network", 2, two_layers, inputs, outputs=("the output", "the shapes"), probe="module"
    )

    @exercise.known_wrong("You leave the ReLU out.")
    def without_relu(channels, classes):
        layers = list(two_layers(channels, classes))
        return torch.nn.Sequential(layers[0], *layers[2:])

    cases = exercise.cases(np.random.default_rng(3), hidden=True)
    assert grade(cases, OtherNames).score == 2
    report = grade(cases, without_relu)
    assert report.score == 0
    assert report.mistakes == ("without_relu",)
