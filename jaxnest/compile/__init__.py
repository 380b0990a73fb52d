"""Compilation: what is compiled when, how operations are declared, and what is kept between processes."""
