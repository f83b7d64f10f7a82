"""Does the convolution explorer compute in the browser what the course computes in Python?"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import playwright
import pytest

from course_utils.arithmetic import dilated_size, output_size, unread_border
from course_utils.reference.convolution import correlate_volume

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "book/_static/convolution-explorer.js"
AXIS = ("size", "kernel", "stride", "pad", "dilation")
CASES = json.loads((Path(__file__).parent / "explorer_cases.json").read_text())
SLIDERS = [
    dict(zip(AXIS, numbers, strict=True))
    for numbers in product(range(1, 13), range(1, 6), range(1, 5), range(5), range(1, 4))
]

Setting = dict[str, int]


def run_in_node(expression: str, value: object) -> Any:
    """Evaluate a JavaScript expression of `explorer`, the script, and `value`."""
    bundled = Path(playwright.__file__).parent / "driver/node"
    node = shutil.which("node") or str(bundled)
    program = (
        f"const explorer = require({json.dumps(str(SCRIPT))});"
        "const value = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
        f"console.log(JSON.stringify({expression}));"
    )
    done = subprocess.run(
        [node, "-e", program],
        input=json.dumps(value),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def windows_by_hand(
    *, size: int, kernel: int, stride: int, pad: int, dilation: int
) -> list[list[int]]:
    """List the pixels that each window reads along one axis, found by trying every place."""
    padded = range(size + 2 * pad)
    windows = []
    for start in padded[::stride]:
        pixels = [start + tap * dilation for tap in range(kernel)]
        if all(pixel in padded for pixel in pixels):
            windows.append(pixels)
    return windows


def sizes_by_hand(setting: Setting) -> tuple[int | None, int | None]:
    windows = windows_by_hand(**setting)
    if not windows:
        return None, None
    end = windows[-1][-1]
    return len(windows), sum(pixel > end for pixel in range(setting["size"] + 2 * setting["pad"]))


def sizes_in_python(setting: Setting) -> tuple[int | None, int | None]:
    try:
        return output_size(**setting), unread_border(**setting)
    except ValueError:
        return None, None


def sizes_in_node(settings: list[Setting]) -> list[tuple[int | None, int | None]]:
    expression = "value.map((s) => [explorer.outputSize(s), explorer.unreadBorder(s)])"
    return [tuple(pair) for pair in run_in_node(expression, settings)]


def setting_of(case: dict[str, int | None]) -> Setting:
    return {name: case[name] for name in AXIS}


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(str(case[n]) for n in AXIS))
def test_table_in_python(case):
    """Do counting by hand and course_utils.arithmetic both give the row's sizes?"""
    expected = (case["output"], case["unread"])
    assert sizes_by_hand(setting_of(case)) == expected
    assert sizes_in_python(setting_of(case)) == expected


def test_table_in_node():
    """Does the script give every row's sizes?"""
    answers = sizes_in_node([setting_of(case) for case in CASES])
    assert answers == [(case["output"], case["unread"]) for case in CASES]


def test_every_position_of_the_sliders():
    """Do the script and course_utils.arithmetic agree wherever a reader can put the sliders?"""
    assert sizes_in_node(SLIDERS) == [sizes_in_python(setting) for setting in SLIDERS]


@pytest.mark.parametrize("name", AXIS)
def test_ranges_of_the_sliders(name):
    """Can a reader move a slider no further than this test does?"""
    tested = {setting[name] for setting in SLIDERS}
    slider = re.search(rf'\["{name}", "[^"]+", (\d+), (\d+), \d+\]', SCRIPT.read_text())
    assert slider
    assert [int(end) for end in slider.groups()] == [min(tested), max(tested)]


def test_dilated_size():
    """Does the script span as many pixels as course_utils.arithmetic says?"""
    kernels = list(product(range(1, 8), range(1, 5)))
    answers = run_in_node("value.map(([k, d]) => explorer.dilatedSize(k, d))", kernels)
    assert answers == [dilated_size(kernel, dilation) for kernel, dilation in kernels]


def test_pixels_that_windows_read():
    """Are the pixels that are not hatched those which some window reads?"""
    expression = "value.map((s) => [...explorer.readAlong(s)].sort((a, b) => a - b))"
    expected = [sorted({p for w in windows_by_hand(**s) for p in w}) for s in SLIDERS]
    assert run_in_node(expression, SLIDERS) == expected


@pytest.mark.parametrize("name", AXIS)
def test_a_number_out_of_range(name):
    """Are numbers that mean nothing refused, in both languages?"""
    setting = {"size": 5, "kernel": 3, "stride": 1, "pad": 0, "dilation": 1}
    setting[name] = -1
    with pytest.raises(ValueError, match=f"{name} must be at least"):
        output_size(**setting)
    refused = run_in_node(
        "(() => { try { explorer.outputSize(value); } "
        "catch (error) { return [error.name, error.message]; } })()",
        setting,
    )
    least = 0 if name == "pad" else 1
    assert refused == ["RangeError", f"{name} must be at least {least}, got -1"]


FITTING = [setting_of(case) for case in CASES if case["output"] and case["size"] <= 12]


def test_every_output_cell():
    """Do all cells hold what the course's correlation gives for the same image and kernel?"""
    expression = """value.map((s) => {
      const [image, kernel] = [explorer.makeImage(s.size), explorer.makeKernel(s.kernel)];
      const at = [...Array(explorer.outputSize(s)).keys()];
      const cells = at.map((r) => at.map((c) => explorer.correlateAt(image, kernel, r, c, s)));
      return { image, kernel, cells };
    })"""
    for setting, drawn in zip(FITTING, run_in_node(expression, FITTING), strict=True):
        image, kernel = np.array(drawn["image"]), np.array(drawn["kernel"])
        assert image.shape == (setting["size"],) * 2
        assert kernel.shape == (setting["kernel"],) * 2
        sliding = {name: setting[name] for name in ("stride", "pad", "dilation")}
        expected = correlate_volume(image[None], kernel[None, None], **sliding)[0]
        np.testing.assert_array_equal(drawn["cells"], expected, err_msg=str(setting))


def test_a_turned_kernel_would_show():
    """Does the picture tell correlation from convolution: is no kernel its own half turn?"""
    for size, kernel in enumerate(run_in_node("value.map(explorer.makeKernel)", [2, 3, 4, 5]), 2):
        turned = np.array(kernel)[::-1, ::-1]
        assert not np.array_equal(kernel, turned), f"kernel of size {size}"
