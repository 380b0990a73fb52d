"""What neurons of one family have in common."""
