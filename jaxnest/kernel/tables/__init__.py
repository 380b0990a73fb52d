"""Nodes, connections, models and layers in columns, and the values that scripts give them."""
