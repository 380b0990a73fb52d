"""Population of generalized integrate-and-fire neurons with exponential synaptic currents."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxnest.models.contract.base import Quantity, Relation, distribution_objects, hidden, not_negative, positive
from jaxnest.models.contract.registry import register
from jaxnest.models.families import population
from jaxnest.models.families.adaptive_exponential import different_lengths

SYNAPSE_TIMES = positive("The synaptic time constants must be strictly positive.")
HISTORY = ("n", "m", "v", "u", "intensity", "theta", "theta_tilde")
VECTORS = (*HISTORY, "g", "Q30", "Q30K")


@register
class gif_pop_psc_exp(population.PopulationNeuron):
    """Population of generalized integrate-and-fire neurons with exponential synaptic currents.

    The number of spikes of N neurons (see ``gif_psc_exp``) with common input is drawn in each step, from a binomial
    (BinoRand) or a Poisson distribution, and sent as the multiplicity of one spike. The mean follows from the spikes of
    the past, of which len_kernel steps are remembered; -1 chooses this number from the parameters.

    References
    ----------
    Schwalger, Deger & Gerstner (2017), PLOS Computational Biology 13:e1005507. NEST documentation, model
    ``gif_pop_psc_exp``.
    """

    parameters = {
        "N": Quantity(100, "", "Number of neurons", positive("Number of neurons must be positive.")),
        "tau_m": Quantity(
            20.0, "ms", "Membrane time constant", positive("The membrane time constants must be strictly positive.")
        ),
        "C_m": Quantity(250.0, "pF", "Capacitance of the membrane", positive("Capacitance must be strictly positive.")),
        "lambda_0": Quantity(
            10.0, "1/s", "Intensity of spikes at the threshold", not_negative("lambda_0 must be positive.")
        ),
        "Delta_V": Quantity(2.0, "mV", "Width of the threshold region", positive("Delta_V must be strictly positive.")),
        "len_kernel": Quantity(-1, "", "Steps of the past that are remembered; less than 1 to choose"),
        "I_e": Quantity(0.0, "pA", "Constant input current"),
        "V_reset": Quantity(0.0, "mV", "Membrane potential after a spike"),
        "V_T_star": Quantity(15.0, "mV", "Threshold at rest"),
        "E_L": Quantity(0.0, "mV", "Resting potential"),
        "t_ref": Quantity(
            4.0, "ms", "Refractory period", not_negative("Absolute refractory period cannot be negative.")
        ),
        "tau_syn_ex": Quantity(3.0, "ms", "Time constant of excitatory currents", SYNAPSE_TIMES),
        "tau_syn_in": Quantity(6.0, "ms", "Time constant of inhibitory currents", SYNAPSE_TIMES),
        "BinoRand": Quantity(True, "", "Draw from a binomial distribution"),
        "tau_sfa": Quantity(
            np.array([300.0]),
            "ms",
            "Time constants of the adaptation",
            positive("All time constants must be strictly positive."),
        ),
        "q_sfa": Quantity(np.array([0.5]), "mV", "Jumps of the adaptation at a spike"),
    }
    state = {
        "V_m": Quantity(0.0, "mV", "Membrane potential without spikes"),
        "I_syn_ex": Quantity(0.0, "pA", "Excitatory current"),
        "I_syn_in": Quantity(0.0, "pA", "Inhibitory current"),
        "n_events": Quantity(0, "", "Number of spikes in the last step", settable=False),
        "E_sfa": Quantity(0.0, "mV", "Threshold of neurons without recent spikes", settable=False),
        "mean": Quantity(0.0, "", "Expected number of spikes", settable=False),
        "I_stim": hidden(doc="Current of the devices"),
        "initialized": hidden(doc="1 if the past is that of the present parameters", advanced=False),
        **{name: hidden() for name in ("x", "z", "intensity_free", "k0", "k_ref")},
        **{name: hidden(np.zeros(0)) for name in VECTORS},
        "objects": distribution_objects(2),
    }
    relations = (
        Relation(different_lengths("tau_sfa", "q_sfa"), "'tau_sfa' and 'q_sfa' need to have the same dimension."),
    )
    recordables = {
        "V_m": lambda v, s: s.V_m,
        "n_events": lambda v, s: s.n_events,
        "E_sfa": lambda v, s: s.E_sfa,
        "mean": lambda v, s: s.mean,
        "I_syn_ex": lambda v, s: s.I_syn_ex,
        "I_syn_in": lambda v, s: s.I_syn_in,
    }
    spike_receptors = {0: ("spikes_ex", "spikes_in")}
    current_receptors = {0: "current"}

    @classmethod
    def assign(cls, columns: dict[str, Any], changes: Mapping[str, Any]) -> None:
        """Write `changes`; the past is then forgotten, as in NEST."""
        super().assign(columns, changes)
        columns["initialized"] = np.zeros_like(columns["initialized"])

    @classmethod
    def begin_run(cls, p: Any, clock: Any) -> dict[str, Any]:
        """Let all neurons have spiked long ago, unless there is a past."""
        return {} if p.initialized else population.empty_past(p, clock.resolution, clock.to_steps(p.t_ref))

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        P22 = math.exp(-clock.resolution / p.tau_m)
        return {
            "h": clock.resolution,
            "P22": P22,
            "P20": p.tau_m / p.C_m * (1 - P22),
            "P11_ex": math.exp(-clock.resolution / p.tau_syn_ex),
            "P11_in": math.exp(-clock.resolution / p.tau_syn_in),
        }
