"""Structural plasticity: synaptic elements that connections take, and connections made and removed in a run."""
