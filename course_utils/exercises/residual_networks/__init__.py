"""The assignment on residual networks."""

ORDER = (
    "residual_block_forward",
    "residual_block_backward",
)
