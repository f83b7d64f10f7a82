"""Does the hello explorer compute, say and draw the steps of the course's recurrent network?"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from playwright.sync_api import Browser, Locator, Page, expect

from course_utils.reference.losses import softmax_cross_entropy_forward
from course_utils.reference.rnn import rnn_step_forward
from tests.book.node import run_in_node
from tests.book.reader import numbers, opened, settle

SCRIPT = "hello-explorer.js"
LETTERS = "helo"
# Letters that are given, the first step that is asked, the last step.
TYPES = {
    "one-to-one": (1, 1, 1),
    "one-to-many": (1, 1, 4),
    "many-to-one": (4, 4, 4),
    "many-then-many": (2, 2, 4),
    "many-to-many": (4, 1, 4),
}
SETTINGS: list[dict[str, Any]] = [
    {"type": kind, "word": word, "memory": memory}
    for kind, word, memory in product(TYPES, ("hell", "heel", "lell", "hole"), (0, 0.3, 0.6, 1))
]


@pytest.fixture(scope="module")
def weights() -> dict[str, np.ndarray]:
    """What the script computes with."""
    found = run_in_node(SCRIPT, "[explorer.WX, explorer.WH, explorer.B, explorer.WY, explorer.BY]")
    return dict(zip(("wx", "wh", "b", "wy", "by"), map(np.array, found), strict=True))


def steps(weights: dict[str, np.ndarray], setting: dict[str, Any]) -> list[dict[str, Any]]:
    """Run the course's step over the letters given, then over what was chosen."""
    given, first, last = TYPES[setting["type"]]
    h, rows = np.zeros((1, 3)), list[dict[str, Any]]()
    for t in range(last):
        letter = setting["word"][t] if t < given else rows[-1]["choice"]
        x = np.eye(4)[[LETTERS.index(letter)]]
        h, _ = rnn_step_forward(
            x, h, weights["wx"], setting["memory"] * weights["wh"], weights["b"]
        )
        logits = (h @ weights["wy"] + weights["by"])[0]
        choice = LETTERS[logits.argmax()]
        row = {"letter": letter, "fed": t >= given, "state": h[0], "logits": logits}
        rows.append(row | {"choice": choice, "read": t + 1 >= first})
    return rows


def test_steps(weights):
    """Are all letters, states, logits and choices those of `rnn_step_forward`, for each type?"""
    call = "value.map((s) => explorer.run(s))"
    for setting, found in zip(SETTINGS, run_in_node(SCRIPT, call, SETTINGS), strict=True):
        expected = steps(weights, setting)
        assert len(found) == len(expected)
        for ours, theirs in zip(expected, found, strict=True):
            assert_allclose(theirs["state"], ours["state"], rtol=1e-12)
            assert_allclose(theirs["logits"], ours["logits"], rtol=1e-10, atol=1e-12)
            powers = np.exp(ours["logits"])
            assert_allclose(theirs["probabilities"], powers / powers.sum(), rtol=1e-10)
            for name in ("letter", "fed", "choice", "read"):
                assert theirs[name] == ours[name]


def test_losses(weights):
    """Is the loss the mean over the choices that are read, and left out for other words?"""
    call = "value.map((s) => explorer.loss(s))"
    for setting, found in zip(SETTINGS, run_in_node(SCRIPT, call, SETTINGS), strict=True):
        if setting["word"] != "hell":
            assert found is None
            continue
        rows = steps(weights, setting)
        logits = np.array([row["logits"] for row in rows])
        targets = np.array([LETTERS.index(letter) for letter in "ello"[: len(rows)]])
        read = np.array([row["read"] for row in rows])
        expected, _ = softmax_cross_entropy_forward(logits, targets, read)
        assert found == pytest.approx(float(expected), rel=1e-10)


def test_what_the_picture_is_to_show(weights):
    """Does each type spell hello with the memory, and fail without; is no bar off its scale?"""
    for kind in TYPES:
        setting = {"type": kind, "word": "hell"}
        _, first, last = TYPES[kind]
        said = {}
        for memory in (0, 1):
            rows = steps(weights, setting | {"memory": memory})
            said[memory] = "".join(row["choice"] for row in rows if row["read"])
        assert said[1] == "hello"[first : last + 1]
        assert (said[0] == said[1]) == (kind == "one-to-one")
    assert (np.abs(weights["wy"]).sum(axis=0) + np.abs(weights["by"])).max() <= 5 + 1e-9


@pytest.fixture(scope="module")
def tab(browser: Browser, site: str) -> Iterator[Page]:
    """A tab with the page on the five types."""
    with opened(browser, site + "book/recurrent-networks/five-types.html") as tab:
        yield tab


@pytest.fixture
def explorer(tab: Page) -> Locator:
    """The explorer as the page sets it."""
    tab.reload()
    settle(tab)
    return tab.locator(".hello-explorer")


@pytest.mark.browser
@pytest.mark.parametrize("kind", TYPES)
def test_buttons_choose_the_type(explorer: Locator, kind: str) -> None:
    """Does each button show as many letters, choices and arrows back as its type has?"""
    button = explorer.locator(f"button[data-type={kind}]")
    button.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(explorer.locator("[aria-pressed=true]")).to_have_count(1)
    given, first, last = TYPES[kind]
    expect(explorer.locator(".he-input")).to_have_count(last)
    expect(explorer.locator(".he-input.is-fed")).to_have_count(last - given)
    expect(explorer.locator(".he-choice")).to_have_count(last - first + 1)
    expect(explorer.locator(".he-state")).to_have_count(3 * last)
    said = " ".join("hello"[first : last + 1])
    expect(explorer.locator("[data-role=summary]")).to_contain_text(f"says {said}. Loss 0.0")


@pytest.mark.browser
def test_picture_follows_the_keyboard(explorer: Locator, weights) -> None:
    """Do keys choose a step, and are its state and its probability said?"""
    chart = explorer.locator("[data-role=chart]")
    explorer.locator("button[data-type=many-to-many]").press("Enter")
    rows = steps(weights, {"type": "many-to-many", "word": "hell", "memory": 1})
    for key, step in (("End", 4), ("ArrowLeft", 3), ("Home", 1), ("ArrowUp", 2)):
        chart.press(key)
        expect(chart).to_have_attribute("aria-valuenow", str(step))
        row = rows[step - 1]
        live = explorer.locator("[data-role=live]").inner_text()
        assert_allclose(numbers(live)[1:4], row["state"], atol=0.00501)
        assert_allclose(numbers(live)[4:8], row["logits"], atol=0.0501)
        p = np.exp(row["logits"].max()) / np.exp(row["logits"]).sum()
        value = explorer.locator("[data-role=value]").inner_text()
        assert float(value) == pytest.approx(p, abs=0.00501)


@pytest.mark.browser
def test_memory_and_words(explorer: Locator) -> None:
    """Without memory, are the two l's answered alike; has another word no loss?"""
    explorer.locator("button[data-type=many-to-many]").press("Enter")
    summary = explorer.locator("[data-role=summary]")
    explorer.locator("input[name=memory]").press("Home")
    expect(summary).to_contain_text("reads h e l l, says e l l l. Loss 0.5")
    expect(explorer.locator(".he-memory")).to_have_count(0)
    explorer.locator("select[name=word]").select_option("lell")
    expect(summary).to_contain_text("reads l e l l")
    expect(summary).not_to_contain_text("Loss")


@pytest.mark.browser
def test_pointer_and_buttons(explorer: Locator) -> None:
    """Does a tap choose a step, and do the buttons go on and back?"""
    chart = explorer.locator("[data-role=chart]")
    explorer.locator("button[data-type=many-to-many]").click()
    whole, box = chart.bounding_box(), explorer.locator(".he-choice").nth(2).bounding_box()
    assert whole
    assert box
    chart.click(position={"x": box["x"] + box["width"] / 2 - whole["x"], "y": 100})
    expect(chart).to_have_attribute("aria-valuetext", "Step 3, reads l")
    explorer.locator("[data-action=next]").click()
    expect(chart).to_have_attribute("aria-valuenow", "4")
    for _ in range(2):
        explorer.locator("[data-action=previous]").click()
    expect(chart).to_have_attribute("aria-valuenow", "2")
