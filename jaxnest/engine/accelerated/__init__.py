"""The executor of JAX."""
