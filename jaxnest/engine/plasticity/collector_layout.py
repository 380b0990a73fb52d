"""Names of the words that tell of nodes that collect spikes (see `engine.plasticity.modulation`)."""

from __future__ import annotations

LANE, INTERVAL, AWAKE = range(3)
COLLECTOR_WORDS = 3
"""Words of a collector: its lane of the ring buffer, its interval in shortest delays, whether it takes part."""
