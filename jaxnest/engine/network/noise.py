"""Noise that neurons draw ahead: a normal variate for each step of the next slice.

NEST draws the numbers of the first slice when a neuron is prepared for the first time, in the order of ids, and those
of the next one whenever it has advanced the neuron. Numbers that depend on keys are those of the node and the step that
they are for.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar, final

import numpy as np

from jaxnest.engine.network.shard import Shard
from jaxnest.random.numbers.layout import ENGINE, KEYED

KEY = "noise"


@final
class Noise:
    """What the neurons of one virtual process have drawn for the next slice.

    Attributes
    ----------
    following
        For each batch an array of (lag, node), without nodes if the model needs no noise.
    objects
        For each batch the nodes' distribution objects.
    """

    CHANGING: ClassVar = ("following", "objects")

    def __init__(self, shard: Shard, min_delay: int, stream: np.ndarray, origin: int) -> None:
        self._shard = shard
        sizes = [b.padded_size if b.model.noise else 0 for b in shard.batches]
        self.following = [np.zeros((min_delay, n)) for n in sizes]
        self.objects = [np.zeros((n, 2)) for n in sizes]
        nodes = [
            (int(n), b, i) for b, batch in enumerate(shard.batches) if sizes[b] for i, n in enumerate(batch.node_ids)
        ]
        if nodes:
            from jaxnest.engine.network.noise_loops import draw_ahead

            for node, b, i in sorted(nodes):
                batch = shard.batches[b]
                kept = batch.store.extra.get(int(batch.rows[i]), {}).get(KEY)
                kept = None if stream[ENGINE] == KEYED else kept
                if kept is not None:
                    n = min(min_delay, len(kept[0]))
                    self.following[b][:n, i], self.objects[b][i] = kept[0][:n], kept[1]
                    continue
                draw_ahead(stream, self.following[b], self.objects[b], node, i, origin)
            self.store({batch.model for batch in shard.batches})

    def store(self, models: Collection[type[Any]]) -> None:
        """Write what neurons of some models have drawn to the node table."""
        for batch, following, objects in zip(self._shard.batches, self.following, self.objects, strict=True):
            if batch.model.noise and batch.model in models:
                for i, row in enumerate(batch.rows.tolist()):
                    batch.store.extra.setdefault(row, {})[KEY] = following[:, i].copy(), objects[i].copy()


def draws(shard: Shard) -> bool:
    """Return whether some neuron needs noise."""
    return any(b.model.noise for b in shard.batches)


def spec_inputs(model: type[Any]) -> tuple[str, ...]:
    """Return the field of the inputs that holds the noise, if there is any."""
    return ("noise",) if model.noise else ()
