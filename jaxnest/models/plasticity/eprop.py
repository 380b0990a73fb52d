"""What neurons have in common that learn with e-prop."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxnest.models import ops
from jaxnest.models.contract.base import (
    FLUSH_INTERVAL,
    INFINITE_TIME,
    Neuron,
    Quantity,
    Relation,
    hidden,
    not_negative,
    positive,
)
from jaxnest.models.contract.secondary import LEARNING_SIGNAL, Hearing, Term
from jaxnest.models.families.forced_spikes import FORCED_SPIKES, ForcedSpikes, forced_steps
from jaxnest.models.histories import learning_history
from jaxnest.models.quantities.checks import Check

SURROGATES = ("arctan_derivative", "exponential", "fast_sigmoid_derivative", "piecewise_linear")


def one_of(name: str, choices: tuple[str, ...]) -> Check:
    """The text has to be one of some."""
    listed = ", ".join(f'"{choice}"' for choice in choices)
    return Check(
        lambda x: ~np.isin(np.atleast_1d(np.asarray(x, object)).astype(str), choices),
        f"{name} from [{listed}] required.",
        f"one of {listed}",
    )


@ops.helper
def surrogate_gradient(v: Any, distance: Any) -> Any:
    """Return the surrogate gradient for a potential that is this far above the threshold (mV)."""
    x = abs(distance) / v.surrogate_gradient_width
    q = distance / v.surrogate_gradient_width
    piecewise = v.surrogate_gradient_height * ops.maximum(0.0, 1.0 - x)
    exponential = v.surrogate_gradient_height * ops.exp(-abs(distance) / v.surrogate_gradient_width)
    sigmoid = v.surrogate_gradient_height * ops.power(1.0 + x, -2.0)
    arctan = v.surrogate_gradient_height / (1.0 + q * q)
    rest = ops.where(v.surrogate == 2.0, sigmoid, piecewise)
    return ops.where(v.surrogate == 0.0, arctan, ops.where(v.surrogate == 1.0, exponential, rest))


def membrane(E_L: float) -> dict[str, Quantity]:
    """Declare the parameters of the membrane."""
    return {
        "C_m": Quantity(250.0, "pF", "Capacitance of the membrane", positive("C_m > 0 required.")),
        "E_L": Quantity(E_L, "mV", "Resting membrane potential"),
        "I_e": Quantity(0.0, "pA", "Constant input current"),
        "tau_m": Quantity(10.0, "ms", "Membrane time constant", positive("tau_m > 0 required.")),
        "V_min": Quantity(-INFINITE_TIME, "mV", "Lower bound of the membrane potential", relative_to="E_L"),
    }


def propagators(p: Any, clock: Any) -> dict[str, Any]:
    """Return the propagators of the membrane."""
    P = math.exp(-clock.resolution / p.tau_m)
    return {"P_v_m": P, "P_i_in": p.tau_m / p.C_m * (1.0 - P)}


class EpropNeuron(Neuron, abstract=True):
    """Base of neurons with synapses that e-prop changes."""

    spike_receptors = {0: ("spikes", "spikes")}
    current_receptors = {0: "current"}


class EpropSpikingNeuron(EpropNeuron, ForcedSpikes, abstract=True):
    """Base of such neurons that spike and get learning signals."""

    hears = {LEARNING_SIGNAL: Hearing((Term(learning_history.SIGNAL),), at_once=True)}
    parameters = {
        **membrane(-70.0),
        "c_reg": Quantity(0.0, "", "Coefficient of the regularization of the firing rate",
                          not_negative("c_reg ≥ 0 required.")),
        "f_target": Quantity(0.01, "Hz", "Target of the regularization: set in Hz, read in 1/ms",
                             not_negative("f_target ≥ 0 required.")),
        "surrogate_gradient_function": Quantity("piecewise_linear", "", "Name of the surrogate gradient",
                                                one_of("surrogate_gradient_function", SURROGATES)),
        "surrogate_gradient_height": Quantity(0.3, "", "Height of the surrogate gradient",
                                              positive("surrogate_gradient_height > 0 required.")),
        "surrogate_gradient_width": Quantity(1.0, "mV", "Width of the surrogate gradient",
                                             positive("surrogate_gradient_width > 0 required.")),
        "t_ref": Quantity(2.0, "ms", "Refractory period", not_negative("t_ref ≥ 0 required.")),
        "V_th": Quantity(-55.0, "mV", "Threshold", relative_to="E_L"),
        FLUSH_INTERVAL: Quantity(math.inf, "ms", "Time without events after which a flush event is sent",
                                 positive("flush_event_send_interval > 0 required.")),
        "ignore_and_spike": Quantity(False, "", "Spike at fixed intervals instead of by threshold"),
        "ignore_and_spike_offset": Quantity(1.0, "ms", "Time of the first such spike",
                                            positive("ignore_and_spike_offset > 0 required.")),
        "ignore_and_spike_interval": Quantity(100.0, "ms", "Interval between such spikes",
                                              positive("ignore_and_spike_interval > 0 required.")),
    }  # fmt: skip
    state = {
        "V_m": Quantity(-70.0, "mV", "Membrane potential", relative_to="E_L"),
        "surrogate_gradient": Quantity(0.0, "", "Surrogate gradient", settable=False),
        "learning_signal": Quantity(0.0, "", "The learning signal that is known last", settable=False),
        "refractory": hidden(doc="Steps left of the refractory period"),
        "I_in": hidden(doc="Current of the next step"),
        "spiked": hidden(doc="One after a spike"),
        "duration": hidden(doc="Length of the history (ms)"),
        **FORCED_SPIKES,
    }
    relations = (Relation(lambda p: p["V_th"] < p["V_min"], "V_th ≥ V_min required."),)
    recordables = {
        "V_m": lambda v, s: s.V_m + v.E_L,
        "surrogate_gradient": lambda v, s: s.surrogate_gradient,
        "learning_signal": lambda v, s: s.learning_signal,
        "eprop_history_duration": lambda v, s: s.duration,
    }

    @classmethod
    def assign(cls, columns: dict[str, Any], changes: Mapping[str, Any]) -> None:
        """Write `changes`; the target of the firing rate is stored per ms."""
        if "f_target" in changes:
            changes = {**changes, "f_target": changes["f_target"] / 1000.0}
        super().assign(columns, changes)

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        return propagators(p, clock) | forced_steps(p, clock) | {
            "surrogate": float(SURROGATES.index(p.surrogate_gradient_function)),
            "refractory_steps": clock.to_steps(p.t_ref),
        }  # fmt: skip


class AdaptiveThreshold(EpropSpikingNeuron, abstract=True):
    """Base of such neurons whose threshold adapts."""

    parameters = {
        "adapt_beta": Quantity(1.0, "", "Prefactor of the adaptation", not_negative("adapt_beta ≥ 0 required.")),
        "adapt_tau": Quantity(10.0, "ms", "Time constant of the adaptation", positive("adapt_tau > 0 required.")),
    }
    state = {
        "adaptation": Quantity(0.0, "", "Adaptation"),
        "V_th_adapt": Quantity(-55.0, "mV", "Adaptive threshold", relative_to="E_L", settable=False),
    }
    recordables = EpropSpikingNeuron.recordables | {
        "adaptation": lambda v, s: s.adaptation,
        "V_th_adapt": lambda v, s: s.V_th_adapt + v.E_L,
    }

    @classmethod
    def assign(cls, columns: dict[str, Any], changes: Mapping[str, Any]) -> None:
        """Write `changes`; the adaptation determines the threshold."""
        super().assign(columns, changes)
        if "adaptation" in changes:
            columns["V_th_adapt"] = columns["V_th"] + columns["adapt_beta"] * columns["adaptation"]
