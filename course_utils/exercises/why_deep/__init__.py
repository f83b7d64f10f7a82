"""The assignment on why deep: features by hand, a network's gradients, memory, top-k error."""

ORDER = (
    "orientation_histogram",
    "bag_of_words",
    "softmax_cross_entropy",
    "dense_backward",
    "mlp_gradients",
    "layer_gradient_norms",
    "training_memory",
    "top_k_error",
    "cases_for_top_k_error",
    "learn_digits_mlp",
)
