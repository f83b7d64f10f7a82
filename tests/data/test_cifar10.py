"""Is an archive in the format of CIFAR-10 verified and read? The tests make one of their own."""

import hashlib
import io
import tarfile

import numpy as np
import pytest

from course_utils.data.cifar10 import SHA256, TEST, TRAINING, URL, load_cifar10

EACH = 4  # images in a file


@pytest.fixture
def images():
    """Pixels and classes of six files, no two pixels of an image alike in place and colour."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (6, EACH, 3, 32, 32), np.uint8), rng.integers(0, 10, (6, EACH))


def make_archive(folder, images, names=(*TRAINING, *TEST)):
    """Write an archive as the authors' is, and return its digest."""
    pixels, classes = images
    with tarfile.open(folder / "cifar-10-binary.tar.gz", "w:gz") as archive:
        for name, some, kinds in zip((*TRAINING, *TEST), pixels, classes, strict=True):
            if name not in names:
                continue
            content = b"".join(
                bytes([kind]) + image.tobytes() for kind, image in zip(kinds, some, strict=True)
            )
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return hashlib.sha256((folder / "cifar-10-binary.tar.gz").read_bytes()).hexdigest()


def test_every_image_comes_with_its_class(tmp_path, images):
    """Are colours, rows, columns and classes in their places, and the colours standardized?"""
    split = load_cifar10(tmp_path, sha256=make_archive(tmp_path, images))
    pixels, classes = images
    train, test = pixels[:5].reshape(-1, 3, 32, 32) / 255, pixels[5] / 255
    for channel in range(3):
        mean, spread = train[:, channel].mean(), train[:, channel].std()
        for found, expected in ((split.x_train, train), (split.x_test, test)):
            expected = (expected[:, channel] - mean) / spread
            np.testing.assert_allclose(found[:, channel], expected, atol=1e-5)
    assert split.x_train.dtype == split.x_test.dtype == np.float32
    np.testing.assert_array_equal(split.y_train, classes[:5].ravel())
    np.testing.assert_array_equal(split.y_test, classes[5])


def test_another_archive_is_refused(tmp_path, images, monkeypatch):
    """Is an archive with another digest loaded anew, and refused if it is no better?"""
    import pooch

    make_archive(tmp_path, images)
    wrong = (tmp_path / "cifar-10-binary.tar.gz").read_bytes() + b"more"
    asked = []

    def download(url, output, pooch, **more):
        asked.append(url)
        with open(output, "wb") as file:
            file.write(wrong)

    monkeypatch.setattr(pooch.core, "choose_downloader", lambda *_, **__: download)
    with pytest.raises(ValueError, match="hash"):
        load_cifar10(tmp_path)
    assert asked == [URL]


def test_a_file_that_is_not_there_is_named(tmp_path, images):
    """Is an archive refused that lacks the test images?"""
    digest = make_archive(tmp_path, images, names=TRAINING)
    with pytest.raises(ValueError, match=r"has no file cifar-10-batches-bin/test_batch.bin"):
        load_cifar10(tmp_path, sha256=digest)


def test_the_archive_is_that_of_the_authors():
    """Is it the binary form, with a digest that was published for it?"""
    assert URL.endswith("cifar-10-binary.tar.gz")
    assert len(SHA256) == 64
