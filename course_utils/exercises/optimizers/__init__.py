"""The assignment on optimizers: steps from momentum to Adam, starts, a plateau."""

ORDER = (
    "momentum_step",
    "nesterov_step",
    "adagrad_step",
    "rmsprop_step",
    "adam_step",
    "layer_start",
    "plateau_schedule",
    "cases_for_plateau_schedule",
    "learn_with_adam",
)
