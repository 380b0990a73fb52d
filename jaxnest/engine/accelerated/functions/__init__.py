"""What functions of models mean where JAX traces them."""
