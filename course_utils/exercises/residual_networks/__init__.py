"""The assignment on residual networks."""

ORDER = (
    "residual_block_forward",
    "residual_block_backward",
    "build_basic_block",
    "build_bottleneck",
    "cifar_blocks",
    "build_resnet",
    "cases_for_residual_block_forward",
    "train_deep_residual",
)
