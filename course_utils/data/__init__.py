"""Data for the course. One module for each source; the defaults need no download."""
