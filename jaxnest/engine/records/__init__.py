"""From what neurons did to the columns of recorders."""
