"""The assignment on convolution arithmetic: sizes, counts, and kernels that slide.

The known answers repeat each other's checks on purpose: each is pasted by itself into a notebook of
the sample class, so it must run with nothing but NumPy beside it.
"""

from course_utils.exercises.convolution_arithmetic.connection_counts import CONNECTION_COUNTS
from course_utils.exercises.convolution_arithmetic.conv_multiply_adds import CONV_MULTIPLY_ADDS
from course_utils.exercises.convolution_arithmetic.conv_output_shape import CONV_OUTPUT_SHAPE
from course_utils.exercises.convolution_arithmetic.conv_parameters import CONV_PARAMETERS
from course_utils.exercises.convolution_arithmetic.convolve2d import CONVOLVE2D
from course_utils.exercises.convolution_arithmetic.correlate1d import CORRELATE1D
from course_utils.exercises.convolution_arithmetic.correlate2d import CORRELATE2D
from course_utils.exercises.convolution_arithmetic.output_size import OUTPUT_SIZE
from course_utils.exercises.convolution_arithmetic.same_padding import SAME_PADDING
from course_utils.exercises.convolution_arithmetic.unread_border import UNREAD_BORDER

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
