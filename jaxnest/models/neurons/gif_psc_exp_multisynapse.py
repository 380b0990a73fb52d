"""Generalized integrate-and-fire neuron with any number of exponential synaptic currents."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity, connected_flag, hidden, positive
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families import spike_response as gif
from jaxnest.models.functions import propagators
from jaxnest.numerics.nest_math import expm1


@register
class gif_psc_exp_multisynapse(gif.SpikeResponseNeuron):
    r"""Generalized integrate-and-fire neuron with any number of exponential synaptic currents.

    It is ``gif_psc_exp`` with receptors 1, 2, ...; the length of tau_syn is their number.

    References
    ----------
    Mensi et al. (2012), Journal of Neurophysiology 107:1756-1775. Pozzorini et al. (2015), PLOS Computational Biology
    11:e1004275. NEST documentation, model ``gif_psc_exp_multisynapse``.
    """

    parameters = {
        **gif.MEMBRANE,
        **gif.KERNELS,
        "tau_syn": Quantity(
            np.array([2.0]),
            "ms",
            "Time constants of the synaptic currents, one per receptor",
            positive("All synaptic time constants must be > 0."),
        ),
    }
    state = {
        "V_m": gif.V_M,
        "refractory": hidden(doc="Steps left of the refractory period"),
        "I_stim": hidden(doc="Current of the devices"),
        "I_syn": hidden(each="tau_syn", doc="Synaptic currents"),
        **connected_flag(),
    }
    recordables = {"V_m": lambda v, s: s.V_m, "E_sfa": lambda v, s: s.E_sfa, "I_stc": lambda v, s: s.I_stc}
    receptor_vector = "tau_syn"

    @classmethod
    def status(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Return the number of receptors."""
        return {"n_receptors": len(values["tau_syn"])}

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        h, tau_m = clock.resolution, p.C_m / p.g_L
        return gif.SpikeResponseNeuron.calibrate(p, clock) | {
            "P11": [math.exp(-h / tau) for tau in p.tau_syn],
            "P21": [propagators.exponential(tau, tau_m, p.C_m, h) for tau in p.tau_syn],
            "P33": math.exp(-h / tau_m),
            "P30": -1 / p.C_m * expm1(-h / tau_m) * tau_m,
            "P31": -expm1(-h / tau_m),
        }

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        I_stc, level = ops.total(s.stc_elements), gif.threshold(v, s)
        sfa, stc = v.P_sfa * s.sfa_elements, v.P_stc * s.stc_elements
        received = ops.accumulate(0.0, v.P21, s.I_syn)
        I_syn = v.P11 * s.I_syn + x.spikes
        V, refractory, spike = v.V_reset, s.refractory - 1.0, False
        if s.refractory == 0:
            V = v.P30 * (s.I_stim + v.I_e - I_stc) + v.P33 * s.V_m + v.P31 * v.E_L + received
            spike = gif.fires(v, x, V, level)
            refractory = v.refractory_steps if spike else 0.0
            if spike:
                sfa, stc = sfa + v.q_sfa, stc + v.q_stc
        return State(
            V_m=V,
            refractory=refractory,
            I_stim=x.current,
            I_syn=I_syn,
            E_sfa=level,
            I_stc=I_stc,
            sfa_elements=sfa,
            stc_elements=stc,
        ), spike
