"""Random expressions: trees, and the programs that evaluate them."""
