"""The settings of the kernel, its clock and its messages."""
