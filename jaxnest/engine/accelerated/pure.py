"""Delivery in pure JAX: the same operations as `engine.kernels`, for GPUs, TPUs and gradients.

Sums come in no particular order, so that results agree with the event kernels up to rounding.
"""

from __future__ import annotations

from typing import Any, final

import jax
import jax.numpy as jnp
from jax import lax

from jaxnest.engine import archive_layout as archives
from jaxnest.engine import layout

BLOCK = 1 << 5
"""Places of the raster that are counted together."""
SMALLEST_BLOCK, LARGEST_BLOCK = 1 << 10, 1 << 20
"""Bounds of the number of synaptic events that are delivered together."""


def sent(shard: dict[str, Any]) -> tuple[Any, Any]:
    """Return where the spikes of the previous slice are: in the raster of a shard, and how many they are."""
    return shard["raster"], shard["counters"]


def deliver(shard: dict[str, Any], table: dict[str, Any], rasters: list[Any], clock: Any) -> None:
    """Add the spikes of the previous slice to the ring buffer of a shard."""
    if table["lane"].shape[0] == 0:
        return
    begins_slice = clock[layout.FROM] == 0
    for source, raster, counters in zip(table["sources"], rasters[::2], rasters[1::2], strict=True):
        n = jnp.where(begins_slice, counters[layout.N_REGISTERED], 0)
        if raster.size:
            shard["ring"] = _deliver_raster(shard["ring"], table, source, raster, n, clock)


def _deliver_raster(ring: Any, table: dict[str, Any], source: dict[str, Any], raster: Any, n: Any, clock: Any) -> Any:
    """Deliver the `n` spikes of a raster, some at once."""
    find, some = _Finder(raster.reshape(-1) != 0), _at_once(raster.size)

    def deliver_some(state: Any) -> Any:
        done, ring = state
        spike = done + jnp.arange(some)
        place = find(spike)
        column = place % raster.shape[1]
        multiplicity = jnp.where(spike < n, raster.reshape(-1)[place], 0)
        step = clock[layout.ORIGIN] - clock[layout.MIN_DELAY] + place // raster.shape[1]
        rows = jnp.where(spike < n, source["rows"][column], 0)
        return done + some, _deliver_rows(ring, table, source["first"][column], rows, multiplicity, step)

    return lax.while_loop(lambda state: state[0] < n, deliver_some, (jnp.int64(0), ring))[1]


def _deliver_rows(ring: Any, table: dict[str, Any], first: Any, rows: Any, multiplicity: Any, step: Any) -> Any:
    """Deliver spikes through all rows of connections of their senders, a number of rows at once."""
    end, at_once = jnp.cumsum(rows), _rows_at_once(*table["lane"].shape)

    def value(name: str, row: Any) -> Any:
        return table[name][row] if len(table[name]) > 1 else table[name]

    def deliver_some(state: Any) -> Any:
        done, ring = state
        k = done + jnp.arange(at_once)
        spike = jnp.minimum(jnp.searchsorted(end, k, side="right", method="scan_unrolled"), len(end) - 1)
        row = jnp.where(k < end[-1], first[spike] + k - (end[spike] - rows[spike]), 0)
        lane = table["lane"][row]
        amount = value("weight", row) * multiplicity[spike][:, None]
        amount = jnp.where((lane >= 0) & (k < end[-1])[:, None], amount, 0.0)
        return done + at_once, add_to_ring(ring, step[spike][:, None] + value("delay", row), lane, amount)

    start = (jnp.zeros((), end.dtype), ring)
    return lax.while_loop(lambda state: state[0] < end[-1], deliver_some, start)[1]


def _at_once(n_places: int) -> int:
    """Return how many spikes to look at together: about as many as a slice has at usual rates."""
    return min(n_places, max(64, n_places // 128))


def _rows_at_once(n_rows: int, width: int) -> int:
    """Return how many rows of connections to read together: about as many as are due in a slice at usual rates."""
    n_events = min(LARGEST_BLOCK, max(SMALLEST_BLOCK, n_rows * width // 64))
    return min(n_rows, max(1, n_events // width))


@final
class _Finder:
    """Finds the places that are occupied, without going through all of them more than once."""

    def __init__(self, occupied: Any) -> None:
        blocks = -(-len(occupied) // BLOCK)
        self._blocks = jnp.pad(occupied, (0, blocks * BLOCK - len(occupied))).reshape(blocks, BLOCK)
        self._count = jnp.sum(self._blocks, axis=1, dtype=jnp.int32)
        self._until = jnp.cumsum(self._count)

    @property
    def total(self) -> Any:
        """How many places are occupied."""
        return self._until[-1]

    def __call__(self, k: Any) -> Any:
        """Return the occupied places number `k`, an array; where there are not so many, some place."""
        block = jnp.searchsorted(self._until, k, side="right", method="scan_unrolled")
        block = jnp.minimum(block, len(self._until) - 1)
        within = k - (self._until[block] - self._count[block])
        rank = jnp.cumsum(self._blocks[block], axis=1, dtype=jnp.int32)
        return block * BLOCK + jnp.argmax(rank > within[:, None], axis=1)


def add_to_ring(ring: Any, step: Any, lane: Any, amount: Any) -> Any:
    """Add amounts that arrive in some steps to lanes; amounts of 0 do not touch the buffer."""
    n_slots, n_lanes = ring.shape
    kind = jnp.int32 if ring.size < 1 << 31 else jnp.int64
    place = (step % n_slots).astype(kind) * n_lanes + lane
    place = jnp.where(amount != 0, place, ring.size)
    return ring.reshape(-1).at[place].add(amount, mode="drop").reshape(ring.shape)


def clear(shard: dict[str, Any], kept: Any, clock: Any) -> None:
    """Clear what a segment has read from the ring buffer, but for the lanes in `kept`."""
    ring, lags = shard["ring"], jnp.arange(shard["raster"].shape[0])
    slots = (clock[layout.ORIGIN] + lags) % ring.shape[0]
    rows = jnp.where(kept > 0, ring[slots], 0.0) if len(kept) else jnp.zeros((len(lags), ring.shape[1]))
    place = jnp.where((lags >= clock[layout.FROM]) & (lags < clock[layout.TO]), slots, ring.shape[0])
    shard["ring"] = ring.at[place].set(rows, mode="drop")


def collect(shard: dict[str, Any], table: dict[str, Any], clock: Any) -> None:
    """Note the spikes of a segment."""
    raster = shard["raster"]
    min_delay, n = raster.shape
    if n == 0:
        return
    lags = jnp.arange(min_delay)
    now = ((lags >= clock[layout.FROM]) & (lags < clock[layout.TO]))[:, None]
    counters = shard["counters"].at[layout.N_SPIKES].add(jnp.sum(jnp.where(now, raster, 0)))
    if len(table["heard"]):
        heard = jnp.where(now, raster[:, table["heard"]], 0)
        shard["events"], counters = _note(shard["events"], counters, heard, table["emitters"][table["heard"]], clock)
    registered = jnp.where(clock[layout.TO] == min_delay, jnp.count_nonzero(raster), 0)
    shard["counters"] = counters.at[layout.N_REGISTERED].set(registered)


def _note(events: Any, counters: Any, raster: Any, nodes: Any, clock: Any) -> tuple[Any, Any]:
    """Append event records; those of a neuron are in the order of time."""
    find, some = _Finder(raster.reshape(-1) != 0), _at_once(raster.size)
    before = counters[layout.N_EVENTS]

    def note_some(state: Any) -> Any:
        done, rows = state
        k = done + jnp.arange(some)
        place = find(k)
        stamp = clock[layout.ORIGIN] + place // raster.shape[1] + 1
        words = (-1, nodes[place % raster.shape[1]], stamp, raster.reshape(-1)[place], clock[layout.SEGMENT], 0, 0)
        records = jnp.stack([jnp.broadcast_to(jnp.asarray(w, jnp.int64), k.shape) for w in words], axis=1)
        return done + some, rows.at[jnp.where(k < find.total, before + k, len(rows))].set(records, mode="drop")

    start = (jnp.int64(0), events.reshape(-1, layout.EVENT_WORDS))
    rows = lax.while_loop(lambda state: state[0] < find.total, note_some, start)[1]
    return rows.reshape(-1), counters.at[layout.N_EVENTS].add(find.total)


def archive(shard: dict[str, Any], table: dict[str, Any], times: Any, clock: Any) -> None:
    """Note when neurons spiked last, and advance their calcium traces."""
    index, trace, pool = shard["archive"]
    raster = shard["raster"]
    if raster.shape[1] == 0:
        return
    lags = jnp.arange(raster.shape[0])
    spikes = jnp.where(((lags >= clock[layout.FROM]) & (lags < clock[layout.TO]))[:, None], raster, 0)
    t = times[archives.MS_PER_TIC] * ((clock[layout.ORIGIN] + lags + 1) * times[archives.TICS_PER_STEP])
    last = jnp.max(jnp.where(spikes > 0, t[:, None], trace[:, archives.LAST]), axis=0)
    tau = trace[:, archives.CALCIUM_TAU]
    new = spikes * jnp.exp((t[:, None] - last) / tau) * trace[:, archives.CALCIUM_STEP]
    calcium = trace[:, archives.CALCIUM] * jnp.exp((trace[:, archives.CALCIUM_TIME] - last) / tau)
    spiked = jnp.any(spikes > 0, axis=0)
    for word, value in (
        (archives.LAST, last),
        (archives.CALCIUM, calcium + jnp.sum(jnp.where(spikes > 0, new, 0.0), axis=0)),
        (archives.CALCIUM_TIME, last),
    ):
        trace = trace.at[:, word].set(jnp.where(spiked, value, trace[:, word]))
    shard["archive"] = (index, trace, pool)


@jax.jit
def decay_calcium(trace: Any, t: Any) -> Any:
    """At the end of a run: let the calcium traces decay until then."""
    decay = jnp.exp((trace[:, archives.CALCIUM_TIME] - t) / trace[:, archives.CALCIUM_TAU])
    trace = trace.at[:, archives.CALCIUM].multiply(decay)
    return trace.at[:, archives.CALCIUM_TIME].set(t)
