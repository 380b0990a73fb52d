"""Names of the words of an archive (see `engine.histories.archive`), which can be read without compiled loops."""

from __future__ import annotations

START, CAPACITY, FIRST, LENGTH, INCOMING, NEW, VOLTAGES, LEARNING = range(8)
INDEX_WORDS = 8
"""Ring in the pool and its length; first record and number of records; synapses that read; spikes of this segment;
the first of the rows with the history of the potential, and of those for learning, 0 if there is none."""

POTENTIATIONS, DEPRESSIONS, DELAYED = range(3)
VOLTAGE_ROWS = 3
"""Rows with the history of a neuron's potential (see `engine.histories.archive_voltage`)."""

HISTORY, UPDATES, RATES = range(3)
LEARNING_ROWS = 3
"""Rows with what a neuron keeps for synapses that learn (see `engine.histories.archive_learning`)."""

LAST, TRACE, KEPT, SEEN, RATE, KEPT_AT, SEEN_TURN, CALCIUM, CALCIUM_TIME, CALCIUM_TAU, CALCIUM_STEP = range(11)
MOST, FLUSH_STEPS, LAST_EVENT, TRIPLET, TRIPLET_RATE, LONGEST, READY, READY_IN = range(11, 19)
N_ELEMENTS, ELEMENTS_AT = 21, 22
TRACE_WORDS = 24
"""Time of the last spike and the trace at that time; the trace that was computed last, and at which time; the one that
was computed for the last spike that synapses got in NEST's order, and the number of that spike; the calcium trace, its
time, time constant and increment; how many spikes of a step count at most; after how many steps a flush event is sent,
0 if never, and the step of the last event; the trace of triplets at the last spike; rates of decay of both traces; the
longest delay of a synapse that reads; one more than how many spikes may be forgotten in a segment, 0 if any number, and
the segment (see `archive.keep_unread`); number and address of the synaptic elements. What synapses need is in one line
of the cache.

In rows for learning and of dendrites they are what `models.histories` numbers, but for those of calcium and elements:
at the end of a run the former decay and the latter grow in all rows."""

TIME, RECORD_TRACE, RECORD_TRIPLET, READ = range(4)
RECORD_WORDS = 4
"""Time of a spike, the traces just after it, and how often it was read."""

VALUE, SIGNAL, DIFFERENCE = 1, 2, 3
"""Words of the records for learning, after the step: what was noted, the learning signal, and how far the running
average of the firing rate was from its target."""

MS_PER_TIC, TICS_PER_STEP, MS_PER_STEP = range(3)
"""Words of the array `times`."""

SMALLEST_RING = 16

N_OUTPUTS, FIRST_ROW, FIRST_COLUMN, OUTPUT, LAG, SIGNAL_LAG = range(6)
"""Words of the places of a batch of neurons that learn: number of recordables that are sampled, first row in the
archive, first column of the raster, place of the recordable that is noted, and the lags of this and of learning
signals."""
