"""Plain networks against residual ones, at three depths and from ten seeds.

`course experiment degradation` makes the file that the book reads: half an hour on one core. The
networks are those for CIFAR-10, made narrow for digits of 8 x 8 pixels. Controls take something
away from the deepest ones: the shortcut, batch normalization, the learning rate.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from course_utils.bench.experiment import Experiment, Setting
from course_utils.data.cifar10 import load_cifar10
from course_utils.data.digits import Split, load_digits_split
from course_utils.errors import CourseError, did_you_mean
from course_utils.models.initialize import initialize_
from course_utils.models.resnet import ResNet, Style, cifar_resnet, start_at_zero_
from course_utils.models.through_depth import through_depth
from course_utils.models.training import accuracy, train


class Recipe(NamedTuple):
    """Data, and how networks are trained on them."""

    load: Callable[[], Split]
    depths: tuple[int, ...]
    width: int
    epochs: int
    rate: float


RECIPES = {
    "digits": Recipe(load_digits_split, (8, 20, 56), width=8, epochs=15, rate=0.05),
    "cifar10": Recipe(load_cifar10, (20, 56, 110), width=16, epochs=60, rate=0.1),
}
BATCH = 128
DECAY = 1e-4  # as in the paper
CONTROLLED = 5  # seeds from which the controls are trained
FOLLOWED = 128  # images that are followed through a network
NOISE = 0.01  # on pixels from 0 to 1, in one copy of each image that is followed

PLAIN = {"net": "plain", "scale": 0.0, "batch norm": True, "zero start": False, "slower": 1}
RESIDUAL = PLAIN | {"net": "residual", "scale": 1.0}
# What is changed in the deepest networks, to see the effect go.
CONTROLS = [
    RESIDUAL | {"scale": 0.0},
    RESIDUAL | {"scale": 0.5},
    PLAIN | {"batch norm": False},
    RESIDUAL | {"batch norm": False},
    RESIDUAL | {"batch norm": False, "zero start": True},
    PLAIN | {"slower": 5},
]


def settings(recipe: Recipe, seeds: int) -> list[Setting]:
    """Return all trainings: seed by seed, so that whoever stops has something of everything."""
    nets = [{"depth": depth} | kind for depth in recipe.depths for kind in (PLAIN, RESIDUAL)]
    controls = [{"depth": recipe.depths[-1]} | control for control in CONTROLS]
    return [
        net | {"seed": seed}
        for seed in range(seeds)
        for net in (nets + controls if seed < CONTROLLED else nets)
    ]


def build(setting: Setting, recipe: Recipe, channels: int) -> ResNet:
    """Build and start the network of a setting."""
    style = Style("A", normalized=setting["batch norm"], scale=setting["scale"])
    if setting["net"] == "plain":
        style = style._replace(shortcut="none")
    network = cifar_resnet(setting["depth"], channels=channels, width=recipe.width, style=style)
    initialize_(network, generator=torch.Generator().manual_seed(setting["seed"]))
    return start_at_zero_(network) if setting["zero start"] else network


def error(network: ResNet, x: Tensor, y: Tensor, at_once: int = 1000) -> float:
    """Return the share of images that are misclassified, in percent."""
    parts = zip(x.split(at_once), y.split(at_once), strict=True)
    hits = sum(accuracy(network, images, classes) * len(classes) for images, classes in parts)
    return round(100 * (1 - hits / len(x)), 3)


def study(setting: Setting, recipe: Recipe, epochs: int | None = None) -> dict[str, Any]:
    """Train once; follow images and gradients before and after."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    x, y, x_test, y_test = (torch.from_numpy(array).to(device) for array in recipe.load())
    network = build(setting, recipe, x.shape[1]).to(device)

    def followed() -> dict[str, list[float]]:
        generator = torch.Generator().manual_seed(setting["seed"])
        few = slice(FOLLOWED)
        found = through_depth(network, x[few], y[few], noise=NOISE, generator=generator)
        return {name: [_short(value) for value in row] for name, row in found._asdict().items()}

    start = followed()
    losses = train(
        network,
        x,
        y,
        epochs=epochs or recipe.epochs,
        rate=recipe.rate / setting["slower"],
        seed=setting["seed"],
        batch=BATCH,
        weight_decay=DECAY,
    )
    return {
        "losses": [_short(loss) for loss in losses],
        "train error": error(network, x, y),
        "test error": error(network, x_test, y_test),
        "start": start,
        "end": followed(),
    }


def _short(value: float) -> Any:
    """Return three digits; nothing where a network has burst, since JSON has no infinity."""
    return float(f"{value:.3g}") if math.isfinite(value) else None


def says(record: Setting) -> str:
    """Say in a line what a training came to."""
    parts = [f"{record['net']:8s} {record['depth']:3d} layers, seed {record['seed']}"]
    usual = PLAIN if record["net"] == "plain" else RESIDUAL
    parts += [f"{name} {record[name]}" for name in usual if record[name] != usual[name]]
    errors = f"{record['train error']:.1f} % and {record['test error']:.1f} %"
    return f"{', '.join(parts)}: training and test error {errors}"


def experiment(data: str | None, seeds: int) -> Experiment:
    """Return the experiment on the digits, or on other data.

    Raises
    ------
    CourseError
        If there are no such data.
    """
    name = data or "digits"
    if name not in RECIPES:
        raise CourseError(f"unknown data {name!r}; {did_you_mean(name, RECIPES)}")
    recipe = RECIPES[name]
    return Experiment(settings(recipe, seeds), lambda setting: study(setting, recipe), says)
