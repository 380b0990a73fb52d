"""Several virtual processes of the default back end at once: a program for each, in threads of their own.

After each slice the programs meet and exchange the spikes that they registered (`engine.meeting`). Small networks run
as one program. Where there are more virtual processes than processors, threads run slice by slice: none waits for
others.
"""

from __future__ import annotations

import ctypes
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, final

import jax
import numpy as np

from jaxnest.compile_time import compilers
from jaxnest.engine import layout
from jaxnest.engine.plan import Plan
from jaxnest.engine.program import ProgramSpec, compiled, has_room, samples_fit

PARALLEL_WORK = 1 << 10
"""Updates of neurons per slice from which on threads are worth while."""
PLASTIC_WORK = 1 << 10
"""What plastic connections add to this."""
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
    """Return whether a network gains from threads.

    Weight recorders, third factors, histories of potentials and connections that carry numbers run as one program.
    """
    work = sum(len(b) * _cost(b.model) for shard in plan.shards for b in shard.batches) * plan.min_delay
    work += sum(PLASTIC_WORK for t in plan.delivery if t.plasticity is not None)
    simple = not any(t.group_watched.any() for t in plan.delivery) and not any(s.remembers for s in plan.shards)
    return len(plan.shards) > 1 and plan.secondary is None and simple and work >= PARALLEL_WORK


def _cost(model: type[Any]) -> int:
    """Return about how many times the update of a neuron takes as long as that of a simple one."""
    if hasattr(model, "dynamics"):
        return 30 if model.one_by_one and not model.side_by_side else 10
    return 1


@final
class Block:
    """The memory through which the programs exchange what virtual processes registered."""

    def __init__(self, sizes: list[int]) -> None:
        from jaxnest.engine.meeting import waiting_function

        self._half = layout.COUNTER_WORDS + layout.ROOM_WORDS + max(sizes)
        self.words = np.zeros(layout.HEAD_WORDS + 2 * len(sizes) * self._half, np.int64)
        self.words[layout.PROCESSES], self.words[layout.WAIT] = len(sizes), waiting_function()
        self.place = np.array([self.words.ctypes.data, len(self.words)], np.int64)

    def begin(self, shards: list[dict[str, Any]], alone: bool) -> None:
        """Write down what is registered before programs start; `alone`, each stops after the slice."""
        from jaxnest.engine import meeting

        self.words[layout.TURN], self.words[layout.ARRIVED] = layout.GIVEN_UP if alone else 0, 0
        for s, shard in enumerate(shards):
            counters = _view(shard["counters"], layout.COUNTER_WORDS)
            register = _view(shard["register"], layout.REGISTER_WORDS * int(counters[layout.N_REGISTER]))
            for parity in range(2):
                first = meeting.half(s, parity, self._half)
                meeting.publish(self.words, first, counters, np.zeros(layout.ROOM_WORDS, np.int64), register)

    @property
    def given_up(self) -> bool:
        """True if programs have waited in vain."""
        return bool(self.words[layout.TURN] == layout.GIVEN_UP)


def _view(array: Any, n: int) -> np.ndarray:
    """Return the first words of an array of JAX: converting it to NumPy would keep it from being donated."""
    if isinstance(array, np.ndarray):
        return array[:n]
    return np.ctypeslib.as_array((ctypes.c_int64 * n).from_address(array.unsafe_buffer_pointer()))


@final
class ShardPrograms:
    """The programs of all virtual processes of a network."""

    def __init__(self, spec: ProgramSpec, device: Any, constant: dict[str, Any], shards: list[dict[str, Any]]) -> None:
        self._min_delay, self._most_events = spec.min_delay, spec.most_events
        self._probes = [[i for i, p in enumerate(spec.probes) if p.shard == s] for s in range(len(shards))]
        self._programs = [compiled(_only(spec, s), device, s) for s in range(len(shards))]
        self._block = Block([s["register"].shape[0] for s in shards])
        self._waits = len(shards) <= n_processors()
        self._is_compiled = False
        self._constants = [
            {k: [constant[k][s]] for k in OF_SHARDS}
            | {"times": constant["times"], "probes": [constant["probes"][i] for i in self._probes[s]]}
            | {"meeting": {"place": self._block.place, "process": np.array([s])}}
            for s in range(len(shards))
        ]
        self._threads = ThreadPoolExecutor(len(shards))

    def run(self, carry: dict[str, Any], step: int, end: int) -> int:
        """Advance all processes from `step` towards `end` as far as there is room; `carry` is updated."""
        while step < end and self._has_room(carry):
            shards = carry["shards"]
            alone = not (self._waits and self._is_compiled)  # nobody waits for a program that is being compiled
            self._block.begin(shards, alone)
            arguments = ((s, carry, step, end) for s in range(len(shards)))
            for s, result in enumerate(self._threads.map(self._run_one, arguments)):
                shards[s] = result["shards"][0]
                for k, i in enumerate(self._probes[s]):
                    carry["samples"][i] = result["samples"][k]
                    carry["n_samples"][i] = result["n_samples"][k]
                step = int(result["step"])
            self._waits &= alone or not self._block.given_up
            self._is_compiled = True
        carry["step"] = np.int64(step)
        return step

    def _run_one(self, arguments: tuple[int, dict[str, Any], int, int]) -> dict[str, Any]:
        s, carry, step, end = arguments
        mine = {
            "step": np.int64(step),
            "shards": [carry["shards"][s] | {"goes_on": np.ones(1, np.int64)}],
            "samples": [carry["samples"][i] for i in self._probes[s]],
            "n_samples": [carry["n_samples"][i] for i in self._probes[s]],
            "signals": np.zeros(0),
        }
        return jax.block_until_ready(compilers.watch(self._programs[s], self._constants[s], mine, np.int64(end)))

    def _has_room(self, carry: dict[str, Any]) -> bool:
        room = samples_fit(self._min_delay, carry["samples"], [np.asarray(n) for n in carry["n_samples"]])
        for most, shard in zip(self._most_events, carry["shards"], strict=True):
            room &= has_room(most, _view(shard["counters"], layout.COUNTER_WORDS), shard["events"])
        return bool(room)


def n_processors() -> int:
    """Return how many processors this program may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _only(spec: ProgramSpec, s: int) -> ProgramSpec:
    """Return the part of a specification that concerns one virtual process."""
    return replace(
        spec,
        meets=True,
        batches=(spec.batches[s],),
        devices=(spec.devices[s],),
        schedules=(spec.schedules[s],),
        probes=tuple(replace(p, shard=0) for p in spec.probes if p.shard == s),
        most_events=(spec.most_events[s],),
    )
