"""The assignment on residual networks."""

ORDER = ()
