"""What learning neurons and synapses have in common."""
