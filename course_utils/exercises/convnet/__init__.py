"""The assignment on convnet."""

ORDER = ()
