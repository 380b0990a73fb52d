"""Advancing neurons in array operations: tile by tile, each tile through all steps of a segment.

The states of a tile stay in the processor's caches for the whole segment, whatever the size of the network.
"""

from __future__ import annotations

import functools
from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, final

import jax
import jax.numpy as jnp
from jax import lax

from jaxnest.compile.tracing import flow
from jaxnest.engine.accelerated.functions import draws
from jaxnest.engine.neurons.neuron_loops import input_names
from jaxnest.models.contract.secondary import Kind
from jaxnest.models.contract.state import of_model, state_class
from jaxnest.random.numbers.layout import NODES, OBJECT_SIZE


@final
@dataclass(frozen=True)
class BatchSpec:
    """What the program has to know of a batch at compile time."""

    model: type[Any]
    receptors: int
    size: int
    tile: int
    """Neurons per tile; the last tile may be padded."""
    first_lane: int
    first_column: int
    variables: tuple[tuple[str, bool], ...]
    """Names, and whether the variable differs between nodes."""
    has_frozen: bool
    stochastic: bool
    outputs: tuple[str, ...]
    """Recordables that meters sample."""
    sent: tuple[tuple[Kind, int], ...] = ()
    """What is sent along connections that carry numbers, and where it lies in the signals."""
    iterating: bool = False
    """The neurons are advanced on trial, to iterate waveforms."""

    @property
    def n_tiles(self) -> int:
        """Number of tiles."""
        return -(-self.size // self.tile)

    @property
    def n_inputs(self) -> int:
        """Number of input channels of each neuron."""
        return len(self.model.inputs(self.receptors))

    @property
    def gets_numbers(self) -> bool:
        """True if each neuron gets a random number in every step."""
        return self.stochastic or self.model.noise

    @property
    def changes_vectors(self) -> bool:
        """True if functions of the model may change vectors of the state where they are."""
        return (self.model.draws or self.model.one_by_one) and not self.model.is_integrated

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """What is sent while the neurons are advanced, one time step after the other."""
        return tuple(kind for kind, _ in self.sent if kind.iterated == self.iterating)

    @property
    def compares(self) -> bool:
        """True if a variable shows whether iterations have converged."""
        return self.iterating and bool(self.model.compared)

    @property
    def n_rows(self) -> int:
        """Number of values that are noted in each step: outputs, what is sent, what is compared."""
        return len(self.outputs) + sum(kind.components for kind in self.kinds) + self.compares


@final
@dataclass(frozen=True)
class Segment:
    """Traced times: the first step of the slice, and first and last lag of the segment."""

    origin: Any
    begin: Any
    stop: Any


def advance_batch(
    batch: BatchSpec, fixed: dict[str, Any], segment: Segment, ring: Any, raster: Any, states: dict[str, Any]
) -> tuple[Any, dict[str, Any], Any]:
    """Advance a batch through a segment.

    Parameters
    ----------
    fixed
        ``variables``, ``frozen``, ``uniform`` and ``nodes`` of the batch, padded to whole tiles; and the ``key`` of
        random numbers.
    ring, raster, states
        Ring buffer (read only), raster of the shard, and padded states of the batch.

    Returns
    -------
    raster, states, samples
        The samples (lag, output, neuron) have no rows if nothing is sampled. What is sent and compared follows the
        outputs.
    """
    samples = jnp.zeros((raster.shape[0], batch.n_rows, batch.n_tiles * batch.tile))
    one = functools.partial(_advance_tile, batch, fixed, segment, ring)
    if batch.n_tiles == 1:
        return one(0, (raster, states, samples))
    return lax.fori_loop(0, batch.n_tiles, one, (raster, states, samples))


def _advance_tile(
    batch: BatchSpec, fixed: dict[str, Any], segment: Segment, ring: Any, tile: Any, carry: Any
) -> tuple[Any, dict[str, Any], Any]:
    raster, states, samples = carry
    first = tile * batch.tile
    lane = batch.first_lane + first * batch.n_inputs
    column = batch.first_column + first

    def cut(array: Any) -> Any:
        return lax.dynamic_slice_in_dim(array, first, batch.tile, 0) if batch.n_tiles > 1 else array

    differing = {name for name, differs in batch.variables if differs}
    variables = {k: cut(a) if k in differing else a for k, a in fixed["variables"].items()}
    frozen = cut(fixed["frozen"]) if batch.has_frozen else None
    uniform = lax.dynamic_slice_in_dim(fixed["uniform"], first, batch.tile, 1) if batch.gets_numbers else None
    nodes = cut(fixed["nodes"]) if batch.model.draws else None
    inside = None if batch.n_tiles * batch.tile == batch.size else first + jnp.arange(batch.tile) < batch.size
    rows = lax.dynamic_slice(raster, (0, column), (raster.shape[0], batch.tile))
    block = lax.dynamic_slice_in_dim(samples, first, batch.tile, 2)

    def advance(lag: Any, inner: Any) -> Any:
        state, rows, block = inner
        slot = (segment.origin + lag) % ring.shape[0]
        row = lax.dynamic_slice(ring, (slot, lane), (1, batch.n_inputs * batch.tile))[0]
        x = _inputs(batch, row, uniform[lag] if uniform is not None else None)
        drawers = None if nodes is None else Drawers(fixed["key"], nodes, segment.origin + lag)
        new, spike = _update(batch, variables, state, x, drawers)
        if frozen is not None:
            new, spike = _hold(frozen, state, new, spike)
        if inside is not None:
            spike = jnp.where(inside, spike, 0)
        rows = lax.dynamic_update_slice(rows, spike[None], (lag, 0))
        if batch.n_rows:
            values = noted(batch, variables, state, new, x, batch.tile)
            block = lax.dynamic_update_slice(block, values[None], (lag, 0, 0))
        return new, rows, block

    start = ({k: cut(a) for k, a in states.items()}, rows, block)
    state, rows, block = lax.fori_loop(segment.begin, segment.stop, advance, start)
    if batch.n_tiles > 1:  # a single tile is the whole batch: its states need not be copied
        state = {k: lax.dynamic_update_slice_in_dim(a, state[k], first, 0) for k, a in states.items()}
    raster = lax.dynamic_update_slice(raster, rows, (0, column))
    return raster, state, lax.dynamic_update_slice_in_dim(samples, block, first, 2)


@final
@dataclass(frozen=True)
class Drawers:
    """Who draws random numbers while they are advanced."""

    key: Any
    nodes: Any
    step: Any


def _update(
    batch: BatchSpec, variables: dict[str, Any], state: dict[str, Any], x: Any, drawers: Drawers | None
) -> tuple[dict[str, Any], Any]:
    """Advance a tile by one step."""
    model = batch.model
    v, v_axes = variables_of(batch, variables)
    s = state_class(model)(**state)
    update = model.stochastic_update if batch.stochastic else model.update
    function = flow.traceable(of_model(model, model.iteration if batch.iterating else update))

    def advance(v: Any, s: Any, x: Any) -> Any:
        with _changeable(batch, s) as there:
            new, spike = function(v, there, x)
            new = tuple(a.value if isinstance(a, flow.Cell) else a for a in new)
            return dict(zip(model.dynamic, new, strict=True)), spike

    def draw(v: Any, s: Any, x: Any, node: Any) -> Any:
        assert drawers is not None
        n_objects = len(s.objects) // OBJECT_SIZE if "objects" in model.dynamic else 0
        with draws.drawing(draws.stream(drawers.key), n_objects) as (stream, objects):
            draws.rekey(stream, NODES, node, 0, drawers.step)
            random = tuple_type("Random", ("stream", "objects", "step"))(stream, objects, drawers.step)
            return advance(v, s, tuple_type("Inputs", (*x._fields, "random"))(*x, random))

    if drawers is None:
        new, spike = jax.vmap(advance, (v_axes, 0, 0), axis_size=batch.tile)(v, s, x)
    else:
        new, spike = jax.vmap(draw, (v_axes, 0, 0, 0))(v, s, x, drawers.nodes)
    return new, spike.astype(jnp.int32)


@contextmanager
def _changeable(batch: BatchSpec, s: Any) -> Iterator[Any]:
    """Yield a state whose vectors functions can change where they are, if those of the model do."""
    names = [name for name in s._fields if batch.changes_vectors and jnp.ndim(getattr(s, name))]
    with flow.cells(*(getattr(s, name) for name in names)) as vectors:
        yield s._replace(**dict(zip(names, vectors, strict=True)))


def _inputs(batch: BatchSpec, row: Any, uniform: Any) -> Any:
    """Cut a tile's row of the ring buffer into channels; the numbers drawn for this step may follow."""
    channels = list(row.reshape(batch.n_inputs, batch.tile))
    if batch.model.receptor_vector is not None:
        k = batch.receptors
        spikes = jnp.stack(channels[:k], axis=1) if k else jnp.zeros((batch.tile, 0))
        channels = [spikes, *channels[k:]]
    if batch.gets_numbers:
        channels.append(uniform)
    names = [name for name in input_names(batch.model, batch.stochastic) if name != "random"]
    return tuple_type("Inputs", tuple(names))(*channels)


def noted(
    batch: BatchSpec, variables: dict[str, Any], before: dict[str, Any], after: dict[str, Any], x: Any, size: int
) -> Any:
    """Return the values of all sampled recordables, of what is sent and of what is compared, (value, neuron)."""
    v, v_axes = variables_of(batch, variables)
    state = state_class(batch.model)
    parts = [batch.model.element(name) for name in batch.outputs]
    functions = [(batch.model.recordable(name), k) for name, k in parts]

    def evaluate(v: Any, before: Any, after: Any, x: Any) -> Any:
        values = [f(v, after) if k is None else f(v, after)[k] for f, k in functions]
        for kind in batch.kinds:
            values += batch.model.signals[kind].values(v, before, after, x)
        values += [getattr(after, batch.model.compared)] if batch.compares else []
        return jnp.stack([jnp.asarray(a, jnp.float64) for a in values])

    axes = (v_axes, 0, 0, 0)
    return jax.vmap(evaluate, axes, out_axes=1, axis_size=size)(v, state(**before), state(**after), x)


def held_values(batch: BatchSpec, kind: Kind, variables: dict[str, Any], states: dict[str, Any]) -> Any:
    """Return what neurons send until iterations have better values, (component, neuron), padding included."""
    v, v_axes = variables_of(batch, variables)
    s = state_class(batch.model)(**states)

    def evaluate(v: Any, s: Any) -> Any:
        return jnp.stack([jnp.asarray(a, jnp.float64) for a in batch.model.signals[kind].held(v, s)])

    return jax.vmap(evaluate, (v_axes, 0), out_axes=1, axis_size=batch.n_tiles * batch.tile)(v, s)


def _hold(frozen: Any, old: dict[str, Any], new: dict[str, Any], spike: Any) -> tuple[dict[str, Any], Any]:
    """Keep frozen nodes as they were."""
    held = {k: jnp.where(frozen.reshape((-1,) + (1,) * (a.ndim - 1)), old[k], a) for k, a in new.items()}
    return held, jnp.where(frozen, 0, spike)


def variables_of(batch: BatchSpec, variables: dict[str, Any]) -> tuple[Any, Any]:
    """Return the variables by name, and along which of their axes nodes lie."""
    kind = tuple_type("Variables", tuple(name for name, _ in batch.variables))
    return kind(**variables), kind(*(0 if differs else None for _, differs in batch.variables))


@functools.cache
def tuple_type(name: str, fields: tuple[str, ...]) -> Any:
    """Return the named tuple type that model functions get their arguments in."""
    return namedtuple(name, fields)
