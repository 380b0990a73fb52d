"""One network in arrays: what does not change during a run, and what does."""
