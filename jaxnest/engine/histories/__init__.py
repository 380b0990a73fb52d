"""What neurons keep for synapses that end at them."""
