"""The assignment on recurrent networks."""

ORDER = (
    "rnn_step_forward",
    "rnn_forward",
    "stacked_weights",
    "sequence_nll",
    "teacher_forced_inputs",
    "sample_sequence",
    "cases_for_sequence_nll",
    "learn_language",
)
