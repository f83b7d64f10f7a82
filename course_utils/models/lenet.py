"""LeNet-5: convolutions, subsampling, and three fully connected layers.

The network that is built under this name today keeps the sizes of :cite:`lecun1998gradient` and
changes four things. The paper's third layer joins each of its 16 maps to some of the 6 before it
only (its Table I), its subsampling layers have a weight and a bias for each map, its activation is
1.7159 tanh(2 x / 3), and its last layer measures the distance to a drawn pattern of each class.
"""

from __future__ import annotations

from torch import Tensor, nn

from course_utils.arithmetic import output_size


class LeNet5(nn.Module):
    """LeNet-5 as it is built today.

    Parameters
    ----------
    classes : int
    image : (C, H, W)
        Shape of one input. The paper has one channel and 32 rows and columns.

    References
    ----------
    Section II.B of :cite:`lecun1998gradient`.

    Examples
    --------
    >>> sum(p.numel() for p in LeNet5().parameters())
    61706
    """

    def __init__(self, classes: int = 10, *, image: tuple[int, int, int] = (1, 32, 32)) -> None:
        super().__init__()
        C, H, W = image
        self.features = nn.Sequential(  # with an image of (1, 32, 32):
            nn.Conv2d(C, 6, 5),  # C1 (6, 28, 28)
            nn.Tanh(),
            nn.AvgPool2d(2),  # S2 (6, 14, 14)
            nn.Conv2d(6, 16, 5),  # C3 (16, 10, 10)
            nn.Tanh(),
            nn.AvgPool2d(2),  # S4 (16, 5, 5)
        )
        HO, WO = (_after_features(size) for size in (H, W))
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(16 * HO * WO, 120),  # C5, a convolution whose kernel is the whole map
            nn.Tanh(),
            nn.Linear(120, 84),  # F6
            nn.Tanh(),
            nn.Linear(84, classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the scores (N, classes) of images (N, C, H, W)."""
        scores: Tensor = self.classifier(self.features(x))
        return scores


def _after_features(size: int) -> int:
    """Return how many rows or columns are left after both convolutions and poolings."""
    for _ in range(2):
        size = output_size(output_size(size, 5), 2, stride=2)
    return size
