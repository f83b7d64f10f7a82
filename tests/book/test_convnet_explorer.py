"""Does the convnet explorer compute, say and draw what the course's layers do?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from playwright.sync_api import Browser, Locator, Page, expect

from course_utils.bench import digits_convnet
from course_utils.data.digits import load_digits_split
from tests.book.node import STATIC, run_in_node
from tests.book.reader import opened

SCRIPT = "convnet-explorer.js"
DATA = json.loads((STATIC / "convnet-explorer.json").read_text(encoding="utf-8"))
NETWORK = {name: np.array(weights) for name, weights in DATA["network"].items()}
EXAMPLES = np.array([example["pixels"] for example in DATA["examples"]]) / 16  # (20, 64)
RNG = np.random.default_rng(0)
# What was drawn, anything at all, nothing, and a tie in each window of the first pooling.
IMAGES = np.concatenate([EXAMPLES, RNG.random((6, 64)), np.zeros((1, 64)), np.ones((1, 64))])
SHAPES = (1, 8, 8), (8, 8, 8), (8, 4, 4), (16, 4, 4), (16, 2, 2), (10,)


def layers_of(images: np.ndarray) -> tuple[list[np.ndarray], list[Any]]:
    """Return the numbers of each layer, and what the backward pass needs."""
    scores, caches = digits_convnet.forward(NETWORK, images.reshape(-1, 1, 8, 8))
    _, _, pool1, conv2, _, pool2, dense = caches
    return [images, pool1.x, conv2.x, pool2.x, dense.x, scores], caches


def test_every_number_of_the_network():
    """Is each number of each layer that of the course's convolution, pooling and dense layer?"""
    program = "value.images.map((x) => explorer.forward(explorer.flatten(value.network), x).values)"
    runs = run_in_node(SCRIPT, program, {"network": DATA["network"], "images": IMAGES.tolist()})
    layers, _ = layers_of(IMAGES)
    for layer, (expected, shape) in enumerate(zip(layers, SHAPES, strict=True)):
        expected = expected.reshape(len(IMAGES), -1)
        assert expected.shape[1] == np.prod(shape)
        assert_allclose([run[layer] for run in runs], expected, rtol=1e-9, atol=1e-9)


def test_probabilities():
    """Is the softmax that of the scores?"""
    program = (
        "value.images.map((x) => "
        "explorer.forward(explorer.flatten(value.network), x).probabilities)"
    )
    shown = run_in_node(SCRIPT, program, {"network": DATA["network"], "images": IMAGES.tolist()})
    scores = layers_of(IMAGES)[0][-1]
    exponentials = np.exp(scores)
    assert_allclose(shown, exponentials / exponentials.sum(axis=1, keepdims=True), rtol=1e-9)


@pytest.mark.parametrize("of", [0, 3, 9])
def test_saliency(of):
    """Is the gradient with respect to each pixel that of the course's backward passes?"""
    program = (
        "value.images.map((x) => { const net = explorer.flatten(value.network); "
        "return explorer.backward(net, explorer.forward(net, x), value.of)[0]; })"
    )
    value = {"network": DATA["network"], "images": IMAGES.tolist(), "of": of}
    shown = run_in_node(SCRIPT, program, value)
    _, caches = layers_of(IMAGES)
    dscores = np.zeros((len(IMAGES), 10))
    dscores[:, of] = 1
    dx, _ = digits_convnet.backward(dscores, caches)
    assert_allclose(shown, dx.reshape(len(IMAGES), 64), rtol=1e-9, atol=1e-9)
    assert np.abs(dx[:20]).max() > 0.1


def test_products_sum_to_the_number():
    """Do the products under the lens, with the bias, come to the number that is looked at?"""
    program = (
        "[1, 3, 5].map((layer) => { const net = explorer.flatten(value.network); "
        "const run = explorer.forward(net, value.image); "
        "return explorer.placesOf(layer).map((place) => explorer.productsOf(net, run, place)"
        ".map((read) => [read.value, read.weight, read.product])); })"
    )
    value = {"network": DATA["network"], "image": IMAGES[3].tolist()}
    shown = run_in_node(SCRIPT, program, value)
    layers, _ = layers_of(IMAGES[3:4])
    for products, layer, bias, taps in zip(
        shown, (1, 3, 5), ("b1", "b2", "b3"), (9, 72, 64), strict=True
    ):
        products = np.array(products)  # (places, taps, 3)
        assert products.shape[1:] == (taps, 3)
        assert_allclose(products[..., 0] * products[..., 1], products[..., 2])
        sums = products[..., 2].sum(axis=1).reshape(len(NETWORK[bias]), -1)
        sums += NETWORK[bias][:, None]
        numbers = np.maximum(sums, 0) if layer < 5 else sums
        assert_allclose(numbers.ravel(), layers[layer].ravel(), rtol=1e-9, atol=1e-9)


def test_what_a_number_sees():
    """Does the frame in the drawing hold all pixels that can move a number, and no other?"""
    for layer, position in ((1, 0), (1, 4), (2, 1), (3, 0), (3, 2), (4, 1), (5, 0)):
        first, last = run_in_node(SCRIPT, "explorer.seenBy(...value, 0)", [layer, position])
        # nothing, then a line of ink in each row
        images = np.stack([np.zeros((8, 8)), *(np.eye(8)[[row] * 8].T for row in range(8))])
        ones = {name: np.abs(weights) + 0.1 for name, weights in NETWORK.items()}
        scores, caches = digits_convnet.forward(ones, images[:, None])
        _, _, pool1, conv2, _, pool2, dense = caches
        numbers = [images, pool1.x, conv2.x, pool2.x, dense.x, scores][layer]
        shape = SHAPES[layer] if layer < 5 else (10, 1, 1)
        row = numbers.reshape(9, *shape)[:, :, position]  # (9, C, W)
        moved = [n for n in range(8) if not np.array_equal(row[n + 1], row[0])]
        assert moved == list(range(first, last + 1)), (layer, position)


def test_ink():
    """Is a pixel the share of its fine pixels that a stroke covers, in 16ths, as in the data?"""
    program = "explorer.counted(explorer.stroke(new Array(1024).fill(0), ...value))"
    image = run_in_node(SCRIPT, program, [[1, 4], [7, 4], 0.5, 1])
    image = np.array(image).reshape(8, 8)
    rows, columns = (np.arange(32) + 0.5) / 4, (np.arange(32) + 0.5) / 4
    x, y = np.meshgrid(columns, rows)
    fine = np.hypot(x - np.clip(x, 1, 7), y - 4) <= 0.5
    assert_allclose(image, fine.reshape(8, 4, 8, 4).mean(axis=(1, 3)))
    assert_array_equal(image * 16, np.round(image * 16))
    erased = "explorer.counted(explorer.stroke(new Array(1024).fill(1), [0, 0], [8, 8], 20, 0))"
    assert not any(run_in_node(SCRIPT, erased))


def test_examples():
    """Are the examples held-out digits, shown with the very numbers that they have?"""
    split = load_digits_split(0)
    pairs = zip(split.x_test, split.y_test, strict=True)
    held_out = {(tuple(x.ravel() * 16), int(y)) for x, y in pairs}
    for example in DATA["examples"]:
        assert (tuple(map(float, example["pixels"])), example["class"]) in held_out
    shown = run_in_node(
        SCRIPT,
        "value.map((x) => explorer.counted(explorer.refined(x)))",
        EXAMPLES.tolist(),
    )
    assert_allclose(shown, EXAMPLES)
    assert [e["class"] for e in DATA["examples"]] == sorted([*range(10), *range(10)])


def test_size():
    """Is the network small enough to be a part of each page that shows it?"""
    assert (STATIC / "convnet-explorer.json").stat().st_size < 200_000


@pytest.fixture(scope="module")
def tab(browser: Browser, site: str) -> Iterator[Page]:
    """A tab with the page."""
    with opened(browser, site + "book/convnet/train.html") as tab:
        yield tab


@pytest.fixture
def explorer(tab: Page) -> Locator:
    """The page's explorer, which the tests below leave in whatever state."""
    return tab.locator(".convnet-explorer").first


def shown_image(explorer: Locator) -> np.ndarray:
    cells = explorer.locator(".cn-ink")
    return np.array(
        cells.evaluate_all("cells => cells.map((c) => Number(c.style.getPropertyValue('--v')))")
    )


def expect_answer(explorer: Locator) -> None:
    """Expect that the sentence says what the course's network makes of the drawing."""
    image = np.round(shown_image(explorer) * 16) / 16
    scores = layers_of(image[None])[0][-1][0]
    said = explorer.locator("[data-role=answer]").inner_text()
    found = re.search(r"reads (\d) \(([\d.]+) %\)", said)
    assert found, said
    share = np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()
    assert int(found[1]) == scores.argmax()
    assert float(found[2]) == pytest.approx(100 * share.max(), abs=0.051)


@pytest.mark.browser
def test_a_digit_of_the_list(explorer: Locator) -> None:
    """Does each choice show its digit, and the answer of the network?"""
    for example in DATA["examples"][::5]:
        explorer.locator("select[name=digit]").select_option(f"{example['class']}-0")
        pixels = next(e for e in DATA["examples"] if e["class"] == example["class"])["pixels"]
        assert_allclose(shown_image(explorer), np.array(pixels) / 16, atol=6e-4)
        expect_answer(explorer)


@pytest.mark.browser
def test_drawing(explorer: Locator) -> None:
    """Does a pen leave ink where it went, in an empty square, and does the network answer?"""
    explorer.locator("select[name=digit]").select_option("0-0")
    picture = explorer.locator("[data-role=picture]")
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    assert box is not None
    mouse = picture.page.mouse
    mouse.move(box["x"] + 4.5 * 26, box["y"] + 0.5 * 26)
    mouse.down()
    mouse.move(box["x"] + 4.5 * 26, box["y"] + 7.5 * 26, steps=8)
    mouse.up()
    image = shown_image(explorer).reshape(8, 8)
    assert (image[:, 4] > 0.9).all()
    assert image[:, :3].max() == image[:, 6:].max() == 0
    expect(explorer.locator("select[name=digit]")).to_have_value("own")
    expect_answer(explorer)
    explorer.locator("[data-action=clear]").click()
    assert not shown_image(explorer).any()
    expect(explorer.locator("[data-role=answer]")).to_contain_text("empty")


@pytest.mark.browser
def test_keys(explorer: Locator) -> None:
    """Can all be done with keys: draw, look at each layer, choose a class?"""
    picture = explorer.locator("[data-role=picture]")
    live = explorer.locator("[data-role=live]")
    picture.press("Home")
    picture.press("Delete")
    for _ in range(8):
        picture.press("ArrowUp")
        picture.press("ArrowLeft")
    picture.press("Space")
    picture.press("ArrowRight")
    picture.press("ArrowDown")
    picture.press("Space")
    assert_array_equal(np.flatnonzero(shown_image(explorer)), [0, 9])
    picture.press("Space")
    assert_array_equal(np.flatnonzero(shown_image(explorer)), [0])
    for words in ("First convolution", "First pooling", "Second convolution", "Second pooling"):
        picture.press("PageDown")
        expect(live).to_contain_text(words)
    picture.press("7")
    expect(live).to_contain_text("The score of 7")
    expect_answer(explorer)


@pytest.mark.browser
def test_looking_at_a_number(explorer: Locator) -> None:
    """Is the number that is pointed at said, with the products that it came from?"""
    explorer.locator("select[name=digit]").select_option("3-0")
    pixels = next(e for e in DATA["examples"] if e["class"] == 3)["pixels"]
    layers, _ = layers_of(np.array(pixels)[None] / 16)
    spots = {"1": (5, 2, 5), "2": (3, 1, 2), "3": (7, 1, 1), "4": (2, 0, 1)}
    for layer, (f, row, column) in spots.items():
        place = f'[data-layer="{layer}"][data-map="{f}"][data-row="{row}"][data-column="{column}"]'
        explorer.locator(f".cn-cell{place}").hover(force=True)
        expected = layers[int(layer)].reshape(SHAPES[int(layer)])[f, row, column]
        said = explorer.locator("[data-role=live]").inner_text()
        assert float(said.split(": ")[-1].rstrip(".")) == pytest.approx(expected, abs=6e-4)
        value = explorer.locator("[data-role=value]").inner_text()
        assert float(value) == pytest.approx(expected, abs=6e-4)
        count = {"1": 9, "2": 4, "3": 72, "4": 4}[layer]
        expect(explorer.locator("[data-role=formula]")).to_contain_text(str(count))
