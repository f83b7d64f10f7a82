import numpy as np
import pytest

from course_utils.reference.shapes import require_axes, require_shape, require_shapes


@pytest.mark.parametrize(
    ("axes", "shape", "says"),
    [
        ("N", (2, 3), r"x must have shape \(N,\), got \(2, 3\)"),
        ("N D", (2,), r"x must have shape \(N, D\), got \(2,\)"),
        ("N C H W", (), r"x must have shape \(N, C, H, W\), got \(\)"),
    ],
)
def test_a_wrong_number_of_axes_is_named(axes, shape, says):
    """Does the message say in letters what the shape should have been?"""
    for refuse in (
        lambda x: require_axes("x", x, axes),
        lambda x: require_shapes(x=(x, axes)),
    ):
        with pytest.raises(ValueError, match=f"^{says}$"):
            refuse(np.zeros(shape))


def test_right_shapes_pass():
    """Do shapes that fit pass, and give the size behind each letter?"""
    require_axes("x", np.zeros((2, 3)), "N D")
    require_shape("x", np.zeros((2, 3)), (2, 3))
    arrays = {
        "x": (np.zeros((7, 2, 3)), "T N D"),
        "b": (np.zeros(2), "M"),
        "w": (np.zeros((3, 8)), "D 4M"),
    }
    sizes = require_shapes(**arrays)
    assert sizes == {"T": 7, "N": 2, "D": 3, "M": 2}


@pytest.mark.parametrize("shape", [(3, 2), (2, 4), (0, 3)])
def test_a_wrong_size_is_named(shape):
    """Is an axis of another size refused, with the shape that is due?"""
    with pytest.raises(ValueError, match=r"^x must have shape \(2, 3\), got"):
        require_shape("x", np.zeros(shape), (2, 3))
    with pytest.raises(ValueError, match=r"^x must have shape \(N, D\) = \(2, 3\), got"):
        require_shapes(n=(np.zeros(2), "N"), d=(np.zeros(3), "D"), x=(np.zeros(shape), "N D"))


def test_factors_multiply():
    """Is an axis with a factor in front that many times the letter's size?"""
    with pytest.raises(ValueError, match=r"^w must have shape \(3M,\) = \(15,\), got \(14,\)$"):
        require_shapes(b=(np.zeros(5), "M"), w=(np.zeros(14), "3M"))
    assert require_shapes(b=(np.zeros(5), "M"), w=(np.zeros(15), "3M")) == {"M": 5}
