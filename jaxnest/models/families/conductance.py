"""What leaky integrate-and-fire neurons with conductance-based synapses have in common."""

from __future__ import annotations

import dataclasses
import math
import sys
from collections.abc import Mapping

from jaxnest.models.contract.base import Quantity, Relation, not_negative, positive
from jaxnest.models.contract.ode import OdeNeuron

CAPACITANCE = positive("Capacitance must be strictly positive.")
REFRACTORY_TIME = not_negative("Refractory time cannot be negative.")
TIME_CONSTANTS = positive("All time constants must be strictly positive.")
RESET_BELOW_THRESHOLD = Relation(lambda p: p["V_reset"] >= p["V_th"], "Reset potential must be smaller than threshold.")
MEMBRANE = {
    "V_th": Quantity(-55.0, "mV", "Threshold"),
    "V_reset": Quantity(-60.0, "mV", "Membrane potential after a spike"),
    "t_ref": Quantity(2.0, "ms", "Refractory period", REFRACTORY_TIME),
    "E_L": Quantity(-70.0, "mV", "Reversal potential of the leak"),
    "E_ex": Quantity(0.0, "mV", "Reversal potential of excitatory synapses"),
    "E_in": Quantity(-85.0, "mV", "Reversal potential of inhibitory synapses"),
    "C_m": Quantity(250.0, "pF", "Capacitance of the membrane", CAPACITANCE),
    "g_L": Quantity(16.6667, "nS", "Leak conductance"),
}
SYNAPTIC_TIMES = {
    "tau_syn_ex": Quantity(0.2, "ms", "Time constant of excitatory synapses", TIME_CONSTANTS),
    "tau_syn_in": Quantity(2.0, "ms", "Time constant of inhibitory synapses", TIME_CONSTANTS),
}
CURRENT = {"I_e": Quantity(0.0, "pA", "Constant input current")}


class ConductanceNeuron(OdeNeuron, abstract=True):
    """Base of neurons with one excitatory and one inhibitory conductance, driven by receptor 0."""

    spike_receptors = {0: ("spikes_ex", "spikes_in")}
    current_receptors = {0: "current"}
    flips_inhibition = True


def with_defaults(quantities: Mapping[str, Quantity], **defaults: float) -> dict[str, Quantity]:
    """Return the same declarations with other default values."""
    changed = {name: dataclasses.replace(quantities[name], default=value) for name, value in defaults.items()}
    return {**quantities, **changed}


def beta_normalization(tau_rise: float, tau_decay: float) -> float:
    """Return the factor that gives a beta-shaped conductance a peak of 1 nS.

    It is that of the alpha function where both time constants are equal, or as good as equal.

    References
    ----------
    Roth & van Rossum (2009), in: De Schutter (ed.), Computational Modeling Methods for Neuroscientists, MIT Press.
    """
    difference, peak = tau_decay - tau_rise, 0.0
    if abs(difference) > sys.float_info.epsilon:
        t_peak = tau_decay * tau_rise * math.log(tau_decay / tau_rise) / difference
        peak = math.exp(-t_peak / tau_decay) - math.exp(-t_peak / tau_rise)
    if abs(peak) < sys.float_info.epsilon:
        return math.e / tau_decay
    return (1.0 / tau_rise - 1.0 / tau_decay) / peak


MEMBERS = ("E_L", "E_ex", "E_in", "C_m", "g_L", "tau_syn_ex", "tau_syn_in", "I_e")
"""Parameters of a compartment, in the dictionary that its membrane potential is in, too."""


def compartment_dictionary(name: str) -> Quantity:
    """Declare the dictionary of a compartment."""
    members = {key: f"{name}_{key}" for key in (*MEMBERS, "V_m")}
    return Quantity({}, "", f"Parameters and membrane potential of the {name} compartment", members=members)


def compartment(name: str, times: str, **defaults: float) -> dict[str, Quantity]:
    """Declare the parameters of a compartment.

    Parameters
    ----------
    times
        Message of the error if a time constant is not positive.
    defaults
        Default values of `MEMBERS`, where they differ from usual ones.
    """
    check = {
        "C_m": positive(f"Capacitance ({name}) must be strictly positive."),
        "tau_syn_ex": positive(times),
        "tau_syn_in": positive(times),
    }
    usual = {
        "E_L": (-70.0, "mV", "Reversal potential of the leak"),
        "E_ex": (0.0, "mV", "Reversal potential of excitatory synapses"),
        "E_in": (-85.0, "mV", "Reversal potential of inhibitory synapses"),
        "C_m": (150.0, "pF", "Capacitance"),
        "g_L": (10.0, "nS", "Leak conductance"),
        "tau_syn_ex": (0.5, "ms", "Time constant of excitatory synapses"),
        "tau_syn_in": (2.0, "ms", "Time constant of inhibitory synapses"),
        "I_e": (0.0, "pA", "Constant input current"),
    }
    return {
        f"{name}_{key}": Quantity(defaults.get(key, value), unit, doc, check.get(key), visible=False)
        for key, (value, unit, doc) in usual.items()
    }
