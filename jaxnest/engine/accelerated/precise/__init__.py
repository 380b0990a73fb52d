"""Spikes that are not bound to the grid of time steps, as array operations."""
