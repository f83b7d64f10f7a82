"""The assignment on the layers of a ConvNet: forwards, backwards, and put to work."""

ORDER = (
    "conv2d_forward",
    "im2col",
    "conv2d_backward",
    "max_pool2d_forward",
    "max_pool2d_backward",
    "batch_norm_forward",
    "batch_norm_backward",
    "build_lenet",
    "cases_for_max_pool2d_forward",
    "learn_digits_convnet",
)
