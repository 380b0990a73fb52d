"""Thalamocortical neuron of Hill and Tononi."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity, hidden
from jaxnest.models.contract.ode import OdeNeuron
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families import hill_tononi as ht
from jaxnest.models.families.conductance import beta_normalization

REST = (0.2 * 30.0 + 1.0 * -90.0) / (0.2 + 1.0)
GATES = ht.equilibrium(REST, 0.081, -25.57, 1250.0)
SYNAPSES = tuple(f"{kind}_{name}" for name in ht.RECEPTORS for kind in ("dg", "g"))


@register
class ht_neuron(OdeNeuron):
    r"""Thalamocortical neuron of Hill and Tononi.

    .. math:: \tau_m \dot V = I_{NaL} + I_{KL} + I_{syn} + I_{NaP} + I_{KNa} + I_T + I_h + I_{stim}

    A spike is emitted when V_m reaches the threshold theta, which relaxes to theta_eq; both are then set to E_Na, and a
    potassium current with time constant tau_spike repolarizes the membrane for t_ref. Synapses are AMPA, NMDA (with
    voltage-dependent unblocking), GABA_A and GABA_B. Setting equilibrate to true sets all gates to their stationary
    values at V_m.

    References
    ----------
    Hill & Tononi (2005), Journal of Neurophysiology 93:1671-1698. Vargas-Caballero & Robinson (2003), Journal of
    Neurophysiology 89:2778-2783. NEST documentation, model ``ht_neuron``.
    """

    parameters = {
        **ht.MEMBRANE,
        **ht.synapse("AMPA"),
        **ht.synapse("NMDA"),
        **ht.UNBLOCKING,
        **ht.synapse("GABA_A"),
        **ht.synapse("GABA_B"),
        **ht.CHANNELS,
    }
    state = {
        "V_m": Quantity(REST, "mV", "Membrane potential"),
        "theta": Quantity(-51.0, "mV", "Threshold"),
        "equilibrate": Quantity(False, "", "Set all gates to their stationary values", visible=False, given_only=True),
        **{name: hidden() for name in SYNAPSES},
        **{name: hidden(value) for name, value in GATES.items()},
        **{name: hidden() for name in ("I_NaP", "I_KNa", "I_T", "I_h")},
        "V_clamp": hidden(doc="Membrane potential at the beginning of the run"),
    }
    relations = ht.RELATIONS
    ode = ("V_m", "theta", *SYNAPSES, "m_fast_NMDA", "m_slow_NMDA", "m_h", "D_KNa", "m_T", "h_T")
    held = ("refractory", "I_stim", "V_clamp", "I_NaP", "I_KNa", "I_T", "I_h")
    jumps = ("V_m", "theta", "m_fast_NMDA", "m_slow_NMDA", "refractory", "I_NaP", "I_KNa", "I_T", "I_h")
    recordables = {
        "V_m": lambda v, s: s.V_m,
        "theta": lambda v, s: s.theta,
        "g_AMPA": lambda v, s: s.g_AMPA,
        "g_NMDA": lambda v, s: s.g_NMDA * ht.unblocking(v, s.V_m, ht.unblocked(v, s.V_m), s.m_fast_NMDA, s.m_slow_NMDA),
        "g_GABA_A": lambda v, s: s.g_GABA_A,
        "g_GABA_B": lambda v, s: s.g_GABA_B,
        "I_NaP": lambda v, s: s.I_NaP,
        "I_KNa": lambda v, s: s.I_KNa,
        "I_T": lambda v, s: s.I_T,
        "I_h": lambda v, s: s.I_h,
    }
    receptors_from_zero = True
    receptor_types = {name: 1 + i for i, name in enumerate(ht.RECEPTORS)}
    ports_from_zero = True
    spike_receptors = {port: (name, name) for name, port in receptor_types.items()}
    current_receptors = {0: "current"}

    @classmethod
    def refusal(cls, names: Iterable[str]) -> ht.Refusal:
        return ht.refusal(names)

    @classmethod
    def assign(cls, columns: dict[str, Any], changes: Mapping[str, Any]) -> None:
        """Write `changes`, and set the gates of neurons that are to be in equilibrium."""
        super().assign(columns, changes)
        for i in np.flatnonzero(columns["equilibrate"]):
            values = (columns[k][i] for k in ("V_m", "S_act_NMDA", "V_act_NMDA", "tau_D_KNa"))
            for name, value in ht.equilibrium(*values).items():
                columns[name] = np.array(columns[name])
                columns[name][i] = value
        columns["equilibrate"] = np.zeros_like(columns["equilibrate"])

    @classmethod
    def begin_run(cls, p: Any, clock: Any) -> dict[str, Any]:
        """Remember the potential to clamp V_m to."""
        return {"V_clamp": p.V_m}

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        return OdeNeuron.calibrate(p, clock) | {
            "g0_AMPA": p.g_peak_AMPA * beta_normalization(p.tau_rise_AMPA, p.tau_decay_AMPA),
            "g0_NMDA": p.g_peak_NMDA * beta_normalization(p.tau_rise_NMDA, p.tau_decay_NMDA),
            "g0_GABA_A": p.g_peak_GABA_A * beta_normalization(p.tau_rise_GABA_A, p.tau_decay_GABA_A),
            "g0_GABA_B": p.g_peak_GABA_B * beta_normalization(p.tau_rise_GABA_B, p.tau_decay_GABA_B),
        }

    @staticmethod
    def dynamics(v: Any, s: Any) -> tuple[Any, ...]:
        V = ops.where(v.voltage_clamp != 0, s.V_clamp, s.V_m)
        block = ht.unblocked(v, V)
        fast, slow = ops.minimum(block, s.m_fast_NMDA), ops.minimum(block, s.m_slow_NMDA)
        unblocked = ht.unblocking(v, V, block, fast, slow)
        I_syn = -s.g_AMPA * (V - v.E_rev_AMPA) - s.g_NMDA * unblocked * (V - v.E_rev_NMDA)
        I_syn = I_syn - s.g_GABA_A * (V - v.E_rev_GABA_A) - s.g_GABA_B * (V - v.E_rev_GABA_B)
        I_spike = ops.where(s.refractory > 0, -(V - v.E_K) / v.tau_spike, 0.0)
        I_Na, I_K = -v.g_NaL * (V - v.E_Na), -v.g_KL * (V - v.E_K)
        I_NaP, I_KNa, I_T, I_h = ht.currents(v, s, V)
        return (
            (I_Na + I_K + I_syn + I_NaP + I_KNa + I_T + I_h + s.I_stim) / v.tau_m + I_spike,
            -(s.theta - v.theta_eq) / v.tau_theta,
            -s.dg_AMPA / v.tau_rise_AMPA,
            s.dg_AMPA - s.g_AMPA / v.tau_decay_AMPA,
            -s.dg_NMDA / v.tau_rise_NMDA,
            s.dg_NMDA - s.g_NMDA / v.tau_decay_NMDA,
            -s.dg_GABA_A / v.tau_rise_GABA_A,
            s.dg_GABA_A - s.g_GABA_A / v.tau_decay_GABA_A,
            -s.dg_GABA_B / v.tau_rise_GABA_B,
            s.dg_GABA_B - s.g_GABA_B / v.tau_decay_GABA_B,
            (block - fast) / v.tau_Mg_fast_NMDA,
            (block - slow) / v.tau_Mg_slow_NMDA,
            *ht.gate_slopes(v, s, V),
        )

    @staticmethod
    def substep(v: Any, s: Any, x: Any, first: Any) -> tuple[tuple[Any, ...], Any]:
        """Clamp V_m, block NMDA receptors, and emit a spike at the threshold."""
        V = ops.where(v.voltage_clamp != 0, s.V_clamp, s.V_m)
        block = ht.unblocked(v, V)
        fast, slow = ops.minimum(block, s.m_fast_NMDA), ops.minimum(block, s.m_slow_NMDA)
        spike = (s.refractory == 0) & ops.crosses(V, s.theta)
        refractory = ops.where(spike, v.refractory_steps + 1, s.refractory)
        V_m, theta = ops.where(spike, v.E_Na, V), ops.where(spike, v.E_Na, s.theta)
        return (V_m, theta, fast, slow, refractory, *ht.currents(v, s, V)), spike

    @staticmethod
    def finish(v: Any, s: Any, x: Any, V_before: Any) -> tuple[tuple[Any, ...], Any]:
        AMPA, NMDA = s.dg_AMPA + v.g0_AMPA * x.AMPA, s.dg_NMDA + v.g0_NMDA * x.NMDA
        GABA_A, GABA_B = s.dg_GABA_A + v.g0_GABA_A * x.GABA_A, s.dg_GABA_B + v.g0_GABA_B * x.GABA_B
        refractory = ops.maximum(s.refractory - 1, 0.0)
        return State(
            V_m=s.V_m,
            theta=s.theta,
            dg_AMPA=AMPA,
            g_AMPA=s.g_AMPA,
            dg_NMDA=NMDA,
            g_NMDA=s.g_NMDA,
            dg_GABA_A=GABA_A,
            g_GABA_A=s.g_GABA_A,
            dg_GABA_B=GABA_B,
            g_GABA_B=s.g_GABA_B,
            m_fast_NMDA=s.m_fast_NMDA,
            m_slow_NMDA=s.m_slow_NMDA,
            m_h=s.m_h,
            D_KNa=s.D_KNa,
            m_T=s.m_T,
            h_T=s.h_T,
            refractory=refractory,
            I_stim=x.current,
            V_clamp=s.V_clamp,
            I_NaP=s.I_NaP,
            I_KNa=s.I_KNa,
            I_T=s.I_T,
            I_h=s.I_h,
        ), 0
