"""Edges of networks in the SONATA format: synapses of given types between two populations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from jaxnest import errors
from jaxnest.api.models import GetDefaults
from jaxnest.api.sonata.configuration import hdf5, parameters, types
from jaxnest.kernel.kernel import kernel

NAMES = {"model_template": "synapse_model", "syn_weight": "weight"}
"""Columns of tables that have another name in NEST."""
OWN = {"weight": "syn_weight", "delay": "delay"}
"""What edges may have of their own, and the name of the dataset."""
NOT_SET = {"min_delay", "max_delay", "num_connections", "synapse_model"}
"""Entries of a model's defaults that edges do not have."""

EdgeTypes = dict[int, dict[str, Any]]
"""Synapse specifications by the numbers of edge types."""


def edge_types(files: Mapping[str, Any], config: Mapping[str, Any]) -> EdgeTypes:
    """Return what the table of edge types says, and the files of parameters that it names.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the table has no column with synapse models.
    KeyError
        If the table has no column with numbers, or the configuration no folder for files of parameters.
    UnknownModelName
        If there is no such model.
    """
    path = files["edge_types_file"]
    table = types(path)
    if "model_template" not in table.columns:
        raise ValueError(f"The table of edge types {path} has no column 'model_template', which names synapse models.")
    table = table.rename(columns=NAMES).set_index("edge_type_id")
    specs: EdgeTypes = {}
    for number, row in table.to_dict(orient="index").items():
        known = GetDefaults(row["synapse_model"])
        spec = {key: value for key, value in row.items() if key in known}
        if "dynamics_params" in row:
            spec |= parameters(config["components"]["synaptic_models_dir"], row["dynamics_params"])
        kept = {"weight", "delay", "synapse_model"} | (set(known) - NOT_SET)
        specs[int(number)] = {key: _number(key, value) for key, value in spec.items() if key in kept}
    return specs


def _number(key: str, value: Any) -> Any:
    """Return a value of an edge type, unless it is of a kind that edges cannot have."""
    if isinstance(value, list | dict):
        raise errors.NotImplemented(f"SonataNetwork: '{key}' of an edge type has to be a number, not {value!r}.")
    if key in OWN and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise errors.TypeMismatch(f"'{key}' of an edge type has to be a number, not {value!r}.")
    return value


@final
@dataclass
class Edges:
    """The edges of one population, as datasets of a file.

    Attributes
    ----------
    path
        The file.
    source, target, kind
        Number of the source among the nodes of its population, of the target, and of the edge type.
    own
        Weights and delays, if edges have their own.
    """

    path: str
    source: Any
    target: Any
    kind: Any
    own: dict[str, Any]

    def __post_init__(self) -> None:
        """Check that there are equally many of all.

        Raises
        ------
        KernelException
            If there are not.
        """
        for dataset in (self.source, self.kind, *self.own.values()):
            if len(dataset) != len(self.target):
                raise errors.KernelException(
                    f"Datasets have to be of the same size in {self.path}: {dataset.name} has {len(dataset)} elements, "
                    f"{self.target.name} {len(self.target)}."
                )

    def connect(self, nodes: Mapping[str, Any], specs: EdgeTypes, size: int) -> None:
        """Make the connections.

        Parameters
        ----------
        nodes
            Populations by name.
        specs
            The edge types.
        size
            How many edges are read at once.

        Raises
        ------
        IndexError
            If there is no such population or edge type.
        UnknownNode
            If a population has no such node.
        """
        ends = [self._population(dataset, nodes) for dataset in (self.source, self.target)]
        for first in range(0, len(self.target), size):
            chunk = slice(first, first + size)
            pairs = zip((self.source, self.target), ends, strict=True)
            source, target = (self._ids(dataset[chunk], ids) for dataset, ids in pairs)
            own = {key: np.asarray(dataset[chunk], np.float64) for key, dataset in self.own.items()}
            kinds, which = np.unique(self.kind[chunk], return_inverse=True)
            missing = [kind for kind in kinds.tolist() if kind not in specs]
            if missing:
                raise IndexError(f"There is no edge type {missing[0]}, which edges in {self.path} have.")
            _connect(source, target, own, [specs[kind] for kind in kinds.tolist()], which)

    def _population(self, dataset: Any, nodes: Mapping[str, Any]) -> np.ndarray:
        """Return the ids of the nodes to which a dataset refers."""
        try:
            name = dataset.attrs["node_population"]
        except KeyError:
            raise errors.KernelException(
                f"{dataset.name} in {self.path} has no attribute 'node_population', which names nodes."
            ) from None
        name = name.decode() if isinstance(name, bytes) else str(name)
        if name not in nodes:
            raise IndexError(f"There is no population '{name}', to which {dataset.name} in {self.path} refers.")
        return nodes[name].ids

    def _ids(self, numbers: np.ndarray, ids: np.ndarray) -> np.ndarray:
        if len(numbers) and not 0 <= numbers.min() <= numbers.max() < len(ids):
            wrong = numbers[(numbers < 0) | (numbers >= len(ids))][0]
            raise errors.UnknownNode(f"Edges in {self.path} refer to node {wrong} of a population of {len(ids)} nodes.")
        return ids[numbers]


def _connect(
    source: np.ndarray,
    target: np.ndarray,
    own: Mapping[str, np.ndarray],
    specs: list[dict[str, Any]],
    which: np.ndarray,
) -> None:
    """Make connections, whose specifications are numbered by `which`, model by model."""
    models = np.array([spec["synapse_model"] for spec in specs], object)
    for model in dict.fromkeys(models.tolist()):
        rows = np.flatnonzero((models == model)[which])
        kinds = which[rows]
        default = GetDefaults(model)
        values = {"synapse_model": model, **{key: array[rows] for key, array in own.items()}}
        for key in {key for spec in specs if spec["synapse_model"] == model for key in spec} - values.keys():
            given = np.array([spec.get(key, np.nan if key in OWN else default[key]) for spec in specs])
            values[key] = given[0].item() if (given == given[0]).all() else given[kinds]
        kernel.connections.connect_arrays(source[rows], target[rows], values)


def populations(path: str) -> Iterator[Edges]:
    """Open the populations of edges in a file one by one.

    Raises
    ------
    KernelException
        If a group or dataset is missing, or datasets differ in size.
    NotImplemented
        If the edges of a population are in several groups, or in none.
    """
    h5py = hdf5()
    with h5py.File(path, "r") as file:
        for name in _member(file, "edges", h5py.Group):
            population = _member(file["edges"], name, h5py.Group)
            groups = [key for key in population if set(key) <= set("0123456789")]
            if len(groups) != 1:
                raise errors.NotImplemented(
                    f"SonataNetwork: edges of a population have to be in one group; {population.name} of {path} has "
                    f"{len(groups)}."
                )
            group = _member(population, groups[0], h5py.Group)
            source, target, kind = (
                _member(population, key, h5py.Dataset) for key in ("source_node_id", "target_node_id", "edge_type_id")
            )
            own = {key: _member(group, dataset, h5py.Dataset) for key, dataset in OWN.items() if dataset in group}
            yield Edges(path, source, target, kind, own)


def _member(group: Any, name: str, kind: type) -> Any:
    """Return a group or dataset of a file."""
    member = group.get(name)
    if not isinstance(member, kind):
        what = kind.__name__.lower()
        raise errors.KernelException(f"There is no {what} '{name}' in {group.name} of {group.file.filename}.")
    return member
