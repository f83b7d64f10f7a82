"""Does the LSTM explorer compute, say and draw what the course's LSTM does?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from playwright.sync_api import Browser, Locator, Page, expect

from course_utils.reference.lstm import lstm_step_forward
from tests.book.node import STATIC, error_in_node, run_in_node
from tests.book.reader import numbers, opened

SCRIPT = "lstm-explorer.js"
RANGES = {
    "i": [0, 0.35, 1],
    "f": [0, 0.5, 0.9, 0.99, 1],
    "o": [0, 0.5, 1],
    "g": [-1, -0.3, 0, 0.8, 1],
    "c0": [-2, 0, 1.1, 2],
}
WRITES = {"once": {1}, "every": set(range(1, 31)), "twice": {1, 11}}
SETTINGS = [
    dict(zip([*RANGES, "pattern", "steps"], values, strict=True))
    for values in product(*RANGES.values(), WRITES, (20, 30))
]

Setting = dict[str, Any]


def closed_form(setting: Setting, t: int) -> float:
    """Return the cell after `t` steps, as a sum over what was written before."""
    i, f, g, c0 = (setting[name] for name in ("i", "f", "g", "c0"))
    writes = [s for s in WRITES[setting["pattern"]] if s <= t]
    return f**t * c0 + i * g * sum(f ** (t - s) for s in writes)


def logit(gate: np.ndarray) -> np.ndarray:
    """Return what the sigmoid makes a gate of; 40 is as good as infinity."""
    inside = np.clip(gate, 1e-18, 1 - 1e-16)
    return np.log(inside / (1 - inside))


def test_closed_form():
    """Does the script follow the sum of what is left of each write?"""
    runs = run_in_node(SCRIPT, "value.map((s) => explorer.runUnit(s))", SETTINGS)
    for setting, run in zip(SETTINGS, runs, strict=True):
        c = [closed_form(setting, t) for t in range(setting["steps"] + 1)]
        h = setting["o"] * np.tanh(c[1:])
        assert_allclose(run["c"], c, rtol=1e-12, atol=1e-12, err_msg=str(setting))
        assert_allclose(run["h"], h, rtol=1e-12, atol=1e-12, err_msg=str(setting))


@pytest.mark.parametrize("pattern", WRITES)
def test_against_the_reference(pattern):
    """Does `lstm_step_forward`, with gates set by its input, give the same cells and outputs?"""
    settings = [s for s in SETTINGS if s["pattern"] == pattern and s["steps"] == 30]
    runs = run_in_node(SCRIPT, "value.map((s) => explorer.runUnit(s))", settings)
    values = {name: np.array([s[name] for s in settings], float) for name in RANGES}
    candidate = np.arctanh(np.clip(values["g"], -1 + 1e-16, 1 - 1e-16))
    h, c = np.zeros((len(settings), 1)), values["c0"][:, None]  # (N, 1)
    for t in range(1, 31):
        gate = values["i"] if t in WRITES[pattern] else np.zeros(len(settings))
        x = np.stack([logit(gate), logit(values["f"]), candidate, logit(values["o"])], axis=1)
        (h, c), _ = lstm_step_forward(x, h, c, np.eye(4), np.zeros((1, 4)), np.zeros(4))
        assert_allclose([run["c"][t] for run in runs], c[:, 0], rtol=1e-12, atol=1e-12)
        assert_allclose([run["h"][t - 1] for run in runs], h[:, 0], rtol=1e-12, atol=1e-12)


def test_input_gates():
    """Is the input gate open at the steps of the pattern, and shut at all others?"""
    for pattern, writes in WRITES.items():
        setting = {"i": 0.7, "pattern": pattern, "steps": 20}
        gates = run_in_node(SCRIPT, "explorer.inputGates(value)", setting)
        assert gates == [0.7 if t in writes else 0 for t in range(1, 21)]


def test_halving():
    """After the halving steps, is half left?"""
    gates = [0.01, 0.3, 0.5, 0.9, 0.99]
    answers = run_in_node(SCRIPT, "value.map((f) => explorer.halvingSteps(f))", gates)
    for f, steps in zip(gates, answers, strict=True):
        assert f**steps == pytest.approx(0.5)
    assert run_in_node(SCRIPT, "explorer.halvingSteps(0)") == 0
    assert run_in_node(SCRIPT, "explorer.halvingSteps(1) === Infinity") is True
    assert run_in_node(SCRIPT, "explorer.shareLeft(0.9, 20)") == pytest.approx(0.9**20)


def test_resting_value():
    """Is it where the cell stays when each step writes, and null where there is no such value?"""
    gates = [
        dict(zip("ifg", values, strict=True))
        for values in product([0.2, 1], [0, 0.5, 0.9], [-1, 0.8])
    ]
    rests = run_in_node(SCRIPT, "value.map((s) => explorer.restingValue(s))", gates)
    for s, rest in zip(gates, rests, strict=True):
        assert s["f"] * rest + s["i"] * s["g"] == pytest.approx(rest)
    assert run_in_node(SCRIPT, "explorer.restingValue(value)", {"i": 1, "f": 1, "g": 1}) is None


@pytest.mark.parametrize(("name", "value"), [("i", -0.1), ("f", 1.1), ("o", 2), ("g", -1.5)])
def test_a_number_out_of_range(name, value):
    """Is a gate that no sigmoid, or a candidate that no tanh can give refused?"""
    setting = SETTINGS[0] | {name: value}
    least = -1 if name == "g" else 0
    refused = error_in_node(SCRIPT, "explorer.runUnit(value)", setting)
    assert refused == ["RangeError", f"{name} must be from {least} to 1, got {value}"]


@pytest.mark.parametrize("name", RANGES)
def test_ranges_of_the_sliders(name):
    """Can a reader move a slider no further than these tests do?"""
    slider = re.search(rf'\["{name}", "[^"]+", (-?\d+), (\d+), ', (STATIC / SCRIPT).read_text())
    assert slider
    assert [int(end) for end in slider.groups()] == [min(RANGES[name]), max(RANGES[name])]


@pytest.fixture(scope="module")
def tab(browser: Browser, site: str) -> Iterator[Page]:
    """A tab with the chapter."""
    with opened(browser, site + "book/lstm/gates.html") as tab:
        yield tab


@pytest.fixture
def explorer(tab: Page) -> Locator:
    """The chapter's explorer, which the tests below leave in whatever state."""
    return tab.locator(".lstm-explorer").first


def setting_of(explorer: Locator) -> Setting:
    """Read the explorer's sliders and lists."""
    setting: Setting = {
        name: float(explorer.locator(f"input[name={name}]").input_value()) for name in RANGES
    }
    for name in ("pattern", "steps"):
        setting[name] = explorer.locator(f"select[name={name}]").input_value()
    return setting | {"steps": int(setting["steps"])}


def expect_step(explorer: Locator, t: int) -> None:
    """Expect that step `t` is chosen, and shown with the right numbers."""
    setting = setting_of(explorer)
    c = closed_form(setting, t)
    h = setting["o"] * np.tanh(c)
    expect(explorer.locator("[data-role=chart]")).to_have_attribute("aria-valuenow", str(t))
    said = numbers(explorer.locator("[data-role=live]").inner_text())
    assert_allclose(said, [t, setting["steps"], c, h], atol=6e-4)
    values = explorer.locator("[data-role=value]").all_inner_texts()
    assert_allclose([numbers(text)[0] for text in values], [c, h], atol=6e-4)


@pytest.mark.browser
@pytest.mark.parametrize("slider", RANGES)
def test_slider_follows_the_keyboard(explorer: Locator, slider: str) -> None:
    """After an arrow key on a slider, are the numbers those of the closed form?"""
    before = setting_of(explorer)
    field = explorer.locator(f"input[name={slider}]")
    at_its_end = before[slider] == max(RANGES[slider])
    field.press("ArrowLeft" if at_its_end else "ArrowRight")
    after = setting_of(explorer)
    step = float(field.get_attribute("step") or "nan") * (-1 if at_its_end else 1)
    assert after == before | {slider: pytest.approx(before[slider] + step)}
    explorer.locator("[data-role=chart]").press("Home")
    expect_step(explorer, 1)


@pytest.mark.browser
@pytest.mark.parametrize(
    ("keys", "t"),
    [
        (["Home"], 1),
        (["Home", "ArrowLeft"], 1),
        (["Home", "ArrowRight", "ArrowUp"], 3),
        (["Home", "PageUp", "ArrowDown"], 5),
        (["End"], 30),
        (["End", "ArrowRight", "PageDown"], 25),
    ],
)
def test_chart_follows_the_keyboard(explorer: Locator, keys: list[str], t: int) -> None:
    """Do the keys choose the time step that the help names?"""
    explorer.locator("select[name=steps]").select_option("30")
    for key in keys:
        explorer.locator("[data-role=chart]").press(key)
    expect_step(explorer, t)


@pytest.mark.browser
def test_buttons_and_pointer(explorer: Locator) -> None:
    """Do the buttons and a tap choose a time step, too?"""
    explorer.locator("select[name=steps]").select_option("20")
    chart = explorer.locator("[data-role=chart]")
    chart.press("Home")
    explorer.locator("[data-action=next]").click()
    expect_step(explorer, 2)
    explorer.locator("[data-action=previous]").click()
    expect_step(explorer, 1)
    mark = explorer.locator(".le-c .le-mark").nth(13).bounding_box()
    box = chart.bounding_box()
    assert mark
    assert box
    chart.click(position={"x": mark["x"] + mark["width"] / 2 - box["x"], "y": box["height"] / 2})
    expect_step(explorer, 13)


@pytest.mark.browser
@pytest.mark.parametrize("pattern", WRITES)
@pytest.mark.parametrize("steps", ["20", "30"])
def test_summary(explorer: Locator, pattern: str, steps: str) -> None:
    """Does the sentence tell what is left, and how fast it fades?"""
    explorer.locator("select[name=pattern]").select_option(pattern)
    explorer.locator("select[name=steps]").select_option(steps)
    for name, value in {"i": 1, "f": 0.9, "g": -0.5, "c0": 1.5}.items():
        explorer.locator(f"input[name={name}]").fill(str(value))
    setting = setting_of(explorer)
    T, f = setting["steps"], setting["f"]
    expected = [T, closed_form(setting, T)]
    for write in [1, 11] if pattern == "twice" else [1]:
        expected += [f ** (T - write), write]
    expected += [f**T]
    summary = explorer.locator("[data-role=summary]")
    said = summary.inner_text().replace("c₀", "c").split(". ")
    assert_allclose(numbers(said[0]), expected, atol=0.006)
    assert numbers(said[1])[0] == round(np.log(0.5) / np.log(f), 1)
    if pattern == "every":
        assert numbers(said[2])[-1] == -5.0


@pytest.mark.browser
@pytest.mark.parametrize(("f", "words"), [("0", "Each step erases"), ("1", "Nothing fades")])
def test_summary_at_the_ends(explorer: Locator, f: str, words: str) -> None:
    """Does the sentence make sense where nothing or everything is kept?"""
    explorer.locator("input[name=f]").fill(f)
    summary = explorer.locator("[data-role=summary]")
    expect(summary).to_contain_text(words)
    expect(summary).not_to_contain_text(re.compile("NaN|Infinity|undefined"))


@pytest.mark.browser
@pytest.mark.parametrize("f", ["0.8", "1"])
@pytest.mark.parametrize("pattern", WRITES)
def test_lines_of_the_chart(explorer: Locator, pattern: str, f: str) -> None:
    """Is each mark as high as its value, and is each write marked?"""
    explorer.locator("select[name=pattern]").select_option(pattern)
    explorer.locator("input[name=f]").fill(f)
    setting = setting_of(explorer)
    T = setting["steps"]
    c = np.array([closed_form(setting, t) for t in range(T + 1)])
    h = setting["o"] * np.tanh(c[1:])
    places = []
    for name in ("c", "h"):
        marks = explorer.locator(f".le-{name} .le-mark[transform]")
        moves = marks.evaluate_all("marks => marks.map((m) => m.getAttribute('transform'))")
        places += [numbers(move) for move in moves if "18 10" not in move]  # not those of the key
    x, y = np.array(places).T
    for place, values in [(x, np.r_[0 : T + 1, 1 : T + 1]), (y, np.r_[c, h])]:
        slope, shift = np.polyfit(values, place, 1)
        assert_allclose(slope * values + shift, place, atol=0.15)
    assert np.polyfit(np.r_[c, h], y, 1)[0] < -1
    writes = explorer.locator("[data-role=chart] .le-write")
    expect(writes).to_have_count(len([t for t in WRITES[pattern] if t <= T]))
