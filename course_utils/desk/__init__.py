"""What a student does from the command line: check a notebook, see how far one is, start anew."""
