"""The assignment on recurrent networks."""

ORDER = ()
