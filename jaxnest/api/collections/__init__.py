"""Collections of nodes and of connections."""
