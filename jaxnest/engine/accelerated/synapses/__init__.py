"""Synapses with functions of their own, and what neurons remember for them, in array operations."""
