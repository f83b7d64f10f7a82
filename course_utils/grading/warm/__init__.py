"""Warm kernels: a process with the imports done, from which kernels are forked."""

from course_utils.grading.warm.provisioner import WarmProvisioner

__all__ = ["WarmProvisioner"]
