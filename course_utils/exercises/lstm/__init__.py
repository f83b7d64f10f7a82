"""The assignment on the LSTM and its relatives: forwards and backwards, in step and in sequence."""

ORDER = ("lstm_step_forward",)
