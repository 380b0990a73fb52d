"""How connections are made."""
