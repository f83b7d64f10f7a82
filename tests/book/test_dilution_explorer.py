"""Does the dilution explorer compute and say what PyTorch finds in the same network?"""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from playwright.sync_api import Page, expect
from torch.nn.functional import cross_entropy

from tests.book.conftest import Opener
from tests.book.node import run_in_node
from tests.book.reader import numbers

SCRIPT = "dilution-explorer.js"
N, D, M, K = 32, 16, 32, 10
ACTIVATIONS = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu}
SETTINGS = [
    {"activation": activation, "start": start, "depth": depth, "seed": seed}
    for activation, start, (depth, seed) in product(
        ACTIVATIONS, ("small", "xavier", "he"), [(1, 0), (2, 9), (6, 3), (30, 1)]
    )
]

Setting = dict[str, Any]


def uniform(seed: int, n: np.ndarray) -> np.ndarray:
    """Return numbers n of the sequence of a seed, from 0 to 1 (mulberry32)."""
    n = n.astype(np.uint32)
    first = np.uint32((seed + 1) * 0x9E3779B9 % 2**32)
    t = first + (n + np.uint32(1)) * np.uint32(0x6D2B79F5)
    t = (t ^ (t >> 15)) * (t | np.uint32(1))
    t ^= t + (t ^ (t >> 7)) * (t | np.uint32(61))
    return (t ^ (t >> 14)) / 2.0**32


def normals(seed: int, part: int, *shape: int) -> np.ndarray:
    """Return standard normal numbers, from the stretch of a part of the network."""
    n = 2 * (part * M * M + np.arange(np.prod(shape)))
    radius = np.sqrt(-2 * np.log1p(-uniform(seed, n)))
    return (radius * np.cos(2 * np.pi * uniform(seed, n + 1))).reshape(shape)


def std(start: str, inputs: int, units: int) -> float:
    """Return the standard deviation of first weights."""
    return {"small": 0.01, "xavier": (2 / (inputs + units)) ** 0.5, "he": (2 / inputs) ** 0.5}[
        start
    ]


@cache
def measured(activation: str, start: str, depth: int, seed: int) -> dict[str, np.ndarray]:
    """Return what PyTorch finds in each layer of the network of a setting."""
    shapes = [(D if n == 0 else M, M) for n in range(depth)] + [(M, K)]
    parts = [*range(3, 3 + depth), 2]
    weights = [
        torch.tensor(std(start, *shape) * normals(seed, part, *shape), requires_grad=True)
        for shape, part in zip(shapes, parts, strict=True)
    ]
    y = torch.tensor(np.floor(K * uniform(seed, 2 * M * M + np.arange(N))).astype(int))
    h, sums, values = torch.tensor(normals(seed, 0, N, D)), [], []
    for w in weights:
        a = h @ w
        h = ACTIVATIONS[activation](a)
        for one, kept in ((a, sums), (h, values)):
            one.retain_grad()
            kept.append(one)
    # The last activation is not used: the scores are the last sums.
    cross_entropy(sums[-1], y).backward()
    hidden = [(a.grad, h.grad, h.detach()) for a, h in zip(sums, values, strict=True)][:-1]
    before = [a.grad for a in sums[1:]]
    norm = torch.linalg.norm
    return {
        "weights": np.array([norm(w.grad) for w in weights]),
        "deltas": np.array([norm(a.grad) for a in sums]),
        "size": np.array([h.square().mean().sqrt() for _, _, h in hidden]),
        "dead": np.array([int((h == 0).all(dim=0).sum()) for _, _, h in hidden]),
        "slopes": np.array([norm(da) / norm(dh) for da, dh, _ in hidden]),
        "carried": np.array([norm(h[1]) / norm(up) for h, up in zip(hidden, before, strict=True)]),
    }


def test_random_numbers():
    """Are they those of Python, evenly spread, normal, and new for each part and each seed?"""
    found = run_in_node(
        SCRIPT,
        "value.map(([seed, part]) => Object.values(explorer.normals(seed, part, 1024)))",
        [[0, 0], [0, 32], [9, 1], [8, 1]],
    )
    expected = [normals(0, 0, 1024), normals(0, 32, 1024), normals(9, 1, 1024), normals(8, 1, 1024)]
    assert_allclose(found, expected, rtol=1e-12)
    assert_allclose(np.mean(found, axis=1), 0, atol=4 / 32)
    assert_allclose(np.std(found, axis=1), 1, atol=4 / 45)
    assert len(np.unique(found)) == 4 * 1024
    even = uniform(3, np.arange(100_000))
    counts, _ = np.histogram(even, 10, (0, 1))
    assert_allclose(counts, 10_000, atol=4 * 95)


def test_every_layer_of_every_setting():
    """Are norms, sizes, dead units and factors those of PyTorch's backward pass?"""
    found = run_in_node(SCRIPT, "value.map((setting) => explorer.measure(setting))", SETTINGS)
    for setting, one in zip(SETTINGS, found, strict=True):
        expected = measured(**setting)
        layers, hidden = one["layers"], one["layers"][:-1]
        for name in ("weights", "deltas"):
            assert_allclose([layer[name] for layer in layers], expected[name], rtol=1e-9)
        assert_allclose([layer["size"] for layer in hidden], expected["size"], rtol=1e-9)
        assert_array_equal([layer["dead"] for layer in hidden], expected["dead"])
        for name, factors in (("slopes", "slopes"), ("weights", "carried")):
            mean = np.exp(np.mean(np.log(expected[factors])))
            assert one[name] == pytest.approx(mean, rel=1e-9)
        # What the sentence says: the split is exact.
        ends = expected["deltas"][0] / expected["deltas"][-1]
        product_of_both = (one["slopes"] * one["weights"]) ** setting["depth"]
        assert product_of_both == pytest.approx(ends, rel=1e-9)


def test_mean_slopes():
    """Is a mean slope that of autograd: at most 1/4 for a sigmoid, the share at work for a ReLU?"""
    settings = SETTINGS[1::4]  # two hidden layers each
    answers = run_in_node(SCRIPT, "value.map((one) => explorer.measure(one).layers)", settings)
    for setting, found in zip(settings, answers, strict=True):
        sums = torch.tensor(normals(setting["seed"], 0, N, D))
        shapes = [(D, M), (M, M)]
        for layer, shape in enumerate(shapes):
            w = std(setting["start"], *shape) * normals(setting["seed"], 3 + layer, *shape)
            sums = (sums @ torch.tensor(w)).requires_grad_()
            values = ACTIVATIONS[setting["activation"]](sums)
            (slopes,) = torch.autograd.grad(values.sum(), sums, retain_graph=True)
            assert found[layer]["slope"] == pytest.approx(float(slopes.mean()), rel=1e-9)
            sums = values.detach()
        if setting["activation"] == "sigmoid":
            assert max(layer["slope"] for layer in found[:-1]) <= 0.25


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [([0.5, 0.01], -3, 0), ([1e-57, 0.5], -72, 0), ([2.0, 30.0], -3, 2), ([0, 1e-7], -12, 0)],
)
def test_the_axis_holds_all_bars(values: list[float], low: int, high: int) -> None:
    """Are the axis's ends powers of ten around all norms, 0 left out?"""
    assert run_in_node(SCRIPT, "explorer.decades(value)", values) == [low, high]


@pytest.fixture
def tab(opener: Opener) -> Page:
    """A tab with six sigmoid layers, and nothing that moves by itself."""
    query = "depth=6&seed=3&activation=sigmoid&start=xavier&measure=deltas"
    return opener("dilution-explorer", query, reduced_motion="reduce")


def said(tab: Page, role: str) -> float:
    """Return the number that stands out in a sentence."""
    text = tab.locator(f"[data-role={role}] [data-role=value]").inner_text()
    digits = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
    factor, _, power = text.translate(digits).partition("·10")
    return float(factor) * 10.0 ** int(power or 0)


@pytest.mark.browser
def test_sentences_and_bars(tab: Page) -> None:
    """Are the ratio, the factors and the chosen norm said, with bars as high as their logs?"""
    expected = measured("sigmoid", "xavier", 6, 3)
    deltas = expected["deltas"]
    assert said(tab, "ratio") == pytest.approx(deltas[0] / deltas[-1], rel=0.05)
    chart = tab.locator("[data-role=chart]")
    for key, layer in (("Home", 1), ("ArrowRight", 2), ("PageUp", 7), ("ArrowLeft", 6)):
        chart.press(key)
        expect(chart).to_have_attribute("aria-valuenow", str(layer))
        assert said(tab, "live") == pytest.approx(deltas[layer - 1], rel=0.05)
    cause = tab.locator("[data-role=cause]")
    factors = [np.exp(np.mean(np.log(expected[name]))) for name in ("slopes", "carried")]
    assert_allclose(numbers(cause.inner_text())[:2], factors, rtol=0.05)
    expect(cause).to_contain_text("at most 1/4")
    heights = tab.locator(".du-bar").evaluate_all(
        "all => all.map((bar) => bar.height.baseVal.value)"
    )
    slope, shift = np.polyfit(np.log10(deltas), heights, 1)
    assert slope > 0
    assert_allclose(slope * np.log10(deltas) + shift, heights, atol=0.2)


@pytest.mark.browser
def test_dead_units_are_counted_and_depths_go_by(tab: Page) -> None:
    """Are ReLU's dead units said, and do the buttons change the depth, as far as there is one?"""
    tab.locator("select[name=activation]").select_option("relu")
    tab.locator("select[name=start]").select_option("he")
    cause, dead = tab.locator("[data-role=cause]"), measured("relu", "he", 6, 3)["dead"].sum()
    expect(cause).to_contain_text(f"{dead} of {6 * M} hidden units are dead")
    tab.locator("[data-action=next]").click()
    expect(tab.locator(".du-bar")).to_have_count(8)
    tab.locator("input[name=depth]").fill("30")
    tab.locator("[data-action=next]").click()
    expect(tab.locator(".du-bar")).to_have_count(31)
    bar = tab.locator(".du-bar").nth(11).bounding_box()
    assert bar is not None
    tab.mouse.click(bar["x"] + bar["width"] / 2, bar["y"] + 2)
    expect(tab.locator("[data-role=live]")).to_contain_text("Layer 12 of 31")
