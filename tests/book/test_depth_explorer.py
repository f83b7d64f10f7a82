"""Does the depth explorer show the committed trainings, and ask for a prediction first?"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from playwright.sync_api import Browser, Locator, Page, expect

from tests.book.node import STATIC, run_in_node
from tests.book.reader import numbers, opened, settle

SCRIPT = "depth-explorer.js"
RESULT = STATIC.parent / "residual-networks" / "degradation.json"
DEPTHS = (8, 20, 56)
USUAL = {("plain", 0.0), ("residual", 1.0)}


def usual_runs() -> list[dict[str, Any]]:
    """Return the trainings that the page hands to the explorer: those that no control changes."""
    found = json.loads(RESULT.read_text(encoding="utf-8"))
    for one in found:
        one["train"], one["test"] = one["train error"], one["test error"]
    return [
        one
        for one in found
        if (one["net"], one["scale"]) in USUAL and one["batch norm"] and one["slower"] == 1
    ]


def test_spreads_through_depth():
    """Are lowest, median and highest those of NumPy, block by block?"""
    runs = usual_runs()
    kinds = list(
        product(("plain", "residual"), DEPTHS, ("start", "end"), ("signal", "gradient", "noise"))
    )
    call = "value.kinds.map((kind) => explorer.throughDepth(value.runs, ...kind))"
    answers = run_in_node(SCRIPT, call, {"runs": runs, "kinds": kinds})
    for (net, depth, moment, measure), found in zip(kinds, answers, strict=True):
        rows = [r[moment][measure] for r in runs if (r["net"], r["depth"]) == (net, depth)]
        assert len(found) == (depth - 2) // 2 + 1
        for name, how in (("low", np.min), ("median", np.median), ("high", np.max)):
            assert_allclose([one[name] for one in found], how(rows, axis=0), rtol=1e-6)


def test_errors_and_their_comparison():
    """Are the errors of each network those of its seeds, and are medians compared?"""
    runs = usual_runs()
    for depth in DEPTHS:
        medians = []
        for net in ("plain", "residual"):
            own = [r for r in runs if (r["net"], r["depth"]) == (net, depth)]
            for kind in ("train", "test"):
                call = f"explorer.errorsOf(value, '{net}', {depth}, '{kind}')"
                assert run_in_node(SCRIPT, call, runs) == [one[kind] for one in own]
            medians.append(np.median([one["train"] for one in own]))
        found = run_in_node(SCRIPT, f"explorer.comparison(value, {depth})", runs)
        apart = medians[0] - medians[1]
        assert found == ("same" if abs(apart) < 1 else "higher" if apart > 0 else "lower")


@pytest.mark.parametrize(("plain", "truth"), [(5, "lower"), (7.5, "same"), (9, "higher")])
def test_comparison_goes_both_ways(plain, truth):
    """Is less than a point the same, and a point or more a difference?"""
    runs = [
        {"net": "plain", "depth": 8, "train": plain},
        {"net": "residual", "depth": 8, "train": 7},
    ]
    assert run_in_node(SCRIPT, "explorer.comparison(value, 8)", runs) == truth


def test_medians():
    """Is the median that of NumPy for odd and even numbers, and null passed over?"""
    rng = np.random.default_rng(0)
    for size in (1, 2, 5, 10):
        values = rng.normal(size=size).tolist()
        found = run_in_node(SCRIPT, "explorer.median(value)", values)
        assert found == pytest.approx(np.median(values), rel=1e-12)
    spread = run_in_node(SCRIPT, "explorer.spread(value)", [3, None, 1])
    assert spread == {"low": 1, "median": 2, "high": 3}
    assert run_in_node(SCRIPT, "explorer.spread(value)", [None]) is None


def test_decades_hold_all_values():
    """Do the powers of ten lie around all values, one apart at least?"""
    for values in ([0.02, 345.0], [0.1, 100], [1, 1], [0.7, 0.73]):
        first, last = run_in_node(SCRIPT, "explorer.decades(value)", values)
        assert 10.0**first <= min(values) * (1 + 1e-9)
        assert 10.0**last >= max(values) * (1 - 1e-9)
        assert last > first


@pytest.fixture(scope="module")
def tab(browser: Browser, site: str) -> Iterator[Page]:
    """A tab with the page."""
    with opened(browser, site + "book/residual-networks/degradation.html") as tab:
        yield tab


@pytest.fixture
def explorer(tab: Page) -> Locator:
    """The explorer, without any prediction."""
    tab.reload()
    settle(tab)
    return tab.locator(".depth-explorer")


@pytest.mark.browser
def test_errors_appear_after_a_prediction_only(explorer: Locator) -> None:
    """Are the errors hidden until the reader predicts, for each depth anew?"""
    verdict, dots = explorer.locator("[data-role=verdict]"), explorer.locator(".de-dot")
    expect(dots).to_have_count(0)
    expect(verdict).to_contain_text("Predict")
    expect(explorer.locator("select[name=moment]")).to_be_disabled()
    seeds = len({one["seed"] for one in usual_runs()})
    explorer.locator("select[name=guess]").select_option("lower")
    expect(dots).to_have_count(2 * seeds)
    expect(verdict).to_contain_text(
        "Not as you predicted: at 56 layers the plain network makes more"
    )
    plain = [r["train"] for r in usual_runs() if (r["net"], r["depth"]) == ("plain", 56)]
    said = numbers(verdict.inner_text())
    assert_allclose(said[2:5], [np.median(plain), min(plain), max(plain)], atol=0.051)
    explorer.locator("input[name=depth]").press("ArrowLeft")
    expect(verdict).to_contain_text("Predict")
    expect(dots).to_have_count(0)
    explorer.locator("input[name=depth]").press("ArrowRight")
    expect(dots).to_have_count(2 * seeds)


@pytest.mark.browser
@pytest.mark.parametrize(
    ("keys", "block"), [(["Home"], 0), (["Home", "PageUp", "ArrowRight"], 6), (["End"], 27)]
)
def test_chart_follows_the_keyboard(explorer: Locator, keys: list[str], block: int) -> None:
    """Do keys choose a block, and are its two numbers said?"""
    chart = explorer.locator("[data-role=chart]")
    for key in keys:
        chart.press(key)
    expect(chart).to_have_attribute("aria-valuenow", str(block))
    for place, net in enumerate(("plain", "residual")):
        rows = [
            one["start"]["gradient"][block]
            for one in usual_runs()
            if (one["net"], one["depth"]) == (net, 56)
        ]
        said = explorer.locator("[data-role=value]").nth(place).inner_text()
        assert numbers(said)[0] == pytest.approx(np.median(rows), rel=0.06)


@pytest.mark.browser
@pytest.mark.parametrize("measure", ["signal", "gradient", "noise"])
def test_marks_are_as_high_as_their_values(explorer: Locator, measure: str) -> None:
    """Does the chart have a mark for each block and network, at the height of its logarithm?"""
    explorer.locator("select[name=measure]").select_option(measure)
    heights, values = [], []
    for net in ("plain", "residual"):
        marks = explorer.locator(f"[data-role=chart] .de-{net} .de-mark")
        moves = marks.evaluate_all("marks => marks.map((m) => m.getAttribute('transform'))")
        heights += [numbers(move)[1] for move in moves]
        rows = [
            one["start"][measure] for one in usual_runs() if (one["net"], one["depth"]) == (net, 56)
        ]
        values += np.log10(np.median(rows, axis=0)).tolist()
    slope, shift = np.polyfit(values, heights, 1)
    assert slope < 0
    assert_allclose(slope * np.array(values) + shift, heights, atol=0.2)
