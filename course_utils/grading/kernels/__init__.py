"""Where code runs that nobody trusts: kernels, their isolation, and what they may take."""
