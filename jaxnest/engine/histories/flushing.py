"""Flush events: what neurons send after a long time without spikes, so that synapses take in what targets remember.

In the raster and in the register a flush event is a spike of multiplicity -1. Only synapses that ask for flush events
get them (`models.contract.synapse.Synapse.hears_flush`).
"""

from __future__ import annotations

from jaxnest.compile.kinds import I4, I8, F8x2
from jaxnest.compile.operations import operation
from jaxnest.engine.archive_layout import FLUSH_STEPS, LAST_EVENT
from jaxnest.engine.layout import FROM, MIN_DELAY, ORIGIN, TO

FLUSH = -1


@operation
def flush(
    trace: F8x2,
    raster: I4,
    clock: I8,
) -> None:
    """After a segment: let neurons whose last event was long ago send a flush event."""
    n = len(raster) // clock[MIN_DELAY]
    for i in range(n):
        if trace[i, FLUSH_STEPS] == 0.0:
            continue
        for lag in range(clock[FROM], clock[TO]):
            t = clock[ORIGIN] + lag
            if raster[lag * n + i] > 0:
                trace[i, LAST_EVENT] = t
            elif trace[i, LAST_EVENT] > 0 and t - trace[i, LAST_EVENT] >= trace[i, FLUSH_STEPS]:
                raster[lag * n + i] = FLUSH
                trace[i, LAST_EVENT] = t
