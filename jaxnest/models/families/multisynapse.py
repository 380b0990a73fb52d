"""Neurons with a number of receptors that each node chooses."""

from __future__ import annotations

from typing import Any

import numpy as np

from jaxnest.models import ops
from jaxnest.models.contract.base import ArchivingNeuron, Quantity, connected_flag, positive


class MultisynapseNeuron(ArchivingNeuron, abstract=True):
    """Base of neurons whose `tau_syn` has one entry per receptor."""

    parameters = {
        "tau_syn": Quantity(
            np.array([2.0]),
            "ms",
            "Time constants of the synaptic currents, one per receptor",
            positive("All synaptic time constants must be strictly positive."),
        ),
    }
    state = connected_flag()
    current_receptors = {0: "current"}
    receptor_vector = "tau_syn"
    recordables = {"V_m": lambda v, s: s.V_m + v.E_L, "I_syn": lambda v, s: ops.total(s.I_syn)}
    numbered = {"I_syn_": lambda v, s: s.I_syn}

    @classmethod
    def status(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Return the number of receptors."""
        return {"n_synapses": len(values["tau_syn"])}
