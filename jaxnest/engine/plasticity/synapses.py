"""The connections of one virtual process whose synapses do more than to send a constant weight.

Connections of all models with the same functions lie in common arrays: table after table of the kernel, in the order of
their sources. States that depend on nothing but the source's spikes are stored once for each source where they agree.
`engine.plasticity.plastic_layout` makes these arrays.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar, final

import numpy as np

from jaxnest.engine.layout import COLUMN, GROUP_KIND, GROUP_ROW
from jaxnest.models.histories.learning_history import BEGUN


def as_field(name: str) -> str:
    """Return a name as an attribute: ``lambda`` is ``lambda_``."""
    return name + "_" if keyword.iskeyword(name) else name


def state_names(model: type[Any]) -> tuple[str, ...]:
    """Return what each connection has that may change: its weight, and the state."""
    return (() if model.weight_is_common else ("weight",)) + tuple(model.state)


def own_names(model: type[Any]) -> tuple[str, ...]:
    """Return what each connection has of its own: states that do not follow from the source's spikes; parameters."""
    return tuple(n for n in state_names(model) if n not in model.source_states) + tuple(model.parameters)


def common_names(model: type[Any]) -> tuple[str, ...]:
    """Return what all connections of a model share."""
    return (("weight",) if model.weight_is_common else ()) + tuple(model.common)


def common_default(model: type[Any], name: str) -> Any:
    """Return the default of something that all connections of a model share."""
    return model.default_weight if name == "weight" else model.common[name].default


def common_slices(model: type[Any]) -> dict[str, tuple[int, int]]:
    """Return where the values of each of them begin and end in a row: vectors have several."""
    defaults = [common_default(model, name) for name in common_names(model)]
    ends = np.cumsum([np.size(d) for d in defaults]).tolist()
    return {n: (e - np.size(d), e) for n, d, e in zip(common_names(model), defaults, ends, strict=True)}


@final
@dataclass
class Home:
    """Where the connections of some rows of the arrays are in the kernel."""

    table: Any
    rows: np.ndarray | None
    """Their rows there, None if they are the first ones, in the same order."""
    first: int
    n: int
    """The first of the rows here, and how many they are."""
    size: np.ndarray
    """Per group of connections with the same source: how many they are."""
    state: np.ndarray
    """Per group, the first row of the states that follow from the source's spikes."""
    alike: np.ndarray
    """Per group, whether its connections share that row."""
    common: int
    """The row of what connections of the model have in common, be they between neurons or from devices."""

    def store(self, name: str, values: np.ndarray) -> None:
        """Write values of these connections to a column of the table."""
        self.table.columns[name].array[slice(self.n) if self.rows is None else self.rows] = values

    def store_of_source(self, name: str, values: np.ndarray) -> None:
        """Write a state that follows from the source's spikes to a column of the table, from the values of all rows."""
        column = self.table.columns[name]
        if self.rows is None and self.n == len(column) and self.alike.all():
            column.stretch(values[self.state], np.cumsum(self.size))
            return
        within = np.arange(self.n) - np.repeat(np.cumsum(self.size) - self.size, self.size)
        self.store(name, values[np.repeat(self.state, self.size) + np.repeat(~self.alike, self.size) * within])


@final
@dataclass
class Synapses:
    """Connections whose models have the same functions. Compiled code changes these arrays in place."""

    CHANGING: ClassVar = ("columns", "common_state", "of_source", "switches")

    model: type[Any]
    place: np.ndarray
    """Per connection, row of the target in `sites`."""
    sites: np.ndarray
    """Per target and receptor: column of the target in the raster, lanes for positive and for other weights, flags."""
    switches: np.ndarray
    """Per row of `sites`, if a target is binary, which node has sent the last spike, and in which step; or where the
    target keeps the weight, if it does."""
    delay: np.ndarray
    """Per connection, or one for all."""
    common: np.ndarray
    """Per model (a built-in one and its copies): what `common_names` says."""
    common_state: np.ndarray
    """Per model: what this virtual process keeps of the `common_state`."""
    of_source: np.ndarray
    """Rows of the states that follow from the source's spikes (see `Home`)."""
    identity: np.ndarray
    """Per connection of a model that draws: what tells it from others of the source, whatever the virtual process."""
    columns: dict[str, np.ndarray]
    """What `own_names` says, each per connection; or once, if it is the same for all of them and never changes."""
    homes: list[Home]
    process: int
    """The virtual process."""
    words: np.ndarray = field(init=False)
    """Address and length of each array."""

    def __post_init__(self) -> None:
        first = (self.place, self.sites, self.switches, self.delay, self.common, self.common_state, self.of_source)
        arrays = (*first, self.identity, *self.columns.values())
        self.words = np.array([(a.ctypes.data, a.size) for a in arrays], np.int64).reshape(-1)

    def __len__(self) -> int:
        return len(self.place)

    def store(self) -> None:
        """Write weights and state back to the kernel's tables."""
        for home in self.homes:
            for name in self.columns.keys() & set(self.model.dynamic):
                home.store(name, self.columns[name][home.first :][: home.n])
            for k, name in enumerate(self.model.source_states):
                home.store_of_source(name, self.of_source[:, k])
            if self.model.common_state:
                home.table.named.process_values[self.process] = {
                    name: type(self.model.common[name].default)(value)
                    for name, value in zip(self.model.common_state, self.common_state[home.common], strict=False)
                }

    def begin(self) -> np.ndarray:
        """Let all connections be known to their targets; return the columns of targets that did not know them yet."""
        new = self.sites[self.place[np.broadcast_to(self.columns[BEGUN] == 0.0, len(self))], 0]
        self.columns[BEGUN][:] = 1.0
        for home in self.homes:
            home.store(BEGUN, np.ones(home.n))
        return new


@final
@dataclass
class Plasticity:
    """All such connections of one virtual process, and the groups of its delivery table that they belong to."""

    CHANGING: ClassVar = ("synapses",)

    dynamics: tuple[str, ...]
    """Names of the models whose functions there are on any virtual process."""
    groups: np.ndarray
    """Per group of connections, what `engine.layout.GROUP_WORDS` says."""
    synapses: list[Synapses]
    times: np.ndarray
    sources: np.ndarray
    """Nodes whose last spikes are kept for synapses that learn."""
    source_row: np.ndarray
    """Per node: its row in the archive, 0 if there is none."""
    first_site: np.ndarray
    """Per node: the row of its receptor 0 in `Synapses.sites`."""
    at_once: np.ndarray
    """Per group, whether its source is a device, whose spikes wait for no slice to end."""

    def kind(self) -> np.ndarray:
        """Return per group the place of its dynamics, from 1 on; 0 for constant weights."""
        return self.groups[:, GROUP_KIND]

    def store(self) -> None:
        """Write weights and states back to the kernel's tables."""
        for synapses in self.synapses:
            synapses.store()

    def readers(self, n_columns: int) -> tuple[np.ndarray, np.ndarray]:
        """Return how many synapses read the spikes of each neuron, and the longest of their delays in steps."""
        count, longest = np.zeros(n_columns, np.int64), np.zeros(n_columns, np.int64)
        for synapses in self.synapses:
            if synapses.model.needs_archive and len(synapses):
                reads = np.bincount(synapses.place, minlength=len(synapses.sites))
                delays = np.zeros(len(reads), np.int64)
                if len(synapses.delay) == 1:
                    delays[:] = synapses.delay[0]
                else:
                    np.maximum.at(delays, synapses.place, synapses.delay)
                used = np.flatnonzero(reads)
                column = synapses.sites[used, COLUMN]
                np.add.at(count, column, reads[used])
                np.maximum.at(longest, column, delays[used])
        return count, longest

    def read_by_device(self, group: int, size: int) -> np.ndarray:
        """Return the columns of the neurons whose spikes the synapses of a group of a device read."""
        kind, first = self.groups[group, [GROUP_KIND, GROUP_ROW]].tolist()
        synapses = self.synapses[kind - 1]
        if not synapses.model.needs_archive:
            return np.empty(0, np.int64)
        return np.unique(synapses.sites[synapses.place[first : first + size], COLUMN]).astype(np.int64)

    @property
    def learns_from_devices(self) -> bool:
        """Whether devices send spikes to synapses that learn by gradients."""
        learns = np.array([False, *(bool(s.model.needs_learning) for s in self.synapses)])
        return bool(learns[self.kind()[self.at_once]].any())

    def keep_weights(self, nodes: np.ndarray, kept: np.ndarray, first: int) -> None:
        """Say where nodes keep the weights of their receptors from `first` on: (node, receptor - 1)."""
        own = np.arange(first, kept.shape[1] + 1)
        sites = self.first_site[nodes][:, None] + own
        places = kept.ctypes.data + kept.strides[0] * np.arange(len(nodes))[:, None] + kept.strides[1] * (own - 1)
        for synapses in self.synapses[:1]:  # they have the array in common
            synapses.switches[2 * sites] = places

    def begin_learning(self, n_columns: int) -> np.ndarray:
        """Return how many synapses at each neuron learn from its history that it does not know yet."""
        count = np.zeros(n_columns, np.int64)
        for synapses in self.synapses:
            if synapses.model.needs_learning:
                np.add.at(count, synapses.begin(), 1)
        return count


def dynamics_of(tables: Iterable[Any], are_binary: bool) -> tuple[str, ...]:
    """Return the names of the models whose functions delivery has to know.

    Those of constant weight are among them if targets are binary and other synapses draw whether they send: what a
    binary neuron makes of a spike depends on whether another one of the sender has come before.
    """
    models = {t.named.model for t in tables}
    all_of_them = are_binary and any(m.is_stochastic for m in models)
    return tuple(sorted({m.dynamics for m in models if (all_of_them and m.carries is None) or m.send is not None}))
