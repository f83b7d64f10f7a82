"""The assignment on vanishing gradients."""

ORDER = ()
