"""Leaky integrate-and-fire neuron with exponential synaptic currents."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.base import ArchivingNeuron, Quantity, Relation, hidden, not_negative, positive
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.functions import propagators

TIME_CONSTANT = positive("Membrane and synapse time constants must be strictly positive.")


@ops.helper
def subthreshold(v: Any, s: Any, x: Any) -> Any:
    """Return membrane potential, steps left of the refractory period and synaptic currents after one step."""
    active = s.refractory == 0
    V = s.V_m * v.P22 + s.I_ex * v.P21_ex + s.I_in * v.P21_in + (v.I_e + s.I_stim) * v.P20
    V = ops.where(active, V, s.V_m)
    refractory = ops.where(active, 0.0, s.refractory - 1)
    I_ex = s.I_ex * v.P11_ex + (1.0 - v.P11_ex) * s.I_filtered + x.spikes_ex
    I_in = s.I_in * v.P11_in + x.spikes_in
    return V, refractory, I_ex, I_in


@register
class iaf_psc_exp(ArchivingNeuron):
    r"""Leaky integrate-and-fire neuron with exponential synaptic currents.

    .. math:: C_m \dot V = -\frac{C_m}{\tau_m}(V - E_L) + I_{syn}(t) + I_e

    The subthreshold equation is integrated exactly. Currents that arrive at receptor 1 are filtered with
    tau_syn_ex. With ``delta > 0`` the threshold is soft: a spike is drawn in every step with the intensity
    ``rho * exp((V_m - V_th) / delta)``.

    References
    ----------
    Tsodyks, Uziel & Markram (2000), J Neurosci 20:RC50. Rotter & Diesmann (1999), Biological Cybernetics 81:381-402.
    Schuecker, Diesmann & Helias (2015), Phys Rev E 92:052119. NEST documentation, model ``iaf_psc_exp``.
    """

    parameters = {
        "E_L": Quantity(-70.0, "mV", "Resting membrane potential"),
        "V_reset": Quantity(-70.0, "mV", "Membrane potential after a spike", relative_to="E_L"),
        "V_th": Quantity(-55.0, "mV", "Threshold", relative_to="E_L"),
        "I_e": Quantity(0.0, "pA", "Constant input current"),
        "C_m": Quantity(250.0, "pF", "Capacitance of the membrane", positive("Capacitance must be strictly positive.")),
        "tau_m": Quantity(10.0, "ms", "Membrane time constant", TIME_CONSTANT),
        "tau_syn_ex": Quantity(2.0, "ms", "Decay time of excitatory currents", TIME_CONSTANT),
        "tau_syn_in": Quantity(2.0, "ms", "Decay time of inhibitory currents", TIME_CONSTANT),
        "t_ref": Quantity(2.0, "ms", "Refractory period", not_negative("Refractory time must not be negative.")),
        "rho": Quantity(
            0.01,
            "1/s",
            "Firing intensity at threshold",
            not_negative("Stochastic firing intensity must not be negative."),
        ),
        "delta": Quantity(
            0.0, "mV", "Width of the threshold region", not_negative("Width of threshold region must not be negative.")
        ),
    }
    state = {
        "V_m": Quantity(-70.0, "mV", "Membrane potential", relative_to="E_L"),
        "refractory": hidden(doc="Steps left of the refractory period"),
        "I_stim": hidden(doc="Current of the devices"),
        "I_filtered": hidden(doc="Current of the devices at receptor 1"),
        "I_ex": hidden(),
        "I_in": hidden(),
    }
    relations = (Relation(lambda p: p["V_reset"] >= p["V_th"], "Reset potential must be smaller than threshold."),)
    recordables = {
        "V_m": lambda v, s: s.V_m + v.E_L,
        "I_syn_ex": lambda v, s: s.I_ex,
        "I_syn_in": lambda v, s: s.I_in,
    }
    spike_receptors = {0: ("spikes_ex", "spikes_in")}
    current_receptors = {0: "current", 1: "filtered_current"}

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        h = clock.resolution
        P22 = math.exp(-h / p.tau_m)
        return {
            "P11_ex": math.exp(-h / p.tau_syn_ex),
            "P11_in": math.exp(-h / p.tau_syn_in),
            "P21_ex": propagators.exponential(p.tau_syn_ex, p.tau_m, p.C_m, h),
            "P21_in": propagators.exponential(p.tau_syn_in, p.tau_m, p.C_m, h),
            "P22": P22,
            "P20": p.tau_m / p.C_m * (1.0 - P22),
            "refractory_steps": clock.to_steps(p.t_ref),
            "h": h,
        }

    @staticmethod
    def is_stochastic(p: Any) -> Any:
        """Spikes are drawn if the threshold region has a width."""
        return p["delta"] > 1e-10

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        V, refractory, I_ex, I_in = subthreshold(v, s, x)
        spike = ops.crosses(V, v.V_th)
        V = ops.where(spike, v.V_reset, V)
        refractory = ops.where(spike, v.refractory_steps, refractory)
        return State(
            V_m=V, refractory=refractory, I_stim=x.current, I_filtered=x.filtered_current, I_ex=I_ex, I_in=I_in
        ), spike

    @staticmethod
    def stochastic_update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        """Advance a node with a soft threshold by one step (see `Neuron.is_stochastic`)."""
        V, refractory, I_ex, I_in = subthreshold(v, s, x)
        spike = x.uniform < v.rho * ops.exp(1.0 / v.delta * (V - v.V_th)) * v.h * 1e-3
        V = ops.where(spike, v.V_reset, V)
        refractory = ops.where(spike, v.refractory_steps, refractory)
        return State(
            V_m=V, refractory=refractory, I_stim=x.current, I_filtered=x.filtered_current, I_ex=I_ex, I_in=I_in
        ), spike
