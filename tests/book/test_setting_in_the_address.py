"""Does a live picture open in the setting that its address asks for?"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.book.conftest import Opener
from tests.book.node import run_in_node

SETTING = "size=5&kernel=2&stride=2&pad=0&dilation=1"


def sliders(tab: Page) -> dict[str, float]:
    found = tab.locator(".explorer-controls input")
    return dict(found.evaluate_all("all => all.map((one) => [one.name, one.valueAsNumber])"))


def top_of_the_section(tab: Page) -> float:
    return float(tab.locator("#try-it").evaluate("it => it.getBoundingClientRect().top"))


pytestmark = pytest.mark.browser


def test_sliders_and_picture_follow_the_address(opener: Opener) -> None:
    """From a file, is the picture at the section in that setting, and still?"""
    tab = opener("convolution-explorer", SETTING)
    asked = {"size": 5, "kernel": 2, "stride": 2, "pad": 0, "dilation": 1}
    assert sliders(tab) == asked
    formula = "output = floor((5 + 2·0 − 2) / 2) + 1 = 2"
    expect(tab.locator("[data-role=formula]")).to_have_text(formula)
    expect(tab.locator(".explorer [data-action=play]")).to_have_text("Play")
    assert abs(top_of_the_section(tab)) < 40


def test_without_scripts_it_is_the_section(opener: Opener) -> None:
    """Where scripts are off, does the link lead to the section all the same?"""
    tab = opener("convolution-explorer", SETTING, java_script_enabled=False)
    expect(tab.locator(".convolution-explorer")).to_have_text("No script.")
    assert tab.locator("#try-it").bounding_box()["y"] < 40


@pytest.mark.parametrize("query", ["", "q=stride", "size=13&kernel=many&stride=&pad=-1&Pad=2"])
def test_what_cannot_be_set_is_passed_over(opener: Opener, query: str) -> None:
    """Do sliders stand as the page has them, and does the picture move, as without a query?"""
    tab = opener("convolution-explorer", query)
    assert sliders(tab) == {"size": 7, "kernel": 4, "stride": 2, "pad": 1, "dilation": 1}
    expect(tab.locator(".explorer [data-action=play]")).to_have_text("Pause")


def test_what_is_asked_stands_in_the_page_as_a_number(opener: Opener) -> None:
    """Can an address bring nothing into the page but numbers and choices?"""
    tab = opener("path-explorer", 'steps=7"><b>&window=0x5&cut=chunks"><i>')
    assert sliders(tab) == {"size": 0.6, "steps": 10, "window": 5}
    assert tab.locator(".explorer b, .explorer i:not([class])").count() == 0
    expect(tab.locator("select[name=cut]")).to_have_value("sliding")


def test_a_choice_of_a_list(opener: Opener) -> None:
    """Are lists set, so that a matrix of one's own keeps its numbers?"""
    tab = opener("power-explorer", "a=0.0&b=2.0&c=0.5&d=-0.3&matrix=own")
    assert sliders(tab) == {"a": 0, "b": 2, "c": 0.5, "d": -0.3}
    expect(tab.locator("select[name=matrix]")).to_have_value("own")


def test_a_step_of_the_cell(opener: Opener) -> None:
    """Is the step chosen, with the numbers of the address in its equation?"""
    tab = opener("lstm-explorer", "i=0.95&f=0.19&g=0.8&o=0.45&c0=-2.0&pattern=once&t=1")
    expect(tab.locator("[data-role=live]")).to_contain_text("Step 1 of 20: c = 0.380")
    expect(tab.locator("[data-role=cell]")).to_contain_text("0.19·(−2.000) + 0.95·0.80")


def test_a_layer_of_a_deep_network(opener: Opener) -> None:
    """Is the layer chosen, in a network of that depth?"""
    tab = opener("dilution-explorer", "depth=9&activation=relu&start=he&seed=3&layer=4")
    assert sliders(tab) == {"depth": 9, "seed": 3}
    expect(tab.locator("[data-role=live]")).to_contain_text("Layer 4 of 10")


def test_layers_of_the_stack(opener: Opener) -> None:
    """Has the stack the layers of the address, and the image its size?"""
    tab = opener("receptive-field-explorer", "size=9&layers=3.2.0_2.2.1")
    numbers = tab.locator("[data-role=layer] select")
    assert numbers.evaluate_all("all => all.map((one) => one.value)") == list("320221")
    assert sliders(tab) == {"size": 9}
    expect(tab.locator("[data-role=field] strong")).to_have_text(["5", "4", "−2"])


@pytest.mark.parametrize("query", ["preset=own", "layers=3.2_2.2.1", "size=2&layers=3.1.0"])
def test_a_stack_that_cannot_be_is_no_fault(opener: Opener, query: str) -> None:
    """Do layers that cannot be chosen leave the first preset, and one that does not fit a note?"""
    tab = opener("receptive-field-explorer", query)
    fits = "size=2" not in query
    expect(tab.locator("[data-role=layer]")).to_have_count(3 if fits else 1)
    assert bool(tab.locator("[data-role=no-fit]").text_content()) is not fits


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("3.1.0", 1),
        ("_".join(["11.4.5"] * 8), 8),
        ("_".join(["11.4.5"] * 9), None),
        ("12.1.0", None),
        ("3.5.0", None),
        ("3.1.6", None),
        ("3.0.1", None),
        ("3.1", None),
        ("3.1.", None),
        ("", None),
    ],
)
def test_layers_are_read_within_their_ranges(text: str, count: int | None) -> None:
    """Are layers read as long as each number can be chosen, and all refused where one cannot?"""
    layers = run_in_node("receptive-field-explorer.js", "explorer.layersOf(value)", text)
    assert (None if layers is None else len(layers)) == count
