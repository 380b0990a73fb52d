"""Spike-response neuron of the visual system, with noise that is given."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxnest.models import ops
from jaxnest.models.contract.base import ArchivingNeuron, Quantity, hidden, not_negative, positive
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State

TIME_CONSTANT = positive("All time constants must be strictly positive.")


@register
class iaf_chs_2007(ArchivingNeuron):
    r"""Spike-response neuron of the visual system, with noise that is given.

    .. math:: V(t) = V_{syn}(t) + V_{spike}(t) + V_{noise} \cdot noise(t)

    The membrane potential is normalized: 0 at rest, 1 at the threshold. An excitatory spike of weight 1 starts an
    alpha-shaped potential of height V_epsp after tau_epsp; inhibitory ones are ignored. A spike lowers V_m by V_reset,
    which decays with tau_reset. `noise` has one value per step.

    References
    ----------
    Carandini, Horton & Sincich (2007), Journal of Vision 7(14):20. NEST documentation, model ``iaf_chs_2007``.
    """

    parameters = {
        "V_reset": Quantity(2.31, "", "Drop after a spike", not_negative("Reset potential cannot be negative.")),
        "V_epsp": Quantity(0.77, "", "Height of the response to a spike", not_negative("EPSP cannot be negative.")),
        "tau_epsp": Quantity(8.5, "ms", "Time constant of this response", TIME_CONSTANT),
        "tau_reset": Quantity(15.4, "ms", "Time constant of the drop", TIME_CONSTANT),
        "V_noise": Quantity(0.0, "", "Amplitude of the noise"),
        "noise": Quantity(np.zeros(0), "", "The noise, one value per step"),
    }
    state = {
        "V_m": Quantity(0.0, "", "Membrane potential"),
        "I_ex": hidden(),
        "V_syn": hidden(),
        "V_spike": hidden(),
        "position": hidden(doc="Number of values of the noise that have been used"),
    }
    recordables = {"V_m": lambda v, s: s.V_m}
    spike_receptors = {0: ("spikes_ex", "ignored")}

    @classmethod
    def assign(cls, columns: dict[str, Any], changes: Mapping[str, Any]) -> None:
        """Write `changes`; new noise is used from its beginning."""
        super().assign(columns, changes)
        if "noise" in changes:
            columns["position"] = np.zeros_like(columns["position"])

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        h = clock.resolution
        P11 = math.exp(-h / p.tau_epsp)
        return {
            "P11": P11,
            "P22": math.exp(-h / p.tau_epsp),
            "P30": math.exp(-h / p.tau_reset),
            "P21": p.V_epsp * math.exp(1.0) / 1.0 * P11 * h / p.tau_epsp,
        }

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        V_syn = s.V_syn * v.P22 + s.I_ex * v.P21
        I_ex = s.I_ex * v.P11 + x.spikes_ex
        V_spike, position, noise = s.V_spike * v.P30, s.position, 0.0
        if len(v.noise) > 0:
            noisy = (v.V_noise > 0) & (position < len(v.noise))
            noise = ops.where(noisy, v.V_noise * ops.element(v.noise, position), 0.0)
            position = ops.where(noisy, position + 1.0, position)
        V = V_syn + V_spike + noise
        spike = ops.crosses(V, 1.0)
        return State(
            V_m=ops.where(spike, V - v.V_reset, V),
            I_ex=I_ex,
            V_syn=V_syn,
            V_spike=ops.where(spike, V_spike - v.V_reset, V_spike),
            position=position,
        ), spike
