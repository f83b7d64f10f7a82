"""NumPy references: the code on which chapters stand and against which answers are checked."""
