"""A small network that tells from a crop which of two photographs it is of, and which way up.

`python -m course_utils.bench.photograph_crops` trains the network of the live picture. It learns
from random crops of the same two photographs that the reader crops, and from nothing else.
"""

from __future__ import annotations

import json
from base64 import b64encode
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from course_utils.bench.digits_convnet import Weights, backward, forward, start
from course_utils.data.photographs import Name, load_photograph
from course_utils.reference.adaptive_optimizers import adam, adam_init
from course_utils.reference.losses import (
    softmax_cross_entropy_backward,
    softmax_cross_entropy_forward,
)
from course_utils.reference.schedules import cosine

Array = NDArray[Any]

PICTURE = Path(__file__).parents[2] / "book" / "_static" / "crop-explorer.json"
PHOTOGRAPHS: tuple[Name, ...] = get_args(Name)
HEIGHT, WIDTH = 427, 640  # of a photograph, in pixels
GREY_HEIGHT, GREY_WIDTH = 107, 160  # of the grey copies that are cropped
SHOWN_WIDTH, QUALITY = 480, 60  # of the coloured copies that are shown
SHORTEST, LONGEST = 256, 480  # of the short side after resizing
BOX = 224  # rows and columns of a crop
SIDE = 16  # rows and columns of what the network reads
CLASSES = len(PHOTOGRAPHS) * 2  # each photograph as it is, and upside down
MAPS = 4, 8  # of the two convolutions
STEPS, BATCH, RATE = 1500, 32, 0.01


class Crop(NamedTuple):
    """A square of a photograph that was resized to a short side of `length` pixels."""

    length: int
    top: int
    left: int
    mirrored: bool = False
    upside_down: bool = False


def width_at(length: int) -> int:
    """Return the long side of a photograph whose short side is `length` pixels, rounded."""
    return round(WIDTH * length / HEIGHT)


@cache
def grey_copy(name: Name) -> Array:
    """Return a photograph's brightness, (107, 160), as whole numbers from 0 to 255."""
    from PIL import Image

    pixels = (255 * load_photograph(name, grey=True)).round().astype(np.uint8)
    copy = Image.fromarray(pixels).resize((GREY_WIDTH, GREY_HEIGHT), Image.Resampling.BOX)
    return np.asarray(copy)


def read_crop(photograph: Array, crop: Crop) -> Array:
    """Return what the network reads of a crop of a grey photograph (H, W): (16, 16).

    The photograph is resized (bilinear), a square of 224 x 224 is cut out, and each 14 x 14 pixels
    of it are averaged. The 256 numbers are moved to mean 0 and scaled to standard deviation 1.
    """
    H, W = photograph.shape
    rows = _averages(H, crop.length, crop.top)  # (16, H)
    columns = _averages(W, width_at(crop.length), crop.left)  # (16, W)
    cells = rows @ (photograph / 255) @ columns.T  # (16, 16)
    cells = cells[:: -1 if crop.upside_down else 1, :: -1 if crop.mirrored else 1]
    return np.asarray((cells - cells.mean()) / max(cells.std(), 1e-6))


@cache
def _averages(old: int, new: int, first: int) -> Array:
    """Return what each of `old` pixels of an axis adds to each of 16 numbers, (16, old)."""
    place = np.clip((first + np.arange(BOX) + 0.5) * old / new - 0.5, 0, old - 1)
    low = np.minimum(place.astype(int), old - 2)
    weights = np.zeros((BOX, old))
    weights[np.arange(BOX), low] = 1 - (place - low)
    weights[np.arange(BOX), low + 1] = place - low
    return np.asarray(weights.reshape(SIDE, BOX // SIDE, old).mean(axis=1))


def random_crop(rng: np.random.Generator, *, upside_down: bool = False) -> Crop:
    """Draw a crop as in training: the length, then the place, then mirrored or not."""
    length = int(rng.integers(SHORTEST, LONGEST, endpoint=True))
    top, left = rng.integers(length - BOX + 1), rng.integers(width_at(length) - BOX + 1)
    return Crop(length, int(top), int(left), bool(rng.integers(2)), upside_down)


def ten_crops(length: int, *, upside_down: bool = False) -> list[Crop]:
    """Return the four corners, the centre, and the five mirrored, in this order."""
    down, right = length - BOX, width_at(length) - BOX
    places = [(0, 0), (0, right), (down, 0), (down, right), (down // 2, right // 2)]
    return [
        Crop(length, *place, mirrored, upside_down)
        for mirrored in (False, True)
        for place in places
    ]


def class_of(name: Name, *, upside_down: bool) -> int:
    """Return the class of a crop: china, china upside down, flower, flower upside down."""
    return 2 * PHOTOGRAPHS.index(name) + upside_down


def probabilities(p: Weights, name: Name, crops: list[Crop]) -> Array:
    """Return what the network says of crops of a photograph: (N, 4)."""
    x = np.stack([read_crop(grey_copy(name), crop) for crop in crops])[:, None]  # (N, 1, 16, 16)
    scores, _ = forward(p, x)
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def train(seed: int, *, steps: int = STEPS) -> tuple[Weights, list[float]]:
    """Train with Adam on random crops; return the weights and the loss of each step."""
    rng = np.random.default_rng(seed)
    p = start(rng, maps=MAPS, side=SIDE, classes=CLASSES)
    state, losses = adam_init(p), []
    for step in range(steps):
        x, y = _batch(rng)
        scores, caches = forward(p, x)
        loss, cache = softmax_cross_entropy_forward(scores, y)
        _, grads = backward(softmax_cross_entropy_backward(1.0, cache), caches)
        rate = cosine(step, start=RATE, epochs=steps)
        p, state = adam(p, grads, state, learning_rate=rate)
        losses.append(float(loss))
    return p, losses


def _batch(rng: np.random.Generator) -> tuple[Array, Array]:
    """Draw crops (N, 1, 16, 16) and their classes (N,)."""
    classes = rng.integers(CLASSES, size=BATCH)
    crops = [
        read_crop(grey_copy(PHOTOGRAPHS[k // 2]), random_crop(rng, upside_down=bool(k % 2)))
        for k in classes
    ]
    return np.stack(crops)[:, None].astype(np.float32), classes


def for_the_picture(weights: Weights) -> dict[str, Any]:
    """Return what the live picture reads: weights of four digits, and both photographs."""
    network = {name: array.astype(float).round(4).tolist() for name, array in weights.items()}
    photographs = {
        name: {"grey": _text(grey_copy(name).tobytes()), "shown": _text(_jpeg(name))}
        for name in PHOTOGRAPHS
    }
    return {"network": network, "photographs": photographs}


def _jpeg(name: Name) -> bytes:
    """Return a small coloured copy."""
    from PIL import Image

    pixels = (255 * load_photograph(name)).round().astype(np.uint8).transpose(1, 2, 0)
    size = SHOWN_WIDTH, round(HEIGHT * SHOWN_WIDTH / WIDTH)
    file = BytesIO()
    copy = Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS)
    copy.save(file, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return file.getvalue()


def _text(data: bytes) -> str:
    return b64encode(data).decode("ascii")


def main() -> None:
    """Train the network of the live picture, and write its file."""
    weights, _ = train(0)
    picture = json.dumps(for_the_picture(weights), separators=(",", ":"))
    PICTURE.write_text(picture + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
