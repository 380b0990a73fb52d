"""Leaky integrate-and-fire neuron with exponential currents whose spikes carry short-term plasticity."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.base import ArchivingNeuron, Node, Quantity, Relation, hidden, not_negative
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.functions import draws
from jaxnest.models.neurons.iaf_psc_exp import TIME_CONSTANT, iaf_psc_exp, subthreshold
from jaxnest.models.ops import helper
from jaxnest.models.quantities.checks import within


@helper
def released(v: Any, s: Any, since: float) -> tuple[float, float, float, float]:
    """Return x, y and u after a spike, a time `since` after the one before, and the fraction that it releases."""
    facilitation = 0.0 if v.tau_fac == 0.0 else math.exp(-since / v.tau_fac)
    inactivation, recovery = math.exp(-since / v.tau_psc), math.expm1(-since / v.tau_rec)
    gain = (recovery * v.tau_rec - (inactivation - 1.0) * v.tau_psc) / (v.tau_psc - v.tau_rec)
    u = s.u * facilitation
    x = s.x + (gain * s.y - recovery * (1.0 - s.x - s.y))
    u += v.U * (1.0 - u)
    return x - u * x, s.y * inactivation + u * x, u, u * x


@register
class iaf_tum_2000(ArchivingNeuron):
    r"""Leaky integrate-and-fire neuron as ``iaf_psc_exp``, with short-term plasticity of all its outgoing synapses.

    .. math:: C_m \dot V = -\frac{C_m}{\tau_m}(V - E_L) + I_{syn}(t) + I_e

    The neuron keeps the fractions x, y and u of its synaptic resources, and each spike carries the released fraction:
    at receptor 1 of such neurons the weight is multiplied by it.

    References
    ----------
    Tsodyks, Uziel & Markram (2000), J Neurosci 20:RC50. NEST documentation, model ``iaf_tum_2000``.
    """

    parameters = {
        **{k: q for k, q in iaf_psc_exp.parameters.items() if k not in ("rho", "delta", *ArchivingNeuron.parameters)},
        "tau_fac": Quantity(1000.0, "ms", "Time constant of facilitation", not_negative("'tau_fac' must be >= 0.")),
        "tau_psc": Quantity(2.0, "ms", "Time constant of the synaptic current", TIME_CONSTANT),
        "tau_rec": Quantity(400.0, "ms", "Time constant of recovery", TIME_CONSTANT),
        "U": Quantity(0.5, "", "Increment of u at each spike", within(0.0, 1.0, "'U' must be in [0,1].")),
        **{k: iaf_psc_exp.parameters[k] for k in ("rho", "delta")},
    }
    state = {
        "x": Quantity(0.0, "", "Fraction of resources that is recovered"),
        "y": Quantity(0.0, "", "Fraction of resources that is active"),
        "u": Quantity(0.0, "", "Fraction that the next spike uses", within(0.0, 1.0, "'u' must be in [0,1].")),
        "V_m": Quantity(-70.0, "mV", "Membrane potential", relative_to="E_L"),
        "t_last": hidden(doc="Time of the last spike, ms"),
        "mark": hidden(doc="Fraction that the last spike released"),
    } | dict.fromkeys(("refractory", "I_stim", "I_filtered", "I_ex", "I_in"), hidden())
    relations = (
        *iaf_psc_exp.relations,
        Relation(lambda p: p["x"] + p["y"] > 1.0, "x + y must be <= 1.0."),
    )
    recordables = iaf_psc_exp.recordables
    spike_receptors = {0: ("spikes_ex", "spikes_in"), 1: ("spikes_ex", "spikes_in")}
    current_receptors = iaf_psc_exp.current_receptors
    off_grid = marks_spikes = True
    marked_receptors = (1,)

    @classmethod
    def refuses(cls, source: type[Node], target: type[Node], receptor: int) -> str:
        if source is cls and target.off_grid and target is not cls:
            return "iaf_tum_2000 neurons cannot be connected to precise spiking neurons."
        wrong = source is target and receptor == 0
        return "iaf_tum_2000 neurons must be connected via receptor_type 1." if wrong else ""

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        times = {"ms_per_tic": clock.ms_per_tic, "tics_per_step": clock.tics_per_step}
        return iaf_psc_exp.calibrate(p, clock) | times

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        V, refractory, I_ex, I_in = subthreshold(v, s, x)
        available, active, u, t_last, mark = s.x, s.y, s.u, s.t_last, s.mark
        spike = ops.crosses(V, v.V_th) and v.delta < 1e-10
        if v.delta > 1e-10:
            spike = draws.uniform(x.random) < v.rho * math.exp(1.0 / v.delta * (V - v.V_th)) * v.h * 1e-3
        if spike:
            V, refractory = v.V_reset, v.refractory_steps
            t = v.ms_per_tic * ((x.random.step + 1) * v.tics_per_step)
            available, active, u, mark = released(v, s, t - t_last)
            t_last = t
        return State(
            x=available,
            y=active,
            u=u,
            V_m=V,
            t_last=t_last,
            mark=mark,
            refractory=refractory,
            I_stim=x.current,
            I_filtered=x.filtered_current,
            I_ex=I_ex,
            I_in=I_in,
        ), spike
