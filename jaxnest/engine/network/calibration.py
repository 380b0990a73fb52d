"""From the stored columns of a model to the variables and states that its functions work with."""

from __future__ import annotations

import functools
import itertools
import keyword
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, final

import numpy as np

from jaxnest import errors
from jaxnest.compile.failures import described
from jaxnest.models.contract.base import Neuron, Node
from jaxnest.models.contract.device import Sender
from jaxnest.random.numbers.layout import FIRST_RUN


@final
class _Node:
    """Stored values of one node, read when they are asked for; remembers which were."""

    def __init__(self, columns: Mapping[str, np.ndarray], i: int, used: set[str]) -> None:
        self._columns, self._i = columns, i
        self._used = used

    def __getattr__(self, name: str) -> Any:
        try:
            value = self._columns[name][self._i]
        except KeyError:
            raise AttributeError(name) from None
        self._used.add(name)
        return value.item() if isinstance(value, np.generic) else value


def numeric_columns(model: type[Node], columns: Mapping[str, np.ndarray], names: Iterable[str]) -> dict[str, Any]:
    """Return the columns of `names` that hold numbers, as float64; vectors become matrices if equally long."""
    result: dict[str, Any] = {}
    for name in names:
        column = columns[name]
        if column.dtype != object:
            result[name] = column.astype(np.float64)
        elif (model.parameters.get(name) or model.state[name]).is_vector and len({len(v) for v in column}) == 1:
            result[name] = np.stack([np.asarray(v, np.float64) for v in column])
    return result


def calibrate(
    model: type[Any], columns: Mapping[str, np.ndarray], clock: Any, used: set[str] | None = None
) -> dict[str, np.ndarray]:
    """Return all variables of a group of nodes: parameters, and what `model.calibrate` computes from them.

    `calibrate` is evaluated once for each distinct combination of the parameters that it asks for; their names are
    added to `used`. Names that are words of Python get an underscore (``lambda_``).
    """
    n = len(next(iter(columns.values())))
    variables = numeric_columns(model, columns, model.parameters)
    variables |= _calibrate(model, columns, n, clock, set() if used is None else used)
    return {field_of(name): column for name, column in variables.items()}


def recalibrated(
    model: type[Any], columns: Mapping[str, np.ndarray], n: int, changed: Iterable[str], clock: Any
) -> dict[str, np.ndarray]:
    """Return the variables of `n` nodes that may be others since some parameters and states have changed."""
    variables = numeric_columns(model, columns, [name for name in changed if name in model.parameters])
    if not _read_by(model).isdisjoint(changed):
        variables |= _calibrate(model, columns, n, clock, set())
    return {field_of(name): column for name, column in variables.items()}


def _calibrate(
    model: type[Any], columns: Mapping[str, np.ndarray], n: int, clock: Any, used: set[str]
) -> dict[str, np.ndarray]:
    """Return what `model.calibrate` computes for a group of nodes."""
    variables: dict[str, np.ndarray] = {}
    used |= _read_by(model)
    known = -1
    while known < len(used):
        known = len(used)
        groups = _distinct(columns, used, n)
        results = [_calibrated(model, _Node(columns, i, used), clock) for i in groups[0].tolist()]
    _read_by(model).update(used)
    for name in dict.fromkeys(itertools.chain.from_iterable(results)):
        values = [r.get(name, np.empty(0)) for r in results]
        shapes = {value.shape for value in values}
        if len(shapes) > 1:
            found = " and ".join(map(str, sorted(shapes)))
            raise errors.KernelException(
                f"`calibrate` of {model.name} returns '{name}' with the shapes {found} for "
                "nodes of one population, which have to be equal."
            )
        variables[name] = np.array(values)[groups[1]]
    return variables


@final
class Apart:
    """The variables of nodes that are calibrated one by one, as their vectors may be of any length.

    Those of nodes whose parameters are what they were before are kept.
    """

    def __init__(self, model: type[Any]) -> None:
        self._model = model
        self._clock: Any = None
        self._asked: tuple[str, ...] = ()
        self._given: list[tuple[Any, ...]] = []
        self.found: list[dict[str, np.ndarray]] = []

    def update(self, columns: Mapping[str, np.ndarray], clock: Any) -> list[int]:
        """Calibrate nodes where something is new; return which these are."""
        read = _read_by(self._model)
        asked = tuple(name for name in columns if name in self._model.parameters or name in read)
        given = list(zip(*(columns[name] for name in asked), strict=True))
        if self._clock != clock or self._asked != asked or len(self.found) != len(given):
            self._clock, self._asked, self.found = clock, asked, [{} for _ in given]
            new = list(range(len(given)))
        else:
            pairs = enumerate(zip(self._given, given, strict=True))
            new = [i for i, (old, now) in pairs if not all(map(_same, old, now))]
        self._given = given
        for i in new:
            variables = self._variables({name: columns[name][i] for name in self._model.parameters})
            variables |= _calibrated(self._model, _Node(columns, i, read), clock)
            self.found[i] = {field_of(name): value for name, value in variables.items()}
        return new

    def _variables(self, values: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Return the parameters of a node that are numbers or vectors."""
        vectors = self._model.parameters
        return {
            name: np.asarray(value, np.float64)
            for name, value in values.items()
            if vectors[name].is_vector or isinstance(value, np.generic)
        }


def _same(a: Any, b: Any) -> bool:
    """Return whether two stored values are known to be equal; vectors are if they are the same object."""
    return a is b or (isinstance(a, np.generic) and a == b)


def _calibrated(model: type[Any], node: _Node, clock: Any) -> dict[str, np.ndarray]:
    """Return what `model.calibrate` computes for one node.

    Raises
    ------
    KernelException
        If it fails, or returns something else than numbers by name; errors of NEST's are passed on.
    """
    try:
        with np.errstate(all="ignore"):  # as in C
            return {name: np.asarray(value, np.float64) for name, value in model.calibrate(node, clock).items()}
    except errors.KernelException:
        raise
    except Exception as error:
        raise described(f"`calibrate` of {model.name}", error) from error


@functools.cache
def _read_by(model: type[Any]) -> set[str]:
    """The parameters that `calibrate` of a model has asked for so far: to know them saves evaluating it twice."""
    return set()


def computed(model: type[Any], variables: Iterable[str]) -> list[str]:
    """Return which variables are computed, not parameters: they stay until the next preparation of a run."""
    parameters = {field_of(name) for name in model.parameters}
    return [name for name in variables if name not in parameters]


@functools.cache
def field_of(name: str) -> str:
    """Return the name of a parameter as a field of a named tuple."""
    return name + "_" * keyword.iskeyword(name)


_ONE = np.zeros(1, np.int64)


def _distinct(columns: Mapping[str, np.ndarray], names: Iterable[str], n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the first index of each distinct combination of values, and each node's combination."""
    if n == 1:
        return _ONE, _ONE
    keys = []
    for name in sorted(names):
        column = columns[name]
        if column.dtype == object:
            lookup: dict[bytes, int] = {}
            keys.append([float(lookup.setdefault(np.asarray(v).tobytes(), len(lookup))) for v in column])
        elif not np.all(column == column[0]):
            keys.append(column.astype(np.float64))
    if not keys:
        return np.zeros(1, np.int64), np.zeros(n, np.int64)
    _, first, inverse = np.unique(np.array(keys).T, axis=0, return_index=True, return_inverse=True)
    return first, inverse.ravel()


def compressed(variables: Mapping[str, np.ndarray], spread: set[str]) -> dict[str, np.ndarray]:
    """Replace columns that are equal in all nodes by their value, except those named in `spread`.

    Names of columns that differ are added to `spread`: once a variable differs between nodes it stays an array,
    so that changing values back does not change the shapes that a program was compiled for.
    """
    result: dict[str, np.ndarray] = {}
    for name, column in variables.items():
        if name not in spread and (column == column[:1]).all():
            result[name] = column[0]
        else:
            spread.add(name)
            result[name] = column
    return result


def node_values(columns: Mapping[str, np.ndarray], i: int) -> Any:
    """Return the stored values of one node as attributes."""
    return _Node(columns, i, set())


def state_columns(model: type[Node], columns: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the dynamic state variables as float64 arrays of one row per node."""
    return numeric_columns(model, columns, dict.fromkeys(model.dynamic))


def restart(model: type[Any], store: Any, clock: Any, step: int) -> None:
    """Write the state that devices start a run with at time `step` into their columns."""
    for row in range(len(store.node_ids)):
        state = model.restart(node_values(store.columns, row), clock, step)
        for name, value in state.items():
            store.columns[name][row] = value


def restarts(model: type[Any]) -> bool:
    """Return whether a model has a state that it starts runs with."""
    return issubclass(model, Sender) and model.restarts


def begin_run(stores: Mapping[type[Any], Any], clock: Any, streams: Sequence[np.ndarray]) -> None:
    """Let neurons store what they begin a run with; those that draw it do so in the order of their ids."""
    drawing = []
    for model, store in stores.items():
        if not issubclass(model, Neuron):
            continue
        if _overrides(model, "begin_run"):
            for row in range(len(store.node_ids)):
                _store(store, row, model.begin_run(node_values(store.columns, row), clock))
        if _overrides(model, "draw_first"):
            drawing += [(node, model, store, row) for row, node in enumerate(store.node_ids.tolist())]
    if drawing:
        _draw_first(sorted(drawing, key=lambda entry: entry[0]), clock, streams)


def begins_runs(model: type[Any]) -> bool:
    """Return whether nodes of a model store something before each run."""
    return issubclass(model, Neuron) and (_overrides(model, "begin_run") or _overrides(model, "draw_first"))


def _draw_first(nodes: Sequence[tuple[int, Any, Any, int]], clock: Any, streams: Sequence[np.ndarray]) -> None:
    """Let nodes (id, model, store, row) store what they begin a run with and draw at random."""
    from jaxnest.random.numbers.engines import drand
    from jaxnest.random.numbers.keyed import rekey

    for node, model, store, row in nodes:
        stream = streams[store.virtual_processes[row]]
        rekey(stream, FIRST_RUN, node, 0, 0)
        draw = functools.partial(drand, stream)
        _store(store, row, model.draw_first(node_values(store.columns, row), clock, draw))


def _overrides(model: type[Neuron], name: str) -> bool:
    return getattr(model, name).__func__ is not getattr(Neuron, name).__func__


def _store(store: Any, row: int, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        store.columns[name][row] = value


def adopt(mine: Any, theirs: Any, names: Sequence[str]) -> bool:
    """Copy arrays of another object of the same kind, if all have the shapes that they have here; else do nothing.

    What knows where the arrays are need not be told then.
    """
    pairs = [(getattr(mine, name), getattr(theirs, name)) for name in names]
    if any(a.shape != b.shape or a.dtype != b.dtype or not a.flags.writeable for a, b in pairs):
        return False
    for a, b in pairs:
        a[...] = b
    return True
