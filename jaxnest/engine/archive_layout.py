"""Names of the words of an archive (see `engine.archive`), which can be read without compiled loops."""

from __future__ import annotations

START, CAPACITY, FIRST, LENGTH, INCOMING, NEW, VOLTAGES = range(7)
INDEX_WORDS = 7
"""Ring in the pool and its length; first record and number of records; synapses that read; spikes of this segment;
the first of the rows with the history of the potential, 0 if there is none."""

POTENTIATIONS, DEPRESSIONS, DELAYED = range(3)
VOLTAGE_ROWS = 3
"""Rows with the history of a neuron's potential (see `engine.archive_voltage`)."""

LAST, TRACE, TRIPLET, SEEN, RATE, TRIPLET_RATE, LONGEST, CALCIUM, CALCIUM_TIME, CALCIUM_TAU, CALCIUM_STEP = range(11)
MOST = 11
TRACE_WORDS = 12
"""Time of the last spike, traces at that time, the trace that was computed last; rates of decay; the longest delay of a
synapse that reads; the calcium trace, its time, time constant and increment; how many spikes of a step count at
most."""

TIME, RECORD_TRACE, RECORD_TRIPLET, READ = range(4)
RECORD_WORDS = 4
"""Time of a spike, the traces just after it, and how often it was read."""

MS_PER_TIC, TICS_PER_STEP, MS_PER_STEP = range(3)
"""Words of the array `times`."""

SMALLEST_RING = 16
