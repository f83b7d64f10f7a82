"""The two photographs that come with scikit-learn, as arrays in the course's layout.

Both were published by their photographers under CC BY 2.0; the credits are in scikit-learn's
`datasets/images/README.txt`.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Name = Literal["china", "flower"]

# How much red, green and blue add to the brightness that an eye sees (ITU-R BT.601).
_LUMA = np.array([0.299, 0.587, 0.114])


def load_photograph(name: Name = "china", *, grey: bool = False) -> NDArray[np.float64]:
    """Load a photograph of 427 x 640 pixels as brightness between 0 and 1.

    Parameters
    ----------
    name : {"china", "flower"}
        A temple roof before the sky, or a flower before a blurred background.
    grey : bool
        Weigh the three colours into one brightness.

    Returns
    -------
    (3, 427, 640) or, if grey, (427, 640)
        Channels red, green, blue; then rows from the top, columns from the left. 0 is black, 1 is
        white. A fresh array: change it as you like.

    Raises
    ------
    ValueError
        If there is no photograph of that name.

    Examples
    --------
    >>> load_photograph("china").shape, load_photograph("china", grey=True).shape
    ((3, 427, 640), (427, 640))
    """
    from sklearn.datasets import load_sample_image  # takes a second or two, so only when needed

    if name not in get_args(Name):
        known = ", ".join(get_args(Name))
        raise ValueError(f"unknown photograph {name!r}; there are {known}")
    pixels = load_sample_image(f"{name}.jpg") / 255.0  # (H, W, 3)
    if grey:
        return np.asarray(pixels @ _LUMA)
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))  # (3, H, W)
