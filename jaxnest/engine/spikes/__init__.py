"""Spikes from neurons to neurons."""
