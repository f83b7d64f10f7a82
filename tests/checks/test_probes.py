"""Is a network judged by what it computes, whatever its parts are called?"""

import inspect

import numpy as np
import pytest
import torch
from torch import nn

from course_utils.checks.grade import grade
from course_utils.checks.probes import (
    DRAWS_ALWAYS,
    labels_of_deep,
    module_outputs,
    numbers,
    probed,
)
from course_utils.exercises.exercise import Exercise, case

SHAPES = ((4,), (4, 3, 3, 3), (5,), (5, 24))
SETTING = {"x_shape": (2, 3, 5, 4), "seed": 7}


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
        scores = self.last(self.first(x).clamp(min=0).flatten(1))
        return torch.nn.functional.dropout(scores, training=self.training)


def branches(order):
    """Build a network of three 1 x 1 convolutions side by side, computed in some order."""

    class Branches(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.convs = torch.nn.ModuleList(torch.nn.Conv2d(3, f, 1) for f in (2, 5, 4))

        def forward(self, x):
            made = {i: self.convs[i](x) for i in order}
            return torch.cat([made[i] for i in range(3)], dim=1)

    return Branches


def test_outputs_follow_from_the_chosen_weights():
    """Is the output what the layers' formulas give for numbers that the check can make itself?"""
    out, shapes, draws = module_outputs(two_layers)(3, 5, **SETTING)
    w = np.sqrt(6 / 27) * numbers(7, (4, 3, 3, 3), 1)
    b = 0.5 * numbers(7, (4,), 1)
    w_last, b_last = np.sqrt(6 / 24) * numbers(7, (5, 24), 1), 0.5 * numbers(7, (5,), 1)
    x = numbers(7, (2, 3, 5, 4), 0)
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(2, 3))
    hidden = np.einsum("nchwij,fcij->nfhw", windows, w) + b[:, None, None]
    expected = np.maximum(hidden, 0).reshape(2, -1) @ w_last.T + b_last
    np.testing.assert_allclose(out, expected, rtol=1e-12)
    assert shapes == SHAPES
    assert draws == ("(2, 5) after 4 parameters",)


def test_names_and_order_do_not_matter():
    """Does a network with other attribute names, made in another order, come to the same?"""
    one, other = (module_outputs(build)(3, 5, **SETTING) for build in (two_layers, OtherNames))
    np.testing.assert_allclose(one[0], other[0], rtol=1e-12)
    assert one[1:] == other[1:]


def test_branches_may_be_computed_in_any_order():
    """Is a parameter known by its shape, so that parallel layers need no order?"""
    setting = {"x_shape": (1, 3, 2, 2), "seed": 1}
    one, other = (module_outputs(branches(order))(**setting) for order in ([0, 1, 2], [2, 0, 1]))
    np.testing.assert_array_equal(one[0], other[0])


def test_layers_of_one_shape_are_told_apart_by_use():
    """Do two equal layers get numbers of their own, the one that is used first the first?"""

    class Two(torch.nn.Module):
        def __init__(self, turned):
            super().__init__()
            self.one, self.two = torch.nn.Linear(3, 3), torch.nn.Linear(3, 3)
            self.turned = turned

        def forward(self, x):
            layers = (self.two, self.one) if self.turned else (self.one, self.two)
            return layers[1](layers[0](x).tanh())

    setting = {"x_shape": (2, 3), "seed": 4}
    one, other = (module_outputs(Two)(turned, **setting)[0] for turned in (False, True))
    np.testing.assert_array_equal(one, other)
    x, w, v = (numbers(4, shape, i) for shape, i in (((2, 3), 0), ((3, 3), 1), ((3, 3), 2)))
    b, c = (0.5 * numbers(4, (3,), i) for i in (1, 2))
    hidden = np.tanh(x @ (np.sqrt(2) * w).T + b)
    np.testing.assert_allclose(one, hidden @ (np.sqrt(2) * v).T + c, rtol=1e-12)


def test_parameters_may_be_used_without_a_layer():
    """Is the use of a parameter seen in functions and products, too?"""

    class ByHand(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.later = torch.nn.Parameter(torch.zeros(3, 3))
            self.bias = torch.nn.Parameter(torch.zeros(3))
            self.layer = torch.nn.Linear(3, 3)

        def forward(self, x):
            hidden = torch.nn.functional.linear(x, self.layer.weight, self.layer.bias)
            hidden = torch.nn.functional.dropout(hidden.relu(), training=self.training)
            return hidden @ self.later.T + self.bias

    def layers():
        linear, dropout = torch.nn.Linear, torch.nn.Dropout()
        return torch.nn.Sequential(linear(3, 3), torch.nn.ReLU(), dropout, linear(3, 3))

    setting = {"x_shape": (2, 3), "seed": 4}
    one, other = (module_outputs(build)(**setting) for build in (ByHand, layers))
    np.testing.assert_allclose(one[0], other[0], rtol=1e-12)
    assert one[1:] == other[1:]
    assert one[2] == ("(2, 3) after 2 parameters",)


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_unused_parameters_show(device):
    """Does a layer that the forward pass never uses show among the shapes?"""

    class Idle(OtherNames):
        def __init__(self, channels, classes):
            super().__init__(channels, classes)
            self.idle = torch.nn.Linear(7, 1)

    seed = 7 if device == "cpu" else None
    _, shapes, _ = module_outputs(Idle)(3, 5, x_shape=(1, 3, 5, 4), seed=seed)
    assert shapes == tuple(sorted([*SHAPES, (1, 7), (1,)]))


def test_without_a_seed_nothing_is_computed():
    """Can a network that no machine holds be asked for its shapes?"""
    found = module_outputs(torch.nn.Linear)(10**7, 10**7, x_shape=(2, 10**7))
    assert found == ((2, 10**7), ((10**7,), (10**7, 10**7)), ())


class Drops(torch.nn.Module):
    """Drops units in a way that is handed in, where it trains."""

    def __init__(self, drop):
        super().__init__()
        self.drop = drop

    def forward(self, x):
        return self.drop(x) if self.training else x


@pytest.mark.parametrize(
    ("layers", "columns"),
    [
        (lambda: [torch.nn.BatchNorm1d(3)], ()),
        (lambda: [torch.nn.Dropout(), torch.nn.Linear(3, 2), torch.nn.Dropout()], (3, 2)),
        (lambda: [Drops(lambda x: x * torch.rand(x.shape).round())], (3,)),
        (lambda: [torch.nn.Dropout(0.0)], ()),
        (lambda: [Drops(lambda x: x * (torch.rand(x.shape) < 0.5))], (3,)),
        (lambda: [Drops(lambda x: x * torch.bernoulli(torch.full_like(x, 0.5)))], (3,)),
        (lambda: [Drops(lambda x: torch.nn.functional.dropout(x))], (3,)),
        (lambda: [Drops(lambda x: torch.native_dropout(x, 0.5, True)[0])], (3,)),
    ],
)
@pytest.mark.parametrize("seed", [None, 1])
def test_each_dropout_is_seen(layers, columns, seed):
    """Is it seen where a network draws at random while it trains, in every style?"""

    def build():
        return torch.nn.Sequential(*layers())

    draws = module_outputs(build)(x_shape=(5, 3), seed=seed)[2]
    assert draws == tuple(
        f"(5, {count}) after {2 * place} parameters" for place, count in enumerate(columns)
    )


@pytest.mark.parametrize(
    "drop",
    [
        torch.nn.Dropout(0.2),
        lambda x: torch.native_dropout(x, 0.2, True)[0],
        lambda x: x * (torch.rand(x.shape) < 0.8),
        lambda x: x * (torch.rand_like(x) >= 0.2),
        lambda x: x * torch.empty_like(x).uniform_().le(0.8),
        lambda x: x * torch.bernoulli(x, 0.8),
        lambda x: x * torch.empty_like(x).bernoulli_(0.8),
        lambda x: x * (torch.bernoulli(x, 0.8) > 0),
    ],
)
@pytest.mark.parametrize("seed", [None, 1])
def test_the_share_that_is_kept_is_seen(drop, seed):
    """Is it seen how much a dropout keeps, in every style that says it as a number?"""
    draws = module_outputs(lambda: Drops(drop))(x_shape=(5, 3), seed=seed)[2]
    assert draws == ("(5, 3) after 0 parameters, 0.8 kept",)


def test_shares_are_seen_where_each_place_has_its_own():
    """Is the mean told, where numbers are?"""
    drop = Drops(lambda x: x * torch.bernoulli(torch.full_like(x, 0.8)))
    draws = module_outputs(lambda: drop)(x_shape=(5, 3), seed=1)[2]
    assert draws == ("(5, 3) after 0 parameters, 0.8 kept",)


@pytest.mark.parametrize("seed", [None, 1])
def test_a_volume_may_be_laid_out_before_or_after_its_dropout(seed):
    """Do both count as the same?"""
    flat, dropped = torch.nn.Flatten(), torch.nn.Dropout()
    setting = {"x_shape": (2, 3, 5, 4), "seed": seed}
    one, other = (
        module_outputs(torch.nn.Sequential)(*layers, **setting)
        for layers in ([flat, dropped], [dropped, flat])
    )
    assert one[2] == other[2] == ("(2, 60) after 0 parameters",)


@pytest.mark.parametrize("seed", [None, 1])
def test_layers_may_wait_for_their_input(seed):
    """Is a layer that learns its size from the first input worth what another one is?"""

    def lazy():
        layers = torch.nn.LazyConv2d(4, 3), torch.nn.BatchNorm2d(4), torch.nn.Flatten()
        return torch.nn.Sequential(*layers, torch.nn.Dropout(), torch.nn.LazyLinear(5))

    def eager():
        layers = torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.Flatten()
        return torch.nn.Sequential(*layers, torch.nn.Dropout(), torch.nn.Linear(24, 5))

    setting = {"x_shape": (2, 3, 5, 4), "seed": seed}
    one, other = (module_outputs(build)(**setting) for build in (lazy, eager))
    np.testing.assert_array_equal(one[0], other[0])
    assert one[1:] == other[1:]


def test_the_random_state_is_left_alone():
    """Does a probe not disturb what the student draws afterwards?"""
    torch.manual_seed(0)
    expected = torch.rand(3)
    network = two_layers(3, 5)
    torch.manual_seed(0)
    module_outputs(lambda: network)(**SETTING)
    assert torch.equal(torch.rand(3), expected)


def test_new_tensors_are_as_precise_as_the_check():
    """May a network make tensors without a word on their type, and is the default put back?"""

    class Fills(torch.nn.Module):
        def forward(self, x):
            out = torch.zeros(x.shape)
            out[:] = x
            return out

    out, _, _ = module_outputs(Fills)(x_shape=(2, 3), seed=1)
    np.testing.assert_array_equal(out, numbers(1, (2, 3), 0))
    assert torch.get_default_dtype() == torch.float32
    with pytest.raises(TypeError):
        module_outputs(lambda: None)(x_shape=(2, 3), seed=1)
    assert torch.get_default_dtype() == torch.float32


def test_numbers_never_change():
    """Are they those of the published generator, spread evenly, and others for each place?"""

    def split_mix(state):
        mask = 2**64 - 1
        z = state & mask
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return z ^ (z >> 31)

    state = 0
    for word in (3, 1, 2, 2):
        state = split_mix(state + word + 0x9E3779B97F4A7C15)
    whole = [split_mix(state + i * 0x9E3779B97F4A7C15) >> 11 for i in range(4)]
    expected = np.array(whole).reshape(2, 2) / 2**52 - 1
    np.testing.assert_array_equal(numbers(3, (2, 2), 1), expected)
    many = numbers(0, (100, 100), 0)
    assert -1 <= many.min() < -0.99 < 0.99 < many.max() < 1
    assert abs(many.mean()) < 0.03
    assert abs(many.var() - 1 / 3) < 0.01
    for other in (numbers(1, (100, 100), 0), numbers(0, (100, 100), 1), numbers(0, (100, 101), 0)):
        assert not np.isin(many, other).any()


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda: None, "None: does your function end with `return`?"),
        (lambda: 3, r"torch\.nn\.Module, not a int"),
        (lambda: torch.nn.Linear, r"torch\.nn\.Module, not a type"),
        (lambda: torch.nn.LSTM(3, 4), "one tensor, not a tuple"),
    ],
)
@pytest.mark.parametrize("seed", [None, 1])
def test_what_is_no_network_is_refused(build, says, seed):
    """Does the error say what must be returned?"""
    with pytest.raises(TypeError, match=says):
        module_outputs(build)(x_shape=(2, 3), seed=seed)


def test_probes_are_known_by_name():
    """Is a function left as it is without a probe, and an unknown probe refused?"""
    assert probed(len, "") is len
    assert list(inspect.signature(probed(two_layers, "module")).parameters) == [
        "channels", "classes", "x_shape", "seed",
    ]  # fmt: skip
    with pytest.raises(ValueError, match="unknown probe 'modul'"):
        probed(len, "modul")


def test_an_exercise_that_asks_for_a_module():
    """Can an exercise ask for a network, with mistakes recognised by their outputs?"""

    def inputs(rng):
        yield case("a wide image", 3, 5, x_shape=(2, 3, 5, 4), seed=int(rng.integers(100)))

    outputs = ("the output", "the shapes", "the draws")
    exercise = Exercise(two_layers, 2, inputs, outputs=outputs, probe="module")

    @exercise.whole_mistake("You leave the ReLU out.")
    def without_relu(channels, classes):
        layers = list(two_layers(channels, classes))
        return torch.nn.Sequential(layers[0], *layers[2:])

    cases = exercise.cases(np.random.default_rng(3), hidden=True)
    assert grade(cases, OtherNames).score == 2
    report = grade(cases, without_relu)
    assert report.score == 0
    assert report.mistakes == ("without_relu",)


def linear(classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(9, classes))


def dots(count):
    """Return images of 3 x 3 pixels, each with one dark pixel, whose place is the label."""
    labels = np.arange(count) % 9
    return 16 * np.eye(9, dtype=int)[labels].reshape(-1, 3, 3), labels


def trained(build, *, seed=1, most_parameters=100):
    (train_x, train_y), (test_x, truth) = dots(90), dots(9)
    data = {"train_x": train_x, "train_y": train_y, "test_x": test_x, "seed": seed}
    return probed(build, "trained")(9, **data, most_parameters=most_parameters), truth


def test_a_network_is_trained_and_labels_images():
    """Does one that can learn the images label them, the same with the same seed?"""
    labels, truth = trained(linear)
    np.testing.assert_array_equal(labels, truth)
    np.testing.assert_array_equal(labels, trained(linear)[0])
    assert labels.dtype.kind == "i"


def test_a_network_that_learns_nothing_labels_at_random():
    """Do labels come of the training, which a flat end of the network keeps from reaching it?"""

    def shut(classes):
        return nn.Sequential(linear(classes), nn.Hardtanh(0, 1e-9))

    assert (trained(shut)[0] == trained(shut)[1]).mean() < 0.5


def test_the_budget_is_counted_lazy_layers_included():
    """Is a network with one parameter too many refused, also if it finds its sizes out?"""
    assert len(trained(linear, most_parameters=90)[0]) == 9
    for build in (linear, lambda classes: nn.Sequential(nn.Flatten(), nn.LazyLinear(classes))):
        with pytest.raises(ValueError, match="has 90 parameters and may have 89"):
            trained(build, most_parameters=89)


def test_training_leaves_the_notebooks_random_numbers_alone():
    """Does the student's own generator go on as if nothing had been?"""
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    trained(linear)
    assert torch.equal(torch.rand(3), expected)


def test_a_trained_network_is_a_function_of_named_data():
    """Do reports name the arguments as a case does?"""
    names = list(inspect.signature(probed(linear, "trained")).parameters)
    assert names == ["classes", "train_x", "train_y", "test_x", "seed", "most_parameters"]


def chain_of(layers, pixels=9, units=9):
    """Return an answer that builds so many layers and trains none of them."""

    def train(x, y, depth):
        network = nn.Sequential(nn.Flatten(), nn.Linear(pixels, units))
        network.extend(nn.Linear(units, units) for _ in range(layers - 1))
        return network

    return train


def deep(**changed):
    """Return the arguments of a probe that asks for 3 layers and 300 parameters."""
    x = np.arange(45).reshape(5, 3, 3) % 17
    given = {"train_x": x, "train_y": np.arange(5), "depth": 3, "test_x": x[:2], "seed": 3}
    return {**given, "most_parameters": 300, **changed}


def test_a_network_that_an_answer_trained_labels_images():
    """Are images and labels handed over as tensors, and are the labels those of the best score?"""
    seen = {}

    def train(x, y, depth):
        seen.update(x=x, y=y, depth=depth, drawn=torch.rand(1))
        network = chain_of(2)(x, y, depth).append(nn.Dropout(0.9))
        last = nn.Linear(9, 9)
        torch.nn.init.zeros_(last.weight)
        last.bias.data[:] = torch.arange(9) == 4
        return network.append(last).train()

    state = torch.get_rng_state()
    given = deep()
    found = labels_of_deep(train)(**given)
    np.testing.assert_array_equal(found, [4, 4])
    assert (seen["x"].shape, seen["x"].dtype) == ((5, 1, 3, 3), torch.float32)
    np.testing.assert_allclose(seen["x"][:, 0] * 16, given["train_x"])
    assert (seen["y"].dtype, seen["y"].tolist(), seen["depth"]) == (torch.int64, [0, 1, 2, 3, 4], 3)
    assert seen["drawn"] == torch.rand(1, generator=torch.Generator().manual_seed(3))
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("answer", "changed", "error", "says"),
    [
        (chain_of(2), {}, ValueError, "the network is 2 layers deep and must be 3"),
        (chain_of(4), {}, ValueError, "has 360 parameters and may have 300"),
        (chain_of(3), {"depth": 4}, ValueError, "3 layers deep and must be 4"),
        (lambda x, y, depth: None, {}, TypeError, "does your function end with `return`"),
        (lambda x, y, depth: 3, {}, TypeError, "not a int"),
    ],
)
def test_a_network_that_is_not_as_asked_is_refused(answer, changed, error, says):
    """Does the error say how deep the network is, or how many parameters it has?"""
    with pytest.raises(error, match=says):
        labels_of_deep(answer)(**deep(**changed))


def test_as_deep_and_as_large_as_allowed_is_allowed():
    """Is the depth a least one, and the number of parameters a most one?"""
    assert labels_of_deep(chain_of(3))(**deep(most_parameters=270)).shape == (2,)


def test_a_network_that_drops_when_it_is_evaluated_hears_so():
    """Is `F.dropout` without the mode told as that, and not as a number that differs?"""

    class Forgets(OtherNames):
        def forward(self, x):
            return torch.nn.functional.dropout(self.last(self.first(x).clamp(min=0).flatten(1)))

    exercise = Exercise(
        two_layers,
        points=1,
        inputs=lambda rng: [case("one", 3, 5, **SETTING)],
        probe="module",
        outputs=("the output", "the parameters' shapes", "the random draws"),
    )
    cases = exercise.cases(np.random.default_rng(0))
    assert grade(cases, OtherNames).passed
    report = grade(cases, Forgets)
    assert report.score == 0
    assert report.opened.says == f"{DRAWS_ALWAYS}."
