"""The assignment on the LSTM and its relatives: forwards and backwards, in step and in sequence."""

ORDER = (
    "lstm_parameters",
    "gates_to_torch",
    "lstm_step_forward",
    "lstm_step_backward",
    "lstm_forward",
    "lstm_backward",
    "cell_weights",
    "peephole_step_forward",
    "peephole_step_backward",
    "gru_step_forward",
    "gru_step_backward",
    "gradient_norm_ratio",
    "cases_for_lstm_parameters",
    "learn_adding",
)
