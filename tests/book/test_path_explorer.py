"""Does the path explorer compute, say and draw the terms of the course's double sum?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from playwright.sync_api import Browser, Locator, Page, expect

from course_utils.reference.path_sum import path_terms
from course_utils.reference.rnn import RNNCache, rnn_backward, rnn_forward
from course_utils.reference.truncated_bptt import chunked_backward, sliding_backward
from tests.book.node import STATIC, run_in_node
from tests.book.reader import numbers, opened, settle

SCRIPT = "path-explorer.js"
WX = np.array([[0.9, -0.6, 0.4]])
WH = np.array([[0.6, -0.7, 0.2], [0.7, 0.5, -0.4], [-0.1, 0.5, 0.8]])
START = np.array([[0.3, -0.2, 0.5]])
RANGES = {"size": [0.3, 1.8], "steps": [4, 14], "window": [1, 14]}
CUTS = {"sliding": sliding_backward, "chunks": chunked_backward}
SETTINGS: list[dict[str, Any]] = [
    {"size": size, "steps": steps, "window": window, "cut": cut}
    for size, steps, window, cut in product(
        (0.3, 0.6, 1, 1.4, 1.8), (4, 9, 14), (1, 3, 4, 14), CUTS
    )
]


def passes(setting: dict[str, Any]) -> tuple[np.ndarray, RNNCache]:
    """Return each loss's own gradient, which is all ones, and the pass of the course's network."""
    T = setting["steps"]
    x = 0.6 * np.sin(1.7 * np.arange(1, T + 1)).reshape(T, 1, 1)
    _, cache = rnn_forward(x, START, WX, setting["size"] * WH, np.zeros(3))
    return np.ones((T, 1, 3)), cache


def test_states_and_terms():
    """Are all states and all terms those of `rnn_forward` and `path_terms`?"""
    call = "value.map((s) => [explorer.statesOf(s), explorer.termsOf(s)])"
    for setting, (states, terms) in zip(SETTINGS, run_in_node(SCRIPT, call, SETTINGS), strict=True):
        dh, cache = passes(setting)
        expected = path_terms(dh, cache).dwh
        assert_allclose(states, cache.states[:, 0], rtol=1e-12, atol=1e-12)
        for j, row in enumerate(terms):
            assert len(row) == j + 1
            found = np.reshape(row, (j + 1, 3, 3))
            assert_allclose(found, expected[j, : j + 1], rtol=1e-9, atol=1e-12)


def test_what_a_cut_leaves():
    """Is the kept sum as far from the gradient as that of the course's truncated passes?"""
    call = "value.map((s) => explorer.measure(s))"
    for setting, found in zip(SETTINGS, run_in_node(SCRIPT, call, SETTINGS), strict=True):
        dh, cache = passes(setting)
        T, p = setting["steps"], setting["window"]
        whole = rnn_backward(dh, cache)[3]
        kept = CUTS[setting["cut"]](dh, cache, window=p)[3]
        size = np.linalg.norm(whole)
        assert found["norm"] == pytest.approx(size, rel=1e-9)
        assert found["error"] == pytest.approx(
            np.linalg.norm(kept - whole) / size, rel=1e-6, abs=1e-9
        )
        pairs = [(j, k) for j in range(T) for k in range(j + 1)]
        close = [j - k < p if setting["cut"] == "sliding" else j // p == k // p for j, k in pairs]
        assert (found["all"], found["kept"]) == (len(pairs), sum(close))
        norms = np.linalg.norm(path_terms(dh, cache).dwh, axis=(2, 3))
        for j, row in enumerate(found["norms"]):
            assert_allclose(row, norms[j, : j + 1], rtol=1e-9)


def test_shades_follow_the_logarithm():
    """Is a term ten times larger darker by the same amount, down to white and up to full?"""
    shades = run_in_node(SCRIPT, "value.map((v) => explorer.shade(v))", [0, 1e-4, 1e-2, 1, 10, 99])
    assert_allclose(shades, [0, 0, 0.4, 0.8, 1, 1], atol=1e-12)


@pytest.mark.parametrize("name", RANGES)
def test_ranges_of_the_sliders(name):
    """Can a reader move a slider no further than these tests do?"""
    slider = re.search(rf'\["{name}", "[^"]+", ([\d.]+), ([\d.]+), ', (STATIC / SCRIPT).read_text())
    assert slider
    assert [float(end) for end in slider.groups()] == RANGES[name]
    values = {setting[name] for setting in SETTINGS}
    assert [min(values), max(values)] == RANGES[name]


@pytest.fixture(scope="module")
def tab(browser: Browser, site: str) -> Iterator[Page]:
    """A tab with the page on truncation."""
    with opened(browser, site + "book/backpropagation-through-time/truncated.html") as tab:
        yield tab


@pytest.fixture
def explorer(tab: Page) -> Locator:
    """The explorer as the page sets it."""
    tab.reload()
    settle(tab)
    return tab.locator(".path-explorer")


def setting_of(explorer: Locator) -> dict[str, Any]:
    """Read the explorer's controls."""
    setting: dict[str, Any] = {
        name: float(explorer.locator(f"input[name={name}]").input_value()) for name in RANGES
    }
    cut = explorer.locator("select[name=cut]").input_value()
    return setting | {"steps": int(setting["steps"]), "window": int(setting["window"]), "cut": cut}


@pytest.mark.browser
@pytest.mark.parametrize(
    ("keys", "j", "k"),
    [
        (["End"], 8, 8),
        (["ArrowRight", "ArrowRight", "ArrowRight", "ArrowDown"], 9, 6),
        (["Home", "ArrowLeft"], 8, 1),
        (["ArrowDown"] * 9, 12, 3),
        (["PageUp", "ArrowUp", "PageDown"], 7, 2),
        (["ArrowUp"] * 6, 2, 2),
    ],
)
def test_triangle_follows_the_keyboard(explorer: Locator, keys: list[str], j: int, k: int) -> None:
    """Do keys choose a term, and is its norm said?"""
    chart = explorer.locator("[data-role=chart]")
    for key in keys:
        chart.press(key)
    expect(chart).to_have_attribute("aria-valuetext", f"Loss at step {j}, use at step {k}")
    setting = setting_of(explorer)
    expected = np.linalg.norm(path_terms(*passes(setting)).dwh[j - 1, k - 1])
    said = explorer.locator("[data-role=value]").inner_text()
    if "·10" not in said:
        assert float(said) == pytest.approx(expected, rel=0.06)
    live = explorer.locator("[data-role=live]")
    kept = (j - 1) // 4 == (k - 1) // 4
    expect(live).to_contain_text("kept" if kept else "cut off")


@pytest.mark.browser
@pytest.mark.parametrize("cut", CUTS)
def test_cells_and_summary_follow_the_cut(explorer: Locator, cut: str) -> None:
    """Are as many cells taken away as the sentence says, for a moved window?"""
    explorer.locator("select[name=cut]").select_option(cut)
    explorer.locator("input[name=window]").press("ArrowLeft")
    setting = setting_of(explorer)
    assert setting["window"] == 3
    found = run_in_node(SCRIPT, "explorer.measure(value)", setting)
    expect(explorer.locator(".pe-cell")).to_have_count(found["all"])
    expect(explorer.locator(".pe-cell.is-cut")).to_have_count(found["all"] - found["kept"])
    said = numbers(explorer.locator("[data-role=summary]").inner_text())
    assert said[:2] == [found["kept"], found["all"]]
    assert said[2] == pytest.approx(100 * found["error"], rel=0.06)


@pytest.mark.browser
def test_pointer_and_buttons(explorer: Locator) -> None:
    """Does a tap choose a cell, and do the buttons walk back along its row and forward again?"""
    chart = explorer.locator("[data-role=chart]")
    box = explorer.locator('.pe-cell[data-j="10"][data-k="4"]').bounding_box()
    whole = chart.bounding_box()
    assert box
    assert whole
    place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    chart.click(position={"x": place["x"] - whole["x"], "y": place["y"] - whole["y"]})
    expect(chart).to_have_attribute("aria-valuetext", "Loss at step 10, use at step 4")
    explorer.locator("[data-action=next]").click()
    expect(chart).to_have_attribute("aria-valuetext", "Loss at step 10, use at step 3")
    for _ in range(2):
        explorer.locator("[data-action=previous]").click()
    expect(chart).to_have_attribute("aria-valuetext", "Loss at step 10, use at step 5")
