"""Numerical methods in the order of operations of NEST and of the libraries that it uses."""
