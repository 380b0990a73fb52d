"""What generalized integrate-and-fire (GIF) neurons have in common: they spike at random, and remember their spikes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from jaxnest.models import ops
from jaxnest.models.contract.base import ArchivingNeuron, Quantity, Relation, hidden, not_negative, positive
from jaxnest.models.contract.ode import OdeNeuron
from jaxnest.models.families.adaptive_exponential import different_lengths
from jaxnest.models.functions import draws

TIME_CONSTANTS = positive("All time constants must be strictly positive.")
SYNAPSE_TIMES = positive("Synapse time constants must be strictly positive.")


def per_ms(rate: float) -> float:
    """Return a rate in 1/s as it reads after it has been stored in 1/ms."""
    return rate / 1000.0 * 1000.0


MEMBRANE = {
    "I_e": Quantity(0.0, "pA", "Constant input current"),
    "E_L": Quantity(-70.0, "mV", "Reversal potential of the leak"),
    "g_L": Quantity(4.0, "nS", "Leak conductance", positive("Membrane conductance must be strictly positive.")),
    "C_m": Quantity(80.0, "pF", "Capacitance of the membrane", positive("Capacitance must be strictly positive.")),
    "V_reset": Quantity(-55.0, "mV", "Membrane potential after a spike"),
    "Delta_V": Quantity(0.5, "mV", "Width of the threshold region", positive("Delta_V must be strictly positive.")),
    "V_T_star": Quantity(-35.0, "mV", "Threshold at rest"),
    "lambda_0": Quantity(
        1.0, "1/s", "Intensity of spikes at the threshold", not_negative("lambda_0 must not be negative."), shown=per_ms
    ),
    "t_ref": Quantity(4.0, "ms", "Refractory period", not_negative("Refractory time must not be negative.")),
}
SYNAPTIC_TIMES = {
    "tau_syn_ex": Quantity(2.0, "ms", "Time constant of excitatory synapses", SYNAPSE_TIMES),
    "tau_syn_in": Quantity(2.0, "ms", "Time constant of inhibitory synapses", SYNAPSE_TIMES),
}
KERNELS = {
    "tau_sfa": Quantity(np.zeros(0), "ms", "Time constants of the adaptation of the threshold", TIME_CONSTANTS),
    "q_sfa": Quantity(np.zeros(0), "mV", "Jumps of the threshold at a spike"),
    "tau_stc": Quantity(np.zeros(0), "ms", "Time constants of the spike-triggered current", TIME_CONSTANTS),
    "q_stc": Quantity(np.zeros(0), "pA", "Jumps of the spike-triggered current"),
}
V_M = Quantity(-70.0, "mV", "Membrane potential")
ERROR_TOLERANCE = Quantity(1e-3, "", "Bound of the integration error; fixed when the neuron is first simulated")
RELATIONS = tuple(
    Relation(different_lengths(f"tau_{k}", f"q_{k}"), f"'tau_{k}' and 'q_{k}' need to have the same dimensions.")
    for k in ("sfa", "stc")
)


@ops.helper
def threshold(v: Any, s: Any) -> float:
    """Return the threshold at the beginning of a step."""
    total = v.V_T_star
    for k in range(len(s.sfa_elements)):
        total += s.sfa_elements[k]
    return total


@ops.helper
def fires(v: Any, x: Any, V: float, level: float) -> bool:
    """Return whether there is a spike at the potential `V`; a number is drawn if there may be one."""
    rate = v.lambda_0 / 1000.0 * math.exp((V - level) / v.Delta_V)
    return rate > 0.0 and draws.uniform(x.random) < -ops.expm1(-rate * v.resolution)


@ops.helper
def respond(v: Any, s: Any, x: Any) -> Any:
    """Return what follows from the integration of a conductance model, and whether there is a spike.

    These are potential, threshold, the current that spikes started, the parts of both, and refractory steps.
    """
    I_stc, level = ops.total(s.stc_elements), threshold(v, s)
    sfa, stc = v.P_sfa * s.sfa_elements, v.P_stc * s.stc_elements
    V, refractory, spike = v.V_reset, s.refractory - 1.0, False
    if s.refractory == 0:
        V = s.V_m
        spike = fires(v, x, V, level)
        refractory = v.refractory_steps if spike else 0.0
        if spike:
            sfa, stc = sfa + v.q_sfa, stc + v.q_stc
    return V, level, I_stc, sfa, stc, refractory, spike


class SpikeResponseNeuron(ArchivingNeuron, abstract=True):
    """Base of the GIF models: kernels of threshold and current that spikes start, and spikes at random."""

    fixed_receptors = False
    relations = RELATIONS
    state = {
        "E_sfa": Quantity(0.0, "mV", "Adapted threshold", settable=False),
        "I_stc": Quantity(0.0, "pA", "Spike-triggered current", settable=False),
        "sfa_elements": hidden(each="tau_sfa", doc="Parts of the threshold"),
        "stc_elements": hidden(each="tau_stc", doc="Parts of the current"),
    }
    current_receptors = {0: "current"}

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        h = clock.resolution
        return {
            "resolution": h,
            "refractory_steps": clock.to_steps(p.t_ref),
            "P_sfa": [math.exp(-h / tau) for tau in p.tau_sfa],
            "P_stc": [math.exp(-h / tau) for tau in p.tau_stc],
        }


class SpikeResponseConductanceNeuron(SpikeResponseNeuron, OdeNeuron, abstract=True):
    """Base of the GIF models with conductances, which are integrated adaptively."""

    held = ("E_sfa", "I_stc", "sfa_elements", "stc_elements", "refractory", "I_stim")
    recordables = {"V_m": lambda v, s: s.V_m, "E_sfa": lambda v, s: s.E_sfa, "I_stc": lambda v, s: s.I_stc}
