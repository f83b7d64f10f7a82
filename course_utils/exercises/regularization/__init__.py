"""The assignment on regularization: early stopping, dropout, crops, first losses, trials."""

ORDER = (
    "early_stopping",
    "dropout_forward",
    "dropout_backward",
    "average_over_masks",
    "random_resized_crop",
    "ten_crop",
    "initial_loss",
    "log_uniform_trials",
    "cases_for_early_stopping",
    "learn_shifted_digits",
)
