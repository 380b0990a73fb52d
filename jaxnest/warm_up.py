"""Compile models in advance, so that the first simulation with one does not wait: `jaxnest warm-up`."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

import jaxnest as nest

_ORDINARY = "iaf_psc_alpha"
_STEPS = 2.0
_PARTNERS = (
    _ORDINARY,
    "lin_rate_ipn",
    "aeif_psc_delta_clopath",
    "pp_cond_exp_mc_urbanczik",
    "eprop_iaf",
    "eprop_readout",
    "eprop_iaf_bsshslm_2020",
    "eprop_readout_bsshslm_2020",
    "hh_psc_alpha_gap",
    "aeif_cond_alpha_astro",
    "astrocyte_lr_1994",
    "ginzburg_neuron",
    "siegert_neuron",
)
"""Neurons that belong to synapses and nodes which do not go with ordinary ones."""
_SYNAPSES = (
    "static_synapse",
    "eprop_synapse",
    "eprop_synapse_bsshslm_2020",
    "rate_connection_delayed",
    "rate_connection_instantaneous",
    "diffusion_connection",
    "sic_connection",
)
_PAIRS = (*((name, name) for name in _PARTNERS), *itertools.permutations(_PARTNERS, 2))
_RECEPTORS = range(9)
_PARAMETERS = {
    "cm_default": {
        "compartments": [{"parent_idx": -1}, {"parent_idx": 0}],
        "receptors": [{"comp_idx": 1, "receptor_type": kind} for kind in ("AMPA", "GABA", "NMDA", "AMPA_NMDA")],
    },
}
"""What nodes need that are nothing without it."""


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
    try:
        build(name)
        nest.Simulate(_STEPS)
    except Exception as error:  # whatever a model says
        return f"{name}: {error}"
    return ""


def build(name: str) -> None:
    """Make the first network that a model can be part of: with its own kind, or with others."""
    nest.ResetKernel()
    nest.verbosity = nest.VerbosityLevel.ERROR
    if name == "weight_recorder":
        nest.CopyModel("static_synapse", "recorded", {"weight_recorder": nest.Create(name)})
        networks = [(_ORDINARY, _ORDINARY, ("recorded",))]
    elif name in nest.synapse_models:
        networks = [(source, target, (name,)) for source, target in _PAIRS]
    else:
        pairs = [(name, name)] if nest.GetDefaults(name, "element_type") == "neuron" else []
        pairs += [(name, other) for other in _PARTNERS] + [(other, name) for other in _PARTNERS]
        networks = [(source, target, _SYNAPSES) for source, target in pairs]
    if not any(_connected(*network) for network in networks):
        raise ValueError("nothing is known that it could be connected to")


def _connected(source: str, target: str, synapses: Sequence[str]) -> bool:
    """Connect nodes by the first kind of synapse that joins them; return whether there is one."""
    if synapses != ("recorded",):  # what could not be connected is not compiled
        nest.ResetKernel()
        nest.verbosity = nest.VerbosityLevel.ERROR
    first, second = (nest.Create(name, 2, _PARAMETERS.get(name)) for name in (source, target))
    found = any(_joined(first, second, synapse) for synapse in synapses)
    for neurons in (first, second) if found else ():
        if neurons[0].element_type == "neuron":
            _joined(nest.Create("poisson_generator", 2, {"rate": 2e4}), neurons, "static_synapse", weight=50.0)
            _joined(neurons, nest.Create("spike_recorder", 2), "static_synapse")
    return found


def _joined(source: nest.NodeCollection, target: nest.NodeCollection, synapse: str, **values: float) -> bool:
    """Connect nodes one to one, at whatever receptors there are; return whether there is one."""
    status = nest.GetDefaults(synapse)
    if "volume_transmitter" in status:
        nest.SetDefaults(synapse, {"volume_transmitter": nest.Create("volume_transmitter")})
    rule = {"rule": "one_to_one", "make_symmetric": status["requires_symmetric"]}
    if status["has_delay"]:
        values["delay"] = nest.resolution  # the only one that synapses of e-prop have
    found = False
    for receptor in _RECEPTORS:
        try:
            nest.Connect(source, target, rule, {"synapse_model": synapse, "receptor_type": receptor, **values})
        except nest.NESTErrors.KernelException:
            continue
        found = True
    return found


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
