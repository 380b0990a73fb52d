"""Advancing neurons: node by node, or in blocks side by side."""
