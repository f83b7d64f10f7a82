"""The class teaches the grader: wrong answers that nobody has explained yet."""
