"""Networks in the SONATA format: configuration, nodes, edges."""
