"""Generalized integrate-and-fire neuron with any number of exponential conductances."""

from __future__ import annotations

from typing import Any

import numpy as np

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity, Relation, connected_flag, positive
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.state import State
from jaxnest.models.families import spike_response as gif
from jaxnest.models.families.adaptive_exponential import different_lengths


@register
class gif_cond_exp_multisynapse(gif.SpikeResponseConductanceNeuron):
    r"""Generalized integrate-and-fire neuron with any number of exponential conductances.

    It is ``gif_cond_exp`` with receptors 1, 2, ...; the length of tau_syn and E_rev is their number.

    References
    ----------
    Mensi et al. (2012), Journal of Neurophysiology 107:1756-1775. Pozzorini et al. (2015), PLOS Computational Biology
    11:e1004275. NEST documentation, model ``gif_cond_exp_multisynapse``.
    """

    parameters = {
        **gif.MEMBRANE,
        "gsl_error_tol": gif.ERROR_TOLERANCE,
        "E_rev": Quantity(np.array([0.0]), "mV", "Reversal potentials, one per receptor"),
        "tau_syn": Quantity(
            np.array([2.0]),
            "ms",
            "Time constants of the conductances, one per receptor",
            positive("All synaptic time constants must be strictly positive"),
        ),
        **gif.KERNELS,
    }
    state = {
        "V_m": gif.V_M,
        "g": Quantity(np.zeros(2), "nS", "Conductances", settable=False, each="tau_syn"),
        **connected_flag(),
    }
    relations = (
        Relation(
            different_lengths("E_rev", "tau_syn"),
            "If the number of receptor ports is changed, both arrays E_rev and tau_syn must be provided. The reversal "
            "potential, and synaptic time constant arrays must have the same size.",
        ),
    )
    ode = ("V_m", "g")
    refuses_negative = "Synaptic weights for conductance-based multisynapse models must be non-negative."
    receptor_vector = "tau_syn"

    @classmethod
    def status(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Return the number of receptors."""
        return {"n_receptors": len(values["E_rev"])}

    @classmethod
    def begin_run(cls, p: Any, clock: Any) -> dict[str, Any]:
        """Fit the conductances to the receptors; NEST has one too many before parameters are set."""
        return {"g": p.g[: len(p.tau_syn)]}

    @staticmethod
    def dynamics(v: Any, s: Any) -> tuple[Any, ...]:
        refractory = s.refractory > 0
        V = ops.where(refractory, v.V_reset, s.V_m)
        I_L, I_syn = -v.g_L * (s.V_m - v.E_L), ops.accumulate(0.0, -s.g, V - v.E_rev)
        I = I_L + s.I_stim + v.I_e + I_syn - ops.total(s.stc_elements)
        return ops.where(refractory, 0.0, I / v.C_m), -s.g / v.tau_syn

    @staticmethod
    def finish(v: Any, s: Any, x: Any, V_before: Any) -> tuple[tuple[Any, ...], Any]:
        g = s.g + x.spikes
        V, E_sfa, I_stc, sfa, stc, refractory, spike = gif.respond(v, s, x)
        return State(
            V_m=V,
            g=g,
            E_sfa=E_sfa,
            I_stc=I_stc,
            sfa_elements=sfa,
            stc_elements=stc,
            refractory=refractory,
            I_stim=x.current,
        ), spike
