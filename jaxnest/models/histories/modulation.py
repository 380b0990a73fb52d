"""What plastic synapses read from a node that collects the spikes of a neuromodulator.

The operations exist in compiled code only (see `engine.plasticity.modulation`), where `x` is the event that reached the
synapse. The spikes are numbered from 0; number 0 stands for the time up to which the node has told its synapses
already.
"""

from __future__ import annotations

from typing import Any, NoReturn


def _only_compiled() -> NoReturn:
    raise TypeError("The spikes of a neuromodulator can only be read in compiled code.")


def count(x: Any) -> int:
    """Return the number of spikes that are kept."""
    _only_compiled()


def time(x: Any, k: float) -> float:
    """Return the time (ms) of spike `k`."""
    _only_compiled()


def multiplicity(x: Any, k: float) -> float:
    """Return how many neurons spiked then."""
    _only_compiled()
