"""Grade a whole class: many notebooks at once, records that are kept, one writer of grades."""
