"""What a graded class came to."""
