"""Values that numba does not have, or not as fast: short vectors, and functions of the elements of tuples."""
