"""Does the landscape explorer take the course's steps, and say and draw where they lead?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from playwright.sync_api import Browser, Locator, Page, expect

from course_utils.reference import adaptive_optimizers as adaptive
from course_utils.reference import optimizers
from tests.book.node import STATIC, run_in_node
from tests.book.reader import numbers

SCRIPT = "landscape-explorer.js"
STEPS = 300
RULES: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "sgd": (optimizers.sgd_init, optimizers.sgd),
    "momentum": (optimizers.momentum_init, optimizers.momentum),
    "nesterov": (optimizers.nesterov_init, optimizers.nesterov),
    "adagrad": (adaptive.adagrad_init, adaptive.adagrad),
    "rmsprop": (adaptive.rmsprop_init, adaptive.rmsprop),
    "adam": (adaptive.adam_init, adaptive.adam),
}
Setting = dict[str, Any]


def setting(landscape: str, angle: float, noise: float, u: float, v: float) -> Setting:
    return {"landscape": landscape, "angle": angle, "noise": noise, "seed": 7, "u": u, "v": v}


RAVINE = setting("ravine", 0, 0, -1.8, 0.6)
SADDLE = setting("saddle", 0, 0, -1.6, 0.001)
BOWL = setting("bowl", 0, 1, -1.6, 1.2)
TURNED = setting("ravine", 45, 0, -1.8, 0.6)


def turned(angle: float, first: float, second: float) -> np.ndarray:
    """Turn a vector: by an angle from (u, v) to (x, y), by the negative angle back."""
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    return np.array([cos * first - sin * second, sin * first + cos * second])


def loss_and_gradient(s: Setting, xy: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the loss at (x, y) and its gradient, as the page's formulas say."""
    u, v = turned(-s["angle"], *xy)
    if s["landscape"] == "saddle":
        loss = u * u / 2 + 0.05 * (1 - v * v) ** 2 / 4
        return loss, turned(s["angle"], u, 0.05 * (v * v * v - v))
    curve = {"ravine": 50, "bowl": 1}[s["landscape"]]
    return (u * u + curve * v * v) / 2, turned(s["angle"], u, curve * v)


def uniform(seed: int) -> Iterator[float]:
    """Yield the numbers of mulberry32, in whole numbers modulo 2**32."""
    mask = 2**32 - 1
    while True:
        seed = (seed + 0x6D2B79F5) & mask
        z = (seed ^ (seed >> 15)) * (seed | 1) & mask
        z ^= (z + ((z ^ (z >> 7)) * (z | 61) & mask)) & mask
        yield (z ^ (z >> 14)) / 2**32


@cache
def noise_of(seed: int) -> np.ndarray:
    numbers = uniform(seed)
    return np.array(
        [[sum(next(numbers) for _ in range(12)) - 6 for _ in "xy"] for _ in range(STEPS)]
    )


def path_of(rule: str, rate: float, s: Setting) -> tuple[np.ndarray, np.ndarray]:
    """Return the points (x, y) of the course's optimizer, and their losses."""
    start, step = RULES[rule]
    x = {"x": turned(s["angle"], s["u"], s["v"])}
    state = start(x)
    points = [x["x"]]
    for more in s["noise"] * noise_of(s["seed"]):
        dx = {"x": loss_and_gradient(s, x["x"])[1] + more}
        x, state = step(x, dx, state, learning_rate=rate)
        points.append(x["x"])
    return np.array(points), np.array([loss_and_gradient(s, point)[0] for point in points])


def test_the_landscapes_slope_as_their_gradients_say():
    """Are losses those of the formulas, and gradients their central differences?"""
    points = np.random.default_rng(0).uniform(-2, 2, (20, 2)).tolist()
    call = """value[0].map((s) => value[1].map(([x, y]) => {
        const { loss, gradient } = explorer.surfaceOf(s);
        return [loss(x, y), ...gradient(x, y)]; }))"""
    settings = [{**s, "angle": angle} for s in (RAVINE, SADDLE, BOWL) for angle in (0, 17)]
    for s, found in zip(settings, run_in_node(SCRIPT, call, [settings, points]), strict=True):
        for point, (loss, *gradient) in zip(np.array(points), found, strict=True):
            assert loss == pytest.approx(loss_and_gradient(s, point)[0], rel=1e-12)
            sides = 1e-6 * np.eye(2)
            numeric = [
                (loss_and_gradient(s, point + d)[0] - loss_and_gradient(s, point - d)[0]) / 2e-6
                for d in sides
            ]
            assert_allclose(gradient, numeric, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("seed", [0, 1, 9999])
def test_both_sides_draw_the_same_noise(seed):
    """Is it the same to the last bit, of mean 0 and variance 1?"""
    found = np.array(run_in_node(SCRIPT, "explorer.noiseOf(value)", seed))
    assert (found == noise_of(seed)).all()
    assert abs(found.mean()) < 0.12
    assert found.std() == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("rule", RULES)
def test_paths_are_those_of_the_course(rule):
    """On each landscape, turned, noisy and at rates that diverge, is each point the course's?"""
    tries = [
        [RAVINE, 0.035],
        [RAVINE, 0.3],
        [{**RAVINE, "noise": 0.3}, 0.003],
        [{**TURNED, "angle": 31}, 0.003],
        [TURNED, 0.01],
        [SADDLE, 0.035],
        [{**SADDLE, "angle": 45, "v": 0.2}, 0.035],
        [{**SADDLE, "v": 0, "noise": 0.1}, 0.1],
        [BOWL, 0.035],
    ]
    call = "value[1].map(([s, rate]) => explorer.pathOf(value[0], rate, s))"
    for (s, rate), found in zip(tries, run_in_node(SCRIPT, call, [rule, tries]), strict=True):
        with np.errstate(all="ignore"):
            points, losses = path_of(rule, rate, s)
        # JSON has null for what is no number.
        seen, seen_losses = (np.array(found[name], float) for name in ("points", "losses"))
        finite = np.isfinite(points).all(axis=1)
        assert_allclose(seen[finite], points[finite], rtol=1e-12, atol=1e-12)
        assert not np.isfinite(seen[~finite]).all(axis=1).any()
        kept = finite & np.isfinite(losses)
        assert_allclose(seen_losses[kept], losses[kept], rtol=2e-12, atol=1e-12)


def arrival(losses: np.ndarray) -> float:
    """Return the step since which no loss is above 0.001."""
    above = np.flatnonzero(~(losses <= 1e-3))
    first = above[-1] + 1 if len(above) else 0
    return first if first < len(losses) else math.inf


@pytest.mark.parametrize("own", [TURNED, BOWL])
def test_rates_are_the_best_of_all(own):
    """Of the rates whose path stays in the picture, does each arrive first or lie lowest?"""
    call = """(() => {
        const s = explorer.ownSetting(value.landscape, value.angle);
        const tried = (rule) => explorer.RATES.map((rate) => {
            const { points, losses } = explorer.pathOf(rule, rate, s);
            return [Math.max(...points.flat().map(Math.abs)), ...losses]; });
        const best = explorer.bestRates(s.landscape, s.angle);
        return [s, explorer.RATES, best, ["nesterov", "rmsprop"].map(tried)]; })()"""
    start, rates, best, paths = run_in_node(SCRIPT, call, own)
    assert start == {**own, "seed": 1}
    assert list(best) == list(RULES)
    assert_allclose(rates, 10 ** np.arange(-3, 1.01, 0.05), rtol=0.04)
    for rate, tried in zip([best["nesterov"], best["rmsprop"]], paths, strict=True):
        found = np.array(tried, float)
        scores = [
            (arrival(losses), losses.mean()) if reach <= 2.1 else (math.inf, math.inf)
            for reach, losses in zip(found[:, 0], found[:, 1:], strict=True)
        ]
        assert rate == rates[scores.index(min(scores))]


@pytest.mark.parametrize(
    ("angle", "arrivals"), [(0, [104, 82, 50, 5, 12, 77]), (45, [104, 82, 50, 138, 170, 81])]
)
def test_a_turned_ravine_slows_rules_with_a_rate_for_each_entry(angle, arrivals):
    """Do the course's optimizers arrive at these steps, at the rates of the picture?"""
    s = {**RAVINE, "angle": angle}
    rates = run_in_node(SCRIPT, "explorer.bestRates('ravine', value)", angle)
    assert [arrival(path_of(rule, rates[rule], s)[1]) for rule in RULES] == arrivals


def test_what_is_said_of_a_place():
    """Is a path diverged, on the saddle, arrived or under way by its last point and its losses?"""
    call = "value.map(([s, path, now]) => explorer.placeOf(path, now, s))"

    def at(x: float | None, y: float, *losses: float) -> dict[str, Any]:
        return {"points": [[x, y]] * len(losses), "losses": losses}

    cases = [
        [RAVINE, at(1001, 0, 9), 0],
        [RAVINE, at(-600, 800.1, 9), 0],
        [SADDLE, at(0.07, -0.07, 1, 0.0125), 1],
        [RAVINE, at(0.07, -0.07, 1, 0.0125), 1],
        [RAVINE, at(0, 0, 1, 5e-4, 2e-3, 1e-3, 0), 4],
        [RAVINE, at(0, 0, 1, 5e-4, 2e-3, 1e-3, 0), 2],
        [RAVINE, at(0, 0, 1, 5e-4, 2e-3, 1e-3, 0), 1],
        [RAVINE, at(0, 0, 1e-3, 0), 1],
        [SADDLE, at(0.08, 0.08, 0.0125), 0],
        [{**SADDLE, "angle": 45}, at(0.5, -0.5, 1), 0],
    ]
    found = run_in_node(SCRIPT, call, cases)
    kinds = [one["kind"] for one in found]
    way = "under way"
    assert kinds[:6] == ["diverged", "diverged", "saddle", way, "arrived", way]
    assert kinds[6:] == ["arrived", "arrived", way, way]
    assert [one.get("since") for one in found if one["kind"] == "arrived"] == [3, 1, 0]
    assert found[-1]["left"] == pytest.approx(1 - math.sqrt(0.5))
    gone = """[[NaN, 0], [0, Infinity]].map((point) =>
        explorer.placeOf({ points: [point], losses: [0] }, 0, value).kind)"""
    assert run_in_node(SCRIPT, gone, SADDLE) == ["diverged"] * 2


@pytest.mark.parametrize("s", [RAVINE, SADDLE, BOWL])
def test_contour_lines_are_lines_of_one_loss(s):
    """Is each of their points at their level, on every closed part that the level has?"""
    levels = [0.002, 0.0125, 0.3, 2]
    call = "value[1].map((level) => explorer.contourOf(value[0], level))"
    found = run_in_node(SCRIPT, call, [s["landscape"], levels])
    for level, loops in zip(levels, found, strict=True):
        assert len(loops) == (2 if s is SADDLE and level < 0.0125 else 1)
        for point in np.vstack(loops):
            assert loss_and_gradient(s, point)[0] == pytest.approx(level, rel=1e-9)
        for loop in loops:
            u, v = np.array(loop).T
            assert u.min() < 0 < u.max()
            assert v.min() < v.max()


PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>A page</title>
<meta name="viewport" content="width=device-width">
<link rel="stylesheet" href="{static}/explorer.css">
<link rel="stylesheet" href="{static}/landscape-explorer.css">
<script defer src="{static}/explorer.js"></script>
<script defer src="{static}/landscape-explorer.js"></script></head>
<body><div class="landscape-explorer" data-play>No script.</div>
<div style="height: 3000px">After</div></body></html>"""
Opener = Callable[..., Page]


@pytest.fixture
def opener(browser: Browser, tmp_path: Path) -> Iterator[Opener]:
    """A function that opens the explorer with a query, and notes errors of its script."""
    errors: list[str] = []
    tabs = []

    def opened(query: str, **profile: Any) -> Page:
        page = tmp_path / "page.html"
        page.write_text(PAGE.format(static=STATIC.as_uri()), encoding="utf-8")
        tab = browser.new_context(**profile).new_page()
        tabs.append(tab)
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.goto(f"{page.as_uri()}?{query}")
        expect(tab.locator("[data-role=live]")).not_to_be_empty()
        return tab

    yield opened
    for tab in tabs:
        tab.context.close()
    assert not errors


def said(tab: Page) -> list[float]:
    """Return the step and the start, along and across, that a screen reader is told."""
    return numbers(tab.locator("[data-role=chart]").get_attribute("aria-valuetext") or "")


def middle(part: Locator) -> tuple[float, float]:
    box = part.bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def column(tab: Page, role: str) -> list[str]:
    return tab.locator(f"td[data-role={role}]").all_inner_texts()


@pytest.mark.browser
def test_keys_move_the_start_and_the_step(opener: Opener) -> None:
    """After keys, are losses and places in the table those of the moved start and step?"""
    tab = opener("landscape=saddle&t=40")
    chart = tab.locator("[data-role=chart]")
    for key in ("ArrowUp", "ArrowUp", "ArrowRight", "PageUp", "PageDown", "PageDown"):
        chart.press(key)
    assert said(tab) == [30, -1.55, 0.1]
    rates_said = tab.locator("[data-role=rates]")
    expect(rates_said).to_have_text(
        "Each optimizer has the rate that is best from the landscape's own start."
    )
    s = {**SADDLE, "u": -1.55, "v": 0.1}
    rates = run_in_node(SCRIPT, "explorer.bestRates('saddle', 0)")
    paths = [path_of(rule, rates[rule], s) for rule in RULES]
    # Numbers below 0.001 are written with a power of ten.
    shown = [text for text in column(tab, "loss") if "10" not in text]
    expected = [losses[30] for _, losses in paths if losses[30] >= 1e-3]
    assert_allclose([float(text) for text in shown], expected, rtol=0.06)
    arrived = [arrival(losses[:31]) for _, losses in paths]
    for text, step in zip(column(tab, "state"), arrived, strict=True):
        assert (text == f"arrived at step {step:.0f}") == (step < math.inf)
    chart.press("ArrowDown")
    chart.press("ArrowDown")
    chart.press("End")
    assert said(tab) == [300, -1.55, 0]
    assert "all sit on the saddle" in tab.locator("[data-role=live]").inner_text()


@pytest.mark.browser
def test_the_start_is_dragged_while_it_plays(opener: Opener) -> None:
    """Does it stop where it is, follow the pointer, stay in the picture, and then let go?"""
    tab = opener("")
    button = tab.locator("[data-action=play]")
    expect(button).to_have_text("Pause")
    ring, frame = middle(tab.locator(".lx-ring")), tab.locator(".lx-frame").bounding_box()
    assert frame
    unit = (frame["width"] + 2) / 4.2
    tab.mouse.move(*ring)
    tab.mouse.down()
    tab.mouse.move(ring[0] + 1.2 * unit, ring[1] - 0.3 * unit, steps=5)
    expect(button).to_have_text("Play")
    assert said(tab)[1:] == pytest.approx([-0.6, 0.9], abs=0.051)
    tab.mouse.move(ring[0] + 9000, ring[1], steps=2)
    assert math.hypot(*said(tab)[1:]) == pytest.approx(2, abs=0.05)
    tab.mouse.move(*ring, steps=2)
    tab.mouse.up()
    tab.mouse.move(ring[0] + unit, ring[1])
    assert said(tab)[1:] == [-1.8, 0.6]


@pytest.mark.browser
def test_a_finger_drags_the_start_and_not_the_page(opener: Opener) -> None:
    """On a phone, does the start follow a finger, with the page in its place and no wider?"""
    tab = opener("t=9", viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    x, y = middle(tab.locator(".lx-ring"))
    touch = tab.context.new_cdp_session(tab)
    for kind, moved in [("touchStart", 0), ("touchMove", 20), ("touchMove", 70), ("touchEnd", 0)]:
        points = [] if kind == "touchEnd" else [{"x": x + moved / 4, "y": y - moved}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    expect(tab.locator("[data-role=chart]")).not_to_have_attribute(
        "aria-valuetext", "Step 9, start at −1.800 along and 0.600 across"
    )
    _, u, v = said(tab)
    assert u > -1.8
    assert v > 0.6
    assert tab.evaluate("scrollY") == 0


@pytest.mark.browser
@pytest.mark.parametrize("landscape", ["ravine", "saddle"])
def test_rates_a_hundred_times_too_large(opener: Opener, landscape: str) -> None:
    """Where paths leave all numbers, does the picture say so, and draw no such thing?"""
    tab = opener(f"landscape={landscape}&scale=2&t=300&noise=2&angle=31")
    assert "SGD" in tab.locator("[data-role=live]").inner_text().split("diverged")[0]
    assert column(tab, "loss")[0] == "too large"
    drawn = tab.locator("[data-role=chart]").evaluate("it => it.outerHTML")
    assert not any(word in drawn for word in ("NaN", "Infinity", "undefined"))


@pytest.mark.browser
def test_an_optimizer_is_switched_off(opener: Opener) -> None:
    """By the address or a box, does it leave the picture and the sentence, down to none?"""
    tab = opener("t=300&off=sgd_adam_nobody")
    live = tab.locator("[data-role=live]")
    boxes = tab.locator(".lx-table input")
    assert boxes.evaluate_all("all => all.map((one) => one.checked)") == [False, *[True] * 4, False]
    expect(live).to_contain_text("momentum")
    expect(live).not_to_contain_text("Adam")
    expect(tab.locator('.lx-path[data-rule="adam"]')).to_be_hidden()
    boxes.nth(5).check()
    expect(live).to_contain_text("Adam (step 77)")
    expect(tab.locator('.lx-path[data-rule="adam"]')).to_be_visible()
    for n in range(1, 6):
        boxes.nth(n).uncheck()
    expect(live).to_contain_text("all optimizers are switched off")


@pytest.mark.browser
@pytest.mark.parametrize(
    "query", ["u=9&v=<b>&t=1e400&angle=NaN", "landscape=toString&seed=-1&off=<i>&scale=&u=1e0"]
)
def test_an_address_that_makes_no_sense(opener: Opener, query: str) -> None:
    """Is what cannot be set passed over?"""
    tab = opener(query, reduced_motion="reduce")
    assert said(tab) == [60, -1.8, 0.6]
    assert column(tab, "rate") == ["0.035", "0.0035", "0.025", "2.5", "0.063", "0.063"]
    assert tab.locator("b, i").count() == 0
