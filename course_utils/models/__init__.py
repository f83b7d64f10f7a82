"""Networks in PyTorch, one file a family, as their papers have them."""
