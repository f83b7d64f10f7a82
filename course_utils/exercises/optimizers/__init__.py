"""The assignment on optimizers."""

ORDER = ()
