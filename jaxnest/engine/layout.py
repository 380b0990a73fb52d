"""Names of the words in the small integer arrays that compiled loops and the host share."""

from __future__ import annotations

ORIGIN, FROM, TO, MIN_DELAY, N_SLOTS, N_LANES, SEGMENT = range(7)
CLOCK_WORDS = 8

N_REGISTERED, N_EVENTS, N_SPIKES, N_WEIGHTS, WEIGHTS_NEEDED, ARCHIVE_USED, ARCHIVE_NEEDED, LOST_EVENTS = range(8)
HISTORY_MISSING, N_TURNS, ARCHIVE_LATE = 8, 9, 10
COUNTER_WORDS = 11

REGISTER_WORDS = 3  # source node, lag, multiplicity
APART = 1 << 32
"""Part of the multiplicity of spikes that are as many events, which reach all targets one after the other."""
EVENT_WORDS = 7
"""Listener (-1: all those of the sender), sender, stamp, multiplicity, segment, bits of offset and of weight."""
FIRST_REDIRECTED = 1 << 30
"""The smallest index of a listener that stands for a connection to a neuron with a queue."""
NOT_THROUGH, UNFIT = -1, -2
"""What stands in the place of the number of a connection from a device if its synapse has no function, or if it has one
that reads what the target does not keep."""
WEIGHT_WORDS = 3  # connection, stamp, bits of the weight

WIDTH = 16
"""Nodes in a block that vector instructions advance."""

DIFFERENT, ALIKE, ASCENDING = range(3)
"""Connections of a device: different ones; those that have one weight and one delay and go to neurons that add weights
up; those where the neurons come in the order of their lanes, besides."""

FLIP, PLAIN, BINARY, AGAIN, KEPT = 1, 2, 4, 8, 16
"""Bits of a connection: store the magnitude of negative amounts; count events instead of weighting them; one event
stands for a switch to 0, two stand for a switch to 1; it is not the first event in this step; the target keeps the
weight, which must not change any more."""

GROUP_KIND, GROUP_ROW, GROUP_COMMON, GROUP_STATES, GROUP_STEP = range(5)
GROUP_WORDS = 5
"""Words of a group of connections: the place of its dynamics, from 1 on, 0 for constant weights; its first connection
in the arrays of its dynamics, or its first lane; row of the common properties; the first row of the states that follow
from the source's spikes, and how far the rows of its connections are apart (0: they share one)."""

COLUMN, LANE_POSITIVE, LANE_NEGATIVE, FLAGS = range(4)
SITE_WORDS = 4
"""Words of a receptor of a node (see `engine.plasticity.synapses.Synapses`)."""

AT, CAPACITY, COUNT, REALLOCATE = range(4)
TABLE_WORDS = 4
"""Words of a table that grows: where its first row is, how many rows it has room for, how many there are, and the
address of the system's function that makes memory longer."""
