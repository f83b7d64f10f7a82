"""A class through a term: when work is due, and what all assignments together came to."""
