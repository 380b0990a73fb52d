"""Packets of spikes, normally distributed in time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxnest.models.contract.base import Quantity, hidden, not_negative
from jaxnest.models.contract.device import Stimulator
from jaxnest.models.contract.registry import register
from jaxnest.models.functions import draws
from jaxnest.models.functions.sorting import sort_first
from jaxnest.models.functions.tics import rounded

TOLERANCE = 10.0
"""Spikes of a packet are drawn this many standard deviations ahead of its centre."""


@register
class pulsepacket_generator(Stimulator):
    """Generator of packets of spikes whose times are normally distributed around given centres; all targets get them.

    Spikes of a packet that would lie in the past when it is drawn are left out. As in NEST, packets near the time at
    which a run is prepared are drawn anew, and whether the generator is active is decided once for all steps of
    min_delay.

    References
    ----------
    NEST documentation, model ``pulsepacket_generator``.
    """

    emits = "spikes"
    sends_as_neurons = True
    window_shift = 2
    slicewise = True
    timed = True
    parameters = {
        "activity": Quantity(0, "", "Spikes of one packet", not_negative("The activity cannot be negative.")),
        "sdev": Quantity(0.0, "ms", "Standard deviation", not_negative("The standard deviation cannot be negative.")),
        "pulse_times": Quantity(np.empty(0), "ms", "Centres of the packets"),
    }
    state = {
        "next_pulse": hidden(doc="Index of the next packet to be drawn"),
        "near_pulses": hidden(doc="Index of the first packet that is too far in the future"),
        "head": Quantity(0.0, "", "Index of the first waiting spike", visible=False),
        "tail": Quantity(0.0, "", "Index after the last one", visible=False),
    }
    distributions = 1

    @classmethod
    def regulate(
        cls, changes: Mapping[str, Any], stored: Mapping[str, Any], clock: Any, connected: bool
    ) -> dict[str, Any]:
        """Return `changes` as they are stored: spikes that were drawn with other parameters are forgotten."""
        result = dict(super().regulate(changes, stored, clock, connected))
        if "pulse_times" in changes:
            result["pulse_times"] = np.sort(np.asarray(changes["pulse_times"], np.float64).ravel())
        if any(k in changes for k in ("activity", "sdev", "pulse_times")):
            result |= {"head": 0.0, "tail": 0.0}
        return result

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        return {
            "tolerance": p.sdev * TOLERANCE if p.sdev > 0.0 else 1.0,
            "pulses": np.asarray(p.pulse_times, np.float64),
            "tics_per_ms": clock.tics_per_ms,
            "step_tics": clock.tics_per_step,
            "tic": clock.ms_per_tic,
        }

    @staticmethod
    def memory_size(p: Any) -> int:
        return int(p.tail) + p.activity * len(p.pulse_times)

    @staticmethod
    def restart(p: Any, clock: Any, step: int) -> dict[str, float]:
        tolerance = p.sdev * TOLERANCE if p.sdev > 0.0 else 1.0
        distance = np.asarray(p.pulse_times, np.float64) - clock.to_ms(step)
        near = int(np.sum(distance <= tolerance))
        return {"next_pulse": float(np.sum(np.abs(distance[:near]) > tolerance)), "near_pulses": float(near)}

    @staticmethod
    def advance(v: Any, s: Any, step: Any, active: Any, context: Any) -> Any:
        pulse, near, head, tail = int(s.next_pulse), int(s.near_pulses), int(s.head), int(s.tail)
        waiting, origin = context.memory, int(context.origin * v.step_tics)
        if not active or step != context.begin or (pulse == len(v.pulses) and head == tail):
            return (s.next_pulse, s.near_pulses, s.head, s.tail), 0, 1.0, False, 0, 0.0
        while near < len(v.pulses) and (rounded(v.pulses[near], v.tics_per_ms) - origin) * v.tic <= v.tolerance:
            near += 1
        if pulse < near:
            for i in range(head, tail):
                waiting[i - head] = waiting[i]
            head, tail = 0, tail - head
            while pulse < near:
                for _ in range(int(v.activity)):
                    time = int(rounded(v.sdev * draws.normal(context, 0) + v.pulses[pulse], v.tics_per_ms))
                    if time >= origin:
                        waiting[tail] = (time + int(v.step_tics) - 1) // int(v.step_tics)
                        tail += 1
                pulse += 1
            sort_first(waiting, tail)
        spikes, at = 0, step
        if head < tail and waiting[head] < context.end:
            at = int(waiting[head])
            while head < tail and waiting[head] == at:
                spikes += 1
                head += 1
        state = (float(pulse), float(near), float(head), float(tail))
        return state, spikes, 1.0, spikes > 0, at - step, 0.0
