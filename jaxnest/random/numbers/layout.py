"""Where things lie in a random stream, which is one flat array of 64-bit words.

A stream has the same length for every engine, so that it can be handed to compiled code and through
foreign-function calls as a plain buffer, which the code updates in place. Header words come first, then the
state of the engine, then the block of outputs that the last refill made.
"""

from __future__ import annotations

from typing import Final

ENGINE: Final = 0
"""Index of the engine in `RNG_TYPES`."""
POSITION: Final = 1
"""Index, within the stream, of the next output to hand out."""
END: Final = 2
"""Index, within the stream, of the first word after the block of outputs."""
WORD_BITS: Final = 3
"""64 or 32, the width of one output."""
INTEGER_ALGORITHM: Final = 4
"""Index in `INTEGER_ALGORITHMS`."""
COUNTED_LIMIT: Final = 5
"""For which limit `COUNTS` holds, as the bits of a floating-point number; 0 if they do not hold."""
LAST_LIMIT: Final = 6
"""The limit of the last Poisson draw that could not use them."""
SAME_LIMIT: Final = 7
"""How many such draws in a row had that limit."""
COUNTER: Final = 8
"""Number of the last block of four words, of the counter-based engines: two words, low one first."""
KEY: Final = 12
"""Key words of the counter-based engines."""
STATE: Final = 16
"""First word of the state of the Mersenne twisters."""
OUTPUT: Final = 640
"""First word of the block of outputs."""
UNITS: Final = 1264
"""First of the outputs as numbers from [0, 1), of 64-bit engines; made with `COUNTS`."""
COUNTS: Final = 1776
"""For each output the Poisson variate that is drawn from there on; made when they are worth it."""
SCRATCH: Final = 2288
"""First of the words in which a caller may keep some variates for a moment."""
SCRATCH_SIZE: Final = 512
"""How many they are."""
STREAM_SIZE: Final = 2800
"""Number of 64-bit words in a stream."""

MT19937, MT19937_64, PHILOX_32, PHILOX_64, THREEFRY_32, THREEFRY_64, KEYED = range(7)
RNG_TYPES: Final = ("mt19937", "mt19937_64", "Philox_32", "Philox_64", "Threefry_32", "Threefry_64", "jax")
"""Names of the engines, as the kernel attribute `rng_types` lists them. NEST has all but the last one."""

DIVISION, LEMIRE = range(2)
INTEGER_ALGORITHMS: Final = ("division", "lemire")
"""How bounded integers are drawn: as in libstdc++ up to GCC 10, or from GCC 11 on."""

KEYED_BLOCK: Final = 2
"""Words that one refill of the keyed engine makes: those of one cipher."""
TIME_BLOCKS: Final = 1 << 24
"""How many blocks of the keyed engine one node can draw for one identity in one step."""
NODES, SYNAPSES, FIRST_RUN, CALLS = range(4)
"""What numbers of the keyed engine are for: nodes in a step, for themselves or a target; synapses that a spike reaches;
what nodes draw once, before they run; and calls that make or change a network."""
PURPOSE_SHIFT: Final = 56
"""Place of the purpose in its key word; what lies below says who draws."""
DRAWN_APART: Final = 1 << 62
"""Added to identities where numbers must differ from those that are drawn for the same nodes otherwise."""
PARTNER: Final = 96
"""Distance of identities that share a block of the keyed engine; up to four virtual processes divide it."""
LARGEST_MEAN: Final = 32.0
"""Poisson variates of the keyed engine whose mean is larger are sums of others."""
COUNTER_BLOCKS: Final = 64
"""Blocks of four words that one refill of a counter-based engine makes."""

OBJECT_SIZE: Final = 32
"""Words of one distribution object of a node (see `random.numbers.distributions`)."""
