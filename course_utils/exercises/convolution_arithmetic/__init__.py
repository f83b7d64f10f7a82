"""The assignment on convolution arithmetic: sizes, counts, and kernels that slide.

The known answers repeat each other's checks on purpose: each is pasted by itself into a notebook of
the sample class, so it must run with nothing but NumPy beside it.
"""

from course_utils.exercises.convolution_arithmetic.counts import (
    CONNECTION_COUNTS,
    CONV_MULTIPLY_ADDS,
    CONV_PARAMETERS,
)
from course_utils.exercises.convolution_arithmetic.shapes import CONV_OUTPUT_SHAPE
from course_utils.exercises.convolution_arithmetic.sizes import (
    OUTPUT_SIZE,
    SAME_PADDING,
    UNREAD_BORDER,
)
from course_utils.exercises.convolution_arithmetic.sliding import CORRELATE1D, CORRELATE2D
from course_utils.exercises.convolution_arithmetic.volumes import CONVOLVE2D

EXERCISES = (
    OUTPUT_SIZE,
    SAME_PADDING,
    UNREAD_BORDER,
    CONV_OUTPUT_SHAPE,
    CONV_PARAMETERS,
    CONV_MULTIPLY_ADDS,
    CONNECTION_COUNTS,
    CORRELATE1D,
    CORRELATE2D,
    CONVOLVE2D,
)
