"""The executor of JAX: a jitted loop over slices (`engine.accelerated.program`), fed from a plan."""

from __future__ import annotations

from typing import Any, final

import jax
import jax.numpy as jnp
import numpy as np

from jaxnest import errors
from jaxnest.compile.compile_time import compilers
from jaxnest.engine import layout
from jaxnest.engine.accelerated import config, pure
from jaxnest.engine.accelerated.devices.tables import device_constant
from jaxnest.engine.accelerated.exchange import exchange_constant
from jaxnest.engine.accelerated.placement import default_device
from jaxnest.engine.accelerated.precise import network as precise
from jaxnest.engine.accelerated.precise.tables import rows_in_use
from jaxnest.engine.accelerated.program import compiled
from jaxnest.engine.accelerated.pure_tables import registered, rows_of
from jaxnest.engine.accelerated.specification import differs, draws_numbers, program_spec
from jaxnest.engine.accelerated.synapses import histories, modulation, voltages
from jaxnest.engine.accelerated.synapses.tables import store_states, synapse_constants, synapse_states
from jaxnest.engine.accelerated.synapses.weights import in_nest_order
from jaxnest.engine.devices.stimulation import Devices
from jaxnest.engine.histories.remembering import archive_times
from jaxnest.engine.network.shard import Batch, Shard
from jaxnest.engine.plan.buffers import Buffers, clock_words
from jaxnest.engine.plan.collectors import collectors_of
from jaxnest.engine.plan.delivery_table import DeliveryTable
from jaxnest.engine.plan.plan import Plan, collection_table
from jaxnest.engine.plan.voltages import voltage_constants

SAMPLE_BYTES = 1 << 25
"""Aim for the memory of one probe's samples between two drains."""

MOST_UNSETTLED = 1 << 10
"""So many intervals whose waveforms are not settled may come up in one call."""


@final
class XlaRunner:
    """Runs a plan with the compiled program of its structure."""

    def __init__(self, plan: Plan, buffers: list[Buffers], devices: list[list[Devices | None]], streams: Any) -> None:
        if config.has_lost_threads():
            raise errors.KernelException(
                "Programs of JAX have run in the process that this one was forked off, and cannot run here: start "
                "processes with multiprocessing.set_start_method('spawn'), or set nest.compute_backend = 'native'."
            )
        config.configure()
        config.note_programs()
        self.plan, self.buffers, self.devices, self.streams = plan, buffers, devices, streams
        self.device = default_device()
        self._rows: dict[tuple[int, Any], tuple[DeliveryTable, Any]] = {}
        """Per virtual process, its connections as array operations deliver them: constant weights, and others."""
        self._most = precise.FEW_SPIKES
        """So many spikes of a neuron in one step are kept, where spikes need not come on the grid."""
        self._make_spec()
        self.constant = jax.device_put(self._constant(), self.device)
        self.carry: dict[str, Any] = jax.device_put(self._carry(), self.device)
        self.run_program = compiled(self.spec, self.device)
        self._unsettled = np.empty((0, 2), np.int64)
        self.reached = 0
        """The step that the last run has reached; its beginning, if it failed."""

    def _make_spec(self) -> None:
        """Describe the structure of the network."""
        remembers = tuple(bool(b.counters[layout.ARCHIVE_USED]) for b in self.buffers)
        specs = enumerate(self.buffers) if self.plan.off_grid else ()
        off_grid = tuple(precise.precise_spec(self.plan, s, b, self._most) for s, b in specs)
        self.spec = program_spec(self.plan, self.devices, self.streams.rng_type, remembers, off_grid)

    def _variables(self, batch: Batch) -> dict[str, np.ndarray]:
        """Return the variables of a batch, those that differ between nodes padded to whole tiles."""
        return {k: batch.padded(a) if differs(batch, k, a) else a for k, a in batch.variables.items()}

    def _delivery(self, shard: Shard, table: DeliveryTable) -> dict[str, Any]:
        return self._laid_out(shard, table, rows_of)

    def _synapses(self, shard: Shard, table: DeliveryTable) -> list[dict[str, Any]]:
        return self._laid_out(shard, table, synapse_constants)

    def _laid_out(self, shard: Shard, table: DeliveryTable, lay_out: Any) -> Any:
        """Return a table as one function lays it out, once as long as it is the same."""
        known, arrays = self._rows.get((shard.index, lay_out), (None, None))
        if known is not table:
            arrays = jax.device_put(lay_out(table, [s.emitters for s in self.plan.shards]), self.device)
            self._rows[shard.index, lay_out] = table, arrays
        return arrays

    def _constant(self) -> dict[str, Any]:
        plan = self.plan
        return {
            "variables": [[self._variables(b) for b in s.batches] for s in plan.shards],
            "frozen": [[() if b.frozen is None else b.padded(b.frozen) for b in s.batches] for s in plan.shards],
            "kept_lanes": [_kept_lanes(s) for s in plan.shards],
            "delivery": [self._delivery(s, t) for s, t in zip(plan.shards, plan.delivery, strict=True)],
            "synapses": [self._synapses(s, t) for s, t in zip(plan.shards, plan.delivery, strict=True)],
            "watched": [np.sum([t.watched for t in plan.delivery], axis=0)[s.emitters] for s in plan.shards],
            "collecting": [_collecting(s, t) for s, t in zip(plan.shards, plan.delivery, strict=True)],
            "voltages": [voltage_constants(plan, s) for s in range(len(plan.shards))],
            "times": archive_times(plan.clock),
            "collection": [collection_table(plan, s) for s in range(len(plan.shards))],
            "devices": [
                [() if d is None else device_constant(d, table) for d in ds]
                for ds, table in zip(self.devices, plan.delivery, strict=True)
            ],
            "nodes": [[b.padded(b.node_ids) if draws_numbers(b) else () for b in s.batches] for s in plan.shards],
            "exchange": () if plan.secondary is None else exchange_constant(plan.secondary, self.devices),
            "precise": [precise.precise_constant(plan, s, b) for s, b in enumerate(self.buffers) if plan.off_grid],
            "probes": [
                {"rows": p.rows, "interval": np.int64(p.interval), "first": np.int64(p.offset or p.interval)}
                for p in plan.probes
            ],
        }

    def _carry(self) -> dict[str, Any]:
        shards = []
        for s, (shard, buffers) in enumerate(zip(self.plan.shards, self.buffers, strict=True)):
            devices = self.devices[s]
            self._leave_room(buffers)
            shards.append(
                {
                    "ring": buffers.ring,
                    "raster": buffers.raster,
                    "events": buffers.events,
                    "counters": buffers.counters,
                    "weight_events": buffers.weight_events,
                    "archive": buffers.archive.arrays,
                    "reads": histories.differences(*buffers.archive.arrays[::2]),
                    "synapses": synapse_states(self.plan.delivery[s]),
                    "stream": self.streams.vp_specific[s] if self._draws(s) else (),
                    "uniform": [
                        np.zeros((self.plan.min_delay, b.padded_size * (b.stochastic or b.model.noise)))
                        for b in shard.batches
                    ],
                    "following": buffers.noise.following,
                    "states": [{k: b.padded(a) for k, a in b.state().items()} for b in shard.batches],
                    "devices": [() if d is None else d.changing()[:-1] for d in devices],
                    "device_samples": [() if d is None else d.samples for d in devices],
                }
            )
            if buffers.precise is not None:
                shards[-1] |= precise.precise_state(buffers.precise) | precise.NOTHING_MISSING
        return {
            "step": np.int64(0),
            "shards": shards,
            "samples": [np.zeros(self._sample_shape(p)) for p in self.plan.probes],
            "n_samples": [np.int64(0) for _ in self.plan.probes],
            "signals": np.zeros(0) if self.plan.secondary is None else self.plan.secondary.signals,
            "unsettled": np.zeros((2 if self.plan.secondary is None else MOST_UNSETTLED, 2), np.int64),
            "short": np.zeros(len(precise.TABLES) + 1, np.int64),
        }

    def _leave_room(self, buffers: Buffers) -> None:
        """Let histories have room for a slice."""
        archive, n = buffers.archive, buffers.raster.shape[1]
        short = voltages.short_of_room(archive.arrays[0], n, self.plan.min_delay)
        if short.any():
            archive.make_room(buffers.counters, np.append(np.zeros(n, np.int64), self.plan.min_delay * short))
        archive.leave_room()
        buffers.counters[layout.ARCHIVE_LATE] = 0

    def _sample_shape(self, probe: Any) -> tuple[int, int, int]:
        width = 8 * len(probe.names) * len(probe.rows)
        rows = max(2 * self.plan.min_delay, min(4096, SAMPLE_BYTES // max(1, width)))
        return rows + 1, len(probe.names), len(probe.rows)

    def run(self, step: int, end: int) -> int:
        """Advance from `step` to `end` (steps) or until a buffer is full, and return the step reached."""
        self.reached, self.carry["step"] = step, np.int64(step)
        self.carry = compilers.watch(self.run_program, self.constant, self.carry, np.int64(end))
        while (missing := np.asarray(self.carry["short"])).any():
            self._make_room(missing)
            self.carry = compilers.watch(self.run_program, self.constant, self.carry, np.int64(end))
        for s, buffers in enumerate(self.buffers):
            shard = self.carry["shards"][s]
            buffers.counters = np.array(shard["counters"])
            n_events = int(buffers.counters[layout.N_EVENTS]) * layout.EVENT_WORDS
            if n_events:
                buffers.events = np.asarray(shard["events"])
            if buffers.counters[layout.N_WEIGHTS]:
                self._take_weights(s, np.array(shard["weight_events"]))
            if buffers.precise is not None:
                buffers.precise.heard.rows = rows_in_use(shard["heard"])
        if self.plan.secondary is not None:
            self._note_unsettled()
        self.reached = int(self.carry["step"])
        return self.reached

    def _take_weights(self, s: int, weight_events: np.ndarray) -> None:
        """Take over the weights that were sent, in NEST's order."""
        plan, rows = self.plan, weight_events.reshape(-1, layout.WEIGHT_WORDS)
        n = int(self.buffers[s].counters[layout.N_WEIGHTS])
        n_nodes = len(plan.delivery[s].group_start)
        process, apart = np.zeros(n_nodes, np.int64), np.zeros(n_nodes, np.int64)
        for k, shard in enumerate(plan.shards):
            process[shard.emitters], apart[shard.emitters] = k, collection_table(plan, k)["apart"]
        rows[:n] = in_nest_order(rows[:n], plan.delivery[s], process, apart, plan.min_delay)
        self.buffers[s].weight_events = weight_events

    def _make_room(self, missing: np.ndarray) -> None:
        """Lengthen the tables in which there was no room for so many rows."""
        carry = jax.device_get(self.carry)
        while missing[-1] > 0 and self._most < self.spec.precise[0].most + missing[-1]:
            self._most *= 2
        shards = [precise.with_room(shard, missing[:-1]) for shard in carry["shards"]]
        self.carry = jax.device_put(carry | {"shards": shards, "short": np.zeros_like(missing)}, self.device)
        self._make_spec()
        self.run_program = compiled(self.spec, self.device)

    def _note_unsettled(self) -> None:
        """Take over the intervals whose waveforms were not settled."""
        noted = np.array(self.carry["unsettled"])
        if noted[0, 0]:
            self._unsettled = np.concatenate([self._unsettled, noted[1 : 1 + noted[0, 0]]])
            self.carry["unsettled"] = np.zeros_like(noted)

    def unstable(self) -> tuple[Any, int, str] | None:
        """Return batch, row and variable of a state that is no finite number, or None."""
        checked = [
            (batch, state)
            for shard, carried in zip(self.plan.shards, self.carry["shards"], strict=True)
            for batch, state in zip(shard.batches, carried["states"], strict=True)
            if not batch.model.may_be_undefined
        ]
        if bool(_all_finite([state for _, state in checked])):
            return None
        for batch, state in checked:
            for name, values in state.items():
                bad = np.argwhere(~np.isfinite(np.asarray(values)))
                if len(bad):
                    return batch, int(bad[0][0]), name
        return None

    def take_streams(self, streams: Any) -> None:
        """Continue with the kernel's random streams."""
        self.streams = streams
        for s, shard in enumerate(self.carry["shards"]):
            if self._draws(s):
                shard["stream"] = self.streams.vp_specific[s].copy()

    def return_streams(self) -> None:
        """Leave the kernel's random streams as they are: numbers that depend on keys use up none of them."""

    def _draws(self, s: int) -> bool:
        """True if some node of a virtual process may draw random numbers."""
        nodes = any(d is not None for d in self.devices[s]) or any(map(draws_numbers, self.plan.shards[s].batches))
        return nodes or self.spec.synapses[s].draws

    def fits(self) -> bool:
        """Return whether buffers need not be drained before the next call: they always are."""
        return False

    def rest(self, t: float) -> None:
        """Advance at the end of a run what otherwise only spikes advance."""
        for shard in self.carry["shards"]:
            index, trace, pool = shard["archive"]
            shard["archive"] = index, pure.decay_calcium(trace, t), pool

    def drained(self) -> None:
        """Note that buffers have been emptied."""
        self.take_counters()

    def take_counters(self) -> None:
        """Continue with the counters that the session has set back."""
        for shard, buffers in zip(self.carry["shards"], self.buffers, strict=True):
            shard["counters"] = buffers.counters
            if buffers.precise is not None:
                shard["heard"] = shard["heard"] | {"count": np.int64(len(buffers.precise.heard))}

    def take_samples(self) -> list[np.ndarray]:
        """Hand over the samples (time, name, node) of each probe since the last call."""
        counts = [int(n) for n in self.carry["n_samples"]]
        self.carry["n_samples"] = [np.int64(0) for _ in counts]
        return [np.asarray(samples)[:n].copy() for samples, n in zip(self.carry["samples"], counts, strict=True)]

    def take_unsettled(self) -> np.ndarray:
        """Hand over begin and end of the intervals since the last call whose waveforms were not settled."""
        noted, self._unsettled = self._unsettled, np.empty((0, 2), np.int64)
        return noted

    def bring_home(self, _: Any = None) -> None:
        """Copy everything that changes back into the plan's NumPy arrays."""
        if self.plan.secondary is not None:
            self.plan.secondary.signals = np.array(self.carry["signals"])
        for s, (buffers, shard) in enumerate(zip(self.buffers, self.carry["shards"], strict=True)):
            buffers.noise.following = [np.array(a) for a in shard["following"]]
            for name in ("ring", "raster", "counters"):
                setattr(buffers, name, np.array(shard[name]))
            self._register(buffers, s, int(self.carry["step"]))
            if buffers.precise is not None:
                precise.store(buffers.precise, shard)
            index, trace, pool = (np.array(a) for a in shard["archive"])
            histories.store_reads(index, pool, np.asarray(shard["reads"]))
            buffers.archive.arrays = index, trace, pool
            store_states(self.plan.delivery[s], jax.device_get(shard["synapses"]))
            for d, arrays in zip(self.devices[s], shard["devices"], strict=True):
                if d is not None:
                    d.state, d.target_state, d.objects, d.memory = (np.array(a) for a in arrays)
            for batch, state in zip(self.plan.shards[s].batches, shard["states"], strict=True):
                batch.store_state({k: np.asarray(a)[: len(batch)] for k, a in state.items()})

    def forget_inputs(self) -> None:
        """Remove what is on its way to nodes that lose it when a run is prepared."""
        for shard, buffers, carried in zip(self.plan.shards, self.buffers, self.carry["shards"], strict=True):
            for lanes in shard.forgotten_lanes():
                carried["ring"] = jnp.asarray(carried["ring"]).at[:, lanes].set(0.0)
                buffers.ring[:, lanes] = 0.0  # all may be at home already

    def _register(self, buffers: Buffers, s: int, step: int) -> None:
        """Register the spikes of the last slice as compiled loops do."""
        reached = step % self.plan.min_delay or self.plan.min_delay  # what follows is of the slice before
        spikes = registered(buffers.raster[:reached], self.plan.shards[s].emitters)
        half = buffers.half(-(-step // self.plan.min_delay))
        half[0] = len(spikes)
        half[1 : 1 + spikes.size] = spikes.reshape(-1)

    def remember_again(self, step: int, reached: int) -> None:
        """Make room for the spikes of the last segment that histories had no room for, and note them."""
        plan, late = self.plan, []
        origin = (reached - 1) // plan.min_delay * plan.min_delay
        for s, buffers in enumerate(self.buffers):
            if buffers.counters[layout.ARCHIVE_NEEDED]:
                spikes = buffers.raster[max(step, origin) - origin : reached - origin]
                more = np.zeros(len(buffers.archive.arrays[0]), np.int64)
                more[: spikes.shape[1]] = np.maximum(spikes, 0).sum(axis=0)
                buffers.archive.make_room(buffers.counters, more)
                late.append(s)
        self.return_streams()
        self.refresh()
        for s in late:
            clock = clock_words(plan, plan.shards[s], origin, max(step, origin) - origin, reached - origin, origin)
            shard = self.carry["shards"][s]
            changing = {k: shard[k] for k in modulation.NOTING}
            collecting, synapses = (self.constant[k][s] for k in ("collecting", "synapses"))
            parts = collecting, synapses, self.constant["times"], clock
            shard |= modulation.noted(self.spec.synapses[s], changing, *parts)
            self.buffers[s].counters = np.array(shard["counters"])

    def refresh(self) -> None:
        """Take over variables, states, streams, weights and device settings that changed on the host."""
        step = self.carry["step"]
        samples, counts = self.carry["samples"], self.carry["n_samples"]
        self._make_spec()
        self.constant = jax.device_put(self._constant(), self.device)
        self.carry = jax.device_put(self._carry() | {"samples": [], "n_samples": []}, self.device)
        self.run_program = compiled(self.spec, self.device)
        self.carry |= {"step": step, "samples": samples, "n_samples": counts}


@jax.jit
def _all_finite(states: Any) -> Any:
    return jnp.all(jnp.array([jnp.isfinite(a).all() for a in jax.tree.leaves(states)]))


def _collecting(shard: Shard, table: DeliveryTable) -> tuple[np.ndarray, np.ndarray]:
    """Return what `synapses.modulation` has to know of collectors."""
    known = collectors_of(shard, table)
    return (np.zeros((0, 0), np.int64), np.zeros(0, np.int64)) if known is None else (known.collectors, known.turn)


def _kept_lanes(shard: Shard) -> np.ndarray:
    """Return which lanes keep their input because nobody reads it: those of frozen neurons and of devices."""
    kept = np.zeros(shard.n_lanes, np.int64)
    for batch in shard.batches:
        if batch.frozen is not None:
            for channel in range(len(batch.inputs)):
                kept[batch.lanes(np.flatnonzero(batch.frozen), channel)] = True
    for batch in shard.receivers[len(shard.batches) :]:  # they take their input out of the buffer themselves
        kept[batch.first_lane : batch.first_lane + len(batch) * len(batch.inputs)] = True
    return kept
