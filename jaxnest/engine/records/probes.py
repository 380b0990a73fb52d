"""Samples of recordables on their way to multimeters: noted slice by slice by compiled code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, final

import numpy as np

from jaxnest.compile.kinds import I8, F8x3
from jaxnest.compile.operations import Pack, operation
from jaxnest.engine.layout import FROM, ORIGIN, TO

SAMPLE_BYTES = 1 << 22
"""Aim for the memory of one probe's samples between two drains."""
MOST_SAMPLES = 1 << 14
"""Aim for their number: for what does not take much memory, drains should take no time either."""

INTERVAL, FIRST, N_TAKEN = range(3)
"""Words of a probe: interval and first time stamp of its samples in steps; how many there are."""


@operation
def sample(kept: F8x3, probe: I8, names: I8, rows: I8, samples: F8x3, clock: I8) -> None:
    """Keep the samples of a segment that are due; `names` and `rows` tell what the probe wants of `samples`."""
    start = clock[ORIGIN] + clock[FROM] + 1
    due = probe[FIRST]
    if due < start:
        due += -((due - start) // probe[INTERVAL]) * probe[INTERVAL]
    while due <= clock[ORIGIN] + clock[TO]:
        lag = due - 1 - clock[ORIGIN]
        for k in range(len(names)):
            for i in range(len(rows)):
                kept[probe[N_TAKEN], k, i] = samples[lag, names[k], rows[i]]
        probe[N_TAKEN] += 1
        due += probe[INTERVAL]


@operation
def has_room_for_samples(probe: I8, capacity: int) -> int:
    """Return whether a probe takes the samples of another slice."""
    return int(probe[N_TAKEN] < capacity)


@final
class ProbeSamples:
    """What the probes of a plan have taken since it was handed over."""

    def __init__(self, plan: Any) -> None:
        self.plan = plan
        self._words, self._kept = [], []
        for probe in plan.probes:
            width = 8 * len(probe.names) * len(probe.rows)
            n = max(2 * plan.min_delay, min(MOST_SAMPLES, SAMPLE_BYTES // max(1, width)))
            self._kept.append(np.zeros((n, len(probe.names), len(probe.rows))))
            self._words.append(np.array([probe.interval, probe.offset or probe.interval, 0], np.int64))

    def calls(self, s: int, sampled: Sequence[Any], clock: np.ndarray) -> Iterator[Pack]:
        """Yield the calls that take the samples of a virtual process, whose neurons and devices are `sampled`."""
        for p, probe in enumerate(self.plan.probes):
            if probe.shard == s:
                source = sampled[probe.batch]
                names = np.array([source.outputs.index(name) for name in probe.names], np.int64)
                rows = probe.rows.astype(np.int64)
                yield sample.pack(self._kept[p], self._words[p], names, rows, source.samples, clock)

    def checks(self, shards: Sequence[int]) -> Iterator[Pack]:
        """Yield the calls that say whether there is room for the samples of another slice."""
        for p, probe in enumerate(self.plan.probes):
            if probe.shard in shards:
                yield has_room_for_samples.pack(self._words[p], len(self._kept[p]) - self.plan.min_delay)

    def take(self) -> list[np.ndarray]:
        """Hand over the samples (time, name, node) of each probe."""
        taken = [kept[: words[N_TAKEN]].copy() for kept, words in zip(self._kept, self._words, strict=True)]
        for words in self._words:
            words[N_TAKEN] = 0
        return taken
