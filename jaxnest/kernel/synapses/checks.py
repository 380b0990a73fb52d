"""Whether source, target, synapse model and receptor fit together."""

from __future__ import annotations

import functools
from typing import Any, NamedTuple, final

import numpy as np

from jaxnest import errors
from jaxnest.kernel.tables.model_table import NamedModel
from jaxnest.kernel.tables.node_table import NodeTable
from jaxnest.models.contract.base import Node
from jaxnest.models.contract.detector import Detector
from jaxnest.models.contract.device import Recorder, Sampler, Sender
from jaxnest.models.contract.synapse import Synapse

PREFIX = "Creation of connection is not possible because:\n"


class Problem(NamedTuple):
    """The first connection that is not possible: its row, why, and whether NEST has looked at its delay and at what its
    device remembers before.
    """

    row: int
    error: Exception
    uses_delay: bool = True
    uses_device: bool = True


def illegal(reason: str) -> errors.IllegalConnection:
    """Return an IllegalConnection with NEST's preamble."""
    return errors.IllegalConnection(PREFIX + reason)


Sizes = tuple[int, ...]
"""The numbers of receptors of a node for spikes and for currents, as far as its parameters decide them."""

_POSSIBLE: set[tuple[type[Node], type[Node], type[Synapse], int, Sizes]] = set()
"""Kinds of connections that were found to be possible."""


def why_not(
    source: type[Node], target: type[Node], synapse: type[Synapse], receptor: int, sizes: Sizes
) -> errors.KernelException | None:
    """Return the error for connections of this kind, or None if they are possible.

    Parameters
    ----------
    sizes
        Numbers of receptors of the target, if vector parameters decide them.
    """
    kind = (source, target, synapse, receptor, sizes)
    if kind in _POSSIBLE:
        return None
    error = _why_not(*kind)
    if error is None:
        _POSSIBLE.add(kind)
    return error


def _why_not(
    source: type[Node], target: type[Node], synapse: type[Synapse], receptor: int, sizes: Sizes
) -> errors.KernelException | None:
    if target.receives_globally and not source.has_proxies:
        hint = " Put a neuron that repeats spikes between them." if target.collects else ""
        if issubclass(target, Sampler):
            hint = f" Note that volt/multimeters must be connected as Connect({target.name}, neuron)."
        return illegal(
            f"We do not allow connection of a device to a global receiver at the moment: {source.name} -> "
            f"{target.name}.{hint}"
        )
    missing = _missing_history(source, target, synapse)
    if isinstance(missing, errors.NotImplemented) and source.has_proxies:
        return missing
    if synapse.carries is not None:
        return _secondary(source, target, synapse, receptor)
    samples = issubclass(source, Sampler)
    if source.emits is None and not samples:
        return illegal(
            f"Source node does not send output: {source.name} -> {target.name}.\n"
            "  Note that recorders must be connected as Connect(neuron, recorder)."
        )
    plastic = None if source.has_proxies or synapse.accepts_devices else _from_device(source, target, synapse)
    if isinstance(plastic, errors.IllegalConnection):
        return plastic
    if (
        source.emits is not None
        and target.has_proxies
        and not source.has_proxies
        and target.element_type == "stimulator"
    ):
        return illegal(f"{target.name} takes no input.")
    signals = {source.signal_sent, target.signal_heard} - {"any"}
    if not samples and len(signals) > 1:
        return illegal(
            "Source and target neuron are not compatible (e.g., spiking vs binary neuron): "
            f"{source.name} -> {target.name}."
        )
    if missing is not None:
        return missing
    problem = _receptor(source, target, synapse, receptor, sizes)
    if problem is None and synapse.needs_archive and not target.archives:
        return illegal(f"The target node does not support STDP synapses: {target.name} keeps no history of spikes.")
    return problem or plastic


def _from_device(source: type[Node], target: type[Node], synapse: type[Synapse]) -> errors.KernelException | None:
    """Return the error for a device and a synapse model that does not take what most devices send, or None."""
    if source.emits == "spikes" and (
        synapse.needs_learning or (issubclass(source, Sender) and source.sends_as_neurons)
    ):
        if issubclass(target, Detector) or target.own_receptor:
            return errors.NotImplemented(
                f"Connections from {source.name} to {target.name} with '{synapse.name}' are not implemented yet."
            )
        return None
    what = {"currents": "current input", None: "data logging requests"}.get(source.emits, "spike input")
    return illegal(
        f"The target node or synapse model does not support {what}: "
        f"{source.name} cannot be connected with {synapse.name}."
    )


def _missing_history(source: type[Node], target: type[Node], synapse: type[Synapse]) -> errors.KernelException | None:
    """Return the error if the target does not keep the history that the synapse reads, or None.

    Where a device is the source NEST notices the lack of a history of potentials or predictions only when it sends a
    spike, and where synapses and their target learn at different times, only when it looks for a gradient.
    """
    lacks_learning = synapse.needs_learning and target.learns is None
    if lacks_learning and not (source.has_proxies and target.has_proxies):
        return illegal(f"The target node does not support {synapse.name}: {source.name} -> {target.name}.")
    if lacks_learning or (source.has_proxies and synapse.lacks_history(target)):
        what = "for learning" if lacks_learning else "of its potential" if synapse.needs_voltages else "of predictions"
        return errors.NotImplemented(
            "This synapse model is not supported by the neuron model of at least one connection: "
            f"{target.name} keeps no history {what}."
        )
    return None


def _secondary(
    source: type[Node], target: type[Node], synapse: type[Synapse], receptor: int
) -> errors.KernelException | None:
    """Return why a connection that carries numbers is not possible, or None."""
    kind = synapse.carries
    assert kind is not None
    if kind not in source.signals:
        return illegal(
            f"The source node does not support {kind.name} output. {source.name} cannot be connected with "
            f"{synapse.name}."
        )
    if kind not in target.hears:
        return illegal(
            f"The target node or synapse model does not support {kind.name} input. {target.name} cannot be connected "
            f"with {synapse.name}."
        )
    of_devices = target.hears[kind].of_devices
    if not source.has_proxies and of_devices is not None and receptor not in of_devices:
        names = ", ".join(map(str, of_devices))
        return illegal(f"{target.name} expects connections from a {source.name} at receptor_type {names}.")
    known = target.hears[kind].receptors
    return None if receptor in known else _unknown(target, receptor, list(known))


def _receptor(
    source: type[Node], target: type[Node], synapse: type[Synapse], receptor: int, sizes: Sizes
) -> errors.KernelException | None:
    if issubclass(source, Sampler):
        if not target.recordables and target.receptor_vector is None:
            return illegal(
                "The target node or synapse model does not support data logging requests: "
                f"{target.name} has nothing to record."
            )
        if synapse.receptor_zero_only:
            return _only_zero(synapse)
        return None if receptor == 0 else _unknown(target, receptor, [0], "DataLoggingRequest")
    if source.emits == "currents":
        known, what = list(target.current_receptors), "current input"
        if target.current_vector is not None:
            known = list(range(sizes[1]))
    else:
        known, what = list(target.spike_receptors), "spike input"
        if target.receptor_vector is not None:
            known = list(range(target.first_receptor, target.first_receptor + (target.own_receptor or sizes[0])))
        elif issubclass(target, Detector):
            known = list(range(sizes[0]))
    plain = source.emits in ("spikes", "currents")
    if not plain:
        known, what = [], f"input of {source.emits}"
    if not known and source.emits == "spikes" and _records_spikes(target):
        known = [0]
    if not known and (target.receptor_vector is None or not plain):
        return illegal(
            f"The target node or synapse model does not support {what}: {source.name} -> {target.name}.\n"
            "  Note that volt/multimeters must be connected as Connect(meter, neuron)."
        )
    if receptor not in known:
        return _unknown(target, receptor, known, "CurrentEvent" if source.emits == "currents" else "SpikeEvent")
    if source.emits == "spikes":
        reason = source.refuses(source, target, receptor) or target.refuses(source, target, receptor)
        if reason:
            return illegal(reason)
    port = known.index(receptor) if target.ports_from_zero else receptor
    return _only_zero(synapse) if synapse.receptor_zero_only and port else None


def _records_spikes(target: type[Node]) -> bool:
    """True for recorders whose events are plain spikes."""
    if not issubclass(target, Recorder) or issubclass(target, Sampler):
        return False
    if target.hears_spikes is not None:
        return target.hears_spikes
    return not (target.float_values or target.int_values)


def _only_zero(synapse: type[Synapse]) -> errors.IllegalConnection:
    return illegal(f"Only receptor 0 is allowed for HPC synapses such as {synapse.name}. Use the normal model instead.")


def _unknown(target: type[Node], receptor: int, known: list[int], event: str = "") -> errors.KernelException:
    names = {number: name for name, number in target.receptor_types.items()}
    listed = ", ".join(f"{k} ({names[k]})" if k in names else str(k) for k in known) or "none"
    what = {"SpikeEvent": "spike", "CurrentEvent": "current"}.get(event)
    if target.current_vector is not None and what:
        return errors.UnknownPort(
            f"Port with id {receptor} does not exist. Valid {what} receptor ports for {target.name} are in "
            f"[0, {len(known)}[."
        )
    if target.receptor_vector is not None and not target.own_receptor and event == "SpikeEvent":
        return errors.IncompatibleReceptorType(
            f"Receptor type {receptor} in {target.name} does not accept SpikeEvent. "
            f"Receptors (as many as {target.receptor_vector} has elements): {listed}."
        )
    currents = target.current_receptors
    if event and currents and 0 not in currents and receptor <= max(currents):  # no receptor has two kinds of input
        return errors.IncompatibleReceptorType(
            f"Receptor type {receptor} in {target.name} does not accept {event}. Those that do: {listed}."
        )
    return errors.UnknownReceptorType(
        f"Receptor type {receptor} is not available in {target.name}. Its receptors: {listed}."
    )


@final
class Compatibility:
    """Checks rows of one Connect call, population by population where that is enough."""

    def __init__(self, nodes: NodeTable, sources: np.ndarray, targets: np.ndarray) -> None:
        self._nodes = nodes
        self.sources, self.targets = self._kinds(sources), self._kinds(targets)
        """Model and numbers of receptors of the nodes, and the positions of those of each kind."""
        self._ids = sources, targets

    def _kinds(self, ids: np.ndarray) -> dict[tuple[type[Node], Sizes], np.ndarray]:
        kinds: dict[tuple[type[Node], Sizes], np.ndarray] = {}
        for named, store, positions in self._nodes.groups(ids):
            model = named.model
            if model.receptor_vector is not None and not model.own_receptor:
                vectors = [store.columns[k] for k in (model.receptor_vector, model.current_vector) if k is not None]
                sizes = np.array([[len(column[r]) for column in vectors] for r in self._nodes.rows(ids[positions])])
            elif issubclass(model, Detector):
                stored = (
                    {k: c[r] for k, c in store.columns.items()} for r in self._nodes.rows(ids[positions]).tolist()
                )
                sizes = np.array([[model.receptor_count(one)] for one in stored])
            else:
                key = (model, ())
                kinds[key] = np.concatenate([kinds[key], positions]) if key in kinds else positions
                continue
            for size in np.unique(sizes, axis=0).tolist():
                chosen, key = positions[(sizes == size).all(axis=1)], (model, tuple(size))
                kinds[key] = np.concatenate([kinds[key], chosen]) if key in kinds else chosen
        return kinds

    @functools.cached_property
    def _numbered(self) -> tuple[list[tuple[type[Node], Sizes]], np.ndarray]:
        """All kinds, and for each node the number of its kind."""
        kinds = list(self.sources | self.targets)
        numbers = np.full(len(self._nodes) + 1, -1, np.int64)
        for ids, present in zip(self._ids, (self.sources, self.targets), strict=True):
            for kind, positions in present.items():
                numbers[ids[positions]] = kinds.index(kind)
        return kinds, numbers

    def first_bad(self, named: NamedModel, source: np.ndarray, target: np.ndarray, receptor: Any) -> Problem | None:
        """Return the first row that cannot be connected."""
        model = named.model
        if model.modulator and not len(named.defaults.get(model.modulator, ())):
            what = model.modulator.replace("_", " ")
            error = errors.BadProperty(
                f"No {what} has been assigned to the synapse model '{named.name}'. "
                f"Set its property {model.modulator} with SetDefaults() or CopyModel()."
            )
            return Problem(0, error)
        if np.ndim(receptor) and len(receptor) and (receptor == receptor[0]).all():
            receptor = receptor[0]
        if not np.ndim(receptor) and not any(
            why_not(s, t, model, int(receptor), n) for s, _ in self.sources for t, n in self.targets
        ):
            return None
        kinds, numbers = self._numbered
        codes = (numbers[source] << 44) + (numbers[target] << 32) + np.broadcast_to(receptor, len(source))
        for i in np.sort(np.unique(codes, return_index=True)[1]):
            (source_model, _), (target_model, n) = kinds[numbers[source[i]]], kinds[numbers[target[i]]]
            error = why_not(source_model, target_model, model, int(np.broadcast_to(receptor, len(source))[i]), n)
            if error is not None:
                refused_at_once = target_model.receives_globally and not source_model.has_proxies
                uses_delay = not (refused_at_once or isinstance(error, errors.NotImplemented))
                asked = model.carries is None and not source_model.signals and not issubclass(source_model, Sampler)
                return Problem(int(i), error, uses_delay, asked)
        return None


@final
class DeviceRules:
    """What devices remember of their connections: one synapse model per thread, one connection per meter and node."""

    def __init__(self, nodes: NodeTable) -> None:
        self._nodes = nodes
        self._synapse: dict[tuple[int, int], int] = {}
        """Device and thread, on each of which it has a twin, and the synapse model in use."""
        self._sampled: dict[int, set[int]] = {}
        self._meters: dict[int, int] = {}

    def memory(self) -> tuple[dict[tuple[int, int], int], dict[int, set[int]], dict[int, int]]:
        """Return all that is remembered, for `recall`."""
        return dict(self._synapse), {k: set(v) for k, v in self._sampled.items()}, dict(self._meters)

    def recall(self, memory: tuple[dict[tuple[int, int], int], dict[int, set[int]], dict[int, int]]) -> None:
        """Forget what has been remembered since."""
        self._synapse, self._sampled, self._meters = memory

    def accept(
        self, named: NamedModel, source: np.ndarray, target: np.ndarray
    ) -> tuple[dict[int, int], Problem | None]:
        """Remember connections from devices.

        Returns
        -------
        dict
            For the rows of meters, the port that NEST shows as their receptor: how many meters the node then has.
        Problem or None
            The first row that a device refuses.
        """
        ports: dict[int, int] = {}
        bad: Problem | None = None
        for device in dict.fromkeys(source.tolist()):
            rows = np.flatnonzero(source == device)
            if issubclass(self._nodes.model(device), Sampler):
                found = self._meter(device, rows, target[rows], ports)
            else:
                found = self._stimulator(device, rows, target[rows], named)
            if found is not None and (bad is None or found.row < bad.row):
                bad = found
        return ports, bad

    def _stimulator(self, device: int, rows: np.ndarray, target: np.ndarray, named: NamedModel) -> Problem | None:
        refused = []
        for thread in dict.fromkeys((target % self._nodes.n_virtual_processes).tolist()):
            first = int(np.argmax(target % self._nodes.n_virtual_processes == thread))
            if not self.bind(device, int(target[first]), named):
                refused.append(int(rows[first]))
        if not refused:
            return None
        error = illegal(
            "All outgoing connections from a device must use the same synapse type: "
            f"node {device} has another one than '{named.name}' already."
        )
        return Problem(min(refused), error)

    def bind(self, device: int, target: int, named: NamedModel) -> bool:
        """Let a stimulator use one synapse model on the thread of a target; False if it uses another one already.

        Connections that carry numbers do not ask.
        """
        if named.model.carries is not None:
            return True
        return self._synapse.setdefault((device, target % self._nodes.n_virtual_processes), named.index) == named.index

    def _meter(self, meter: int, rows: np.ndarray, targets: np.ndarray, ports: dict[int, int]) -> Problem | None:
        sampled = self._sampled.setdefault(meter, set())
        wanted = self._nodes.get(meter, "record_from")
        known: dict[type[Node], list[str]] = {}
        for row, target in zip(rows.tolist(), targets.tolist(), strict=True):
            model = self._nodes.model(target)
            if model.receives_globally:
                continue  # no device is connected to it, whatever it records
            if model not in known or model.receptor_vector is not None:
                known[model] = self._recordables(model, target)
            missing = [name for name in wanted if name not in known[model]]
            if missing:
                hint = errors.nearest(missing[0], known[model])
                error = illegal(
                    f"Cannot connect with unknown recordable {missing[0]} of {model.name}, "
                    f"which has {', '.join(known[model])}.{hint}"
                )
                return Problem(row, error)
            if model.recorded_by_one_thread and self._nodes.n_virtual_processes > 1:
                message = f"Recording from a {model.name} is only possible in single-threaded mode."
                return Problem(row, errors.KernelException(message))
            if target in sampled:
                error = illegal(f"Each multimeter can only be connected once to a given node: {meter} -> {target}.")
                return Problem(row, error)
            sampled.add(target)
            ports[row] = self._meters[target] = self._meters.get(target, 0) + 1
        return None

    def _recordables(self, model: type[Node], node_id: int) -> list[str]:
        columns = self._nodes.stores[model].columns
        row = self._nodes.rows(np.array([node_id]))[0]
        return model.recordable_names({k: column[row] for k, column in columns.items()})

    def is_connected(self, meter: int) -> bool:
        """True if a meter is connected already: what it records is then fixed."""
        return bool(self._sampled.get(meter))
