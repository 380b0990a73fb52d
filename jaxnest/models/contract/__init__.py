"""What a model declares, and what all models of a kind have in common."""
