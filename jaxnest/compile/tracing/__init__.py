"""Functions of models as JAX traces them."""
