"""Nodes of networks in the SONATA format: neurons of given types, and injectors of recorded spikes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from jaxnest.api.collections.node_collection import NodeCollection
from jaxnest.api.nodes import Create
from jaxnest.api.sonata.configuration import hdf5, parameters, types

NEURONS = ("point_neuron", "point_process")
"""Kinds of nodes that are simulated."""
VIRTUAL = "virtual"
"""The kind of nodes that send recorded spikes."""


def populations(config: Mapping[str, Any]) -> Iterator[tuple[str, NodeCollection]]:
    """Create the populations one by one.

    Parameters
    ----------
    config
        The configuration.

    Yields
    ------
    str, NodeCollection
        Name of a population, and its nodes.

    Raises
    ------
    KeyError
        If the configuration or a file lacks an entry.
    FileNotFoundError
        If there is no such file.
    ValueError
        If a table has several kinds of nodes or lacks a column, or if nobody says what a virtual population sends.
    """
    for files in config["networks"]["nodes"]:
        path = files["node_types_file"]
        table = types(path)
        kinds = table["model_type"].unique()
        if len(kinds) > 1:
            raise ValueError(
                f"The nodes of a table have to be of one model type; those of {path} are of {list(kinds)}."
            )
        (kind,) = kinds
        if kind not in (*NEURONS, VIRTUAL):
            raise ValueError(f"The model type '{kind}' in {path} is none of {', '.join((*NEURONS, VIRTUAL))}.")
        known = {} if kind == VIRTUAL else _node_types(table, path)
        with hdf5().File(files["nodes_file"], "r") as file:
            for name, group in file["nodes"].items():
                ids = group["node_type_id"]
                yield name, _injectors(config, name, len(ids)) if kind == VIRTUAL else _neurons(config, known, ids[:])


def _node_types(table: Any, path: str) -> dict[int, dict[str, Any]]:
    """Return model and file of parameters for each type of nodes."""
    for column, what in (("model_template", "models"), ("dynamics_params", "files with parameters")):
        if column not in table.columns:
            raise ValueError(f"The table of node types {path} has no column '{column}', which names {what}.")
    table["model_template"] = table["model_template"].str.removeprefix("nest:")
    return table.set_index("node_type_id")[["model_template", "dynamics_params"]].to_dict(orient="index")


def _neurons(config: Mapping[str, Any], known: Mapping[int, Mapping[str, Any]], ids: np.ndarray) -> NodeCollection:
    """Create neurons, given the type of each."""
    kinds, which = np.unique(ids, return_inverse=True)
    entries = [known[kind] for kind in kinds.tolist()]
    models = {entry["model_template"] for entry in known.values()}
    if len(models) == 1:
        nodes = Create(models.pop(), n=len(ids))
    else:
        of_nodes = np.array([entry["model_template"] for entry in entries], object)[which]
        runs = [Create(model, n=len(list(run))) for model, run in itertools.groupby(of_nodes)]
        nodes = NodeCollection(np.concatenate([run.ids for run in runs]).tolist() if runs else [])
    for number, entry in enumerate(entries):
        folder = config["components"]["point_neuron_models_dir"]
        nodes[which == number].set(parameters(folder, entry["dynamics_params"]))
    return nodes


def _injectors(config: Mapping[str, Any], name: str, n: int) -> NodeCollection:
    """Create nodes that send the spikes of a file."""
    inputs = config["inputs"].values()
    path = next((entry["input_file"] for entry in inputs if entry["node_set"] == name), None)
    if path is None:
        raise ValueError(
            f"No input of the configuration belongs to the population '{name}': none has it as 'node_set'."
        )
    sources, times = _spikes(path, name)
    order = np.argsort(sources, kind="stable")
    ends = np.searchsorted(sources[order], np.arange(n + 1))
    trains = (times[order[first:end]] for first, end in itertools.pairwise(ends.tolist()))
    params = [{"spike_times": train, "allow_offgrid_times": True} for train in trains]
    return Create("spike_train_injector", n=n, params=params)


def _spikes(path: str, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return who sends and when, for one population of a file, or for the only one that it has."""
    h5py = hdf5()
    with h5py.File(path, "r") as file:
        spikes = file["spikes"]
        are_groups = [isinstance(member, h5py.Group) for member in spikes.values()]
        if all(are_groups):
            if name not in spikes:
                raise ValueError(f"There are no spikes of the population '{name}' in {path}.")
            spikes = spikes[name]
        elif any(are_groups):
            raise ValueError(f"Spikes have to be in groups, one per population, or in none; there are both in {path}.")
        ids = next((key for key in ("gids", "node_ids") if key in spikes), None)
        if ids is None:
            raise ValueError(f"There is no dataset 'gids' or 'node_ids' in {path}.")
        return spikes[ids][:], np.asarray(spikes["timestamps"][:], np.float64)
