"""What neurons have in common that can spike at fixed intervals, whatever their potential is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxnest.models import ops
from jaxnest.models.contract.base import Neuron, hidden

FORCED_SPIKES = {
    "until_spike": hidden(-1.0, "Steps until the next spike that ignores the threshold; -1 before the first"),
}


@ops.helper
def forced_spike(v: Any, s: Any, due: Any) -> tuple[Any, Any]:
    """Return whether to spike, and the steps until the next spike that ignores the threshold."""
    waiting = ops.where(s.until_spike < 0, v.first_spike, s.until_spike) - 1
    ignores = v.ignore_and_spike > 0
    spike = ops.where(ignores, ops.where(waiting == 0, 1.0, 0.0), ops.where(due, 1.0, 0.0)) > 0
    return spike, ops.where(ignores, ops.where(waiting == 0, v.interval, waiting), s.until_spike)


def forced_steps(p: Any, clock: Any) -> dict[str, Any]:
    """Return the steps until the first of such spikes, and between them."""
    return {
        "first_spike": clock.to_steps(p.ignore_and_spike_offset),
        "interval": clock.to_steps(p.ignore_and_spike_interval),
    }


class ForcedSpikes(Neuron, abstract=True):
    """Base of neurons with ``ignore_and_spike`` that `forced_spike` evaluates; their state has `FORCED_SPIKES`."""

    @classmethod
    def assign(cls, columns: dict[str, Any], changes: Mapping[str, Any]) -> None:
        """Write `changes`; a new offset is counted from now on."""
        super().assign(columns, changes)
        if "ignore_and_spike_offset" in changes:
            columns["until_spike"] = np.full_like(columns["until_spike"], -1.0)
