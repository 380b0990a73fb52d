"""Recording: what spike recorders, meters and weight recorders do with their events."""
