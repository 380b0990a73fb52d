"""Hodgkin-Huxley neuron of Traub and Miles with beta-shaped conductances and gap junctions."""

from __future__ import annotations

from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity, hidden, not_negative
from jaxnest.models.contract.ode import OdeNeuron
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.secondary import POTENTIAL
from jaxnest.models.contract.state import State
from jaxnest.models.families.conductance import (
    CAPACITANCE,
    CURRENT,
    REFRACTORY_TIME,
    TIME_CONSTANTS,
    beta_normalization,
)
from jaxnest.models.families.gap import GapNeuron, gap_current, potential
from jaxnest.models.neurons.hh_cond_exp_traub import GATES, equilibrium

CONDUCTANCES = not_negative("All conductances must be non-negative.")


@ops.helper
def slope(v: Any, s: Any, x: Any, t: Any) -> Any:
    """Return the derivative of the membrane potential."""
    m, h, n = s.Act_m, s.Inact_h, s.Act_n
    I_Na = v.g_Na * m * m * m * h * (s.V_m - v.E_Na)
    I_K = v.g_K * n * n * n * n * (s.V_m - v.E_K)
    I_L = v.g_L * (s.V_m - v.E_L)
    I_ex, I_in = s.g_ex * (s.V_m - v.E_ex), s.g_in * (s.V_m - v.E_in)
    return (-I_Na - I_K - I_L - I_ex - I_in + s.I_stim + gap_current(v, s, x, t) + v.I_e) / v.C_m


@register
class hh_cond_beta_gap_traub(GapNeuron):
    r"""Hodgkin-Huxley neuron of Traub and Miles with beta-shaped conductances and gap junctions.

    .. math::
        C_m \dot V = -g_{Na} m^3 h (V - E_{Na}) - g_K n^4 (V - E_K) - g_L(V - E_L) - g_{ex}(V - E_{ex})
            - g_{in}(V - E_{in}) + I_{gap} + I_e + I_{stim}

    V_T shifts the threshold. A spike is emitted at the first step after a maximum of V_m at or above V_T + 30 mV, at
    most once per t_ref. The peak of a conductance is the weight of the incoming spike (nS).

    References
    ----------
    Traub & Miles (1991), Neuronal Networks of the Hippocampus, Cambridge University Press. Hahne et al.
    (2015), Frontiers in Neuroinformatics 9:22. NEST documentation, model ``hh_cond_beta_gap_traub``.
    """

    parameters = {
        "g_Na": Quantity(20000.0, "nS", "Largest conductance of sodium", CONDUCTANCES),
        "g_K": Quantity(6000.0, "nS", "Largest conductance of potassium", CONDUCTANCES),
        "g_L": Quantity(10.0, "nS", "Leak conductance", CONDUCTANCES),
        "C_m": Quantity(200.0, "pF", "Capacitance of the membrane", CAPACITANCE),
        "E_Na": Quantity(50.0, "mV", "Reversal potential of sodium"),
        "E_K": Quantity(-90.0, "mV", "Reversal potential of potassium"),
        "E_L": Quantity(-60.0, "mV", "Reversal potential of the leak"),
        "V_T": Quantity(-50.0, "mV", "Shift of the threshold"),
        "E_ex": Quantity(0.0, "mV", "Reversal potential of excitatory synapses"),
        "E_in": Quantity(-80.0, "mV", "Reversal potential of inhibitory synapses"),
        "tau_rise_ex": Quantity(0.5, "ms", "Rise time of excitatory conductances", TIME_CONSTANTS),
        "tau_decay_ex": Quantity(5.0, "ms", "Decay time of excitatory conductances", TIME_CONSTANTS),
        "tau_rise_in": Quantity(0.5, "ms", "Rise time of inhibitory conductances", TIME_CONSTANTS),
        "tau_decay_in": Quantity(10.0, "ms", "Decay time of inhibitory conductances", TIME_CONSTANTS),
        "t_ref": Quantity(2.0, "ms", "Refractory period", REFRACTORY_TIME),
        **CURRENT,
    }
    state = {
        "V_m": Quantity(-60.0, "mV", "Membrane potential"),
        "Act_m": Quantity(equilibrium(-60.0)[0], "", "Activation of sodium", GATES),
        "Inact_h": Quantity(equilibrium(-60.0)[1], "", "Inactivation of sodium", GATES),
        "Act_n": Quantity(equilibrium(-60.0)[2], "", "Activation of potassium", GATES),
        "dg_ex": hidden(doc="Auxiliary variable of the excitatory conductance"),
        "g_ex": hidden(doc="Excitatory conductance"),
        "dg_in": hidden(doc="Auxiliary variable of the inhibitory conductance"),
        "g_in": hidden(doc="Inhibitory conductance"),
    }
    ode = ("V_m", "Act_m", "Inact_h", "Act_n", "dg_ex", "g_ex", "dg_in", "g_in")
    absolute_error = 1e-3
    prepares = False
    flips_inhibition = True
    recordables = {
        "V_m": lambda v, s: s.V_m,
        "g_ex": lambda v, s: s.g_ex,
        "g_in": lambda v, s: s.g_in,
        "Act_m": lambda v, s: s.Act_m,
        "Inact_h": lambda v, s: s.Inact_h,
        "Act_n": lambda v, s: s.Act_n,
    }
    signals = {POTENTIAL: potential(slope)}

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        return OdeNeuron.calibrate(p, clock) | {
            "g0_ex": beta_normalization(p.tau_rise_ex, p.tau_decay_ex),
            "g0_in": beta_normalization(p.tau_rise_in, p.tau_decay_in),
        }

    @staticmethod
    def dynamics(v: Any, s: Any, x: Any, t: Any) -> tuple[Any, ...]:
        V = s.V_m - v.V_T
        alpha_n = 0.032 * (15.0 - V) / (ops.exp((15.0 - V) / 5.0) - 1.0)
        beta_n = 0.5 * ops.exp((10.0 - V) / 40.0)
        alpha_m = 0.32 * (13.0 - V) / (ops.exp((13.0 - V) / 4.0) - 1.0)
        beta_m = 0.28 * (V - 40.0) / (ops.exp((V - 40.0) / 5.0) - 1.0)
        alpha_h = 0.128 * ops.exp((17.0 - V) / 18.0)
        beta_h = 4.0 / (1.0 + ops.exp((40.0 - V) / 5.0))
        return (
            slope(v, s, x, t),
            alpha_m - (alpha_m + beta_m) * s.Act_m,
            alpha_h - (alpha_h + beta_h) * s.Inact_h,
            alpha_n - (alpha_n + beta_n) * s.Act_n,
            -s.dg_ex / v.tau_decay_ex,
            s.dg_ex - (s.g_ex / v.tau_rise_ex),
            -s.dg_in / v.tau_decay_in,
            s.dg_in - (s.g_in / v.tau_rise_in),
        )

    @staticmethod
    def finish(v: Any, s: Any, x: Any, V_before: Any) -> tuple[tuple[Any, ...], Any]:
        spike = (s.refractory == 0) & ops.crosses(s.V_m, v.V_T + 30.0) & (V_before > s.V_m)
        refractory = ops.where(spike, v.refractory_steps, ops.maximum(s.refractory - 1, 0.0))
        dg_ex, dg_in = s.dg_ex + x.spikes_ex * v.g0_ex, s.dg_in + x.spikes_in * v.g0_in
        return State(
            V_m=s.V_m,
            Act_m=s.Act_m,
            Inact_h=s.Inact_h,
            Act_n=s.Act_n,
            dg_ex=dg_ex,
            g_ex=s.g_ex,
            dg_in=dg_in,
            g_in=s.g_in,
            refractory=refractory,
            I_stim=x.current,
        ), spike

    @staticmethod
    def finish_iteration(v: Any, s: Any, x: Any, V_before: Any) -> tuple[tuple[Any, ...], Any]:
        dg_ex, dg_in = s.dg_ex + x.spikes_ex * v.g0_ex, s.dg_in + x.spikes_in * v.g0_in
        return State(
            V_m=s.V_m,
            Act_m=s.Act_m,
            Inact_h=s.Inact_h,
            Act_n=s.Act_n,
            dg_ex=dg_ex,
            g_ex=s.g_ex,
            dg_in=dg_in,
            g_in=s.g_in,
            refractory=s.refractory,
            I_stim=s.I_stim,
        ), 0
