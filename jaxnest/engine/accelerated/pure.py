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

LARGEST = 1 << 6
"""So many places of the raster are counted together at most."""
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
    find, some = Finder(raster, jnp.ones(len(raster), jnp.bool_)), _at_once(raster.size)

    def deliver_some(state: Any) -> Any:
        done, ring = state
        lag, column, multiplicity = find(done + jnp.arange(some))
        step = clock[layout.ORIGIN] - clock[layout.MIN_DELAY] + lag
        rows = jnp.where(multiplicity != 0, source["rows"][column], 0)
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
        times = multiplicity[spike][:, None]
        amount = value("weight", row) * times
        if "again" in table:
            amount = value("weight", row) + (times - 1) * value("again", row)
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
class Finder:
    """Finds the spikes in a raster (lag, column), without going through all places more than once.

    Parameters
    ----------
    raster
        How many spikes there are, (lag, column).
    now
        Which lags count.
    """

    def __init__(self, raster: Any, now: Any) -> None:
        lags, n = raster.shape
        self._size = next((k for k in range(LARGEST, LARGEST // 4, -1) if n % k == 0), LARGEST)
        self._columns = -(-n // self._size)
        missing = self._columns * self._size - n
        raster = jnp.pad(raster, ((0, 0), (0, missing))) if missing else raster
        blocks = raster.reshape(lags, self._columns, self._size)
        count = jnp.count_nonzero(blocks, axis=2).astype(jnp.int32)
        self._count = jnp.where(now[:, None], count, 0).reshape(-1)
        self._until, self._blocks = jnp.cumsum(self._count), blocks.reshape(-1, self._size)

    @property
    def total(self) -> Any:
        """How many places with spikes there are."""
        return self._until[-1]

    def __call__(self, k: Any) -> tuple[Any, Any, Any]:
        """Return lags, columns and multiplicities of the spikes number `k`, an array; of 0 where there are none."""
        block = jnp.searchsorted(self._until, k, side="right", method="scan_unrolled")
        block = jnp.minimum(block, len(self._until) - 1)
        within = k - (self._until[block] - self._count[block])
        found = self._blocks[block]
        rank = jnp.cumsum(found != 0, axis=1, dtype=jnp.int32)
        place = jnp.argmax(rank > within[:, None], axis=1)
        copies = jnp.take_along_axis(found, place[:, None], axis=1)[:, 0]
        lag, column = block // self._columns, block % self._columns * self._size + place
        return lag, column, jnp.where(k < self.total, copies, 0)


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


def note(shard: dict[str, Any], table: dict[str, Any], times: Any, clock: Any) -> None:
    """Note the spikes of a segment: for recorders, and for what neurons remember of them."""
    raster = shard["raster"]
    min_delay, n = raster.shape
    if n == 0:
        return
    lags = jnp.arange(min_delay)
    now = (lags >= clock[layout.FROM]) & (lags < clock[layout.TO])
    find, some = Finder(raster, now), _at_once(raster.size)
    t = times[archives.MS_PER_TIC] * ((clock[layout.ORIGIN] + lags + 1) * times[archives.TICS_PER_STEP])
    index, trace, pool = shard["archive"]

    def note_some(state: Any) -> Any:
        done, trace, events, counters = state
        lag, column, copies = find(done + jnp.arange(some))
        counters = counters.at[layout.N_SPIKES].add(jnp.sum(copies))
        if len(table["heard"]):
            events, counters = _record(events, counters, table, clock, lag, column, copies)
        return done + some, remember(trace, t[lag], column, copies), events, counters

    start = (jnp.int64(0), trace, shard["events"].reshape(-1, layout.EVENT_WORDS), shard["counters"])
    _, trace, events, counters = lax.while_loop(lambda state: state[0] < find.total, note_some, start)
    registered = jnp.where(clock[layout.TO] == min_delay, jnp.count_nonzero(raster), 0)
    shard["counters"] = counters.at[layout.N_REGISTERED].set(registered)
    shard["events"], shard["archive"] = events.reshape(-1), (index, trace, pool)


def _record(
    events: Any, counters: Any, table: dict[str, Any], clock: Any, lag: Any, column: Any, copies: Any
) -> tuple[Any, Any]:
    """Append records of spikes, those of a neuron in the order of time, if recorders hear them."""
    heard = (table["recorded"][column] > 0) & (copies != 0)
    number = jnp.cumsum(heard, dtype=jnp.int64)
    place = jnp.where(heard, counters[layout.N_EVENTS] + number - 1, len(events))
    words = (-1, table["emitters"][column], clock[layout.ORIGIN] + lag + 1, copies, clock[layout.SEGMENT], 0, 0)
    records = jnp.stack([jnp.broadcast_to(jnp.asarray(w, jnp.int64), place.shape) for w in words], axis=1)
    return events.at[place].set(records, mode="drop"), counters.at[layout.N_EVENTS].add(number[-1])


def remember(trace: Any, t: Any, column: Any, copies: Any) -> Any:
    """Note when neurons have spiked last, and add spikes to their calcium traces."""
    spikes = jnp.minimum(copies, trace[column, archives.MOST])
    column = jnp.where(spikes > 0, column, len(trace))
    tau, step = trace[column, archives.CALCIUM_TAU], trace[column, archives.CALCIUM_STEP]
    before = trace[column, archives.CALCIUM]
    since = trace[column, archives.CALCIUM_TIME]
    trace = trace.at[column, archives.LAST].max(t, mode="drop")
    last = trace[column, archives.LAST]
    trace = trace.at[column, archives.CALCIUM_TIME].set(last, mode="drop")
    trace = trace.at[column, archives.CALCIUM].set(before * jnp.exp((since - last) / tau), mode="drop")
    return trace.at[column, archives.CALCIUM].add(spikes * step * jnp.exp((t - last) / tau), mode="drop")


@jax.jit
def decay_calcium(trace: Any, t: Any) -> Any:
    """At the end of a run: let the calcium traces decay until then."""
    decay = jnp.exp((trace[:, archives.CALCIUM_TIME] - t) / trace[:, archives.CALCIUM_TAU])
    trace = trace.at[:, archives.CALCIUM].multiply(decay)
    return trace.at[:, archives.CALCIUM_TIME].set(t)
