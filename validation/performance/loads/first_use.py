"""What the first use of models takes of the processors, when nothing has been compiled yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from session import busy, main


def recurrent(nest: Any) -> None:
    """20 neurons with connections among them, and a generator."""
    neurons = nest.Create("iaf_psc_alpha", 20)
    nest.Connect(nest.Create("poisson_generator", params={"rate": 8000.0}), neurons, syn_spec={"weight": 40.0})
    nest.Connect(neurons, neurons, {"rule": "fixed_indegree", "indegree": 3}, {"weight": 20.0})


def adaptive(nest: Any) -> None:
    """One neuron whose equations are integrated with adaptive steps."""
    nest.Create("aeif_cond_exp", 1, {"I_e": 700.0})


def plastic(nest: Any) -> None:
    """One plastic connection."""
    neurons = nest.Create("iaf_psc_alpha", 2, {"I_e": 500.0})
    nest.Connect(neurons[0], neurons[1], syn_spec={"synapse_model": "stdp_synapse"})


def neuron(nest: Any) -> None:
    """One neuron of a model that has been used nowhere else."""
    nest.Create("iaf_psc_exp", 1, {"I_e": 500.0})


NETWORKS = {"recurrent": recurrent, "adaptive": adaptive, "plastic": plastic, "neuron": neuron}


def measure(nest: Any, networks: Sequence[str]) -> dict[str, float]:
    """Return seconds for each network, in this order: what one has used is ready for the next."""
    result = {}
    for name in networks:
        started = busy()
        nest.ResetKernel()
        NETWORKS[name](nest)
        nest.Simulate(100.0)
        result[f"first_{name}"] = busy() - started
    return result


if __name__ == "__main__":
    main(measure)
