"""Neurons with two states, which they reconsider at random times."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.base import ArchivingNeuron, Quantity, hidden, positive
from jaxnest.models.functions import draws
from jaxnest.models.functions.tics import rounded

TAU_M = Quantity(10.0, "ms", "Mean time between two updates", positive("All time constants must be strictly positive."))


class BinaryNeuron(ArchivingNeuron, abstract=True):
    """Base of binary neurons: all but the gain function.

    Spikes carry changes of state: two in a step stand for a switch to 1, one for a switch to 0. The input h is the
    weighted sum of the states of the senders.
    """

    signal_sent = signal_heard = "binary"
    spike_receptors = {0: ("changes", "changes")}
    current_receptors = {0: "current"}
    recordables = {"S": lambda v, s: s.S, "h": lambda v, s: s.h}
    state = {
        "h": Quantity(0.0, "mV", "Summed input", settable=False),
        "S": Quantity(False, "", "State", settable=False),
        "t_next": hidden(-1.0, "Time of the next update in tics; -1 before the first run"),
    }

    @classmethod
    def draw_first(cls, p: Any, clock: Any, draw: Callable[[], float]) -> dict[str, Any]:
        """Draw the time of the first update."""
        if p.t_next >= 0:
            return {}
        return {"t_next": float(clock.to_tics(-math.log(1.0 - draw()) * p.tau_m))}

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        return {"tics_per_ms": clock.tics_per_ms, "tics_per_step": clock.tics_per_step}


@ops.helper
def is_due(v: Any, s: Any, x: Any) -> bool:
    """Return whether the neuron reconsiders its state in this step."""
    return x.random.step * v.tics_per_step > s.t_next


@ops.helper
def switched(v: Any, s: Any, x: Any, S: float) -> tuple[float, int]:
    """Return the time of the next update, drawn where one was due, and how often a switch to the state `S` is sent."""
    t_next = s.t_next
    if is_due(v, s, x):
        t_next += rounded(draws.exponential(x.random) * v.tau_m, v.tics_per_ms)
    spikes = 0
    if s.S != S:
        spikes = 2 if S > 0.0 else 1
    return t_next, spikes
