"""What neurons have in common that learn with e-prop, as Bellec et al. (2020) did."""

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
from jaxnest.models.histories import learning_history
from jaxnest.models.histories.learning_history import Learning
from jaxnest.models.quantities.checks import Check

REFERENCE = "Bellec, Scherr, Subramoney, Hajek, Salaj, Legenstein & Maass (2020), Nature Communications 11:3625."
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


@ops.helper
def forced_spike(v: Any, s: Any, due: Any) -> tuple[Any, Any]:
    """Return whether to spike, and the steps until the next spike that ignores the threshold."""
    waiting = ops.where(s.until_spike < 0, v.first_spike, s.until_spike) - 1
    ignores = v.ignore_and_spike > 0
    spike = ops.where(ignores, ops.where(waiting == 0, 1.0, 0.0), ops.where(due, 1.0, 0.0)) > 0
    return spike, ops.where(ignores, ops.where(waiting == 0, v.interval, waiting), s.until_spike)


def membrane(E_L: float) -> dict[str, Quantity]:
    """Declare the parameters of the membrane."""
    return {
        "C_m": Quantity(250.0, "pF", "Capacitance of the membrane", positive("C_m > 0 required.")),
        "E_L": Quantity(E_L, "mV", "Resting membrane potential"),
        "I_e": Quantity(0.0, "pA", "Constant input current"),
        "regular_spike_arrival": Quantity(True, "", "Spikes arrive at the beginning of a step, else at its end"),
        "tau_m": Quantity(10.0, "ms", "Membrane time constant", positive("tau_m > 0 required.")),
        "V_min": Quantity(-INFINITE_TIME, "mV", "Lower bound of the membrane potential", relative_to="E_L"),
    }


def propagators(p: Any, clock: Any) -> dict[str, Any]:
    """Return the propagators of the membrane."""
    P = math.exp(-clock.resolution / p.tau_m)
    return {
        "P_v_m": P,
        "P_i_in": p.tau_m / p.C_m * (1.0 - P),
        "P_z_in": 1.0 if p.regular_spike_arrival else 1.0 - P,
    }


class EpropNeuron(Neuron, abstract=True):
    """Base of neurons with synapses that e-prop changes."""

    kernel_values = (learning_history.UPDATE_INTERVAL, learning_history.LEARNING_WINDOW,
                     learning_history.RESET_ON_UPDATE)  # fmt: skip
    spike_receptors = {0: ("spikes", "spikes")}
    current_receptors = {0: "current"}


class EpropSpikingNeuron(EpropNeuron, abstract=True):
    """Base of such neurons that spike and get learning signals."""

    at_least = {FLUSH_INTERVAL: learning_history.UPDATE_INTERVAL}
    learns = Learning("surrogate_gradient", shift=2, signal_lag=3)
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
        "until_spike": hidden(-1.0, "Steps until the next spike that ignores the threshold; -1 before the first"),
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
        if "ignore_and_spike_offset" in changes:
            columns["until_spike"] = np.full_like(columns["until_spike"], -1.0)

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        return propagators(p, clock) | {
            "surrogate": float(SURROGATES.index(p.surrogate_gradient_function)),
            "refractory_steps": clock.to_steps(p.t_ref),
            "first_spike": clock.to_steps(p.ignore_and_spike_offset),
            "interval": clock.to_steps(p.ignore_and_spike_interval),
        }
