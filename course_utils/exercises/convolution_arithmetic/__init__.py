"""The assignment on convolution arithmetic: sizes, counts, and kernels that slide."""

ORDER = (
    "output_size",
    "same_padding",
    "conv_output_shape",
    "conv_parameters",
    "connection_counts",
    "correlate1d",
    "correlate2d",
    "convolve2d",
    "cases_for_output_size",
    "classify_digits",
)
