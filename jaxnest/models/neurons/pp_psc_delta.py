"""Point process neuron with leaky integration of delta-shaped synaptic currents."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from jaxnest.models import ops
from jaxnest.models.contract.base import (
    ArchivingNeuron,
    Quantity,
    Relation,
    distribution_objects,
    hidden,
    not_negative,
    positive,
)
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families.adaptive_exponential import different_lengths
from jaxnest.models.functions import draws
from jaxnest.models.functions.tics import rounded
from jaxnest.models.quantities.checks import Check

TIME_CONSTANTS = positive("All time constants must be strictly positive.")
SHAPE = Check(lambda x: x < 1, "Shape of the dead time gamma distribution must not be smaller than 1.", ">= 1")


def numbers(value: Any) -> np.ndarray:
    """Return an array; a single number is one of length 1."""
    return np.array(value, np.float64).ravel()


@register
class pp_psc_delta(ArchivingNeuron):
    r"""Point process neuron with leaky integration of delta-shaped synaptic currents.

    .. math:: \mathrm{rate} = [c_1 V' + c_2 e^{c_3 V'}]^+, \quad V' = V - E_{sfa}

    Spikes are drawn with this rate (1/s), where V is the membrane potential above rest and E_sfa grows by q_sfa at
    each spike and decays with tau_sfa. A spike is followed by a dead time, which is fixed or drawn from a gamma
    distribution with mean dead_time; without one there may be several spikes in a step. V_m is set to zero by a spike
    if with_reset is true.

    References
    ----------
    Jolivet, Rauch, Luescher & Gerstner (2006), Journal of Computational Neuroscience 21:35-49. Pozzorini et al.
    (2013), Nature Neuroscience 16:942-948. NEST documentation, model ``pp_psc_delta``.
    """

    parameters = {
        "I_e": Quantity(0.0, "pA", "Constant input current"),
        "C_m": Quantity(250.0, "pF", "Capacitance of the membrane", positive("Capacitance must be strictly positive.")),
        "tau_m": Quantity(10.0, "ms", "Membrane time constant", TIME_CONSTANTS),
        "dead_time": Quantity(
            1.0, "ms", "Dead time, at least one step", not_negative("Absolute refractory time must not be negative.")
        ),
        "dead_time_random": Quantity(False, "", "Draw the dead time anew at each spike"),
        "dead_time_shape": Quantity(1, "", "Shape of the distribution of dead times", SHAPE),
        "with_reset": Quantity(True, "", "Reset V_m at a spike"),
        "c_1": Quantity(0.0, "Hz/mV", "Slope of the linear part of the rate"),
        "c_2": Quantity(1.238, "Hz", "Prefactor of the exponential part"),
        "c_3": Quantity(0.25, "1/mV", "Coefficient in the exponent", not_negative("c_3 must be positive.")),
        "t_ref_remaining": Quantity(
            0.0, "ms", "Dead time left at the start", not_negative("Remaining refractory time can not be negative.")
        ),
        "tau_sfa": Quantity(np.zeros(0), "ms", "Time constants of the adaptation", TIME_CONSTANTS, convert=numbers),
        "q_sfa": Quantity(np.zeros(0), "mV", "Jumps of the adaptation at a spike", convert=numbers),
    }
    state = {
        "V_m": Quantity(0.0, "mV", "Membrane potential above rest"),
        "E_sfa": Quantity(0.0, "mV", "Adaptation"),
        "elements": hidden(each="tau_sfa", doc="Parts of the adaptation"),
        "refractory": hidden(-1.0, "Steps left of the dead time; -1 before the first run"),
        "I_stim": hidden(doc="Current of the devices"),
        "objects": distribution_objects(2),
    }
    relations = (
        Relation(different_lengths("tau_sfa", "q_sfa"), "'tau_sfa' and 'q_sfa' need to have the same dimension."),
    )
    recordables = {"V_m": lambda v, s: s.V_m, "E_sfa": lambda v, s: s.E_sfa}
    spike_receptors = {0: ("spikes", "spikes")}
    current_receptors = {0: "current"}

    @classmethod
    def begin_run(cls, p: Any, clock: Any) -> dict[str, Any]:
        """Lengthen the dead time to a step; at the first run, begin with the rest of a dead time."""
        h = clock.resolution
        values = {"dead_time": h} if p.dead_time != 0 and p.dead_time < h else {}
        return values | ({"refractory": clock.to_steps(p.t_ref_remaining)} if p.refractory < 0 else {})

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        h = clock.resolution
        P33 = math.exp(-h / p.tau_m)
        return {
            "h": h,
            "P33": P33,
            "P30": 1 / p.C_m * (1 - P33) * p.tau_m,
            "P_sfa": [math.exp(-h / tau) for tau in p.tau_sfa],
            "dead_steps": clock.to_steps(p.dead_time),
            "dead_rate": p.dead_time_shape / p.dead_time if p.dead_time else math.inf,
            "tics_per_ms": clock.tics_per_ms,
            "tics_per_step": clock.tics_per_step,
        }

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        V = v.P30 * (s.I_stim + v.I_e) + v.P33 * s.V_m + x.spikes
        elements = v.P_sfa * s.elements
        E_sfa, refractory, spikes = ops.total(elements), s.refractory, 0
        if refractory > 0:
            return State(
                V_m=V, E_sfa=E_sfa, elements=elements, refractory=refractory - 1.0, I_stim=x.current, objects=s.objects
            ), 0
        effective = V - E_sfa
        rate = v.c_1 * effective + v.c_2 * math.exp(v.c_3 * effective)
        if rate > 0.0:
            if v.dead_time > 0.0:
                spikes = 1 if draws.uniform(x.random) <= -ops.expm1(-rate * v.h * 1e-3) else 0
            else:
                spikes = draws.poisson(x.random, 1, rate * v.h * 1e-3)
        if spikes > 0:
            refractory = v.dead_steps
            if v.dead_time_random != 0:
                dead_time = draws.gamma(x.random, 0, v.dead_time_shape) / v.dead_rate
                tics = rounded(dead_time, v.tics_per_ms)
                refractory = float(int((tics + v.tics_per_step - 1) * (1.0 / v.tics_per_step)))
            elements = elements + v.q_sfa * spikes
            V = 0.0 if v.with_reset != 0 else V
        return State(
            V_m=V, E_sfa=E_sfa, elements=elements, refractory=refractory, I_stim=x.current, objects=s.objects
        ), spikes
