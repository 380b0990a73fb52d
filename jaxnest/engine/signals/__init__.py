"""Connections that carry numbers, and the iteration of waveforms."""
