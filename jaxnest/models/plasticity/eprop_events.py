"""What neurons have in common whose synapses e-prop updates with each event that reaches them.

References
----------
Korcsak-Gorzo, Espinoza Valverde, Stapmanns, Plesser, Dahmen, Bolten, van Albada & Diesmann (2025), arXiv:2511.21674.
"""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity, Relation, hidden, not_negative
from jaxnest.models.histories.learning_history import NO_CUTOFF, Learning, Updates
from jaxnest.models.plasticity.eprop import EpropNeuron, EpropSpikingNeuron, propagators
from jaxnest.models.quantities.checks import within


def cutoff(p: Any, clock: Any) -> dict[str, Any]:
    """Return for how many steps after a spike of a source gradients are computed."""
    return {"cutoff_steps": min(clock.to_steps(p.eprop_isi_trace_cutoff), NO_CUTOFF)}


class EventNeuron(EpropNeuron, abstract=True):
    """Base of neurons with synapses that e-prop changes with each event."""

    parameters = {
        "eprop_isi_trace_cutoff": Quantity(math.inf, "ms", "Time after a spike for which gradients are computed",
                                           not_negative("eprop_isi_trace_cutoff ≥ 0 required.")),
    }  # fmt: skip


class EventSpikingNeuron(EventNeuron, EpropSpikingNeuron, abstract=True):
    """Base of such neurons that spike and get learning signals."""

    learns = Learning("surrogate_gradient", shift=2, signal_lag=2, updates=Updates.AT_EVENTS)
    parameters = {
        "kappa": Quantity(0.97, "", "Low-pass filter of the eligibility trace",
                          within(0.0, 1.0, "0 ≤ kappa ≤ 1 required.")),
        "kappa_reg": Quantity(0.97, "", "Low-pass filter of the firing rate for its regularization",
                              within(0.0, 1.0, "0 ≤ kappa_reg ≤ 1 required.")),
    }  # fmt: skip

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        return EpropSpikingNeuron.calibrate(p, clock) | propagators(p, clock) | cutoff(p, clock)


class DeltaNeuron(EventSpikingNeuron, abstract=True):
    """Base of such neurons that are reset by a spike and held there during the refractory period."""

    parameters = {
        "V_reset": Quantity(-70.0, "mV", "Membrane potential after a spike", relative_to="E_L"),
        "refractory_input": Quantity(False, "", "Keep spikes that arrive during the refractory period"),
    }
    state = {"waiting": hidden(doc="Input kept until the end of the refractory period")}
    relations = (
        Relation(lambda p: p["V_reset"] >= p["V_th"], "V_reset < V_th required."),
        Relation(lambda p: p["V_reset"] < p["V_min"], "V_reset ≥ V_min required."),
    )

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        return EventSpikingNeuron.calibrate(p, clock) | {"h": clock.resolution}


@ops.helper
def advanced(v: Any, s: Any, x: Any) -> tuple[Any, Any, Any]:
    """Return the potential of a `DeltaNeuron`, the steps left of its refractory period, and the input that is kept."""
    active, keeps = s.refractory == 0, v.refractory_input > 0
    V = v.P_i_in * (s.I_in + v.I_e) + v.P_v_m * s.V_m + x.spikes
    V = ops.maximum(ops.where(keeps, V + s.waiting, V), v.V_min)
    late = x.spikes * ops.exp(-s.refractory * v.h / v.tau_m)
    waiting = ops.where(keeps, ops.where(active, 0.0, s.waiting + late), s.waiting)
    return ops.where(active, V, s.V_m), ops.where(active, 0.0, s.refractory - 1.0), waiting
