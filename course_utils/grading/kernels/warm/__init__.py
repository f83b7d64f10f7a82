"""Warm kernels: a process with the imports done, from which kernels are forked."""
