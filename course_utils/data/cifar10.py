"""CIFAR-10: 60 000 photographs of 32 x 32 pixels in ten classes, from their authors' page."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from course_utils.data.digits import Split

URL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
# The binary form needs no unpickling, which would run whatever stands in the file.
SHA256 = "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
TRAINING = [f"cifar-10-batches-bin/data_batch_{n}.bin" for n in range(1, 6)]
TEST = ["cifar-10-batches-bin/test_batch.bin"]
RECORD = 1 + 3 * 32 * 32  # a class, then red, green and blue, row by row


def load_cifar10(
    folder: str | os.PathLike[str] | None = None, *, url: str = URL, sha256: str = SHA256
) -> Split:
    """Load CIFAR-10, with each colour of the training images at mean 0 and standard deviation 1.

    Parameters
    ----------
    folder : path
        Where the archive of 162 MB is, or is put when it is loaded for the first time. If left
        out, it is the folder for such files on this system.
    url, sha256 : str
        Where it comes from, and the digest that it must have.

    Returns
    -------
    Split
        50 000 images to learn from and 10 000 to test on, (N, 3, 32, 32) in float32.

    Raises
    ------
    ImportError
        If pooch, which downloads and verifies, is not installed.
    ValueError
        If what was loaded has another digest, or the archive lacks a file.

    References
    ----------
    Section 3 of :cite:`krizhevsky2009learning`.
    """
    import pooch  # needed by this function alone

    where = pooch.os_cache("filters-and-memory") if folder is None else Path(folder)
    archive = pooch.retrieve(
        url, f"sha256:{sha256}", fname="cifar-10-binary.tar.gz", path=where, progressbar=False
    )
    x_train, y_train = _read(archive, TRAINING)
    x_test, y_test = _read(archive, TEST)
    mean = x_train.mean(axis=(0, 2, 3), keepdims=True)  # (1, 3, 1, 1)
    spread = x_train.std(axis=(0, 2, 3), keepdims=True)
    return Split((x_train - mean) / spread, y_train, (x_test - mean) / spread, y_test)


def _read(archive: str, names: list[str]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return the images of some files in the archive, from 0 to 1, and their classes."""
    parts = []
    with tarfile.open(archive) as files:
        for name in names:
            try:
                member = files.extractfile(name)
            except KeyError:
                member = None
            if member is None:
                raise ValueError(f"{archive} has no file {name}")
            parts.append(np.frombuffer(member.read(), np.uint8).reshape(-1, RECORD))
    records = np.concatenate(parts)
    x = records[:, 1:].reshape(-1, 3, 32, 32).astype(np.float32)
    x /= 255
    return x, records[:, 0].astype(np.int64)
