"""Neurons of compartments that a script puts together: trees, channels and receptors."""
