"""The assignment on vanishing gradients: norms of powers and by lag, clipping, starts, masks."""

ORDER = (
    "matrix_power_norms",
    "gradient_norm_by_lag",
    "relu_jacobian",
    "clip_by_global_norm",
    "orthogonal_start",
    "normalized_start",
    "positive_definite_start",
    "variational_masks",
    "cases_for_clip_by_global_norm",
    "bridge_the_gap",
)
