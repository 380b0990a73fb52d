"""Hodgkin-Huxley neuron with alpha-shaped synaptic currents."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity, hidden, not_negative
from jaxnest.models.contract.ode import OdeNeuron
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families.conductance import CAPACITANCE, CURRENT, REFRACTORY_TIME, SYNAPTIC_TIMES

CONDUCTANCES = not_negative("All conductances must be non-negative.")
GATES = not_negative("All (in)activation variables must be non-negative.")


def equilibrium(V: float) -> tuple[float, float, float]:
    """Return the stationary values of the gates m, h and n."""
    alpha_n = (0.01 * (V + 55.0)) / (1.0 - math.exp(-(V + 55.0) / 10.0))
    beta_n = 0.125 * math.exp(-(V + 65.0) / 80.0)
    alpha_m = (0.1 * (V + 40.0)) / (1.0 - math.exp(-(V + 40.0) / 10.0))
    beta_m = 4.0 * math.exp(-(V + 65.0) / 18.0)
    alpha_h = 0.07 * math.exp(-(V + 65.0) / 20.0)
    beta_h = 1.0 / (1.0 + math.exp(-(V + 35.0) / 10.0))
    return alpha_m / (alpha_m + beta_m), alpha_h / (alpha_h + beta_h), alpha_n / (alpha_n + beta_n)


@register
class hh_psc_alpha(OdeNeuron):
    r"""Hodgkin-Huxley neuron with alpha-shaped synaptic currents.

    .. math:: C_m \dot V = -g_L(V - E_L) - g_{Na} m^3 h (V - E_{Na}) - g_K n^4 (V - E_K) + I_{syn} + I_e + I_{stim}

    A spike is emitted at the first step after a maximum of V_m at or above 0 mV, at most once per t_ref. An incoming
    spike of weight w (pA) starts a current of amplitude w after the synaptic time constant.

    References
    ----------
    Gerstner & Kistler (2002), Spiking Neuron Models, Cambridge University Press. Hodgkin & Huxley (1952), Journal of
    Physiology 117:500-544. NEST documentation, model ``hh_psc_alpha``.
    """

    parameters = {
        "t_ref": Quantity(2.0, "ms", "Refractory period", REFRACTORY_TIME),
        "C_m": Quantity(100.0, "pF", "Capacitance of the membrane", CAPACITANCE),
        "g_Na": Quantity(12000.0, "nS", "Largest conductance of sodium", CONDUCTANCES),
        "E_Na": Quantity(50.0, "mV", "Reversal potential of sodium"),
        "g_K": Quantity(3600.0, "nS", "Largest conductance of potassium", CONDUCTANCES),
        "E_K": Quantity(-77.0, "mV", "Reversal potential of potassium"),
        "g_L": Quantity(30.0, "nS", "Leak conductance", CONDUCTANCES),
        "E_L": Quantity(-54.402, "mV", "Reversal potential of the leak"),
        **SYNAPTIC_TIMES,
        **CURRENT,
    }
    state = {
        "V_m": Quantity(-65.0, "mV", "Membrane potential"),
        "Act_m": Quantity(equilibrium(-65.0)[0], "", "Activation of sodium", GATES),
        "Inact_h": Quantity(equilibrium(-65.0)[1], "", "Inactivation of sodium", GATES),
        "Act_n": Quantity(equilibrium(-65.0)[2], "", "Activation of potassium", GATES),
        "dI_ex": hidden(),
        "I_ex": hidden(),
        "dI_in": hidden(),
        "I_in": hidden(),
    }
    ode = ("V_m", "Act_m", "Inact_h", "Act_n", "dI_ex", "I_ex", "dI_in", "I_in")
    may_be_undefined = True
    recordables = {
        "V_m": lambda v, s: s.V_m,
        "I_syn_ex": lambda v, s: s.I_ex,
        "I_syn_in": lambda v, s: s.I_in,
        "Act_m": lambda v, s: s.Act_m,
        "Inact_h": lambda v, s: s.Inact_h,
        "Act_n": lambda v, s: s.Act_n,
    }
    spike_receptors = {0: ("spikes_ex", "spikes_in")}
    current_receptors = {0: "current"}

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        return OdeNeuron.calibrate(p, clock) | {
            "psc_ex": 1.0 * math.e / p.tau_syn_ex,
            "psc_in": 1.0 * math.e / p.tau_syn_in,
        }

    @staticmethod
    def dynamics(v: Any, s: Any) -> tuple[Any, ...]:
        V, m, h, n = s.V_m, s.Act_m, s.Inact_h, s.Act_n
        alpha_n = (0.01 * (V + 55.0)) / (1.0 - ops.exp(-(V + 55.0) / 10.0))
        beta_n = 0.125 * ops.exp(-(V + 65.0) / 80.0)
        alpha_m = (0.1 * (V + 40.0)) / (1.0 - ops.exp(-(V + 40.0) / 10.0))
        beta_m = 4.0 * ops.exp(-(V + 65.0) / 18.0)
        alpha_h = 0.07 * ops.exp(-(V + 65.0) / 20.0)
        beta_h = 1.0 / (1.0 + ops.exp(-(V + 35.0) / 10.0))
        I_Na = v.g_Na * m * m * m * h * (V - v.E_Na)
        I_K = v.g_K * n * n * n * n * (V - v.E_K)
        I_L = v.g_L * (V - v.E_L)
        return (
            (-(I_Na + I_K + I_L) + s.I_stim + v.I_e + s.I_ex + s.I_in) / v.C_m,
            alpha_m * (1 - m) - beta_m * m,
            alpha_h * (1 - h) - beta_h * h,
            alpha_n * (1 - n) - beta_n * n,
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
            dI_ex=dI_ex,
            I_ex=s.I_ex,
            dI_in=dI_in,
            I_in=s.I_in,
            refractory=refractory,
            I_stim=x.current,
        ), spike
