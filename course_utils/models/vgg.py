"""VGG: nothing but 3 x 3 convolutions, in blocks that end in a pooling layer."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

# Columns A, B, D and E of the paper's Table 1: filters of each convolution, and "M" where the
# maximum over 2 x 2 pixels is taken.
CONFIGURATIONS: dict[str, tuple[int | str, ...]] = {
    "A": (64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"),
    "B": (64, 64, "M", 128, 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"),
    "D": (64, 64, "M", 128, 128, "M", *[256] * 3, "M", *[512] * 3, "M", *[512] * 3, "M"),
    "E": (64, 64, "M", 128, 128, "M", *[256] * 4, "M", *[512] * 4, "M", *[512] * 4, "M"),
}


class VGG(nn.Module):
    """A VGG network. Its parameters have the names of torchvision.

    Parameters
    ----------
    configuration : sequence of int or "M"
        The convolutions' filters, in order, and where to pool.
    classes : int
    image : (C, H, W)
        Shape of one input.
    hidden : int
        Units of the two hidden fully connected layers.
    dropout : float
        Share of their units that are dropped.
    batch_norm : bool
        Whether batch normalization, which is younger than the paper, follows each convolution.

    Raises
    ------
    ValueError
        If an entry of the configuration is neither a positive number nor "M", or the image is too
        small to be pooled so often.

    References
    ----------
    Table 1 of :cite:`simonyan2015very`.

    Examples
    --------
    >>> VGG([8, "M", 16, "M"], 10, image=(1, 12, 8), hidden=20).classifier[0]
    Linear(in_features=96, out_features=20, bias=True)
    """

    def __init__(
        self,
        configuration: Sequence[int | str],
        classes: int = 1000,
        *,
        image: tuple[int, int, int] = (3, 224, 224),
        hidden: int = 4096,
        dropout: float = 0.5,
        batch_norm: bool = False,
    ) -> None:
        super().__init__()
        C, H, W = image
        layers: list[nn.Module] = []
        for entry in configuration:
            if entry == "M":
                layers.append(nn.MaxPool2d(2))  # half as many rows and columns
                H, W = H // 2, W // 2
                continue
            if not isinstance(entry, int) or entry < 1:
                raise ValueError(f"an entry must be a positive number or 'M', got {entry!r}")
            layers.append(nn.Conv2d(C, entry, 3, padding=1))  # as many rows and columns as before
            if batch_norm:
                layers.append(nn.BatchNorm2d(entry))
            layers.append(nn.ReLU())
            C = entry
        if min(H, W) < 1:
            raise ValueError(f"an image of shape {image} is too small for so many poolings")
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Linear(C * H * W, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores (N, classes) of images (N, C, H, W)."""
        volumes = self.features(x)  # (N, F, H / 32, W / 32) in the paper
        scores: Tensor = self.classifier(volumes.flatten(1))
        return scores


def vgg16(classes: int = 1000) -> VGG:
    """Return VGG-16: configuration D, 138 357 544 parameters with 1000 classes."""
    return VGG(CONFIGURATIONS["D"], classes)


def vgg19(classes: int = 1000) -> VGG:
    """Return VGG-19: configuration E, 143 667 240 parameters with 1000 classes."""
    return VGG(CONFIGURATIONS["E"], classes)
