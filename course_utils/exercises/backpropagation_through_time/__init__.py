"""The assignment on backpropagation through time: every path, the pass, truncation, RTRL."""

ORDER = (
    "rnn_step_backward",
    "rnn_backward",
    "jacobian_product",
    "path_terms",
    "truncated_gradient",
    "carry_chunks",
    "rtrl_step",
    "cases_for_truncated_gradient",
    "learn_with_chunks",
)
