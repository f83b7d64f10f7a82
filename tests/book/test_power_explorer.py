"""Does the power explorer compute, say and draw the powers of a matrix?"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest
from numpy.testing import assert_allclose
from playwright.sync_api import Browser, Locator, Page, expect

from tests.book.node import STATIC, run_in_node
from tests.book.reader import opened, settle

SCRIPT = "power-explorer.js"
STEPS = 20
ENTRIES = ("a", "b", "c", "d")


def matrices() -> np.ndarray:
    """Return the matrices of the list, drawn ones, the corners of the sliders, and nothing."""
    named = list(run_in_node(SCRIPT, "explorer.MATRICES", None).values())
    drawn = np.random.default_rng(0).uniform(-2, 2, (40, 4)).round(2)
    corners = [[2, 2, 2, 2], [-2, 2, -2, -2], [2, -2, 2, 2], [0, 0, 0, 0], [0, 1, 0, 0]]
    return np.vstack([named, drawn, corners]).reshape(-1, 2, 2)


def test_powers_and_what_is_measured_of_them():
    """Are powers, norms, singular values and spectral radius those of NumPy?"""
    given = [dict(zip(ENTRIES, W.ravel().tolist(), strict=True)) for W in matrices()]
    found = run_in_node(SCRIPT, "value.map((m) => explorer.measure(m))", given)
    for W, one in zip(matrices(), found, strict=True):
        powers = [np.linalg.matrix_power(W, n) for n in range(STEPS + 1)]
        norms = [np.linalg.norm(power, 2) for power in powers]
        assert_allclose(one["powers"], powers, rtol=1e-9, atol=1e-6)
        assert_allclose(one["norms"], norms, rtol=1e-6, atol=1e-9)
        assert_allclose(one["stretch"], norms[1], rtol=1e-9)
        # A double eigenvalue is the one that NumPy finds to half of its digits.
        radius = np.abs(np.linalg.eigvals(W)).max()
        assert_allclose(one["radius"], radius, rtol=1e-6, atol=1e-7)


def test_both_singular_values():
    """Are the longest and the shortest image of a unit vector those of NumPy?"""
    call = "value.map((m) => explorer.singularValues(m))"
    found = run_in_node(SCRIPT, call, matrices().tolist())
    assert_allclose(found, np.linalg.svd(matrices(), compute_uv=False), rtol=1e-6, atol=1e-9)


def test_the_circle_is_drawn_under_the_matrix():
    """Are the points u W for unit vectors u, and the marked one the longest?"""
    call = "value.map((m) => [explorer.imageOf(m), explorer.longest(m)])"
    for W, (points, tip) in zip(
        matrices(), run_in_node(SCRIPT, call, matrices().tolist()), strict=True
    ):
        angle = 2 * np.pi * np.arange(len(points)) / len(points)
        circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        assert_allclose(points, circle @ W, atol=1e-12)
        assert_allclose(np.linalg.norm(tip), np.linalg.norm(W, 2), rtol=1e-9)
        if abs(np.linalg.det(W)) > 1e-9:
            assert_allclose(np.linalg.norm(tip @ np.linalg.inv(W)), 1, rtol=1e-6)


def test_a_list_of_matrices_fits_the_sliders():
    """Can each slider be moved to each matrix of the list, and do the names fit?"""
    source = (STATIC / SCRIPT).read_text(encoding="utf-8")
    ends = re.findall(r'\["[abcd]", "[^"]+", (-?\d+), (\d+), ', source)
    assert ends == [("-2", "2")] * 4
    named = run_in_node(SCRIPT, "explorer.MATRICES", None)
    assert all(abs(entry) <= 2 for matrix in named.values() for entry in matrix)
    radius = {name: _radius(matrix) for name, matrix in named.items()}
    assert radius["turn"] == pytest.approx(1)
    assert radius["spiral"] == pytest.approx(0.9)
    assert radius["late"] == pytest.approx(0.5)


def _radius(matrix: list[float]) -> float:
    return float(np.abs(np.linalg.eigvals(np.reshape(matrix, (2, 2)))).max())


@pytest.fixture(scope="module")
def tab(browser: Browser, site: str) -> Iterator[Page]:
    """A tab with the page on powers."""
    with opened(browser, site + "book/vanishing-gradients/powers-of-a-matrix.html") as tab:
        yield tab


@pytest.fixture
def explorer(tab: Page) -> Locator:
    """The explorer as the page sets it."""
    tab.reload()
    settle(tab)
    return tab.locator(".power-explorer")


def said(explorer: Locator) -> float:
    return float(explorer.locator("[data-role=value]").inner_text())


@pytest.mark.browser
@pytest.mark.parametrize(
    ("keys", "n"), [(["Home"], 0), (["ArrowRight", "ArrowUp"], 2), (["End", "PageDown"], 15)]
)
def test_the_picture_follows_the_keyboard(explorer: Locator, keys: list[str], n: int) -> None:
    """Do keys choose a step, and is its norm said?"""
    chart = explorer.locator("[data-role=chart]")
    for key in ("Home", *keys):
        chart.press(key)
    expect(chart).to_have_attribute("aria-valuenow", str(n))
    expect(explorer.locator(".we-dot.is-now")).to_have_attribute("data-n", str(n))
    assert said(explorer) == pytest.approx(1.5**n, rel=0.005)


@pytest.mark.browser
def test_the_list_moves_the_sliders_and_a_slider_leaves_the_list(explorer: Locator) -> None:
    """Does a chosen matrix reach the sliders, and is a moved one the reader's own?"""
    matrix = explorer.locator("select[name=matrix]")
    matrix.select_option("late")
    values = [explorer.locator(f"input[name={name}]").input_value() for name in ENTRIES]
    assert [float(value) for value in values] == [0.5, 2, 0, 0.5]
    summary = explorer.locator("[data-role=summary]")
    expect(summary).to_contain_text("grows at first")
    expect(summary).to_contain_text("vanishes in the end")
    explorer.locator("input[name=b]").press("ArrowLeft")
    expect(matrix).to_have_value("own")
    explorer.locator("input[name=d]").fill("1.2")
    expect(summary).to_contain_text("spectral radius 1.200")
    expect(summary).to_contain_text("explodes")


@pytest.mark.browser
def test_pointer_and_buttons(explorer: Locator) -> None:
    """Does a tap choose a step, and do the buttons go on and back?"""
    chart = explorer.locator("[data-role=chart]")
    dot, whole = explorer.locator('.we-dot[data-n="10"]').bounding_box(), chart.bounding_box()
    assert dot
    assert whole
    place = {"x": dot["x"] + dot["width"] / 2 - whole["x"], "y": dot["y"] + 2 - whole["y"]}
    chart.click(position=place)
    expect(chart).to_have_attribute("aria-valuenow", "10")
    assert said(explorer) == pytest.approx(57.7)
    explorer.locator("[data-action=next]").click()
    explorer.locator("[data-action=next]").click()
    explorer.locator("[data-action=previous]").click()
    expect(chart).to_have_attribute("aria-valuenow", "11")
