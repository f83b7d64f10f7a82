"""The assignment on regularization."""

ORDER = ()
