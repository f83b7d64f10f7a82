"""GoogLeNet: blocks that look at every pixel in four ways at once.

The network of the paper, and the one that torchvision has under this name: with batch normalization
after every convolution, and with 3 x 3 kernels where the paper has 5 x 5.
"""

from __future__ import annotations

from functools import partial
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

Variant = Literal["paper", "torchvision"]
AUXILIARY_WEIGHT = 0.3  # of the loss of each auxiliary head beside the main one


class Filters(NamedTuple):
    """A row of the paper's Table 1: how many filters each convolution of a block has."""

    n1: int  # 1 x 1
    r3: int  # 1 x 1 before the 3 x 3
    n3: int
    r5: int  # 1 x 1 before the 5 x 5
    n5: int
    pool: int  # 1 x 1 after the pooling

    @property
    def maps(self) -> int:
        """How many maps the block makes."""
        return self.n1 + self.n3 + self.n5 + self.pool


BLOCKS = {
    "3a": Filters(64, 96, 128, 16, 32, 32),
    "3b": Filters(128, 128, 192, 32, 96, 64),
    "4a": Filters(192, 96, 208, 16, 48, 64),
    "4b": Filters(160, 112, 224, 24, 64, 64),
    "4c": Filters(128, 128, 256, 24, 64, 64),
    "4d": Filters(112, 144, 288, 32, 64, 64),
    "4e": Filters(256, 160, 320, 32, 128, 128),
    "5a": Filters(256, 160, 320, 32, 128, 128),
    "5b": Filters(384, 192, 384, 48, 128, 128),
}


class Convolution(nn.Module):
    """A convolution that keeps the size, its normalization if there is one, and a ReLU."""

    def __init__(
        self, channels: int, filters: int, kernel: int, *, stride: int = 1, variant: Variant
    ) -> None:
        super().__init__()
        normed = variant == "torchvision"
        # Batch normalization has a shift of its own, so the convolution before it needs no bias.
        self.conv = nn.Conv2d(
            channels, filters, kernel, stride=stride, padding=kernel // 2, bias=not normed
        )
        self.bn = nn.BatchNorm2d(filters, eps=0.001) if normed else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Return the maps (N, F, H, W) of a volume (N, C, H, W)."""
        return torch.relu(self.bn(self.conv(x)))


class Inception(nn.Module):
    """One block: 1 x 1, 3 x 3 and 5 x 5 convolutions and a pooling, side by side.

    A 1 x 1 convolution before each large kernel makes the volume thin, so that the kernel has
    little to multiply.

    Parameters
    ----------
    channels : int
        Of the input.
    n1, r3, n3, r5, n5, pool : int
        See :class:`Filters`.
    variant : {"paper", "torchvision"}

    References
    ----------
    Figure 2(b) of :cite:`szegedy2015going`.

    Examples
    --------
    >>> Inception(192, 64, 96, 128, 16, 32, 32)(torch.zeros(1, 192, 28, 28)).shape
    torch.Size([1, 256, 28, 28])
    """

    def __init__(
        self,
        channels: int,
        n1: int,
        r3: int,
        n3: int,
        r5: int,
        n5: int,
        pool: int,
        *,
        variant: Variant = "paper",
    ) -> None:
        super().__init__()
        conv = partial(Convolution, variant=variant)
        large = 5 if variant == "paper" else 3
        self.branch1 = conv(channels, n1, 1)
        self.branch2 = nn.Sequential(conv(channels, r3, 1), conv(r3, n3, 3))
        self.branch3 = nn.Sequential(conv(channels, r5, 1), conv(r5, n5, large))
        self.branch4 = nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), conv(channels, pool, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Return the maps (N, n1 + n3 + n5 + pool, H, W) of a volume (N, C, H, W)."""
        branches = (self.branch1, self.branch2, self.branch3, self.branch4)
        return torch.cat([branch(x) for branch in branches], dim=1)


class AuxiliaryHead(nn.Module):
    """A small classifier half-way up, which brings the loss near the lower layers."""

    def __init__(self, channels: int, classes: int, *, divisor: int, variant: Variant) -> None:
        super().__init__()
        filters, units = 128 // divisor, 1024 // divisor
        self.pool = nn.AdaptiveAvgPool2d(4)  # in the paper 5 x 5 pixels, 3 apart: 14 -> 4
        self.conv = Convolution(channels, filters, 1, variant=variant)  # (N, 128, 4, 4)
        self.fc1 = nn.Linear(filters * 4 * 4, units)
        self.dropout = nn.Dropout(0.7)
        self.fc2 = nn.Linear(units, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores (N, classes) of a volume (N, C, H, W)."""
        hidden = torch.relu(self.fc1(self.conv(self.pool(x)).flatten(1)))
        scores: Tensor = self.fc2(self.dropout(hidden))
        return scores


class GoogLeNet(nn.Module):
    """GoogLeNet, for images of (3, 224, 224).

    While it trains, with auxiliary heads, it returns three scores: its own, and those of the heads
    after the blocks 4a and 4d. Their losses count `AUXILIARY_WEIGHT` each, and when it is used the
    heads are left out.

    Parameters
    ----------
    classes : int
    variant : {"paper", "torchvision"}
        With "torchvision" the parameters' names are those of its checkpoints, too.
    auxiliary : bool
        Whether there are the two auxiliary heads.
    divisor : int
        Divides the number of filters and units of every layer: 1, 2, 4, 8 or 16.

    Raises
    ------
    ValueError
        If the variant is unknown or the divisor is another.

    References
    ----------
    Table 1 and section 5 of :cite:`szegedy2015going`.

    Examples
    --------
    >>> with torch.device("meta"):
    ...     network = GoogLeNet(auxiliary=False)
    >>> sum(p.numel() for p in network.parameters())
    6998552
    """

    def __init__(
        self,
        classes: int = 1000,
        *,
        variant: Variant = "paper",
        auxiliary: bool = True,
        divisor: int = 1,
    ) -> None:
        super().__init__()
        if variant not in ("paper", "torchvision"):
            raise ValueError(f"variant must be 'paper' or 'torchvision', got {variant!r}")
        if divisor not in (1, 2, 4, 8, 16):
            raise ValueError(f"divisor must be 1, 2, 4, 8 or 16, got {divisor}")
        conv = partial(Convolution, variant=variant)
        head = partial(AuxiliaryHead, classes=classes, divisor=divisor, variant=variant)
        narrow, wide = 64 // divisor, 192 // divisor
        normed = variant == "torchvision"
        self.conv1 = conv(3, narrow, 7, stride=2)  # (64, 112, 112)
        self.conv2 = conv(narrow, narrow, 1)  # of (64, 56, 56)
        self.conv3 = conv(narrow, wide, 3)  # (192, 56, 56)
        # As in AlexNet; batch normalization has made it superfluous.
        self.norm = nn.Identity() if normed else nn.LocalResponseNorm(5, 5 * 1e-4, 0.75, 2.0)
        # Where a last window hangs over the end, it is kept: 112 -> 56 -> 28 -> 14 -> 7.
        self.pool = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.last_pool = nn.MaxPool2d(2, stride=2, ceil_mode=True) if normed else self.pool
        channels = wide
        for name, filters in BLOCKS.items():
            row = Filters(*(count // divisor for count in filters))
            setattr(self, f"inception{name}", Inception(channels, *row, variant=variant))
            channels = row.maps
            if auxiliary and name in ("4a", "4d"):
                setattr(self, "aux1" if name == "4a" else "aux2", head(channels))
        self.auxiliary = auxiliary
        self.dropout = nn.Dropout(0.2 if normed else 0.4)
        self.fc = nn.Linear(channels, classes)

    def forward(self, x: Tensor) -> Tensor | tuple[Tensor, Tensor, Tensor]:
        """Return the scores (N, classes) of images (N, 3, H, W); three of them while it trains."""
        x = self.norm(self.pool(self.conv1(x)))  # (64, 56, 56)
        x = self.pool(self.norm(self.conv3(self.conv2(x))))  # (192, 28, 28)
        heads = []
        for name in BLOCKS:
            if name == "4a":
                x = self.pool(x)  # (480, 14, 14)
            elif name == "5a":
                x = self.last_pool(x)  # (832, 7, 7)
            x = getattr(self, f"inception{name}")(x)
            if self.auxiliary and self.training and name in ("4a", "4d"):
                heads.append(getattr(self, "aux1" if name == "4a" else "aux2")(x))
        pooled = x.mean(dim=(2, 3))  # (N, 1024): the mean of each map, in place of a wide layer
        scores: Tensor = self.fc(self.dropout(pooled))
        return (scores, heads[0], heads[1]) if heads else scores
