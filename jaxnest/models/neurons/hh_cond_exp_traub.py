"""Hodgkin-Huxley neuron of Traub and Miles with exponentially decaying conductances."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity, hidden, not_negative
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families.conductance import (
    CAPACITANCE,
    CURRENT,
    REFRACTORY_TIME,
    SYNAPTIC_TIMES,
    ConductanceNeuron,
    with_defaults,
)

GATES = not_negative("All (in)activation variables must be non-negative.")


def equilibrium(V: float) -> tuple[float, float, float]:
    """Return the stationary values of the gates m, h and n at `V` above V_T."""
    alpha_n = 0.032 * (15.0 - V) / (math.exp((15.0 - V) / 5.0) - 1.0)
    beta_n = 0.5 * math.exp((10.0 - V) / 40.0)
    alpha_m = 0.32 * (13.0 - V) / (math.exp((13.0 - V) / 4.0) - 1.0)
    beta_m = 0.28 * (V - 40.0) / (math.exp((V - 40.0) / 5.0) - 1.0)
    alpha_h = 0.128 * math.exp((17.0 - V) / 18.0)
    beta_h = 4.0 / (1.0 + math.exp((40.0 - V) / 5.0))
    return alpha_m / (alpha_m + beta_m), alpha_h / (alpha_h + beta_h), alpha_n / (alpha_n + beta_n)


@register
class hh_cond_exp_traub(ConductanceNeuron):
    r"""Hodgkin-Huxley neuron of Traub and Miles with exponentially decaying conductances.

    .. math::
        C_m \dot V = -g_{Na} m^3 h (V - E_{Na}) - g_K n^4 (V - E_K) - g_L(V - E_L) - g_{ex}(V - E_{ex})
            - g_{in}(V - E_{in}) + I_e + I_{stim}

    V_T shifts the threshold, which is about V_T + 13 mV. A spike is emitted at the first step after a maximum of V_m at
    or above V_T + 30 mV, at most once per t_ref. An incoming spike raises a conductance by its weight (nS).

    References
    ----------
    Traub & Miles (1991), Neuronal Networks of the Hippocampus, Cambridge University Press. Brette et al. (2007),
    Journal of Computational Neuroscience 23:349-398. NEST documentation, model ``hh_cond_exp_traub``.
    """

    parameters = with_defaults(
        {
            "g_Na": Quantity(20000.0, "nS", "Largest conductance of sodium"),
            "g_K": Quantity(6000.0, "nS", "Largest conductance of potassium"),
            "g_L": Quantity(10.0, "nS", "Leak conductance"),
            "C_m": Quantity(200.0, "pF", "Capacitance of the membrane", CAPACITANCE),
            "E_Na": Quantity(50.0, "mV", "Reversal potential of sodium"),
            "E_K": Quantity(-90.0, "mV", "Reversal potential of potassium"),
            "E_L": Quantity(-60.0, "mV", "Reversal potential of the leak"),
            "V_T": Quantity(-63.0, "mV", "Shift of the threshold"),
            "E_ex": Quantity(0.0, "mV", "Reversal potential of excitatory synapses"),
            "E_in": Quantity(-80.0, "mV", "Reversal potential of inhibitory synapses"),
            **SYNAPTIC_TIMES,
            "t_ref": Quantity(2.0, "ms", "Refractory period", REFRACTORY_TIME),
            **CURRENT,
        },
        tau_syn_ex=5.0,
        tau_syn_in=10.0,
    )
    state = {
        "V_m": Quantity(-60.0, "mV", "Membrane potential"),
        # the equilibrium at V_m without the shift: NEST starts there
        "Act_m": Quantity(equilibrium(-60.0)[0], "", "Activation of sodium", GATES),
        "Inact_h": Quantity(equilibrium(-60.0)[1], "", "Inactivation of sodium", GATES),
        "Act_n": Quantity(equilibrium(-60.0)[2], "", "Activation of potassium", GATES),
        "g_ex": hidden(),
        "g_in": hidden(),
    }
    ode = ("V_m", "Act_m", "Inact_h", "Act_n", "g_ex", "g_in")
    may_be_undefined = True
    prepares = False
    recordables = {
        "V_m": lambda v, s: s.V_m,
        "g_ex": lambda v, s: s.g_ex,
        "g_in": lambda v, s: s.g_in,
        "Act_m": lambda v, s: s.Act_m,
        "Inact_h": lambda v, s: s.Inact_h,
        "Act_n": lambda v, s: s.Act_n,
    }

    @staticmethod
    def dynamics(v: Any, s: Any) -> tuple[Any, ...]:
        m, h, n = s.Act_m, s.Inact_h, s.Act_n
        I_Na = v.g_Na * m * m * m * h * (s.V_m - v.E_Na)
        I_K = v.g_K * n * n * n * n * (s.V_m - v.E_K)
        I_L = v.g_L * (s.V_m - v.E_L)
        I_ex, I_in = s.g_ex * (s.V_m - v.E_ex), s.g_in * (s.V_m - v.E_in)
        V = s.V_m - v.V_T
        alpha_n = 0.032 * (15.0 - V) / (ops.exp((15.0 - V) / 5.0) - 1.0)
        beta_n = 0.5 * ops.exp((10.0 - V) / 40.0)
        alpha_m = 0.32 * (13.0 - V) / (ops.exp((13.0 - V) / 4.0) - 1.0)
        beta_m = 0.28 * (V - 40.0) / (ops.exp((V - 40.0) / 5.0) - 1.0)
        alpha_h = 0.128 * ops.exp((17.0 - V) / 18.0)
        beta_h = 4.0 / (1.0 + ops.exp((40.0 - V) / 5.0))
        return (
            (-I_Na - I_K - I_L - I_ex - I_in + s.I_stim + v.I_e) / v.C_m,
            alpha_m - (alpha_m + beta_m) * m,
            alpha_h - (alpha_h + beta_h) * h,
            alpha_n - (alpha_n + beta_n) * n,
            -s.g_ex / v.tau_syn_ex,
            -s.g_in / v.tau_syn_in,
        )

    @staticmethod
    def finish(v: Any, s: Any, x: Any, V_before: Any) -> tuple[tuple[Any, ...], Any]:
        spike = (s.refractory == 0) & ops.crosses(s.V_m, v.V_T + 30.0) & (V_before > s.V_m)
        refractory = ops.where(spike, v.refractory_steps, ops.maximum(s.refractory - 1, 0.0))
        g_ex, g_in = s.g_ex + x.spikes_ex, s.g_in + x.spikes_in
        return State(
            V_m=s.V_m,
            Act_m=s.Act_m,
            Inact_h=s.Inact_h,
            Act_n=s.Act_n,
            g_ex=g_ex,
            g_in=g_in,
            refractory=refractory,
            I_stim=x.current,
        ), spike
