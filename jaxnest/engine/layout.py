"""Names of the words in the small integer arrays that the back ends and the compiled loops share."""

from __future__ import annotations

ORIGIN, FROM, TO, MIN_DELAY, N_SLOTS, N_LANES, SEGMENT = range(7)
CLOCK_WORDS = 8

N_REGISTER, N_EVENTS, N_SPIKES, N_WEIGHTS, WEIGHTS_NEEDED = range(5)
COUNTER_WORDS = 8

REGISTER_WORDS = 3  # source node, lag, multiplicity
EVENT_WORDS = 5  # recorder (-1: all recorders of the sender), sender, stamp, multiplicity, segment
WEIGHT_WORDS = 3  # connection, stamp, bits of the weight

FLIP, PLAIN = 1, 2
"""Bits of a device connection: store the magnitude of negative amounts; count events instead of weighting them."""
