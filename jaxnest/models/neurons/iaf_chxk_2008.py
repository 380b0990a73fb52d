"""Conductance-based leaky integrate-and-fire neuron with after-hyperpolarization, for the visual thalamus."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity, hidden
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families.conductance import CAPACITANCE, CURRENT, TIME_CONSTANTS, ConductanceNeuron


@register
class iaf_chxk_2008(ConductanceNeuron):
    r"""Leaky integrate-and-fire neuron with alpha-shaped conductances, one of which follows each spike.

    .. math::
        C_m \dot V = -g_L(V - E_L) - g_{ex}(V - E_{ex}) - g_{in}(V - E_{in}) - g_{ahp}(V - E_{ahp}) + I_e + I_{stim}

    A spike is emitted when V_m crosses V_th from below. There is neither a reset nor a refractory period; instead a
    conductance with the amplitude `g_ahp` starts where a straight line between two time steps crosses the threshold.
    Neurons with precise spike times get the spike at that time.

    References
    ----------
    Casti, Hayot, Xiao and Kaplan (2008), Journal of Computational Neuroscience 24:235-252. NEST documentation, model
    ``iaf_chxk_2008``.
    """

    parameters = {
        "V_th": Quantity(-45.0, "mV", "Threshold"),
        "g_L": Quantity(100.0, "nS", "Leak conductance"),
        "C_m": Quantity(1000.0, "pF", "Capacitance of the membrane", CAPACITANCE),
        "E_ex": Quantity(20.0, "mV", "Reversal potential of excitatory synapses"),
        "E_in": Quantity(-90.0, "mV", "Reversal potential of inhibitory synapses"),
        "E_L": Quantity(-60.0, "mV", "Reversal potential of the leak"),
        "tau_syn_ex": Quantity(1.0, "ms", "Time constant of excitatory synapses", TIME_CONSTANTS),
        "tau_syn_in": Quantity(1.0, "ms", "Time constant of inhibitory synapses", TIME_CONSTANTS),
        **CURRENT,
        "tau_ahp": Quantity(0.5, "ms", "Time constant of the after-hyperpolarization", TIME_CONSTANTS),
        "E_ahp": Quantity(-95.0, "mV", "Reversal potential of the after-hyperpolarization"),
        "g_ahp": Quantity(443.8, "nS", "Amplitude of the after-hyperpolarization"),
        "ahp_bug": Quantity(False, "", "Whether each spike replaces the after-hyperpolarization of those before"),
    }
    state = {
        "V_m": Quantity(-60.0, "mV", "Membrane potential"),
        "mark": hidden(doc="How long (ms) before the end of the step the last spike was"),
    } | dict.fromkeys(("dg_ex", "g_ex", "dg_in", "g_in", "dahp", "ahp"), hidden(doc="Conductances"))
    ode = ("V_m", "dg_ex", "g_ex", "dg_in", "g_in", "dahp", "ahp")
    held = ("I_stim", "mark")
    off_grid = marks_spikes = True
    recordables = {
        "V_m": lambda v, s: s.V_m,
        "g_ex": lambda v, s: s.g_ex,
        "g_in": lambda v, s: s.g_in,
        "g_ahp": lambda v, s: s.ahp,
        "I_syn_ex": lambda v, s: s.g_ex * (s.V_m - v.E_ex),
        "I_syn_in": lambda v, s: s.g_in * (s.V_m - v.E_in),
        "I_ahp": lambda v, s: s.ahp * (s.V_m - v.E_ahp),
    }

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        return {
            "resolution": clock.resolution,
            "g0_ex": 1.0 * math.e / p.tau_syn_ex,
            "g0_in": 1.0 * math.e / p.tau_syn_in,
            "g0_ahp": p.g_ahp * math.e / p.tau_ahp,
        }

    @staticmethod
    def dynamics(v: Any, s: Any) -> tuple[Any, ...]:
        I_ex, I_in, I_ahp = s.g_ex * (s.V_m - v.E_ex), s.g_in * (s.V_m - v.E_in), s.ahp * (s.V_m - v.E_ahp)
        I_L = v.g_L * (s.V_m - v.E_L)
        return (
            (-I_L - I_ex - I_in - I_ahp + s.I_stim + v.I_e) / v.C_m,
            -s.dg_ex / v.tau_syn_ex,
            s.dg_ex - (s.g_ex / v.tau_syn_ex),
            -s.dg_in / v.tau_syn_in,
            s.dg_in - (s.g_in / v.tau_syn_in),
            -s.dahp / v.tau_ahp,
            s.dahp - (s.ahp / v.tau_ahp),
        )

    @staticmethod
    def finish(v: Any, s: Any, x: Any, V_before: Any) -> tuple[tuple[Any, ...], Any]:
        spike = (V_before < v.V_th) & ops.crosses(s.V_m, v.V_th)
        since = ops.where(spike, v.resolution * (s.V_m - v.V_th) / (s.V_m - V_before), 0.0)
        rate = v.g0_ahp * ops.exp(-since / v.tau_ahp)
        fresh = v.ahp_bug > 0
        dahp = ops.where(spike, ops.where(fresh, 0.0, s.dahp) + rate, s.dahp)
        ahp = ops.where(spike, ops.where(fresh, 0.0, s.ahp) + rate * since, s.ahp)
        dg_ex, dg_in = s.dg_ex + x.spikes_ex * v.g0_ex, s.dg_in + x.spikes_in * v.g0_in
        mark = ops.where(spike, since, s.mark)
        return State(
            V_m=s.V_m,
            dg_ex=dg_ex,
            g_ex=s.g_ex,
            dg_in=dg_in,
            g_in=s.g_in,
            dahp=dahp,
            ahp=ahp,
            I_stim=x.current,
            mark=mark,
        ), spike
