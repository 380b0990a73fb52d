"""Parameters and gates of the thalamocortical neuron of Hill and Tononi."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from jaxnest import errors
from jaxnest.models import ops
from jaxnest.models.contract.base import ArchivingNeuron, Quantity, Relation, not_negative, positive

RECEPTORS = ("AMPA", "NMDA", "GABA_A", "GABA_B")
_SYNAPSES = {
    "AMPA": (0.1, 0.5, 2.4, 0.0),
    "NMDA": (0.075, 4.0, 40.0, 0.0),
    "GABA_A": (0.33, 1.0, 7.0, -70.0),
    "GABA_B": (0.0132, 60.0, 200.0, -90.0),
}


def at_least_zero(name: str, default: float, unit: str, doc: str) -> dict[str, Quantity]:
    """Return the declaration of a value that must not be negative."""
    return {name: Quantity(default, unit, doc, not_negative(f"{name} >= 0 required."))}


def above_zero(name: str, default: float, unit: str, doc: str) -> dict[str, Quantity]:
    """Return the declaration of a value that has to be positive."""
    return {name: Quantity(default, unit, doc, positive(f"{name} > 0 required."))}


def synapse(name: str) -> dict[str, Quantity]:
    """Return the parameters of one kind of synapse."""
    peak, rise, decay, reversal = _SYNAPSES[name]
    return {
        **at_least_zero(f"g_peak_{name}", peak, "", f"Peak conductance of {name} synapses"),
        **above_zero(f"tau_rise_{name}", rise, "ms", f"Rise time of {name} synapses"),
        **above_zero(f"tau_decay_{name}", decay, "ms", f"Decay time of {name} synapses"),
        f"E_rev_{name}": Quantity(reversal, "mV", f"Reversal potential of {name} synapses"),
    }


MEMBRANE = {
    "E_Na": Quantity(30.0, "mV", "Reversal potential of sodium"),
    "E_K": Quantity(-90.0, "mV", "Reversal potential of potassium"),
    **at_least_zero("g_NaL", 0.2, "", "Conductance of the sodium leak"),
    **at_least_zero("g_KL", 1.0, "", "Conductance of the potassium leak"),
    **above_zero("tau_m", 16.0, "ms", "Membrane time constant"),
    "theta_eq": Quantity(-51.0, "mV", "Threshold at rest"),
    **above_zero("tau_theta", 2.0, "ms", "Time constant of the threshold"),
    **above_zero("tau_spike", 1.75, "ms", "Membrane time constant during repolarization"),
    **at_least_zero("t_ref", 2.0, "ms", "Duration of the repolarizing current"),
}
UNBLOCKING = {
    "V_act_NMDA": Quantity(-25.57, "mV", "Potential at which NMDA receptors are half unblocked"),
    **at_least_zero("S_act_NMDA", 0.081, "1/mV", "Slope of the unblocking"),
    **above_zero("tau_Mg_slow_NMDA", 22.7, "ms", "Slow time constant of the unblocking"),
    **above_zero("tau_Mg_fast_NMDA", 0.68, "ms", "Fast time constant of the unblocking"),
    "instant_unblock_NMDA": Quantity(False, "", "Unblock without delay"),
}
CHANNELS = {
    **at_least_zero("g_peak_NaP", 1.0, "", "Conductance of the persistent sodium current"),
    "E_rev_NaP": Quantity(30.0, "mV", "Its reversal potential"),
    "N_NaP": Quantity(3.0, "", "Its exponent"),
    **at_least_zero("g_peak_KNa", 1.0, "", "Conductance of the depolarization-activated potassium current"),
    "E_rev_KNa": Quantity(-90.0, "mV", "Its reversal potential"),
    **above_zero("tau_D_KNa", 1250.0, "ms", "Its relaxation time constant"),
    **at_least_zero("g_peak_T", 1.0, "", "Conductance of the low-threshold calcium current"),
    "E_rev_T": Quantity(0.0, "mV", "Its reversal potential"),
    "N_T": Quantity(2.0, "", "Its exponent"),
    **at_least_zero("g_peak_h", 1.0, "", "Conductance of the pacemaker current"),
    "E_rev_h": Quantity(-40.0, "mV", "Its reversal potential"),
    "voltage_clamp": Quantity(False, "", "Clamp V_m to its value at the beginning of the run"),
}


def _ordered(low: str, high: str) -> Relation:
    return Relation(lambda p: p[low] >= p[high], f"{low} < {high} required.")


RELATIONS = (
    *(_ordered(f"tau_rise_{name}", f"tau_decay_{name}") for name in ("AMPA", "GABA_A", "GABA_B", "NMDA")),
    _ordered("tau_Mg_fast_NMDA", "tau_Mg_slow_NMDA"),
)


@ops.helper
def unblocked(v: Any, V: Any) -> Any:
    """Return the stationary part of NMDA receptors that are not blocked."""
    return 1.0 / (1.0 + ops.exp(-v.S_act_NMDA * (V - v.V_act_NMDA)))


@ops.helper
def unblocking(v: Any, V: Any, stationary: Any, fast: Any, slow: Any) -> Any:
    """Return the part of NMDA receptors that are not blocked."""
    A1 = 0.51 - 0.0028 * V
    A2 = 1 - A1
    return ops.where(v.instant_unblock_NMDA != 0, stationary, A1 * fast + A2 * slow)


@ops.helper
def stationary_D(v: Any, V: Any) -> Any:
    """Return the stationary influx variable of the depolarization-activated potassium current."""
    influx = 0.025 / (1.0 + ops.exp(-(V - -10.0) / 5.0))
    return v.tau_D_KNa * influx + 0.001


@ops.helper
def currents(v: Any, s: Any, V: Any) -> Any:
    """Return the intrinsic currents I_NaP, I_KNa, I_T and I_h."""
    m_NaP = 1.0 / (1.0 + ops.exp(-(V - -55.7) / 7.7))
    m_KNa = 1.0 / (1.0 + ops.power(0.25 / s.D_KNa, 3.5))
    return (
        -v.g_peak_NaP * ops.power(m_NaP, v.N_NaP) * (V - v.E_rev_NaP),
        -v.g_peak_KNa * m_KNa * (V - v.E_rev_KNa),
        -v.g_peak_T * ops.power(s.m_T, v.N_T) * s.h_T * (V - v.E_rev_T),
        -v.g_peak_h * s.m_h * (V - v.E_rev_h),
    )


@ops.helper
def gate_slopes(v: Any, s: Any, V: Any) -> Any:
    """Return the derivatives of m_h, D_KNa, m_T and h_T."""
    tau_m_T = 0.22 / (ops.exp(-(V + 132.0) / 16.7) + ops.exp((V + 16.8) / 18.2)) + 0.13
    tau_h_T = 8.2 + (56.6 + 0.27 * ops.exp((V + 115.2) / 5.0)) / (1.0 + ops.exp((V + 86.0) / 3.2))
    tau_m_h = 1.0 / (ops.exp(-14.59 - 0.086 * V) + ops.exp(-1.87 + 0.0701 * V))
    return (
        (1.0 / (1.0 + ops.exp((V - -75.0) / 5.5)) - s.m_h) / tau_m_h,
        (stationary_D(v, V) - s.D_KNa) / v.tau_D_KNa,
        (1.0 / (1.0 + ops.exp(-(V + 59.0) / 6.2)) - s.m_T) / tau_m_T,
        (1.0 / (1.0 + ops.exp((V + 83.0) / 4)) - s.h_T) / tau_h_T,
    )


def equilibrium(V: float, S_act: float, V_act: float, tau_D: float) -> dict[str, float]:
    """Return the stationary values of all gates."""
    block = 1.0 / (1.0 + math.exp(-S_act * (V - V_act)))
    influx = 0.025 / (1.0 + math.exp(-(V - -10.0) / 5.0))
    return {
        "m_fast_NMDA": block,
        "m_slow_NMDA": block,
        "m_h": 1.0 / (1.0 + math.exp((V - -75.0) / 5.5)),
        "D_KNa": tau_D * influx + 0.001,
        "m_T": 1.0 / (1.0 + math.exp(-(V + 59.0) / 6.2)),
        "h_T": 1.0 / (1.0 + math.exp((V + 83.0) / 4)),
    }


Refusal = type[errors.BadProperty] | type[errors.BadParameter]


def refusal(names: Iterable[str]) -> Refusal:
    """Return what is raised for bad values: the usual class for what all neurons have, another for the model's own."""
    own = set(names) - set(ArchivingNeuron.parameters)
    return errors.BadParameter if own else errors.BadProperty
