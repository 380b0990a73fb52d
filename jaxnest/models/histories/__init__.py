"""What synapses read of the past of their target."""
