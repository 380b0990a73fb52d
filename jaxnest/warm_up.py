"""Compile models in advance, so that the first simulation with one does not wait: `jaxnest warm-up`."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

import jaxnest as nest

_ORDINARY = "iaf_psc_alpha"
_STEPS = 2.0


def warm_up(names: Sequence[str] = ()) -> list[str]:
    """Compile what small networks of models need, in as many processes as there are cores.

    Parameters
    ----------
    names : sequence of str
        Names of models of nodes and synapses, by default all.

    Returns
    -------
    list of str
        Why models could not be compiled without more parameters than their defaults.

    Raises
    ------
    ValueError
        If there is no model of that name.
    """
    known = (*nest.node_models, *nest.synapse_models)
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise ValueError(f"there is no model {', '.join(unknown)}")
    n = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    with ProcessPoolExecutor(n, multiprocessing.get_context("spawn")) as processes:
        processes.submit(compile_model, _ORDINARY).result()  # what all networks share, once
        problems = processes.map(compile_model, [name for name in names or known if name != _ORDINARY])
        return [problem for problem in problems if problem]


def compile_model(name: str) -> str:
    """Simulate a small network with a model; return the error if that is impossible, else an empty text."""
    nest.ResetKernel()
    nest.verbosity = nest.VerbosityLevel.ERROR
    try:
        if name in nest.synapse_models:
            _connect(nest.Create(_ORDINARY, 4), name)
        else:
            _surround(nest.Create(name, 2))
        nest.Simulate(_STEPS)
    except Exception as error:  # whatever a model says
        return f"{name}: {error}"
    return ""


def _connect(neurons: nest.NodeCollection, synapse: str) -> None:
    noise = nest.Create("poisson_generator", params={"rate": 2e4})
    nest.Connect(noise, neurons, syn_spec={"weight": 50.0})
    nest.Connect(neurons, neurons, {"rule": "fixed_indegree", "indegree": 2}, {"synapse_model": synapse})
    nest.Connect(neurons, nest.Create("spike_recorder"))


def _surround(nodes: nest.NodeCollection) -> None:
    """Connect nodes to what such nodes are usually connected to."""
    kind = nodes[0].element_type
    if kind == "stimulator":
        nest.Connect(nodes, nest.Create(_ORDINARY, 2))
    elif kind == "recorder":
        neurons = nest.Create(_ORDINARY, 2)
        receives = "record_from" not in nodes[0].get()
        nest.Connect(*((neurons, nodes) if receives else (nodes, neurons)))
    elif kind == "neuron":
        _connect(nodes, "static_synapse")


def main(names: Sequence[str]) -> int:
    """Compile models, and say which cannot be."""
    try:
        problems = warm_up(names)
    except ValueError as error:
        print(f"jaxnest: {error}", file=sys.stderr)
        return 2
    for problem in problems:
        print(f"jaxnest: not compiled: {problem}", file=sys.stderr)
    return 0
