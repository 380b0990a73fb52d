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


@final
class EdgeTypes:
    """The edge types of one file: what they say, and how far their lists have been read.

    An edge takes the next value of each list of its type. Each virtual process reads the lists from their beginning.

    Attributes
    ----------
    specs
        Synapse specifications by the numbers of edge types.
    """

    def __init__(self, specs: dict[int, dict[str, Any]]) -> None:
        self.specs = specs
        self._taken: dict[tuple[int, int], int] = {}

    def places(self, kinds: np.ndarray, threads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return for edges, given in their order, which values of lists they take, and whether there are still any.

        A virtual process stops at the first edge for which there are none.

        Parameters
        ----------
        kinds, threads
            Edge type of each edge, and virtual process of its target.
        """
        place, possible = np.zeros(len(kinds), np.int64), np.ones(len(kinds), np.bool_)
        for kind, spec in self.specs.items():
            sizes = [len(value) for value in spec.values() if isinstance(value, np.ndarray)]
            for thread in range(kernel.n_threads) if sizes else ():
                rows = np.flatnonzero((kinds == kind) & (threads == thread))
                first = self._taken.get((kind, thread), 0)
                place[rows] = np.arange(first, first + len(rows))
                self._taken[kind, thread] = first + len(rows)
                missing = rows[place[rows] >= min(sizes)]
                if len(missing):
                    possible[missing[0] :] &= threads[missing[0] :] != thread
        return place, possible


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
    specs: dict[int, dict[str, Any]] = {}
    for number, row in table.to_dict(orient="index").items():
        known = GetDefaults(row["synapse_model"])
        spec = {key: value for key, value in row.items() if key in known}
        if "dynamics_params" in row:
            spec |= parameters(config["components"]["synaptic_models_dir"], row["dynamics_params"])
        kept = {"weight", "delay", "synapse_model"} | (set(known) - NOT_SET)
        specs[int(number)] = {key: _checked(key, value) for key, value in spec.items() if key in kept}
    return EdgeTypes(specs)


def _checked(key: str, value: Any) -> Any:
    """Return a value of an edge type, a list as an array, unless it is of a kind that edges cannot have."""
    if key == "synapse_model":
        return value
    if value is None or (isinstance(value, list) and value[:1] == [None]):
        raise AttributeError(f"'{key}' of an edge type has to be a number or a list of numbers, not {value!r}.")
    if isinstance(value, list) and value and isinstance(value[0], int | float):
        value = _array(key, value)
    if key in OWN and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise errors.TypeMismatch(f"'{key}' of an edge type has to be a number, not {value!r}.")
    if isinstance(value, bool) or not isinstance(value, int | float | np.ndarray):
        raise errors.BadProperty(
            f"'{key}' of an edge type has to be a number or a list of numbers, not {value!r}: NEST cannot handle a "
            "parameter of this type."
        )
    return value


def _array(key: str, values: list[Any]) -> np.ndarray:
    """Return a list of numbers as an array. As in NEST, the first one decides whether all are integers."""
    if not all(isinstance(value, int | float) for value in values):
        raise TypeError(f"All values of '{key}' of an edge type have to be numbers: {values!r}.")
    whole = isinstance(values[0], int)
    return np.array([int(value) if whole else float(value) for value in values], np.int64 if whole else np.float64)


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

    def connect(self, nodes: Mapping[str, Any], known: EdgeTypes, size: int) -> None:
        """Make the connections.

        Parameters
        ----------
        nodes
            Populations by name.
        known
            The edge types.
        size
            How many edges are read at once.

        Raises
        ------
        IndexError
            If there is no such population or edge type.
        UnknownNode
            If a population has no such node.
        KernelException
            If a list of an edge type has too few values. Edges before that remain.
        """
        ends = [self._population(dataset, nodes) for dataset in (self.source, self.target)]
        for first in range(0, len(self.target), size):
            chunk = slice(first, first + size)
            pairs = zip((self.source, self.target), ends, strict=True)
            source, target = (self._ids(dataset[chunk], ids) for dataset, ids in pairs)
            own = {key: np.asarray(dataset[chunk], np.float64) for key, dataset in self.own.items()}
            kinds, which = np.unique(self.kind[chunk], return_inverse=True)
            missing = [kind for kind in kinds.tolist() if kind not in known.specs]
            if missing:
                raise IndexError(f"There is no edge type {missing[0]}, which edges in {self.path} have.")
            place, possible = known.places(kinds[which], target % kernel.n_threads)
            if not possible.all():
                own = {key: values[possible] for key, values in own.items()}
                source, target, which, place = (part[possible] for part in (source, target, which, place))
            _connect(source, target, own, [known.specs[kind] for kind in kinds.tolist()], (which, place))
            if not possible.all():
                raise errors.KernelException(
                    f"Parameter values exhausted: a list of an edge type in {self.path} has fewer values than "
                    "a virtual process has edges of this type."
                )

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
    which: tuple[np.ndarray, np.ndarray],
) -> None:
    """Make connections model by model; `which`: the number of the specification, and the place in its lists."""
    models = np.array([spec["synapse_model"] for spec in specs], object)
    for model in dict.fromkeys(models.tolist()):
        rows = np.flatnonzero((models == model)[which[0]])
        default = GetDefaults(model)
        values = {"synapse_model": model, **{key: array[rows] for key, array in own.items()}}
        for key in {key for spec in specs if spec["synapse_model"] == model for key in spec} - values.keys():
            given = [spec.get(key, np.nan if key in OWN else default[key]) for spec in specs]
            values[key] = _column(given, which[0][rows], which[1][rows])
        kernel.connections.connect_arrays(source[rows], target[rows], values)


def _column(given: list[Any], kinds: np.ndarray, places: np.ndarray) -> Any:
    """Return the value of each connection, or the one that all have; `given` are numbers or lists, by kind."""
    if not any(isinstance(value, np.ndarray) for value in given):
        numbers = np.array(given)
        return numbers[0].item() if (numbers == numbers[0]).all() else numbers[kinds]
    column = np.empty(len(kinds), np.result_type(*given))
    for kind, value in enumerate(given):
        rows = np.flatnonzero(kinds == kind)
        column[rows] = value[places[rows]] if isinstance(value, np.ndarray) else value
    return column


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
