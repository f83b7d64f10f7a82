"""ResNet: blocks that add what they compute to what they are given.

Two families have this name. The networks for ImageNet have a stem of 7 x 7 and four stages of 64 to
512 filters; those for CIFAR-10 have a stem of 3 x 3 and three stages of 16 to 64. Both can be built
plain, too, without shortcuts: the twin with which the paper compares each of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

Kind = Literal["basic", "bottleneck"]
Shortcut = Literal["A", "B", "none"]
Version = Literal[1, 2]

EXPANSION = {"basic": 1, "bottleneck": 4}  # maps that a block makes for each filter of its 3 x 3
# Table 1 of the paper: the blocks of each stage.
IMAGENET: dict[int, tuple[Kind, tuple[int, int, int, int]]] = {
    18: ("basic", (2, 2, 2, 2)),
    34: ("basic", (3, 4, 6, 3)),
    50: ("bottleneck", (3, 4, 6, 3)),
    101: ("bottleneck", (3, 4, 23, 3)),
    152: ("bottleneck", (3, 8, 36, 3)),
}


class Style(NamedTuple):
    """What all blocks of a network have in common.

    Parameters
    ----------
    shortcut : {"A", "B", "none"}
        Where the shape changes, A leaves out rows and columns and adds maps of zeros, and B
        computes a 1 x 1 convolution. With "none" there are no shortcuts, and the network is plain.
    version : {1, 2}
        Where the ReLUs are: one after the addition, or all of them before convolutions, so that
        nothing but additions lies between the first block and the last.
    normalized : bool
        Whether batch normalization goes with each convolution. Without it they have biases.
    scale : float
        By which the shortcut is multiplied. 1 is the paper's; 0 leaves a plain network.
    """

    shortcut: Shortcut = "B"
    version: Version = 1
    normalized: bool = True
    scale: float = 1.0


class Block(nn.Module):
    """A residual block: its convolutions, and a shortcut around them.

    Parameters
    ----------
    kind : {"basic", "bottleneck"}
        Two convolutions of 3 x 3, or 1 x 1, 3 x 3 and 1 x 1, of which the last makes four times as
        many maps.
    channels : int
        Maps of the input.
    filters : int
        Maps that a 3 x 3 convolution makes.
    stride : int
        Of the first 3 x 3 convolution. (In the paper, bottlenecks have it one layer earlier.)
    style : Style

    References
    ----------
    Figure 5 of :cite:`he2016deep`; version 2 is Figure 1(b) of :cite:`he2016identity`.

    Examples
    --------
    >>> Block("bottleneck", 64, 32, stride=2)(torch.zeros(1, 64, 8, 8)).shape
    torch.Size([1, 128, 4, 4])
    """

    def __init__(
        self,
        kind: Kind,
        channels: int,
        filters: int,
        *,
        stride: int = 1,
        style: Style | None = None,
    ) -> None:
        super().__init__()
        self.style = style or Style()
        self.stride = stride
        maps = EXPANSION[kind] * filters
        convs = [(channels, filters, 3, stride), (filters, maps, 3, 1)]  # C, F, kernel, stride
        if kind == "bottleneck":
            convs = [
                (channels, filters, 1, 1),
                (filters, filters, 3, stride),
                (filters, maps, 1, 1),
            ]
        self.layers = len(convs)
        for i, (C, F, kernel, step) in enumerate(convs, start=1):
            setattr(self, f"conv{i}", _conv(C, F, kernel, step, self.style))
            # A batch norm follows its convolution, or stands before it in version 2.
            setattr(self, f"bn{i}", _norm(F if self.style.version == 1 else C, self.style))
        self.missing = maps - channels
        self.reshapes = stride != 1 or self.missing != 0
        self.downsample: nn.Sequential | None = None
        if self.reshapes and self.style.shortcut == "B":
            projection: list[nn.Module] = [_conv(channels, maps, 1, stride, self.style)]
            if self.style.version == 1:
                projection.append(_norm(maps, self.style))
            self.downsample = nn.Sequential(*projection)

    @property
    def last(self) -> nn.Module:
        """The layer with which the branch ends: at 0 there, the block begins as its shortcut."""
        ends_in_norm = self.style.normalized and self.style.version == 1
        layer: nn.Module = getattr(self, f"{'bn' if ends_in_norm else 'conv'}{self.layers}")
        return layer

    def forward(self, x: Tensor) -> Tensor:
        """Return the maps (N, F, H / stride, W / stride) of a volume (N, C, H, W)."""
        if self.style.version == 2:
            inputs = [x]  # of the convolutions, and at last the branch
            for i in range(1, self.layers + 1):
                inputs[-1] = torch.relu(getattr(self, f"bn{i}")(inputs[-1]))
                inputs.append(getattr(self, f"conv{i}")(inputs[-1]))
            return self._add(inputs[0] if self.reshapes else x, inputs[-1])
        branch = x
        for i in range(1, self.layers + 1):
            branch = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(branch))
            branch = branch if i == self.layers else torch.relu(branch)
        return torch.relu(self._add(x, branch))

    def _add(self, x: Tensor, branch: Tensor) -> Tensor:
        if self.style.shortcut == "none":
            return branch
        if self.downsample is not None:
            x = self.downsample(x)
        elif self.reshapes:
            x = x[:, :, :: self.stride, :: self.stride]
            x = functional.pad(x, (0, 0, 0, 0, 0, self.missing))  # maps of zeros behind the others
        return branch + self.style.scale * x


class ResNet(nn.Module):
    """A residual network. Those of version 1 have the parameters' names of torchvision.

    Parameters
    ----------
    kind : {"basic", "bottleneck"}
    blocks : sequence of int
        How many there are in each stage. From the second stage on, the first block halves rows and
        columns.
    classes : int
    channels : int
        Of an image.
    width : int
        Filters of the first stage; each further one has twice as many.
    stem : {"imagenet", "cifar"}
        A 7 x 7 convolution with stride 2 and a maximum over 3 x 3 pixels with stride 2, or a
        3 x 3 convolution.
    style : Style

    Raises
    ------
    ValueError
        If an argument is none of these, a stage has no block, or maps would have to vanish.

    References
    ----------
    Table 1 and section 4.2 of :cite:`he2016deep`.

    Examples
    --------
    >>> with torch.device("meta"):
    ...     network = resnet(50)
    >>> sum(p.numel() for p in network.parameters())
    25557032
    """

    def __init__(
        self,
        kind: Kind,
        blocks: Sequence[int],
        classes: int = 1000,
        *,
        channels: int = 3,
        width: int = 64,
        stem: Literal["imagenet", "cifar"] = "imagenet",
        style: Style | None = None,
    ) -> None:
        super().__init__()
        style = style or Style()
        _refuse_unknown(kind, blocks, stem, style)
        self.style = style
        large = stem == "imagenet"
        kernel, stride = (7, 2) if large else (3, 1)
        self.conv1 = _conv(channels, width, kernel, stride, style)
        active = style.version == 1 or large  # else the first block begins with both
        self.bn1 = _norm(width, style) if active else nn.Identity()
        self.relu = nn.ReLU() if active else nn.Identity()
        self.maxpool = nn.MaxPool2d(3, 2, padding=1) if large else nn.Identity()
        C = width
        self.stages = len(blocks)
        for stage, count in enumerate(blocks):
            filters = width * 2**stage
            layers = []
            for i in range(count):
                stride = 2 if stage > 0 and i == 0 else 1
                layers.append(Block(kind, C, filters, stride=stride, style=style))
                C = EXPANSION[kind] * filters
            setattr(self, f"layer{stage + 1}", nn.Sequential(*layers))
        later = style.version == 2
        self.bn_last = _norm(C, style) if later else nn.Identity()
        self.relu_last = nn.ReLU() if later else nn.Identity()
        self.fc = nn.Linear(C, classes)

    @property
    def blocks(self) -> list[Block]:
        """All blocks, from the first to the last."""
        stages = (getattr(self, f"layer{i + 1}") for i in range(self.stages))
        return [block for stage in stages for block in stage]

    def volumes(self, x: Tensor) -> Iterator[Tensor]:
        """Yield what the stem makes of images (N, channels, H, W), then what each block makes."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        yield x
        for block in self.blocks:
            x = block(x)
            yield x

    def classify(self, volume: Tensor) -> Tensor:
        """Return the scores (N, classes) of what the last block has made."""
        active = self.relu_last(self.bn_last(volume))
        scores: Tensor = self.fc(active.mean(dim=(2, 3)))  # the mean of each map: (N, F)
        return scores

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores (N, classes) of images (N, channels, H, W)."""
        for volume in self.volumes(x):
            x = volume
        return self.classify(x)


def resnet(depth: int, classes: int = 1000, *, style: Style | None = None) -> ResNet:
    """Return ResNet-18, 34, 50, 101 or 152 for ImageNet; with shortcuts B if nothing is said.

    Raises
    ------
    ValueError
        If the depth is another.
    """
    if depth not in IMAGENET:
        known = ", ".join(str(number) for number in IMAGENET)
        raise ValueError(f"depth must be one of {known}, got {depth}")
    return ResNet(*IMAGENET[depth], classes, style=style)


def cifar_blocks(depth: int, kind: Kind = "basic") -> tuple[int, int, int]:
    """Return the blocks of the three stages of a network for CIFAR-10 with `depth` layers.

    A stem, a fully connected layer, and three stages of blocks with 2 or 3 convolutions each:
    6 n + 2 layers, or 9 n + 2 with bottlenecks. Convolutions in shortcuts are not counted.

    Raises
    ------
    ValueError
        If no such network has this depth.

    Examples
    --------
    >>> cifar_blocks(20), cifar_blocks(164, "bottleneck")
    ((3, 3, 3), (18, 18, 18))
    """
    layers = 9 if kind == "bottleneck" else 6
    n, rest = divmod(depth - 2, layers)
    if rest or n < 1:
        raise ValueError(f"depth must be {layers} n + 2, as {layers + 2} is, got {depth}")
    return (n, n, n)


def cifar_resnet(
    depth: int,
    classes: int = 10,
    *,
    kind: Kind = "basic",
    channels: int = 3,
    width: int = 16,
    style: Style | None = None,
) -> ResNet:
    """Return the network for CIFAR-10 of 20, 32, 44, 56, 110, 1202 or other layers.

    Parameters
    ----------
    depth : int
        6 n + 2 layers of basic blocks or 9 n + 2 of bottlenecks.
    classes : int
    kind : {"basic", "bottleneck"}
    channels, width : int
        Of an image, and of the first stage.
    style : Style
        With shortcuts A if nothing is said, as in the paper.

    References
    ----------
    Section 4.2 of :cite:`he2016deep`; bottlenecks are those of :cite:`he2016identity`.
    """
    return ResNet(
        kind,
        cifar_blocks(depth, kind),
        classes,
        channels=channels,
        width=width,
        stem="cifar",
        style=style or Style(shortcut="A"),
    )


def start_at_zero_(network: ResNet) -> ResNet:
    """Set each branch's end to 0, so that each block begins as its shortcut; return the network.

    That is the last batch norm, whose gain matters: its shift is 0 anyway. Where a branch ends in a
    convolution, it is that.

    References
    ----------
    Section 5.1 of :cite:`goyal2017accurate`.
    """
    for block in network.blocks:
        for parameter in block.last.parameters():
            nn.init.zeros_(parameter)
    return network


def _conv(C: int, F: int, kernel: int, stride: int, style: Style) -> nn.Conv2d:
    # Batch normalization has a shift of its own, so a convolution with one needs no bias.
    return nn.Conv2d(C, F, kernel, stride, padding=kernel // 2, bias=not style.normalized)


def _norm(maps: int, style: Style) -> nn.Module:
    return nn.BatchNorm2d(maps) if style.normalized else nn.Identity()


def _refuse_unknown(kind: str, blocks: Sequence[int], stem: str, style: Style) -> None:
    choices: list[tuple[str, object, tuple[object, ...]]] = [
        ("kind", kind, ("basic", "bottleneck")),
        ("stem", stem, ("imagenet", "cifar")),
        ("shortcut", style.shortcut, ("A", "B", "none")),
        ("version", style.version, (1, 2)),
    ]
    for name, value, known in choices:
        if value not in known:
            listed = " or ".join(repr(choice) for choice in known)
            raise ValueError(f"{name} must be {listed}, got {value!r}")
    if not blocks or min(blocks) < 1:
        raise ValueError(f"blocks must name at least one block for each stage, got {blocks}")
