"""Does the crop explorer cut, read and say what Python does with the same photographs?"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose
from playwright.sync_api import Page, expect

from course_utils.bench import photograph_crops as crops
from course_utils.bench.photograph_crops import Crop
from tests.book.conftest import Opener
from tests.book.node import run_in_node
from tests.book.reader import numbers

SCRIPT = "crop-explorer.js"
STORED = json.loads(crops.PICTURE.read_text(encoding="utf-8"))
NETWORK = {name: np.array(weights) for name, weights in STORED["network"].items()}
FLIPS = {"none": {}, "mirrored": {"mirrored": True}, "down": {"upside_down": True}}
GREY = "explorer.decoded(value.stored.photographs[name].grey)"


def settings() -> list[tuple[crops.Name, dict[str, Any], Crop]]:
    """Return crops at corners, edges and places between, of both photographs, in each way."""
    rng = np.random.default_rng(0)
    places = [(256, 0, 0), (256, 32, 160), (480, 256, 495), (480, 0, 495)]
    drawn = [crops.random_crop(rng)[:3] for _ in range(4)]
    return [
        (
            name,
            dict(zip(("length", "top", "left"), place, strict=True), flip=flip),
            Crop(*place, **how),
        )
        for name in crops.PHOTOGRAPHS
        for flip, how in FLIPS.items()
        for place in places + drawn
    ]


def test_numbers_that_are_read_and_probabilities():
    """Are the 256 numbers of each crop, and what the network says of them, those of Python?"""
    program = f"""value.crops.map(([name, crop]) => {{
        const reading = explorer.readingOf({GREY}, crop);
        return [reading, explorer.probabilitiesOf(value.stored.network, reading)];
    }})"""
    asked = [[name, crop] for name, crop, _ in settings()]
    found = run_in_node(SCRIPT, program, {"stored": STORED, "crops": asked})
    for (name, _, crop), (reading, shares) in zip(settings(), found, strict=True):
        expected = crops.read_crop(crops.grey_copy(name), crop).ravel()
        assert_allclose(reading, expected, rtol=1e-9, atol=1e-9)
        assert_allclose(
            shares, crops.probabilities(NETWORK, name, [crop])[0], rtol=1e-9, atol=1e-12
        )


def test_ten_crops():
    """Are the ten those of Python in their order, also upside down, and the mean theirs?"""
    asked = [(256, "none"), (333, "mirrored"), (480, "down")]
    program = f"""value.asked.map(([length, flip]) => {{
        const name = "flower", grey = {GREY};
        const mean = explorer.tenOf(value.stored.network, grey, length, flip);
        return [explorer.tenReadings(grey, length, flip), mean];
    }})"""
    found = run_in_node(SCRIPT, program, {"stored": STORED, "asked": asked})
    for (length, flip), (readings, mean) in zip(asked, found, strict=True):
        ten = crops.ten_crops(length, upside_down=flip == "down")
        expected = [crops.read_crop(crops.grey_copy("flower"), crop).ravel() for crop in ten]
        assert_allclose(readings, expected, rtol=1e-9, atol=1e-9)
        assert_allclose(mean, crops.probabilities(NETWORK, "flower", ten).mean(axis=0), rtol=1e-9)


def test_random_crops():
    """Do the crops that are played reach all lengths and edges, mirrored half of the time?"""
    program = "Array.from({ length: 4000 }, (_, n) => explorer.randomCrop(n))"
    found = run_in_node(SCRIPT, program)
    assert {one["length"] for one in found} == set(range(256, 481))
    tops = [(one["top"], one["length"] - 224) for one in found]
    lefts = [(one["left"], crops.width_at(one["length"]) - 224) for one in found]
    for ends in (tops, lefts):
        assert all(0 <= first <= most for first, most in ends)
        assert {0.0, 1.0} <= {first / most for first, most in ends}
        assert np.mean([first / most for first, most in ends]) == pytest.approx(0.5, abs=0.02)
    assert np.mean([one["flip"] == "mirrored" for one in found]) == pytest.approx(0.5, abs=0.04)


@pytest.fixture
def tab(opener: Opener) -> Page:
    """A tab with the flower, in which nothing moves by itself."""
    return opener(
        "crop-explorer", "photo=flower&length=440&top=20&left=300", reduced_motion="reduce"
    )


def expect_crop(tab: Page, name: crops.Name, crop: Crop) -> None:
    """Expect that sentences and bars say of a crop, and of the ten, what Python says."""
    live = tab.locator("[data-role=live]")
    expect(live).to_contain_text(f"row {crop.top}, column {crop.left}")
    one = crops.probabilities(NETWORK, name, [crop])[0]
    ten = crops.probabilities(
        NETWORK, name, crops.ten_crops(crop.length, upside_down=crop.upside_down)
    )
    names = tab.locator(".ce-name").all_inner_texts()
    right = crops.class_of(name, upside_down=crop.upside_down)
    for role, shares in (("live", one), ("ten", ten.mean(axis=0))):
        said = tab.locator(f"[data-role={role}]").inner_text()
        assert f"says {names[shares.argmax()]} (" in said
        assert numbers(said)[-1] == pytest.approx(100 * shares.max(), abs=0.51)
        assert said.endswith("right." if shares.argmax() == right else "wrong.")
    widths = "all => all.map((bar) => parseFloat(bar.style.width))"
    assert_allclose(tab.locator(".ce-class .ce-one").evaluate_all(widths), 100 * one, atol=1e-3)
    assert_allclose(
        tab.locator(".ce-class .ce-ten").evaluate_all(widths), 100 * ten.mean(axis=0), atol=1e-3
    )


@pytest.mark.browser
def test_keys_and_lists(tab: Page) -> None:
    """Do arrows move the square to the edges and not beyond, and lists turn the crop?"""
    expect_crop(tab, "flower", Crop(440, 20, 300))
    stage = tab.locator("[data-stage]")
    for key in ("ArrowUp", "ArrowUp", "ArrowUp", "ArrowLeft", "ArrowRight", "ArrowRight"):
        stage.press(key)
    expect_crop(tab, "flower", Crop(440, 0, 308))
    stage.press("End")
    expect_crop(tab, "flower", Crop(440, 216, 435))
    tab.locator("select[name=flip]").select_option("down")
    expect_crop(tab, "flower", Crop(440, 216, 435, upside_down=True))
    tab.locator("select[name=photo]").select_option("china")
    tab.locator("select[name=flip]").select_option("mirrored")
    stage.press("Home")
    stage.press("PageUp")
    expect(tab.locator("input[name=length]")).to_have_value("456")
    # The middle of the square stays: (0 + 112) * 456 / 440 - 112.
    expect_crop(tab, "china", Crop(456, 4, 4, mirrored=True))


@pytest.mark.browser
def test_dragging_and_random_crops(tab: Page) -> None:
    """Does the square follow a pointer that took hold of it, and a click elsewhere?"""
    stage, box = tab.locator("[data-stage]"), tab.locator("[data-role=box]")
    whole, square = stage.bounding_box(), box.bounding_box()
    assert whole is not None
    assert square is not None
    scale = crops.width_at(440) / whole["width"]
    assert square["width"] * scale == pytest.approx(224, abs=0.1)
    assert (square["x"] - whole["x"]) * scale == pytest.approx(300, abs=0.1)
    tab.mouse.move(square["x"] + 10, square["y"] + 10)
    tab.mouse.down()
    tab.mouse.move(square["x"] - 40, square["y"] + 35, steps=3)
    tab.mouse.up()
    tab.mouse.move(whole["x"] + 5, whole["y"] + 5)
    top, left = round(20 + 25 * scale), round(300 - 50 * scale)
    expect_crop(tab, "flower", Crop(440, top, left))
    tab.mouse.click(whole["x"] + 5, whole["y"] + 5)
    expect_crop(tab, "flower", Crop(440, 0, 0))
    drawn = run_in_node(SCRIPT, "[1, 2].map(explorer.randomCrop)")
    for one in drawn:
        tab.locator("[data-action=next]").click()
        crop = Crop(one["length"], one["top"], one["left"], one["flip"] == "mirrored")
        expect_crop(tab, "flower", crop)
