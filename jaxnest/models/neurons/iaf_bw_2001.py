"""Leaky integrate-and-fire neuron with AMPA, GABA and NMDA receptors, for models of decision making."""

from __future__ import annotations

import dataclasses
import math
from decimal import Decimal, localcontext
from typing import Any

from jaxnest import errors
from jaxnest.models import ops
from jaxnest.models.contract.base import Node, Quantity, hidden, positive
from jaxnest.models.contract.ode import GSL_ERROR_TOL, OdeNeuron
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families.conductance import CAPACITANCE, REFRACTORY_TIME, RESET_BELOW_THRESHOLD, TIME_CONSTANTS

BLOCKED = "For NMDA synapses in iaf_bw_2001, pre-synaptic neuron must also be of type iaf_bw_2001."


def lower_gamma(a: float, x: float) -> float:
    r"""Return :math:`\gamma(a, x) = \int_0^x t^{a-1} e^{-t} dt` for positive numbers, correctly rounded."""
    with localcontext() as context:
        context.prec = 60
        order, limit = Decimal(a), Decimal(x)
        term = total = 1 / order
        while term > total * Decimal("1e-50"):
            order += 1
            term *= limit / order
            total += term
        return float(total * (Decimal(a) * limit.ln() - limit).exp())


@ops.helper
def nmda(v: Any, V: Any, s_NMDA: Any) -> Any:
    """Return the current through NMDA receptors, which magnesium blocks at low potentials."""
    return (V - v.E_ex) / (1 + v.conc_Mg2 * ops.exp(-0.062 * V) / 3.57) * s_NMDA


@register
class iaf_bw_2001(OdeNeuron):
    r"""Leaky integrate-and-fire neuron with conductance-based synapses of three kinds, approximating NMDA receptors.

    .. math:: C_m \dot V = -g_L(V - E_L) - I_{AMPA} - I_{GABA} - I_{NMDA} + I_{stim}

    The open fraction of the NMDA receptors that a neuron drives jumps at its spikes by an amount that each spike
    carries; in between it decays. Receptor 3 (NMDA) can therefore only be reached by neurons of this model.

    References
    ----------
    Brunel & Wang (2001), Journal of Computational Neuroscience 11:63-85. Wang (2002), Neuron 36:955-968. NEST
    documentation, model ``iaf_bw_2001``.
    """

    parameters = {
        "E_L": Quantity(-70.0, "mV", "Reversal potential of the leak"),
        "E_ex": Quantity(0.0, "mV", "Reversal potential of excitatory synapses"),
        "E_in": Quantity(-70.0, "mV", "Reversal potential of inhibitory synapses"),
        "V_th": Quantity(-55.0, "mV", "Threshold"),
        "V_reset": Quantity(-60.0, "mV", "Membrane potential after a spike"),
        "C_m": Quantity(500.0, "pF", "Capacitance of the membrane", CAPACITANCE),
        "g_L": Quantity(25.0, "nS", "Leak conductance"),
        "t_ref": Quantity(2.0, "ms", "Refractory period", REFRACTORY_TIME),
        "tau_AMPA": Quantity(2.0, "ms", "Time constant of AMPA synapses", TIME_CONSTANTS),
        "tau_GABA": Quantity(5.0, "ms", "Time constant of GABA synapses", TIME_CONSTANTS),
        "tau_decay_NMDA": Quantity(100.0, "ms", "Decay time of NMDA synapses", TIME_CONSTANTS),
        "tau_rise_NMDA": Quantity(2.0, "ms", "Rise time of NMDA synapses", TIME_CONSTANTS),
        "alpha": Quantity(0.5, "1/ms", "Rate at which NMDA receptors open", positive("alpha > 0 required.")),
        "conc_Mg2": Quantity(
            1.0, "mM", "Magnesium concentration", positive("Mg2 concentration must be strictly positive.")
        ),
        "gsl_error_tol": dataclasses.replace(GSL_ERROR_TOL, default=1e-3),
    }
    state = {
        "V_m": Quantity(-70.0, "mV", "Membrane potential"),
        "s_AMPA": Quantity(0.0, "nS", "AMPA conductance"),
        "s_GABA": Quantity(0.0, "nS", "GABA conductance"),
        "s_NMDA": Quantity(0.0, "nS", "NMDA conductance without block"),
        "I_AMPA": Quantity(0.0, "pA", "AMPA current", settable=False),
        "I_GABA": Quantity(0.0, "pA", "GABA current", settable=False),
        "I_NMDA": Quantity(0.0, "pA", "NMDA current", settable=False),
        "opened": hidden(doc="Open fraction of the NMDA receptors that the neuron drives, at its last spike"),
        "t_last": hidden(-1.0, "Time of the last spike, ms"),
        "mark": hidden(doc="Jump of the open fraction at the last spike"),
    }
    ode = ("V_m", "s_AMPA", "s_GABA", "s_NMDA")
    held = ("refractory", "I_stim", "I_AMPA", "I_GABA", "I_NMDA", "opened", "t_last", "mark")
    relations = (RESET_BELOW_THRESHOLD,)
    recordables = {
        "V_m": lambda v, s: s.V_m,
        "s_AMPA": lambda v, s: s.s_AMPA,
        "s_GABA": lambda v, s: s.s_GABA,
        "s_NMDA": lambda v, s: s.s_NMDA,
        "I_AMPA": lambda v, s: s.I_AMPA,
        "I_GABA": lambda v, s: s.I_GABA,
        "I_NMDA": lambda v, s: s.I_NMDA,
    }
    receptor_types = {"AMPA": 1, "GABA": 2, "NMDA": 3}
    spike_receptors = {k: (f"spikes_{name}", f"spikes_{name}") for name, k in (("AMPA", 1), ("GABA", 2), ("NMDA", 3))}
    current_receptors = {0: "current"}
    off_grid = marks_spikes = True
    marked_receptors = (3,)

    @classmethod
    def refuses(cls, source: type[Node], target: type[Node], receptor: int) -> str:
        return BLOCKED if target is cls and receptor == 3 and source is not cls else ""

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        opening, ratio = p.alpha * p.tau_rise_NMDA, p.tau_rise_NMDA / p.tau_decay_NMDA
        if ratio >= 1.0:
            raise errors.BadProperty("tau_rise_NMDA has to be smaller than tau_decay_NMDA.")
        return OdeNeuron.calibrate(p, clock) | {
            "k_0": math.pow(opening, ratio) * lower_gamma(1 - ratio, opening),
            "k_1": math.expm1(-p.alpha * p.tau_rise_NMDA),
            "ms_per_tic": clock.ms_per_tic,
            "tics_per_step": clock.tics_per_step,
        }

    @staticmethod
    def dynamics(v: Any, s: Any) -> tuple[Any, ...]:
        I_syn = (s.V_m - v.E_ex) * s.s_AMPA + (s.V_m - v.E_in) * s.s_GABA + nmda(v, s.V_m, s.s_NMDA)
        return (
            (-v.g_L * (s.V_m - v.E_L) - I_syn + s.I_stim) / v.C_m,
            -s.s_AMPA / v.tau_AMPA,
            -s.s_GABA / v.tau_GABA,
            -s.s_NMDA / v.tau_decay_NMDA,
        )

    @staticmethod
    def finish(v: Any, s: Any, x: Any, V_before: Any) -> tuple[tuple[Any, ...], Any]:
        V, refractory, opened, t_last, mark = s.V_m, s.refractory, s.opened, s.t_last, s.mark
        spike = refractory == 0 and ops.crosses(V, v.V_th)
        if refractory > 0 or spike:
            V, refractory = v.V_reset, v.refractory_steps if spike else refractory - 1.0
        if spike:
            t = v.ms_per_tic * ((x.random.step + 1) * v.tics_per_step)
            opened *= math.exp(-(t - t_last) / v.tau_decay_NMDA)
            mark = v.k_0 + v.k_1 * opened
            opened, t_last = opened + mark, t
        s_AMPA, s_GABA, s_NMDA = s.s_AMPA + x.spikes_AMPA, s.s_GABA + x.spikes_GABA, s.s_NMDA + x.spikes_NMDA
        I_AMPA, I_GABA, I_NMDA = (s.V_m - v.E_ex) * s.s_AMPA, (s.V_m - v.E_in) * s.s_GABA, nmda(v, s.V_m, s.s_NMDA)
        return State(
            V_m=V,
            s_AMPA=s_AMPA,
            s_GABA=s_GABA,
            s_NMDA=s_NMDA,
            refractory=refractory,
            I_stim=x.current,
            I_AMPA=I_AMPA,
            I_GABA=I_GABA,
            I_NMDA=I_NMDA,
            opened=opened,
            t_last=t_last,
            mark=mark,
        ), spike
