"""The assignment on backpropagation through time."""

ORDER = ()
