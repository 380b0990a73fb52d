"""What plastic synapses read from their target: its spikes, and the traces that they leave.

The operations exist in compiled code only (see `histories.archive`), where `x` is the event that reached the synapse.
Times are in ms and without the delay of the synapse: a spike of the target at `t` is seen by the synapse at ``t +
x.delay``.
"""

from __future__ import annotations

from typing import Any, NoReturn


def _only_compiled() -> NoReturn:
    raise TypeError("The history of a target can only be read in compiled code.")


def spikes(x: Any, after: float, until: float) -> range:
    """Return handles of the target's spikes with ``after < t <= until``, in order of time, and mark them as read."""
    _only_compiled()


def time(x: Any, spike: int) -> float:
    """Return the time of a spike."""
    _only_compiled()


def triplet_trace_at(x: Any, spike: int) -> float:
    """Return the trace with time constant `tau_minus_triplet` just after a spike."""
    _only_compiled()


def trace(x: Any, t: float) -> float:
    """Return the trace that all spikes before `t` have left at `t`, decaying with `tau_minus` from 1 per spike."""
    _only_compiled()


def nearest_trace(x: Any, t: float) -> float:
    """Return the same trace, left by the last spike before `t` alone."""
    _only_compiled()
