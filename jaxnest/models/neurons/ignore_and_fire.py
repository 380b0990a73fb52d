"""Neuron that fires at a fixed rate, whatever its input."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxnest.models import ops
from jaxnest.models.contract.base import ArchivingNeuron, Quantity, hidden, positive
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.quantities.checks import Check

PHASE = Check(lambda x: (x <= 0.0) | (x > 1.0), "Phase must be > 0 and <= 1.", "in (0, 1]")


@register
class ignore_and_fire(ArchivingNeuron):
    """Neuron that fires at a fixed rate, whatever its input.

    The first spike comes after `phase` times the interval between spikes. Useful to measure the speed of plastic
    networks whose activity is not to depend on the weights.

    References
    ----------
    Morrison, Aertsen & Diesmann (2007), Neural Computation 19:1437-1467. NEST documentation, model ``ignore_and_fire``.
    """

    parameters = {
        "phase": Quantity(1.0, "", "Time of the first spike, in units of the interval", PHASE),
        "rate": Quantity(10.0, "1/s", "Firing rate", positive("Firing rate must be > 0.")),
    }
    state = {"waiting": hidden(-1.0, "Steps until the next spike; -1 to begin with the phase")}
    prepares = False
    spike_receptors = {0: ("spikes_ex", "spikes_in")}
    current_receptors = {0: "current"}

    @classmethod
    def assign(cls, columns: dict[str, Any], changes: Mapping[str, Any]) -> None:
        """Write `changes`, and begin with the phase again."""
        super().assign(columns, changes)
        columns["waiting"] = np.full_like(columns["waiting"], -1.0)

    @classmethod
    def status(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Return the recordables: there are none."""
        return {"recordables": []}

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        return {
            "period_steps": clock.to_steps(1.0 / p.rate * 1000.0),
            "phase_steps": clock.to_steps(p.phase / p.rate * 1000.0),
        }

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        waiting = ops.where(s.waiting < 0, v.phase_steps, s.waiting)
        spike = waiting == 0
        return State(waiting=ops.where(spike, v.period_steps - 1, waiting - 1)), spike
