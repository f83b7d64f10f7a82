"""Benchmarks: the references against PyTorch, as ratios in one run."""
