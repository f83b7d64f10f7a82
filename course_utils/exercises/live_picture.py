"""Live pictures of the book, and which setting of them shows what an exercise asks.

An exercise that has one says what of a call goes into it, and which of its mistakes it shows:

    picture=Shown(CONVOLUTION, setting, ("rounds_up", "ignores_stride"))

where `setting` takes the arguments of a call and returns the values of the picture's controls, or
None where the picture has no such setting.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from course_utils.checks.cases import Case

Setting = Mapping[str, float | str]
Range = tuple[float, float] | tuple[str, ...]


@dataclass(frozen=True)
class LivePicture:
    """A live picture of the book.

    Attributes
    ----------
    name : str
        The class of its element, which is the name of its script.
    page : str
        The page that holds it, without suffix, from the folder `book` on.
    section : str
        The id of the section in which it stands.
    controls : dict of str to tuple
        What its controls may be set to: the least and the most, or the choices. An empty tuple
        stands for a text of a form of its own.
    """

    name: str
    page: str
    section: str
    controls: Mapping[str, Range]

    def address(self, setting: Setting) -> str:
        """Return the address of the picture in a setting, from the folder `book` on."""
        return f"{self.page}.html?{urlencode(setting)}#{self.section}"

    def has(self, setting: Setting) -> bool:
        """Say whether its controls can be set so.

        Raises
        ------
        KeyError
            If it has no such control.
        """
        return all(_within(value, self.controls[name]) for name, value in setting.items())


@dataclass(frozen=True)
class Shown:
    """A live picture that shows mistakes of an exercise.

    Attributes
    ----------
    picture : LivePicture
    setting : callable
        Takes the arguments of a call; returns the setting that shows it, or None.
    mistakes : tuple of str
    """

    picture: LivePicture
    setting: Callable[..., Setting | None]
    mistakes: tuple[str, ...]

    def address(self, case: Case) -> str:
        """Return the address of the picture in the setting of a call; empty if it has none."""
        setting = self.setting(*case.args, **case.kwargs)
        return self.picture.address(setting) if setting and self.picture.has(setting) else ""


def _within(value: float | str, allowed: Range) -> bool:
    if not allowed or isinstance(allowed[0], str):
        return not allowed or value in allowed
    least, most = allowed
    return not isinstance(value, str) and least <= value <= most


CONVOLUTION = LivePicture(
    "convolution-explorer",
    "convolution-arithmetic/counting-positions",
    "try-it",
    {"size": (1, 12), "kernel": (1, 5), "stride": (1, 4), "pad": (0, 4), "dilation": (1, 3)},
)
RECEPTIVE_FIELD = LivePicture(
    "receptive-field-explorer",
    "architectures/vgg",
    "stack-layers-and-look",
    {"size": (1, 256), "layers": ()},
)
LSTM_UNIT = LivePicture(
    "lstm-explorer",
    "lstm/gates",
    "try-it-out",
    {
        **dict.fromkeys("ifo", (0, 1)),
        "g": (-1, 1),
        "c0": (-2, 2),
        "pattern": ("once", "every", "twice"),
        "t": (1, 30),
    },
)
HELLO = LivePicture(
    "hello-explorer", "recurrent-networks/hello", "hello-one-letter-at-a-time", {"memory": (0, 1)}
)
POWERS = LivePicture(
    "power-explorer",
    "vanishing-gradients/powers-of-a-matrix",
    "powers-of-a-matrix",
    {**dict.fromkeys("abcd", (-2, 2)), "matrix": ("own",)},
)
PATHS = LivePicture(
    "path-explorer",
    "backpropagation-through-time/truncated",
    "truncated-stop-after-a-few-steps",
    {"steps": (4, 14), "window": (1, 14), "cut": ("sliding", "chunks")},
)

# The section on loops and whole arrays.
FASTER = "convnet/forward-and-im2col.html#how-much-faster-and-why"


def square(
    size: tuple[int, ...], kernel: tuple[int, ...], *, stride: int = 1, pad: int = 0
) -> Setting | None:
    """Return the setting of the convolution explorer, in which images and kernels are square.

    Where no window has several places and several pixels there is little to see, and no setting.

    Parameters
    ----------
    size, kernel : tuple of int
        The sides of both.
    """
    if len({*size}) > 1 or len({*kernel}) > 1 or not 1 < kernel[0] < size[0]:
        return None
    return {"size": size[0], "kernel": kernel[0], "stride": stride, "pad": pad, "dilation": 1}
