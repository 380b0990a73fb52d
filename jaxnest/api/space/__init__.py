"""Layers: where nodes are, and whom they are connected to."""
