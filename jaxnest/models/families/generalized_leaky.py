"""What the generalized leaky integrate-and-fire (GLIF) models of the Allen Institute have in common."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxnest import errors
from jaxnest.models import ops
from jaxnest.models.contract.base import ArchivingNeuron, Quantity, Relation, connected_flag, hidden, positive

LIMITS = {"tau_syn": positive("All synaptic time constants must be strictly positive.")}
MEMBRANE = {
    "E_L": Quantity(-78.85, "mV", "Resting membrane potential"),
    "V_reset": Quantity(-78.85, "mV", "Membrane potential after a spike", relative_to="E_L"),
    "V_th": Quantity(-51.68, "mV", "Threshold at rest", relative_to="E_L"),
}
CONDUCTANCE = Quantity(9.43, "nS", "Leak", positive("Membrane conductance must be strictly positive."))
CAPACITY = {
    "C_m": Quantity(58.72, "pF", "Capacitance of the membrane", positive("Capacitance must be strictly positive.")),
    "t_ref": Quantity(3.75, "ms", "Refractory period", positive("Refractory time constant must be strictly positive.")),
}
POTENTIAL = Quantity(-78.85, "mV", "Membrane potential", relative_to="E_L")
ADAPTATION = {
    "th_spike_add": Quantity(0.37, "mV", "Jump of the threshold at a spike"),
    "th_spike_decay": Quantity(0.009, "1/ms", "Rate of decay of the spike component of the threshold"),
    "voltage_reset_fraction": Quantity(0.2, "", "Part of the membrane potential that is left after a spike"),
    "voltage_reset_add": Quantity(18.51, "mV", "What is added to that part"),
    "th_voltage_index": Quantity(0.005, "1/ms", "Strength of the effect of V_m on the threshold"),
    "th_voltage_decay": Quantity(0.09, "1/ms", "Rate of decay of the voltage component of the threshold"),
    "asc_init": Quantity(np.zeros(2), "pA", "Initial values of the after-spike currents"),
    "asc_decay": Quantity(np.array([0.003, 0.1]), "1/ms", "Rates of decay of the after-spike currents"),
    "asc_amps": Quantity(np.array([-9.18, -198.94]), "pA", "Jumps of the after-spike currents"),
    "asc_r": Quantity(np.ones(2), "", "Parts of the after-spike currents that are left after a spike"),
    "spike_dependent_threshold": Quantity(False, "", "Spikes change the threshold"),
    "after_spike_currents": Quantity(False, "", "Spikes start currents"),
    "adapting_threshold": Quantity(False, "", "V_m changes the threshold"),
}
ADAPTATION_STATE = {
    "ASCurrents": Quantity(np.zeros(2), "pA", "After-spike currents"),
    "threshold_spike": Quantity(0.0, "mV", "Component of the threshold that spikes raise"),
    "threshold_voltage": Quantity(0.0, "mV", "Component of the threshold that follows V_m"),
}
SWITCH_OF = {
    "ASCurrents": ("after_spike_currents", "After spike currents are"),
    "threshold_spike": ("spike_dependent_threshold", "Threshold spike component is"),
    "threshold_voltage": ("adapting_threshold", "Threshold voltage component is"),
}


def _rows(p: Any, switch: str, violated: Any) -> np.ndarray:
    """Return for each node with a mechanism whether a condition holds; `violated` gets the row."""
    return np.array([bool(on) and bool(violated(i)) for i, on in enumerate(p[switch])])


def _lengths_differ(p: Any) -> np.ndarray:
    vectors = [p[k] for k in ("asc_init", "asc_decay", "asc_amps", "asc_r")]
    return _rows(p, "after_spike_currents", lambda i: len({len(v[i]) for v in vectors}) > 1)


def _outside_unit(p: Any, name: str, switch: str) -> np.ndarray:
    return _rows(p, switch, lambda i: np.any((np.asarray(p[name][i]) < 0.0) | (np.asarray(p[name][i]) > 1.0)))


def _not_positive(p: Any, name: str, switch: str) -> np.ndarray:
    return _rows(p, switch, lambda i: np.any(np.asarray(p[name][i]) <= 0.0))


def _unknown_mechanism(p: Any) -> Any:
    spikes, currents = p["spike_dependent_threshold"], p["after_spike_currents"]
    return p["adapting_threshold"] & ~(spikes & currents)


RELATIONS = (
    Relation(lambda p: p["V_reset"] >= p["V_th"], "Reset potential must be smaller than threshold."),
    Relation(
        _unknown_mechanism,
        "Incorrect model mechanism combination setting. See documentation for setting of model mechanism parameters: "
        "spike_dependent_threshold, after_spike_currents, adapting_threshold.",
    ),
    Relation(
        _lengths_differ,
        "All after spike current parameters (i.e., asc_init, k, asc_amps, r) must have the same size.",
    ),
    Relation(
        lambda p: _not_positive(p, "asc_decay", "after_spike_currents"),
        "After-spike current time constant must be strictly positive.",
    ),
    Relation(
        lambda p: _outside_unit(p, "asc_r", "after_spike_currents"),
        "After spike current fraction following spike coefficients r must be within [0.0, 1.0].",
    ),
    Relation(
        lambda p: _not_positive(p, "th_voltage_decay", "adapting_threshold"),
        "Voltage-induced threshold time constant must be strictly positive.",
    ),
    Relation(
        lambda p: _not_positive(p, "th_spike_decay", "spike_dependent_threshold"),
        "Spike induced threshold time constant must be strictly positive.",
    ),
    Relation(
        lambda p: _outside_unit(p, "voltage_reset_fraction", "spike_dependent_threshold"),
        "Voltage fraction coefficient following spike must be within [0.0, 1.0].",
    ),
)


def check_switches(columns: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
    """Refuse values of a state that the chosen mechanisms do not have."""
    for name, (switch, text) in SWITCH_OF.items():
        if name in changes and not np.all(changes.get(switch, columns[switch])):
            raise errors.BadProperty(f"{text} not supported or settable in the current model mechanisms: {switch}.")
    if "ASCurrents" in changes:
        decay = changes.get("asc_decay", columns["asc_decay"])
        for values, rates in zip(changes["ASCurrents"], decay, strict=True):
            if len(values) != len(rates):
                raise errors.BadProperty(
                    f"After spike current values must have have the same size ({len(rates)}) of its parameters (i.e., "
                    "asc_init, k, asc_amps, r)."
                )


def calibrate(p: Any, g: float, h: float) -> dict[str, Any]:
    """Return the propagators of threshold and after-spike currents."""
    rates = [p.asc_decay[i] if i < len(p.asc_decay) else 0.0 for i in range(len(p.ASCurrents))]
    used = [p.after_spike_currents and rate > 0.0 for rate in rates]
    decay = [math.exp(-rate * h) for rate in rates]
    pairs = list(zip(rates, decay, used, strict=True))
    amps = [p.asc_amps[i] if on else 0.0 for i, on in enumerate(used)]
    left = [p.asc_r[i] * math.exp(-rates[i] * p.t_ref) if on else 1.0 for i, on in enumerate(used)]
    variables = {
        "spike_decay": math.exp(-p.th_spike_decay * h) if p.spike_dependent_threshold else 1.0,
        "spike_decay_refractory": math.exp(-p.th_spike_decay * p.t_ref),
        "asc_decay_rates": [d if on else 1.0 for _, d, on in pairs],
        "asc_stable": [((1.0 / rate) / h) * (1.0 - d) if on else 0.0 for rate, d, on in pairs],
        "asc_left": left,
        "asc_jump": amps,
        "potential_decay": math.exp(-g * h / p.C_m),
        "leak": g,
        "voltage_decay_inverse": 1 / math.exp(p.th_voltage_decay * h),
        "phi": 0.0,
        "voltage_ratio": 0.0,
    }
    if p.adapting_threshold:
        difference = p.th_voltage_decay - g / p.C_m
        variables["phi"] = (
            p.th_voltage_index / difference if difference else math.copysign(math.inf, p.th_voltage_index)
        )
        variables["voltage_ratio"] = p.th_voltage_index / p.th_voltage_decay
    return variables


@ops.helper
def respond(v: Any, s: Any, V_before: Any, V: Any, asc_sum: Any) -> Any:
    """Adapt, and emit a spike if `V`, which was `V_before` a step ago, is above the threshold.

    Returns membrane potential, steps left of the refractory period, after-spike currents, their sum, the components of
    the threshold, and whether there is a spike.
    """
    active = s.refractory == 0
    asc = s.ASCurrents * v.asc_decay_rates
    by_spikes = s.threshold_spike * v.spike_decay
    beta = (s.I + asc_sum) / v.leak
    by_voltage = (
        v.phi * (V_before - beta) * v.potential_decay
        + v.voltage_decay_inverse * (s.threshold_voltage - v.phi * (V_before - beta) - v.voltage_ratio * beta)
        + v.voltage_ratio * beta
    )
    by_voltage = ops.where(active & (v.adapting_threshold != 0), by_voltage, s.threshold_voltage)
    spike = active & ops.exceeds(V, by_spikes + by_voltage + v.V_th)
    lowered = v.spike_dependent_threshold != 0
    reset = ops.where(lowered, v.voltage_reset_fraction * V_before + v.voltage_reset_add, v.V_reset)
    raised = by_spikes * v.spike_decay_refractory + v.th_spike_add
    return (
        ops.where(active, ops.where(spike, reset, V), V_before),
        ops.where(spike, v.refractory_steps, ops.maximum(s.refractory - 1, 0.0)),
        ops.where(active, ops.where(spike, v.asc_jump + asc * v.asc_left, asc), s.ASCurrents),
        ops.where(active, asc_sum, s.ASCurrents_sum),
        ops.where(active, ops.where(spike & lowered, raised, by_spikes), s.threshold_spike),
        by_voltage,
        spike,
    )


class GeneralizedLeakyNeuron(ArchivingNeuron, abstract=True):
    """Base of the GLIF models: threshold and after-spike currents."""

    state = {
        "refractory": hidden(doc="Steps left of the refractory period"),
        "I": hidden(doc="Current of the devices"),
        "ASCurrents_sum": hidden(doc="Sum of the after-spike currents"),
        **connected_flag(),
    }
    relations = RELATIONS
    current_receptors = {0: "current"}
    receptor_vector = "tau_syn"
    recordables = {
        "V_m": lambda v, s: s.V_m + v.E_L,
        "ASCurrents_sum": lambda v, s: s.ASCurrents_sum,
        "I": lambda v, s: s.I,
        "threshold": lambda v, s: s.threshold_spike + s.threshold_voltage + v.V_th + v.E_L,
        "threshold_spike": lambda v, s: s.threshold_spike,
        "threshold_voltage": lambda v, s: s.threshold_voltage,
    }

    @classmethod
    def assign(cls, columns: dict[str, Any], changes: Mapping[str, Any]) -> None:
        """Write `changes`, unless they concern mechanisms that are switched off."""
        check_switches(columns, changes)
        super().assign(columns, changes)
