"""Is the table of a network what PyTorch, the papers, and lighting single pixels say?"""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils.layer_arithmetic import (
    Conv,
    Dense,
    Flatten,
    Pool,
    ReceptiveField,
    cost_table,
    layer_costs,
)
from course_utils.reference.convolution import correlate1d

ALEXNET = [
    Conv(96, 11, stride=4), Pool(3, 2),
    Conv(256, 5, pad=2), Pool(3, 2),
    Conv(384, 3, pad=1), Conv(384, 3, pad=1), Conv(256, 3, pad=1), Pool(3, 2),
    Flatten(), Dense(4096), Dense(4096), Dense(1000),
]  # fmt: skip
TWO_COLUMNS = [
    layer._replace(groups=2) if place in (2, 5, 6) else layer for place, layer in enumerate(ALEXNET)
]
VGG16 = [
    layer
    for filters, depth in [(64, 2), (128, 2), (256, 3), (512, 3), (512, 3)]
    for layer in [*[Conv(filters, 3, pad=1)] * depth, Pool(2, 2)]
] + [Flatten(), Dense(4096), Dense(4096), Dense(1000)]


def test_alexnet_has_the_volumes_of_the_lecture():
    """Are the maps 55-27-27-13-13-13-13-6 pixels wide, and 227 the input, not 224?"""
    costs = layer_costs(ALEXNET, (3, 227, 227))
    assert [row.shape[-1] for row in costs[:8]] == [55, 27, 27, 13, 13, 13, 13, 6]
    assert costs[8].shape == (9216,)
    assert costs[0].parameters == 34_848 + 96
    assert layer_costs([Conv(96, 11, stride=4, bias=False)], (3, 227, 227))[0].parameters == 34_848
    assert layer_costs(ALEXNET[:1], (3, 224, 224))[0].shape == (96, 54, 54)  # 3 pixels unread
    assert sum(row.parameters for row in costs) == 62_378_344


def test_two_columns_make_alexnet_cheaper():
    """Do groups halve the weights and the work of three layers, and leave the shapes as they are?

    The paper counts 60 million parameters. Its figure shows kernels of depth 48, 192 and 192 in the
    layers that see one column alone.
    """
    one, two = (layer_costs(layers, (3, 227, 227)) for layers in (ALEXNET, TWO_COLUMNS))
    assert [row.shape for row in two] == [row.shape for row in one]
    depths = {2: 48, 5: 192, 6: 192}
    for place, (whole, split) in enumerate(zip(one, two, strict=True)):
        if place in depths:
            F, K = split.layer.filters, split.layer.kernel
            assert split.parameters == F * (depths[place] * K * K + 1)
            assert 2 * split.multiply_adds == whole.multiply_adds
        else:
            assert split == whole
    assert sum(row.parameters for row in two) == 60_965_224
    assert sum(row.multiply_adds for row in two) == 724_406_816


def test_vgg16_has_138_million_parameters():
    """Are there 138 357 544 parameters and 15.5 billion multiply-adds, and 25 088 into fc6?"""
    costs = layer_costs(VGG16, (3, 224, 224))
    assert sum(row.parameters for row in costs) == 138_357_544
    assert sum(row.multiply_adds for row in costs) == 15_470_264_320
    assert costs[18].shape == (25_088,)
    assert costs[17].field == ReceptiveField(size=212, jump=32, start=-90)
    assert costs[0].memory == 4 * 64 * 224 * 224


def test_three_small_kernels_see_what_one_large_does():
    """Do three 3 x 3 layers see 7 x 7 pixels, with 27 C^2 instead of 49 C^2 weights?"""
    three = layer_costs([Conv(8, 3, bias=False)] * 3, (8, 20, 20))
    one = layer_costs([Conv(8, 7, bias=False)], (8, 20, 20))
    assert three[-1].field == one[-1].field == ReceptiveField(size=7, jump=1, start=0)
    assert three[-1].shape == one[-1].shape
    assert sum(row.parameters for row in three) == 27 * 8**2
    assert one[0].parameters == 49 * 8**2


def as_torch(layer, channels):
    match layer:
        case Conv(filters, kernel, stride, pad, bias, groups):
            return torch.nn.Conv2d(channels, filters, kernel, stride, pad, bias=bias, groups=groups)
        case Pool(kernel, stride, pad):
            return torch.nn.MaxPool2d(kernel, stride, pad)
        case Flatten():
            return torch.nn.Flatten()
        case Dense(units, bias):
            return torch.nn.Linear(channels, units, bias=bias)


@pytest.mark.parametrize(
    ("layers", "x_shape"),
    [
        (ALEXNET, (3, 227, 227)),
        (VGG16, (3, 224, 224)),
        ([Conv(5, 4, stride=3, pad=2, bias=False), Pool(3, 2, pad=1), Conv(7, 2)], (3, 23, 31)),
        (TWO_COLUMNS, (3, 227, 227)),
        (
            [Conv(10, 3, groups=5), Conv(4, 2, pad=1, bias=False, groups=2), Conv(4, 3, groups=4)],
            (15, 9, 12),
        ),
        ([Conv(6, 5), Pool(2, 2), Flatten(), Dense(9, bias=False), Dense(10)], (1, 28, 30)),
        ([Dense(4), Flatten(), Dense(3)], (7,)),
        ([Flatten(), Dense(3)], (2, 4, 5)),
    ],
    ids=["alexnet", "vgg16", "strides", "columns", "groups", "lenet", "dense", "flat"],
)
def test_shapes_and_parameters_are_those_of_pytorchs_modules(layers, x_shape):
    """Has each module of PyTorch the parameters, and its output the shape, of our row?"""
    with torch.device("meta"):
        x = torch.empty(1, *x_shape)
        for layer, row in zip(layers, layer_costs(layers, x_shape), strict=True):
            module = as_torch(layer, x.shape[1])
            x = module(x)
            assert row.layer == layer
            assert row.shape == tuple(x.shape[1:])
            assert row.parameters == sum(p.numel() for p in module.parameters())
            assert row.memory == 4 * x.numel()


def test_multiply_adds_are_weights_times_places():
    """Is each weight of a convolution used once for each pixel of a map, of a dense layer once?"""
    costs = layer_costs(TWO_COLUMNS, (3, 227, 227))
    for row in costs:
        if isinstance(row.layer, Conv):
            weights = row.parameters - row.layer.filters
            assert row.multiply_adds == weights * row.shape[1] * row.shape[2]
        elif isinstance(row.layer, Dense):
            assert row.multiply_adds == row.parameters - row.layer.units
        else:
            assert (row.parameters, row.multiply_adds) == (0, 0)


def test_wider_numbers_take_more_memory():
    """Does float64 take twice the memory of float32, and nothing else change?"""
    layers = [Conv(6, 5), Flatten(), Dense(3)]
    for four, eight in zip(
        layer_costs(layers, (3, 9, 9)),
        layer_costs(layers, (3, 9, 9), bytes_per_number=8),
        strict=True,
    ):
        assert eight == four._replace(memory=2 * four.memory)


def test_the_receptive_field_ends_where_the_rows_end():
    """Has a layer no field once the pixels lie in a vector, or were one from the start?"""
    costs = layer_costs([Conv(2, 3), Flatten(), Dense(4)], (1, 6, 6))
    assert [row.field is None for row in costs] == [False, True, True]
    assert layer_costs([Dense(4)], (6,))[0].field is None


def lit_outputs(layers, size):
    """Return which outputs (rows) change when single pixels (columns) of a line are lit."""
    answers = []
    for pixel in range(size):
        signal = np.zeros(size)
        signal[pixel] = 1.0
        for layer in layers:  # pooling by sums sees what pooling by the maximum may see
            kernel = np.ones((1, layer.kernel))
            signal = correlate1d(signal, kernel, stride=layer.stride, pad=layer.pad)[0]
        answers.append(signal > 0)
    return np.array(answers).T


def networks(pads):
    def layer(kernel, stride, pad, pools):
        return Pool(kernel, stride, min(pad, kernel - 1)) if pools else Conv(1, kernel, stride, pad)

    layers = st.builds(layer, st.integers(1, 4), st.integers(1, 3), pads, st.booleans())
    return st.lists(layers, min_size=1, max_size=3)


@settings(deadline=None)  # a busy machine is no reason to fail
@given(layers=networks(st.just(0)), extra=st.integers(0, 6))
def test_without_padding_the_field_is_what_lighting_pixels_finds(layers, extra):
    """Are the first and last pixels that each output sees those of its field?"""
    size = layer_costs(layers, (1, 200, 200))[-1].field.size + extra
    row = layer_costs(layers, (1, size, size))[-1]
    lit = lit_outputs(layers, size)
    assert len(lit) == row.shape[1]
    for i, seen in enumerate(lit):
        first = row.field.start + i * row.field.jump
        pixels = np.flatnonzero(seen)
        assert (pixels[0], pixels[-1]) == (first, first + row.field.size - 1)


@settings(deadline=None)  # a busy machine is no reason to fail
@given(layers=networks(st.integers(0, 3)))
def test_with_padding_no_output_sees_beyond_its_field(layers):
    """Do all pixels that an output sees lie in its field, and inner outputs see it whole?"""
    size = 40
    row = layer_costs(layers, (1, size, size))[-1]
    for i, seen in enumerate(lit_outputs(layers, size)):
        first = row.field.start + i * row.field.jump
        last = first + row.field.size - 1
        pixels = np.flatnonzero(seen)
        if pixels.size:
            assert first <= pixels[0]
            assert pixels[-1] <= last
        reach = row.field.size  # so far from the border no layer has read padding
        if reach <= first and last < size - reach:
            assert (pixels[0], pixels[-1]) == (first, last)


def test_the_table_can_be_read():
    """Has the table a line for each layer, a head and sums, with empty fields for vectors?"""
    layers = [Conv(6, 5, stride=2), Pool(2, 2), Flatten(), Dense(10)]
    lines = str(cost_table(layer_costs(layers, (3, 32, 40)))).splitlines()
    assert lines == [
        "layer    output   parameters  multiply-adds  bytes  field  jump",
        "Conv     6x14x18         456        113,400  6,048      5     2",
        "Pool     6x7x9             0              0  1,512      7     4",
        "Flatten  378               0              0  1,512",
        "Dense    10            3,790          3,780     40",
        "sum                    4,246        117,180  9,112",
    ]
    assert str(cost_table([])).splitlines()[-1].split() == ["sum", "0", "0", "0"]


@pytest.mark.parametrize(
    ("layers", "x_shape", "names"),
    [
        ([Conv(6, 5), Conv(6, 5)], (3, 8, 8), r"layer 1, Conv\(filters=6.*does not fit"),
        ([Conv(0, 5)], (3, 8, 8), "layer 0, Conv.*F must be at least 1"),
        ([Conv(1, 5, stride=0)], (3, 8, 8), "layer 0, Conv.*stride"),
        ([Conv(1, 1), Pool(2, 0)], (3, 8, 8), "layer 1, Pool.*stride"),
        (
            [Conv(6, 1), Conv(8, 5, groups=4)],
            (3, 8, 8),
            r"layer 1, Conv.*groups.* 6 channels.*got 4",
        ),
        ([Conv(9, 5, groups=2)], (4, 8, 8), r"layer 0, Conv.*groups.* 9 filters.*got 2"),
        ([Conv(6, 5, groups=0)], (3, 8, 8), r"layer 0, Conv.*groups must divide"),
        ([Conv(6, 5, groups=-3)], (3, 8, 8), r"layer 0, Conv.*groups must divide"),
        ([Pool(9, 1)], (3, 8, 8), "layer 0, Pool.*does not fit"),
        ([Pool(2, 2, pad=2)], (3, 8, 8), r"layer 0, Pool.*pad must be below the kernel \(2\)"),
        ([Pool(0, 2)], (3, 8, 8), "layer 0, Pool.*kernel must be at least 1"),
        ([Conv(6, 5), Dense(3)], (3, 8, 8), r"layer 1, Dense.*put a Flatten\(\) before it"),
        ([Flatten(), Conv(6, 5)], (3, 8, 8), r"layer 1, Conv.*shape \(192,\).*\(C, H, W\)"),
        ([Flatten(), Pool(2, 2)], (3, 8, 8), r"layer 1, Pool.*needs \(C, H, W\)"),
        ([Dense(0)], (3,), "layer 0, Dense.*units must be at least 1"),
        (["Dense"], (3,), "layer 0, Dense: expected Conv, Pool, Flatten or Dense"),
        ([], (3, 8), "x_shape must be"),
        ([], (3, 0, 8), "x_shape must be"),
    ],
)
def test_the_error_names_the_layer_by_its_place(layers, x_shape, names):
    """Does the error say which layer is wrong, and what it got?"""
    with pytest.raises(ValueError, match=names):
        layer_costs(layers, x_shape)


def test_numbers_without_bytes_are_refused():
    """Does the error name the argument?"""
    with pytest.raises(ValueError, match="bytes_per_number must be at least 1"):
        layer_costs([], (3, 8, 8), bytes_per_number=0)
