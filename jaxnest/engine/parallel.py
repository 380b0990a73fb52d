"""Several virtual processes of the default back end at once: a program for each, slice by slice, in threads.

Between two slices the processes exchange the spikes that they registered. This pays for networks whose slices take
longer than the exchange; small networks run as one program.
"""

from __future__ import annotations

import ctypes
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, final

import jax
import numpy as np

from jaxnest.engine import layout
from jaxnest.engine.layout import REGISTER_WORDS
from jaxnest.engine.plan import Plan
from jaxnest.engine.program import ProgramSpec, compiled

ALIGNMENT = 64
"""Of the arrays that JAX uses in place, in bytes."""
PARALLEL_WORK = 1 << 14
"""Updates of neurons per slice from which on threads are worth while."""
OF_SHARDS = (
    "variables",
    "frozen",
    "kept_lanes",
    "delivery",
    "collection",
    "voltages",
    "learning",
    "devices",
    "not_drawing",
    "drawing",
)


def is_worthwhile(plan: Plan) -> bool:
    """Return whether a network gains from threads; plastic connections and those that carry numbers run as one."""
    work = sum(len(b) * _cost(b.model) for shard in plan.shards for b in shard.batches) * plan.min_delay
    simple = all(t.plasticity is None and not t.group_watched.any() for t in plan.delivery)
    return len(plan.shards) > 1 and plan.secondary is None and simple and work >= PARALLEL_WORK


def _cost(model: type[Any]) -> int:
    """Return about how many times the update of a neuron takes as long as that of a simple one."""
    if hasattr(model, "dynamics"):
        return 30 if model.one_by_one else 3
    return 1


@final
class Register:
    """What a virtual process registered in the last slice, where the programs of the others can read it.

    The programs get the same arrays in every slice; only their contents change, while no program runs. This spares
    them a copy of registers that are much longer than what is in them.
    """

    def __init__(self, shard: dict[str, Any]) -> None:
        self._words = _aligned(len(shard["register"]), np.int64)
        self.counters = _aligned(len(shard["counters"]), np.int64)
        self.arrays = tuple(jax.device_put(a) for a in (self._words, self.counters))
        self._is_shared = all(
            a.unsafe_buffer_pointer() == b.ctypes.data
            for a, b in zip(self.arrays, (self._words, self.counters), strict=True)
        )

    def take(self, shard: dict[str, Any]) -> None:
        """Copy what a process registered."""
        # looking at the memory, and not converting to NumPy, leaves the arrays free to be donated to the next call
        self.counters[:] = _view(shard["counters"], len(self.counters))
        n = REGISTER_WORDS * int(self.counters[layout.N_REGISTER])
        self._words[:n] = _view(shard["register"], n)
        if not self._is_shared:
            self.arrays = self._words.copy(), self.counters.copy()


def _aligned(n: int, dtype: Any) -> np.ndarray:
    """Return a new array that begins where JAX wants it, so that it need not be copied to be used on the CPU."""
    n_bytes = n * np.dtype(dtype).itemsize
    memory = np.empty(n_bytes + ALIGNMENT, np.uint8)
    first = -memory.ctypes.data % ALIGNMENT
    return memory[first : first + n_bytes].view(dtype)


def _view(array: Any, n: int) -> np.ndarray:
    """Return the first words of an array of JAX."""
    if isinstance(array, np.ndarray):
        return array[:n]
    return np.ctypeslib.as_array((ctypes.c_int64 * n).from_address(array.unsafe_buffer_pointer()))


@final
class ShardPrograms:
    """The programs of all virtual processes of a network."""

    def __init__(self, spec: ProgramSpec, constant: dict[str, Any]) -> None:
        self._min_delay = spec.min_delay
        self._most_events = spec.most_events
        self._probes = [[i for i, p in enumerate(spec.probes) if p.shard == s] for s in range(len(spec.batches))]
        self._programs = [compiled(_only(spec, s)) for s in range(len(spec.batches))]
        self._constants = [
            {k: [constant[k][s]] for k in OF_SHARDS}
            | {"times": constant["times"], "probes": [constant["probes"][i] for i in self._probes[s]]}
            for s in range(len(spec.batches))
        ]
        self._threads = ThreadPoolExecutor(len(spec.batches))
        self._registers: list[Register] = []

    def run(self, carry: dict[str, Any], step: int, end: int) -> int:
        """Advance all processes from `step` towards `end` as far as there is room; `carry` is updated."""
        while step < end:
            shards = carry["shards"]
            if not self._registers:
                self._registers = [Register(s) for s in shards]
            for register, shard in zip(self._registers, shards, strict=True):
                register.take(shard)
            registers = [r.arrays for r in self._registers]
            if not self._has_room(carry, [r.counters for r in self._registers]):
                break
            stop = min(step - step % self._min_delay + self._min_delay, end)
            arguments = ((s, carry, registers, step, stop) for s in range(len(shards)))
            for s, result in enumerate(self._threads.map(self._run_one, arguments)):
                shards[s] = result["shards"][0]
                for k, i in enumerate(self._probes[s]):
                    carry["samples"][i] = result["samples"][k]
                    carry["n_samples"][i] = result["n_samples"][k]
            step = stop
        carry["step"] = np.int64(step)
        return step

    def _run_one(self, arguments: tuple[int, dict[str, Any], list[Any], int, int]) -> dict[str, Any]:
        s, carry, registers, step, stop = arguments
        constant = self._constants[s] | {"before": registers[:s], "after": registers[s + 1 :]}
        mine = {
            "step": np.int64(step),
            "shards": [carry["shards"][s]],
            "samples": [carry["samples"][i] for i in self._probes[s]],
            "n_samples": [carry["n_samples"][i] for i in self._probes[s]],
            "signals": np.zeros(0),
        }
        return jax.block_until_ready(self._programs[s](constant, mine, np.int64(stop)))

    def _has_room(self, carry: dict[str, Any], counters: list[np.ndarray]) -> bool:
        events = all(
            c[layout.N_EVENTS] + most <= shard["events"].shape[0] // layout.EVENT_WORDS
            for c, most, shard in zip(counters, self._most_events, carry["shards"], strict=True)
        )
        return events and all(
            int(n) + self._min_delay < samples.shape[0]
            for samples, n in zip(carry["samples"], carry["n_samples"], strict=True)
        )


def _only(spec: ProgramSpec, s: int) -> ProgramSpec:
    """Return the part of a specification that concerns one virtual process."""
    return replace(
        spec,
        batches=(spec.batches[s],),
        devices=(spec.devices[s],),
        schedules=(spec.schedules[s],),
        probes=tuple(replace(p, shard=0) for p in spec.probes if p.shard == s),
        most_events=(spec.most_events[s],),
    )
