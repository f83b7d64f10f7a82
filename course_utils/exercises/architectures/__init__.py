"""The assignment on architectures: networks counted on paper, then built in PyTorch."""

ORDER = (
    "layer_multiply_adds",
    "receptive_field",
    "local_response_norm",
    "build_alexnet",
    "build_vgg",
    "build_inception",
    "cases_for_receptive_field",
    "build_small_network",
)
