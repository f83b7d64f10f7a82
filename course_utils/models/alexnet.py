"""AlexNet, as in the paper and as the libraries have it.

The paper's network was cut into two columns, one for each graphics card: the second, fourth and
fifth convolution see the maps of their own card alone, which is a convolution in two groups. A
later paper joins the columns again and makes the layers narrower; that is what the libraries call
AlexNet.
"""

from __future__ import annotations

from torch import Tensor, nn


def response_norm() -> nn.LocalResponseNorm:
    """Return the paper's local response normalization: k = 2, n = 5, alpha = 1e-4, beta = 0.75.

    The paper weighs the *sum* of the squares by alpha, PyTorch their mean over the window, so that
    its alpha must be five times as large.
    """
    return nn.LocalResponseNorm(5, alpha=5 * 1e-4, beta=0.75, k=2.0)


class AlexNet(nn.Module):
    """AlexNet.

    Parameters
    ----------
    classes : int
    columns : int
        2 for the network of :cite:`krizhevsky2012imagenet`, on images of (3, 227, 227); 1 for that
        of torchvision, on (3, 224, 224), with its parameters' names. It is the one of
        :cite:`krizhevsky2014weird` but for the fourth convolution, which has 384 filters there.
    divisor : int
        Divides the number of filters and units of every layer, for a small machine.
    dropout : float
        Share of the numbers that are dropped before each of the first two fully connected layers,
        as in torchvision. The paper drops what comes out of them.

    Raises
    ------
    ValueError
        If `columns` is neither 1 nor 2, or `divisor` leaves filters that the columns cannot share.

    Examples
    --------
    >>> import torch
    >>> with torch.device("meta"):
    ...     networks = AlexNet(), AlexNet(columns=1)
    >>> [sum(p.numel() for p in network.parameters()) for network in networks]
    [60965224, 61100840]
    """

    def __init__(
        self, classes: int = 1000, *, columns: int = 2, divisor: int = 1, dropout: float = 0.5
    ) -> None:
        super().__init__()
        if columns not in (1, 2):
            raise ValueError(f"columns must be 1 or 2, got {columns}")
        if (
            divisor < 1
            or min(_divided(divisor, 96, 256, 384)) < 1
            or any(count % columns for count in _divided(divisor, 96, 256, 384))
        ):
            raise ValueError(f"divisor must leave as many filters to each column, got {divisor}")
        build = _two_columns if columns == 2 else _one_column
        self.features, F = build(divisor)
        # Images of another size than the network was made for are averaged down to 6 x 6.
        self.avgpool = nn.AdaptiveAvgPool2d(6) if columns == 1 else nn.Identity()
        units = 4096 // divisor
        self.classifier = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(F * 6 * 6, units),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(units, units),
            nn.ReLU(),
            nn.Linear(units, classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores (N, classes) of images (N, 3, H, W)."""
        volumes = self.avgpool(self.features(x))  # (N, F, 6, 6)
        scores: Tensor = self.classifier(volumes.flatten(1))
        return scores


def _two_columns(divisor: int) -> tuple[nn.Sequential, int]:
    """Return the paper's convolutions, and how many maps the last of them makes."""
    A, B, C = _divided(divisor, 96, 256, 384)
    layers = nn.Sequential(  # of (3, 227, 227):
        nn.Conv2d(3, A, 11, stride=4),  # (96, 55, 55)
        nn.ReLU(),
        response_norm(),
        nn.MaxPool2d(3, stride=2),  # (96, 27, 27)
        nn.Conv2d(A, B, 5, padding=2, groups=2),  # (256, 27, 27)
        nn.ReLU(),
        response_norm(),
        nn.MaxPool2d(3, stride=2),  # (256, 13, 13)
        nn.Conv2d(B, C, 3, padding=1),  # (384, 13, 13), the only one that sees both columns
        nn.ReLU(),
        nn.Conv2d(C, C, 3, padding=1, groups=2),  # (384, 13, 13)
        nn.ReLU(),
        nn.Conv2d(C, B, 3, padding=1, groups=2),  # (256, 13, 13)
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2),  # (256, 6, 6)
    )
    return layers, B


def _one_column(divisor: int) -> tuple[nn.Sequential, int]:
    """Return the convolutions of the later paper, and how many maps the last of them makes."""
    A, B, C, D = _divided(divisor, 64, 192, 384, 256)
    layers = nn.Sequential(  # of (3, 224, 224):
        nn.Conv2d(3, A, 11, stride=4, padding=2),  # (64, 55, 55)
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2),  # (64, 27, 27)
        nn.Conv2d(A, B, 5, padding=2),  # (192, 27, 27)
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2),  # (192, 13, 13)
        nn.Conv2d(B, C, 3, padding=1),  # (384, 13, 13)
        nn.ReLU(),
        nn.Conv2d(C, D, 3, padding=1),  # (256, 13, 13)
        nn.ReLU(),
        nn.Conv2d(D, D, 3, padding=1),  # (256, 13, 13)
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2),  # (256, 6, 6)
    )
    return layers, D


def _divided(divisor: int, *filters: int) -> list[int]:
    return [count // divisor for count in filters]
