"""Several virtual processes of the default back end at once: a program for each, slice by slice, in threads.

Between two slices the processes exchange the spikes that they registered. This pays for networks whose slices take
longer than the exchange; small networks run as one program.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, final

import jax
import numpy as np

from jaxnest.engine import layout
from jaxnest.engine.plan import Plan
from jaxnest.engine.program import ProgramSpec, compiled

PARALLEL_WORK = 1 << 14
"""Updates of neurons per slice from which on threads are worth while."""
OF_SHARDS = ("variables", "frozen", "kept_lanes", "delivery", "collection", "devices", "not_drawing")


def is_worthwhile(plan: Plan) -> bool:
    """Return whether a network gains from threads; synapses with a memory are left to the single program."""
    work = sum(len(shard.emitters) for shard in plan.shards) * plan.min_delay
    simple = all(t.plasticity is None and not t.group_watched.any() for t in plan.delivery)
    return len(plan.shards) > 1 and simple and work >= PARALLEL_WORK


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

    def run(self, carry: dict[str, Any], step: int, end: int) -> int:
        """Advance all processes from `step` towards `end` as far as there is room; `carry` is updated."""
        while step < end:
            shards = carry["shards"]
            registers = [(np.array(s["register"]), np.array(s["counters"])) for s in shards]
            if not self._has_room(carry, [counters for _, counters in registers]):
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
