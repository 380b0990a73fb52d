"""Synapses with functions of their own."""
