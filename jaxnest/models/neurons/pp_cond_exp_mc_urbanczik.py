"""Point process neuron of two compartments, whose dendrite learns to predict the spikes of its soma."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity, distribution_objects, hidden, not_negative
from jaxnest.models.contract.ode import OdeNeuron
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families.conductance import REFRACTORY_TIME, compartment, compartment_dictionary
from jaxnest.models.functions import draws

COMPARTMENTS = {"soma": -75.0, "dendritic": 0.0}
"""Reversal potential of inhibition of each."""
TIMES = "All time constants must be strictly positive."
ERROR = "prediction_error"


def _potential(doc: str) -> Quantity:
    return Quantity(-70.0, "mV", doc, visible=False)


@ops.helper
def phi(v: Any, V: Any) -> Any:
    """Return the rate (1/ms) at a potential of the soma."""
    return v.phi_max / (1.0 + v.rate_slope * math.exp(v.beta * (v.theta - V)))


@ops.helper
def prediction_error(v: Any, V: Any, spikes: Any) -> Any:
    """Return how far spikes are from what the dendrite predicts, times the slope of the logarithm of the rate."""
    predicted = (v.soma_E_L * v.soma_g_L + V * v.g_sp) / (v.g_sp + v.soma_g_L)
    slope = 15.0 * v.beta / (1.0 + (1.0 / v.rate_slope) * math.exp(-v.beta * (v.theta - predicted)))
    return (spikes - phi(v, predicted) * v.resolution) * slope


@register
class pp_cond_exp_mc_urbanczik(OdeNeuron):
    r"""Point process neuron with a soma and a dendrite; ``urbanczik_synapse`` lets the dendrite predict the spikes.

    .. math::
        C_s \dot V_s &= -g_{L.s}(V_s - E_{L.s}) - g_{ex}(V_s - E_{ex}) - g_{in}(V_s - E_{in}) + g_{sp}(V_d - V_s)
            + I_{stim} + I_e \\
        C_d \dot V_d &= -g_{L.d}(V_d - E_{L.d}) + I_{ex} + I_{in} + g_{ps}(V_s - V_d)

    The soma spikes with the rate :math:`\phi(V_s) = \phi_{max} / (1 + k e^{\beta(\theta - V_s)})`, without a reset;
    with ``t_ref`` 0 it can send several spikes in one step. Weights at the dendrite are currents, those at the soma
    conductances. As in NEST there is no current input to the dendrite: currents at its receptor have no effect.

    References
    ----------
    Urbanczik & Senn (2014), Neuron 81:521-528. NEST documentation, model ``pp_cond_exp_mc_urbanczik``.
    """

    parameters = {
        "t_ref": Quantity(3.0, "ms", "Refractory period", REFRACTORY_TIME),
        "phi_max": Quantity(0.15, "1/ms", "Maximal rate", not_negative("Maximum rate cannot be negative.")),
        "rate_slope": Quantity(0.5, "", "Rate slope k", not_negative("Rate slope cannot be negative.")),
        "beta": Quantity(1.0 / 3.0, "1/mV", "Steepness of the rate"),
        "theta": Quantity(-55.0, "mV", "Potential at which the rate rises"),
        "g_sp": Quantity(600.0, "nS", "Coupling of the dendrite to the soma"),
        "g_ps": Quantity(0.0, "nS", "Coupling of the soma to the dendrite"),
        **{name: compartment_dictionary(name) for name in COMPARTMENTS},
        **{
            key: quantity
            for name, E_in in COMPARTMENTS.items()
            for key, quantity in compartment(
                name, TIMES, E_in=E_in, C_m=300.0, g_L=30.0, tau_syn_ex=3.0, tau_syn_in=3.0
            ).items()
        },
    }
    state = {
        "soma_V_m": _potential("Membrane potential of the soma"),
        "soma_g_ex": hidden(doc="Excitatory conductance of the soma"),
        "soma_g_in": hidden(doc="Inhibitory conductance of the soma"),
        "dendritic_V_m": _potential("Membrane potential of the dendrite"),
        "dendritic_I_ex": hidden(doc="Excitatory current of the dendrite"),
        "dendritic_I_in": hidden(doc="Inhibitory current of the dendrite"),
        ERROR: hidden(doc="How far the spikes of the last step are from what the dendrite predicts"),
        "objects": distribution_objects(1),
    }
    ode = ("soma_V_m", "soma_g_ex", "soma_g_in", "dendritic_V_m", "dendritic_I_ex", "dendritic_I_in")
    held = ("refractory", "I_stim", ERROR, "objects")
    predicts = ERROR
    recordables = {
        "V_m.s": lambda v, s: s.soma_V_m,
        "g_ex.s": lambda v, s: s.soma_g_ex,
        "g_in.s": lambda v, s: s.soma_g_in,
        "V_m.p": lambda v, s: s.dendritic_V_m,
        "I_ex.p": lambda v, s: s.dendritic_I_ex,
        "I_in.p": lambda v, s: s.dendritic_I_in,
    }
    receptors_from_zero = True
    receptor_types = {
        "soma_exc": 1,
        "soma_inh": 2,
        "dendritic_exc": 3,
        "dendritic_inh": 4,
        "soma_curr": 5,
        "dendritic_curr": 6,
    }
    ports_from_zero = True
    spike_receptors = {port: (name, name) for name, port in receptor_types.items() if port < 5}
    current_receptors = {port: name for name, port in receptor_types.items() if port >= 5}

    @classmethod
    def recordable(cls, name: str) -> Callable[[Any, Any], Any]:
        return (lambda v, s: s.prediction_error) if name == ERROR else super().recordable(name)

    @staticmethod
    def dynamics(v: Any, s: Any) -> tuple[Any, ...]:
        V, V_d = s.soma_V_m, s.dendritic_V_m
        I_L, I_ex = v.soma_g_L * (V - v.soma_E_L), s.soma_g_ex * (V - v.soma_E_ex)
        I_in, I_conn = s.soma_g_in * (V - v.soma_E_in), v.g_sp * (V_d - V)
        I_d = -v.dendritic_g_L * (V_d - v.dendritic_E_L) + s.dendritic_I_ex + s.dendritic_I_in + v.g_ps * (V - V_d)
        return (
            (-I_L - I_ex - I_in + I_conn + s.I_stim + v.soma_I_e) / v.soma_C_m,
            -s.soma_g_ex / v.soma_tau_syn_ex,
            -s.soma_g_in / v.soma_tau_syn_in,
            I_d / v.dendritic_C_m,
            -s.dendritic_I_ex / v.dendritic_tau_syn_ex,
            -s.dendritic_I_in / v.dendritic_tau_syn_in,
        )

    @staticmethod
    def finish(v: Any, s: Any, x: Any, V_before: Any) -> tuple[tuple[Any, ...], Any]:
        refractory, spikes = s.refractory, 0
        if refractory > 0:
            refractory -= 1.0
        else:
            rate = 1000.0 * phi(v, s.soma_V_m)
            if rate > 0.0:
                if v.t_ref > 0.0:
                    spikes = 1 if draws.uniform(x.random) <= -ops.expm1(-rate * v.resolution * 1e-3) else 0
                else:
                    spikes = draws.poisson(x.random, 0, rate * v.resolution * 1e-3)
            if spikes > 0:
                refractory = v.refractory_steps
        error = prediction_error(v, s.dendritic_V_m, spikes)
        return State(
            soma_V_m=s.soma_V_m,
            soma_g_ex=s.soma_g_ex + x.soma_exc,
            soma_g_in=s.soma_g_in + x.soma_inh,
            dendritic_V_m=s.dendritic_V_m,
            dendritic_I_ex=s.dendritic_I_ex + x.dendritic_exc,
            dendritic_I_in=s.dendritic_I_in - x.dendritic_inh,
            refractory=refractory,
            I_stim=x.soma_curr,
            prediction_error=error,
            objects=s.objects,
        ), spikes
