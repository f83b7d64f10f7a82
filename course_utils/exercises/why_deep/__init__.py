"""The assignment on why deep."""

ORDER = ()
