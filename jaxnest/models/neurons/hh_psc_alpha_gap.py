"""Hodgkin-Huxley neuron with alpha-shaped synaptic currents and gap junctions."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity, hidden, not_negative
from jaxnest.models.contract.ode import OdeNeuron
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.secondary import POTENTIAL
from jaxnest.models.contract.state import State
from jaxnest.models.families.conductance import CAPACITANCE, CURRENT, REFRACTORY_TIME, SYNAPTIC_TIMES
from jaxnest.models.families.gap import GapNeuron, gap_current, potential

CONDUCTANCES = not_negative("All conductances must be non-negative.")
GATES = not_negative("All (in)activation variables must be non-negative.")
V_REST = -69.60401191631222


def equilibrium(V: float) -> tuple[float, ...]:
    """Return the stationary values of the gates m, h, n and p."""
    alpha_m = 40.0 * (V - 75.5) / (1.0 - math.exp(-(V - 75.5) / 13.5))
    beta_m = 1.2262 / math.exp(V / 42.248)
    alpha_h = 0.0035 / math.exp(V / 24.186)
    beta_h = 0.017 * (51.25 + V) / (1.0 - math.exp(-(51.25 + V) / 5.2))
    alpha_p = (V - 95.0) / (1.0 - math.exp(-(V - 95.0) / 11.8))
    beta_p = 0.025 / math.exp(V / 22.222)
    alpha_n = 0.014 * (V + 44.0) / (1.0 - math.exp(-(V + 44.0) / 2.3))
    beta_n = 0.0043 / math.exp((V + 44.0) / 34.0)
    rates = (alpha_m, beta_m), (alpha_h, beta_h), (alpha_n, beta_n), (alpha_p, beta_p)
    return tuple(alpha / (alpha + beta) for alpha, beta in rates)


M_REST, H_REST, N_REST, P_REST = equilibrium(V_REST)


@ops.helper
def slope(v: Any, s: Any, x: Any, t: Any) -> Any:
    """Return the derivative of the membrane potential."""
    V, m, h, n, p = s.V_m, s.Act_m, s.Inact_h, s.Act_n, s.Inact_p
    I_Na = v.g_Na * m * m * m * h * (V - v.E_Na)
    I_K = (v.g_Kv1 * n * n * n * n + v.g_Kv3 * p * p) * (V - v.E_K)
    I_L = v.g_L * (V - v.E_L)
    return (-(I_Na + I_K + I_L) + s.I_stim + v.I_e + s.I_ex + s.I_in + gap_current(v, s, x, t)) / v.C_m


@register
class hh_psc_alpha_gap(GapNeuron):
    r"""Hodgkin-Huxley neuron with alpha-shaped synaptic currents and gap junctions.

    .. math::
        C_m \dot V = -g_{Na} m^3 h (V - E_{Na}) - (g_{Kv1} n^4 + g_{Kv3} p^2) (V - E_K) - g_L(V - E_L)
            + I_{ex} + I_{in} + I_{gap} + I_e + I_{stim}

    The parameters are those of an interneuron in the cortex. A spike is emitted at the first step after a maximum of
    V_m at or above 0 mV, at most once per t_ref.

    References
    ----------
    Mancilla, Lewis, Pinto, Rinzel & Connors (2007), Journal of Neuroscience 27:2058-2073. Hahne et al.
    (2015), Frontiers in Neuroinformatics 9:22. NEST documentation, model ``hh_psc_alpha_gap``.
    """

    parameters = {
        "t_ref": Quantity(2.0, "ms", "Refractory period", REFRACTORY_TIME),
        "g_Na": Quantity(4500.0, "nS", "Largest conductance of sodium", CONDUCTANCES),
        "g_Kv1": Quantity(9.0, "nS", "Largest conductance of slow potassium channels", CONDUCTANCES),
        "g_Kv3": Quantity(9000.0, "nS", "Largest conductance of fast potassium channels", CONDUCTANCES),
        "g_L": Quantity(10.0, "nS", "Leak conductance", CONDUCTANCES),
        "C_m": Quantity(40.0, "pF", "Capacitance of the membrane", CAPACITANCE),
        "E_Na": Quantity(74.0, "mV", "Reversal potential of sodium"),
        "E_K": Quantity(-90.0, "mV", "Reversal potential of potassium"),
        "E_L": Quantity(-70.0, "mV", "Reversal potential of the leak"),
        **SYNAPTIC_TIMES,
        **CURRENT,
    }
    state = {
        "V_m": Quantity(V_REST, "mV", "Membrane potential"),
        "Act_m": Quantity(M_REST, "", "Activation of sodium", GATES),
        "Inact_h": Quantity(H_REST, "", "Inactivation of sodium", GATES),
        "Act_n": Quantity(N_REST, "", "Activation of slow potassium channels", GATES),
        "Inact_p": Quantity(P_REST, "", "Activation of fast potassium channels", GATES),
        "dI_ex": hidden(doc="Derivative of the excitatory current"),
        "I_ex": hidden(doc="Excitatory current"),
        "dI_in": hidden(doc="Derivative of the inhibitory current"),
        "I_in": hidden(doc="Inhibitory current"),
    }
    ode = ("V_m", "Act_m", "Inact_h", "Act_n", "Inact_p", "dI_ex", "I_ex", "dI_in", "I_in")
    recordables = {
        "V_m": lambda v, s: s.V_m,
        "I_syn_ex": lambda v, s: s.I_ex,
        "I_syn_in": lambda v, s: s.I_in,
        "Act_m": lambda v, s: s.Act_m,
        "Inact_h": lambda v, s: s.Inact_h,
        "Act_n": lambda v, s: s.Act_n,
        "Inact_p": lambda v, s: s.Inact_p,
    }
    signals = {POTENTIAL: potential(slope)}

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        return OdeNeuron.calibrate(p, clock) | {
            "psc_ex": 1.0 * math.e / p.tau_syn_ex,
            "psc_in": 1.0 * math.e / p.tau_syn_in,
        }

    @staticmethod
    def dynamics(v: Any, s: Any, x: Any, t: Any) -> tuple[Any, ...]:
        V, m, h, n, p = s.V_m, s.Act_m, s.Inact_h, s.Act_n, s.Inact_p
        alpha_m = 40.0 * (V - 75.5) / (1.0 - ops.exp(-(V - 75.5) / 13.5))
        beta_m = 1.2262 / ops.exp(V / 42.248)
        alpha_h = 0.0035 / ops.exp(V / 24.186)
        beta_h = 0.017 * (51.25 + V) / (1.0 - ops.exp(-(51.25 + V) / 5.2))
        alpha_p = (V - 95.0) / (1.0 - ops.exp(-(V - 95.0) / 11.8))
        beta_p = 0.025 / ops.exp(V / 22.222)
        alpha_n = 0.014 * (V + 44.0) / (1.0 - ops.exp(-(V + 44.0) / 2.3))
        beta_n = 0.0043 / ops.exp((V + 44.0) / 34.0)
        return (
            slope(v, s, x, t),
            alpha_m * (1 - m) - beta_m * m,
            alpha_h * (1 - h) - beta_h * h,
            alpha_n * (1 - n) - beta_n * n,
            alpha_p * (1 - p) - beta_p * p,
            -s.dI_ex / v.tau_syn_ex,
            s.dI_ex - (s.I_ex / v.tau_syn_ex),
            -s.dI_in / v.tau_syn_in,
            s.dI_in - (s.I_in / v.tau_syn_in),
        )

    @staticmethod
    def finish(v: Any, s: Any, x: Any, V_before: Any) -> tuple[tuple[Any, ...], Any]:
        spike = (s.refractory == 0) & ops.crosses(s.V_m, 0.0) & (V_before > s.V_m)
        refractory = ops.where(spike, v.refractory_steps, ops.maximum(s.refractory - 1, 0.0))
        dI_ex, dI_in = s.dI_ex + x.spikes_ex * v.psc_ex, s.dI_in + x.spikes_in * v.psc_in
        return State(
            V_m=s.V_m,
            Act_m=s.Act_m,
            Inact_h=s.Inact_h,
            Act_n=s.Act_n,
            Inact_p=s.Inact_p,
            dI_ex=dI_ex,
            I_ex=s.I_ex,
            dI_in=dI_in,
            I_in=s.I_in,
            refractory=refractory,
            I_stim=x.current,
        ), spike

    @staticmethod
    def finish_iteration(v: Any, s: Any, x: Any, V_before: Any) -> tuple[tuple[Any, ...], Any]:
        dI_ex, dI_in = s.dI_ex + x.spikes_ex * v.psc_ex, s.dI_in + x.spikes_in * v.psc_in
        return State(
            V_m=s.V_m,
            Act_m=s.Act_m,
            Inact_h=s.Inact_h,
            Act_n=s.Act_n,
            Inact_p=s.Inact_p,
            dI_ex=dI_ex,
            I_ex=s.I_ex,
            dI_in=dI_in,
            I_in=s.I_in,
            refractory=s.refractory,
            I_stim=s.I_stim,
        ), 0
