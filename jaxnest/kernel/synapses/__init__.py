"""What is said of synapses: specifications, defaults, delays, and what is possible between which nodes."""
