"""Check the shapes of arguments, and say in letters what they should have been."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

Array = NDArray[Any]


def require_axes(name: str, array: Array, axes: str) -> None:
    """Raise a ValueError unless `array` has as many axes as `axes` names, as in "N C H W"."""
    if array.ndim != len(axes.split()):
        raise ValueError(f"{name} must have shape {_letters(axes)}, got {array.shape}")


def require_shape(name: str, array: Array, shape: tuple[int, ...]) -> None:
    """Raise a ValueError unless `array` has exactly this shape."""
    if array.shape != shape:
        raise ValueError(f"{name} must have shape {shape}, got {array.shape}")


def require_shapes(**arrays: tuple[Array, str]) -> dict[str, int]:
    """Check arrays against shapes in letters, and return the size behind each letter.

    Parameters
    ----------
    **arrays : pair of array and str
        By name, an array and its axes: letters, each with a factor in front if need be. The first
        array with a letter says how large it is, so letters come without a factor first.

    Returns
    -------
    dict of str to int

    Raises
    ------
    ValueError
        If an array has the wrong number of axes or an axis of the wrong size. The message names
        the array, the letters and the sizes that they stand for.

    Examples
    --------
    >>> require_shapes(h=(np.ones((2, 5)), "N M"), wh=(np.ones((5, 20)), "M 4M"))
    {'N': 2, 'M': 5}
    >>> require_shapes(h=(np.ones((2, 5)), "N M"), wh=(np.ones((5, 5)), "M 4M"))
    Traceback (most recent call last):
    ValueError: wh must have shape (M, 4M) = (5, 20), got (5, 5)
    """
    sizes: dict[str, int] = {}
    for name, (array, text) in arrays.items():
        axes = text.split()
        letters = _letters(text)
        if array.ndim != len(axes):
            raise ValueError(f"{name} must have shape {letters}, got {array.shape}")
        for axis, size in zip(axes, array.shape, strict=True):
            if len(axis) == 1:
                sizes.setdefault(axis, size)
        expected = tuple(int(axis[:-1] or 1) * sizes[axis[-1]] for axis in axes)
        if array.shape != expected:
            raise ValueError(f"{name} must have shape {letters} = {expected}, got {array.shape}")
    return sizes


def _letters(axes: str) -> str:
    """Write axes as Python writes a shape: "N D" as (N, D), and "N" as (N,)."""
    names = axes.split()
    return f"({', '.join(names)}{',' if len(names) == 1 else ''})"
