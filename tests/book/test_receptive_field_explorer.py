"""Does the receptive-field explorer compute, say and draw what `layer_arithmetic` does?"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from course_utils.arithmetic import output_size
from course_utils.layer_arithmetic import Conv, layer_costs
from tests.book.node import STATIC, error_in_node, run_in_node
from tests.book.reader import opened

SCRIPT = "receptive-field-explorer.js"
NAMES = ("kernel", "stride", "pad")
CHOICES = {"kernel": (1, 11), "stride": (1, 4), "pad": (0, 5)}
PRESETS = ("small", "large", "alexnet", "vgg", "halving")

Layer = dict[str, int]
Stack = list[Layer]


def random_stacks(count: int) -> list[tuple[Stack, int]]:
    """Draw stacks of 1 to 8 layers, and an input for each."""
    rng = np.random.default_rng(0)
    return [
        (
            [
                {name: int(rng.integers(low, high + 1)) for name, (low, high) in CHOICES.items()}
                for _ in range(rng.integers(1, 9))
            ],
            int(rng.integers(1, 257)),
        )
        for _ in range(count)
    ]


STACKS = random_stacks(400)
PAIRS = [{"layers": layers, "size": size} for layers, size in STACKS]


def sizes_in_python(layers: Stack, size: int) -> list[int]:
    """Return the sizes up to the first layer that does not fit."""
    sizes = [size]
    for layer in layers:
        try:
            sizes.append(output_size(sizes[-1], **layer))
        except ValueError:
            break
    return sizes


def fields_in_python(layers: Stack) -> list[tuple[int, int, int]]:
    """Return size, jump and start after each layer, for an input that is large enough."""
    convs = [Conv(1, **layer) for layer in layers]
    return [tuple(row.field) for row in layer_costs(convs, (1, 10**7, 10**7)) if row.field]


def seen_in_python(output: int, layers: Stack, size: int) -> list[tuple[list[int], list[int]]]:
    """Return what is seen of each row, and of its padding, by products with 0-1 matrices."""
    sizes = sizes_in_python(layers, size)
    reach = np.arange(sizes[-1]) == output
    rows = [([output], [])]
    for n in reversed(range(len(layers))):
        kernel, stride, pad = (layers[n][name] for name in NAMES)
        places = np.arange(sizes[n] + 2 * pad)
        starts = np.arange(sizes[n + 1])[:, None] * stride
        reads = (places >= starts) & (places < starts + kernel)  # (outputs, padded inputs)
        padded = reach @ reads
        is_cell = (places >= pad) & (places < pad + sizes[n])
        cells, zeros = (
            np.flatnonzero(padded & side) - pad for side in (is_cell, np.logical_not(is_cell))
        )
        rows.insert(0, (cells.tolist(), zeros.tolist()))
        reach = padded[is_cell]
    return rows


def test_receptive_fields():
    """Are size, jump and start after each layer those of `layer_costs`?"""
    expression = "value.map(({ layers }) => explorer.receptiveFields(layers))"
    for (layers, _), fields in zip(STACKS, run_in_node(SCRIPT, expression, PAIRS), strict=True):
        assert fields[0] == {"size": 1, "jump": 1, "start": 0}
        drawn = [(f["size"], f["jump"], f["start"]) for f in fields[1:]]
        assert drawn == fields_in_python(layers)


def test_sizes():
    """Are the sizes those of `output_size`, and do they end where it refuses?"""
    answers = run_in_node(
        SCRIPT, "value.map((p) => explorer.sizesThrough(p.layers, p.size))", PAIRS
    )
    assert answers == [sizes_in_python(*stack) for stack in STACKS]
    complete = [
        len(sizes) > len(layers) for sizes, (layers, _) in zip(answers, STACKS, strict=True)
    ]
    assert 50 < sum(complete) < 350  # both kinds were drawn


def test_what_is_seen():
    """Is each cell that is marked read by the chosen output, and no other?"""
    fitting = [
        {"layers": layers, "size": size, "output": output}
        for layers, size in STACKS
        if len(sizes := sizes_in_python(layers, size)) > len(layers)
        for output in {0, sizes[-1] // 2, sizes[-1] - 1}
    ]
    expression = "value.map((p) => explorer.seenFrom(p.output, p.layers, p.size))"
    for case, rows in zip(fitting, run_in_node(SCRIPT, expression, fitting), strict=True):
        drawn = [(row["cells"], row["zeros"]) for row in rows]
        assert drawn == seen_in_python(**case), case


def test_field_and_cells_agree():
    """Without padding, does an output see the first and the last pixel of its field?"""
    bare = [([layer | {"pad": 0} for layer in layers], size) for layers, size in STACKS]
    fitting = [
        {"layers": layers, "size": size, "output": sizes[-1] - 1}
        for layers, size in bare
        if len(sizes := sizes_in_python(layers, size)) > len(layers)
    ]
    expression = "value.map((p) => explorer.seenFrom(p.output, p.layers, p.size)[0].cells)"
    for case, cells in zip(fitting, run_in_node(SCRIPT, expression, fitting), strict=True):
        width, jump, start = fields_in_python(case["layers"])[-1]
        first = start + case["output"] * jump
        assert (cells[0], cells[-1]) == (first, first + width - 1)


@pytest.mark.parametrize(
    ("preset", "sizes", "field"),
    [
        ("small", [16, 14, 12, 10], (7, 1, 0)),
        ("large", [16, 10], (7, 1, 0)),
        ("alexnet", [227, 55, 27, 27, 13, 13], (99, 16, -32)),
        ("vgg", [224, 224, 224, 112, 112, 112, 56], (16, 4, -6)),
        ("halving", [33, 17, 9], (13, 4, -6)),
    ],
)
def test_presets(preset, sizes, field):
    """Is each preset the network that its name says?"""
    _, size, layers = run_in_node(SCRIPT, f"explorer.PRESETS.{preset}")
    assert sizes_in_python(layers, size) == sizes
    assert fields_in_python(layers)[-1] == field


def test_runs():
    """Are neighbours put together, and only they?"""
    cases = {(): [], (3,): [[3, 3]], (-2, -1, 0, 4, 6, 7): [[-2, 0], [4, 4], [6, 7]]}
    answers = run_in_node(SCRIPT, "value.map((c) => explorer.runsOf(c))", list(cases))
    assert answers == list(cases.values())


@pytest.mark.parametrize(("name", "value"), [("kernel", 0), ("stride", 0), ("pad", -1)])
def test_a_number_out_of_range(name, value):
    """Is a layer that means nothing refused, in both languages?"""
    layer = {"kernel": 3, "stride": 1, "pad": 0} | {name: value}
    least = 0 if name == "pad" else 1
    refused = error_in_node(SCRIPT, "explorer.outputSize(9, value)", layer)
    assert refused == ["RangeError", f"{name} must be at least {least}, got {value}"]
    with pytest.raises(ValueError, match=f"{name} must be at least {least}"):
        output_size(9, **layer)


@pytest.mark.parametrize("name", NAMES)
def test_ranges_of_the_choices(name):
    """Can a reader choose no more than these tests do?"""
    choice = re.search(rf'\["{name}", "\w+", (\d+), (\d+)\]', (STATIC / SCRIPT).read_text())
    assert choice
    assert tuple(map(int, choice.groups())) == CHOICES[name]


@pytest.fixture(scope="module")
def tab(browser: Browser, site: str) -> Iterator[Page]:
    """A tab with the page."""
    with opened(browser, site + "book/architectures/vgg.html") as tab:
        yield tab


@pytest.fixture
def explorer(tab: Page) -> Locator:
    """The page's explorer, which the tests below leave in whatever state."""
    return tab.locator(".receptive-field-explorer").first


def stack_of(explorer: Locator) -> tuple[Stack, int]:
    """Read the explorer's layers and its input size."""
    rows = explorer.locator("[data-role=layer]").all()
    layers = [
        {name: int(row.locator(f"[name={name}]").input_value()) for name in NAMES} for row in rows
    ]
    return layers, int(explorer.locator("input[name=size]").input_value())


def number(text: str) -> int:
    return int(text.replace("−", "-"))


def expect_table(explorer: Locator) -> None:
    """Expect the numbers of `layer_costs` in the table and in the formulas."""
    layers, size = stack_of(explorer)
    fields, sizes = fields_in_python(layers), sizes_in_python(layers, size)
    for n, row in enumerate(explorer.locator("[data-role=layer]").all()):
        texts = [
            row.locator(f"[data-role={name}]").inner_text() for name in ("size", "jump", "start")
        ]
        assert tuple(map(number, texts)) == fields[n]
        out = str(sizes[n + 1]) if n + 1 < len(sizes) else "–"
        expect(row.locator("[data-role=out]")).to_have_text(out)
    results = explorer.locator("[data-role=field] strong").all_inner_texts()
    assert tuple(map(number, results)) == fields[-1]


def expect_output(explorer: Locator, output: int) -> None:
    """Expect that an output is chosen, and that what it sees is told and drawn."""
    layers, size = stack_of(explorer)
    seen = seen_in_python(output, layers, size)
    expect(explorer.locator("[data-role=cone]")).to_have_attribute("aria-valuenow", str(output))
    pixels = seen[0][0]
    expect(explorer.locator("[data-role=live]")).to_contain_text(
        f"Output {output} of layer {len(layers)} sees {len(pixels)} pixel"
    )
    left, width = boxes(explorer.locator(".rf-row[data-layer='0']"), ".rf-cells")[0]
    pixel = width / size
    for n, (cells, zeros) in enumerate(seen):
        row = explorer.locator(f".rf-row[data-layer='{n}']")
        whole = boxes(row, ".rf-cells")[0]
        field, jump, start = [(1, 1, 0), *fields_in_python(layers)][n]
        cell = whole[1] / sizes_in_python(layers, size)[n]
        assert cell / pixel == pytest.approx(jump, abs=0.05)
        middle_of_first = (whole[0] + cell / 2 - left) / pixel  # above the middle of its field
        assert middle_of_first == pytest.approx(start + field / 2, abs=0.1)
        for selector, members in [(".rf-seen", cells), (".rf-zeros", zeros)]:
            drawn = [
                place
                for left, width in boxes(row, selector)
                for place in range(
                    round((left - whole[0]) / cell), round((left + width - whole[0]) / cell)
                )
            ]
            assert drawn == members, (n, selector)


def boxes(row: Locator, selector: str) -> list[tuple[float, float]]:
    """Return the left ends and the widths of a row's rectangles."""
    read = "all => all.map((r) => [+r.getAttribute('x'), +r.getAttribute('width')])"
    return [tuple(pair) for pair in row.locator(selector).evaluate_all(read)]


@pytest.mark.browser
@pytest.mark.parametrize("preset", PRESETS)
def test_preset_is_shown(explorer: Locator, preset: str) -> None:
    """Does choosing a preset fill the table and draw its cone?"""
    explorer.locator("[name=preset]").select_option(preset)
    _, size, layers = run_in_node(SCRIPT, f"explorer.PRESETS.{preset}")
    assert stack_of(explorer) == (layers, size)
    expect_table(explorer)
    expect_output(explorer, (sizes_in_python(layers, size)[-1] - 1) // 2)


@pytest.mark.browser
@pytest.mark.parametrize(
    ("keys", "output"),
    [
        (["Home"], 0),
        (["Home", "ArrowLeft"], 0),
        (["Home", "ArrowRight", "ArrowUp"], 2),
        (["End"], 12),
        (["End", "PageDown", "ArrowDown"], 6),
        (["Home", "PageUp"], 5),
    ],
)
def test_cone_follows_the_keyboard(explorer: Locator, keys: list[str], output: int) -> None:
    """Do the keys choose the output that the help names?"""
    explorer.locator("[name=preset]").select_option("alexnet")
    for key in keys:
        explorer.locator("[data-role=cone]").press(key)
    expect_output(explorer, output)


@pytest.mark.browser
def test_buttons_and_pointer(explorer: Locator) -> None:
    """Do the buttons and a tap choose an output, too?"""
    explorer.locator("[name=preset]").select_option("small")
    cone = explorer.locator("[data-role=cone]")
    cone.press("Home")
    explorer.locator("[data-action=next]").click()
    expect_output(explorer, 1)
    explorer.locator("[data-action=previous]").click()
    expect_output(explorer, 0)
    left, width = boxes(explorer.locator(".rf-row[data-layer='3']"), ".rf-cells")[0]
    cone.click(position={"x": left + 8.7 * width / 10, "y": 10})
    expect_output(explorer, 8)


@pytest.mark.browser
@pytest.mark.parametrize("name", NAMES)
def test_editing_a_layer(explorer: Locator, name: str) -> None:
    """After a key on a layer's choice, do table and picture follow, with the focus kept?"""
    explorer.locator("[name=preset]").select_option("halving")
    choice = explorer.locator(f"[name={name}]").nth(1)
    before = int(choice.input_value())
    choice.press("ArrowUp")
    expect(choice).to_have_value(str(before - 1))
    expect(choice).to_be_focused()
    expect(explorer.locator("[name=preset]")).to_have_value("own")
    expect_table(explorer)
    explorer.locator("[data-role=cone]").press("Home")
    expect_output(explorer, 0)


@pytest.mark.browser
def test_adding_and_removing(explorer: Locator) -> None:
    """Can a reader stack eight layers and take all but one away, with the keyboard alone?"""
    explorer.locator("[name=preset]").select_option("vgg")
    add = explorer.locator("[data-action=add]")
    for count in (7, 8):
        add.press("Enter")
        expect(explorer.locator("[data-role=layer]")).to_have_count(count)
        expect_table(explorer)
    expect(add).to_be_disabled()
    explorer.locator("[data-action=remove]").nth(2).press("Enter")  # the first pooling
    layers, _ = stack_of(explorer)
    assert [layer["kernel"] for layer in layers] == [3, 3, 3, 3, 2, 3, 3]
    expect(explorer.locator("[data-action=remove]").nth(2)).to_be_focused()
    for count in (6, 5, 4, 3, 2, 1):
        explorer.page.keyboard.press("Enter")
        expect(explorer.locator("[data-role=layer]")).to_have_count(count)
        expect_table(explorer)
    expect(explorer.locator("[data-action=remove]")).to_be_disabled()
    expect(add).to_be_focused()


@pytest.mark.browser
def test_a_layer_that_does_not_fit(explorer: Locator) -> None:
    """Is the reader told which layer does not fit, until it fits again?"""
    explorer.locator("[name=preset]").select_option("small")
    size = explorer.locator("input[name=size]")
    size.fill("6")
    said = explorer.locator("[data-role=no-fit]")
    expect(said).to_have_text(
        "Layer 3: a kernel of 3 does not fit into 2 cells with 0 of padding at each end."
    )
    expect(explorer.locator("[data-role=cone]")).to_be_hidden()
    expect_table(explorer)
    size.press("ArrowRight")
    expect(said).to_be_empty()
    expect_table(explorer)
    expect_output(explorer, 0)
