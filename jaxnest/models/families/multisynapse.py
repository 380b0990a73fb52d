"""Neurons with a number of receptors that each node chooses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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

    @classmethod
    def status(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Return the number of receptors."""
        return {"n_synapses": len(values["tau_syn"])}

    @classmethod
    def recordable_names(cls, values: Mapping[str, Any]) -> list[str]:
        """Return the names of the recordables: one current per receptor, and their sum."""
        return sorted(["V_m", "I_syn", *(f"I_syn_{k + 1}" for k in range(len(values["tau_syn"])))])

    @classmethod
    def recordable(cls, name: str) -> Callable[[Any, Any], Any]:
        """Return the function of (variables, state) behind a recordable."""
        if name == "V_m":
            return lambda v, s: s.V_m + v.E_L
        if name == "I_syn":
            return lambda v, s: ops.total(s.I_syn)
        receptor = int(name.removeprefix("I_syn_")) - 1
        return lambda v, s: s.I_syn[receptor]
