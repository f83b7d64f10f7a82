"""Are crops those that PyTorch's pixels and a search through all places give?"""

import numpy as np
import pytest
import torch

from course_utils.checks.layout import strided
from course_utils.reference.crops import random_resized_crop, resize, resize_short, ten_crop


def drawn(*shape, seed=0):
    """Return an image whose numbers all differ."""
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [(3, 7), (10, 4), (5, 11), (1, 1), (9, 2)])
def test_resize_is_pytorchs(size, dtype):
    """Is each number that of torch's bilinear interpolation, of the same type?"""
    x = drawn(2, 3, 5, 4).astype(dtype)
    expected = torch.nn.functional.interpolate(
        torch.from_numpy(x), size, mode="bilinear", align_corners=False
    )
    out = resize(x, *size)
    assert out.dtype == dtype
    np.testing.assert_allclose(out, expected.numpy(), atol=2e-6 if dtype == np.float32 else 1e-14)


@pytest.mark.parametrize("size", [(3, 7), (12, 9)])
def test_resize_interpolates_along_each_axis(size):
    """Is it `np.interp` along the rows, and then along the columns?"""
    x = drawn(5, 4)
    (H, W), (height, width) = x.shape, size
    rows = (np.arange(height) + 0.5) * H / height - 0.5
    columns = (np.arange(width) + 0.5) * W / width - 0.5
    tall = np.array([np.interp(rows, range(H), column) for column in x.T]).T
    expected = np.array([np.interp(columns, range(W), row) for row in tall])
    np.testing.assert_allclose(resize(x, *size), expected, rtol=1e-12)


def test_whole_numbers_are_weighed_as_fractions():
    """Does an image of small whole numbers neither overflow nor lose its fractions?"""
    x = np.array([[250, 255]], dtype=np.uint8)
    np.testing.assert_allclose(resize(x, 1, 4), [[250, 251.25, 253.75, 255]])


@pytest.mark.parametrize(
    ("shape", "length", "expected"),
    [
        ((6, 9), 4, (4, 6)),
        ((9, 6), 4, (6, 4)),
        ((7, 7), 3, (3, 3)),
        ((427, 640), 256, (256, 384)),
        ((64, 43), 26, (39, 26)),
    ],
)
def test_the_short_side_gets_the_length(shape, length, expected):
    """Has the short side the length, whichever it is, and does the other keep the proportion?"""
    x = drawn(*shape)
    np.testing.assert_array_equal(resize_short(x, length), resize(x, *expected))


def places(image, side, lengths):
    """Return the length, top, left and mirroring of each crop that can come out."""
    found = {}
    for length in lengths:
        resized = resize_short(image, length)
        H, W = resized.shape[-2:]
        for top, left in np.ndindex(H - side + 1, W - side + 1):
            crop = resized[..., top : top + side, left : left + side]
            found[crop.tobytes()] = (length, top, left, False)
            found[crop[..., ::-1].tobytes()] = (length, top, left, True)
    return found


@pytest.mark.parametrize("shape", [(2, 6, 9), (9, 6)])
def test_a_random_crop_is_one_of_all_and_each_comes_up(shape):
    """Is every draw a crop from a search through all places, and is each found in the end?"""
    image = drawn(*shape)
    possible = places(image, 4, (5, 6, 7))
    rng = np.random.default_rng(1)
    draws = [
        possible[random_resized_crop(image, rng=rng, shortest=5, longest=7, side=4).tobytes()]
        for _ in range(2500)
    ]
    assert set(draws) == set(possible.values())
    share = np.mean([length == 7 for length, *_ in draws])
    assert abs(share - 1 / 3) < 0.05  # lengths are as likely as each other, not places
    assert abs(np.mean([mirrored for *_, mirrored in draws]) - 0.5) < 0.05


def test_limits_are_those_of_the_paper():
    """Is the short side 256 to 480 and the square 224, where nothing is said?"""
    usual = {"shortest": 256, "longest": 480, "side": 224}
    assert random_resized_crop.__kwdefaults__ == usual
    image = drawn(2, 3)
    crops = [
        random_resized_crop(image, rng=np.random.default_rng(0), **given) for given in ({}, usual)
    ]
    assert crops[0].shape == (224, 224)
    np.testing.assert_array_equal(*crops)


def test_a_random_crop_does_not_share_memory():
    """May it be written into?"""
    image = drawn(4, 4)
    kept = image.copy()
    crop = random_resized_crop(image, rng=np.random.default_rng(0), shortest=4, longest=4, side=4)
    crop[:] = 9
    np.testing.assert_array_equal(image, kept)


def test_ten_crops_by_hand():
    """Are corners, centre and mirror images in their order, the centre rounded towards the top?"""
    image = np.arange(20).reshape(4, 5)
    crops = ten_crop(image, 3)
    assert [crop[0, 0] for crop in crops[:5]] == [0, 2, 5, 7, 1]
    assert [crop[0, 2] for crop in crops[5:]] == [0, 2, 5, 7, 1]
    np.testing.assert_array_equal(crops[8], [[9, 8, 7], [14, 13, 12], [19, 18, 17]])


@pytest.mark.parametrize("shape", [(6, 5), (3, 7, 6), (2, 3, 6, 8)])
def test_ten_crops_are_pytorchs(shape):
    """Is each what padding by negative numbers cuts in torch, also of odd arrays?"""
    image, side = drawn(*shape), 4
    down, right = shape[-2] - side, shape[-1] - side
    tensor = torch.from_numpy(image)
    five = [
        torch.nn.functional.pad(tensor, (-left, left - right, -top, top - down))
        for top, left in [
            (0, 0), (0, right), (down, 0), (down, right), (down // 2, right // 2)
        ]
    ]  # fmt: skip
    expected = torch.stack(five + [crop.flip(-1) for crop in five]).numpy()
    for lay in (np.asarray, np.asfortranarray, strided):
        np.testing.assert_array_equal(ten_crop(lay(image), side), expected)


@pytest.mark.parametrize(
    ("size", "distinct"), [((4, 4), 2), ((4, 5), 4), ((4, 6), 6), ((5, 5), 8), ((6, 6), 10)]
)
def test_how_many_of_ten_crops_differ(size, distinct):
    """Where the square is as large as the image, how many views are the same one?"""
    crops = ten_crop(drawn(*size), 4)
    assert len({crop.tobytes() for crop in crops}) == distinct


def test_impossible_sizes_are_refused():
    """Do errors name the sizes?"""
    with pytest.raises(ValueError, match="at least 1, got 0 and 3"):
        resize(drawn(2, 2), 0, 3)
    with pytest.raises(ValueError, match="got side 5, shortest 4, longest 6"):
        random_resized_crop(
            drawn(9, 9), rng=np.random.default_rng(0), shortest=4, longest=6, side=5
        )
    with pytest.raises(ValueError, match="5 pixels does not fit into 4 x 9"):
        ten_crop(drawn(4, 9), 5)
