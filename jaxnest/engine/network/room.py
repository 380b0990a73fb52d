"""Room for neurons to come: a network that grew between two runs may grow again, and need not be laid out anew then."""

from __future__ import annotations

import functools
from typing import Any, final

import numpy as np

from jaxnest.engine.network.calibration import begins_runs
from jaxnest.models.contract.base import Neuron

MORE = 128
"""At least for so many further neurons of a model there is room, or for as many as there are."""


@functools.cache
def can_grow(model: type[Any]) -> bool:
    """Return whether further neurons of a model find all that follows from them in rows of arrays that there are."""
    if not issubclass(model, Neuron) or begins_runs(model) or model.is_stochastic is not None:
        return False
    keeps = model.filtered_voltages or model.predicts or model.learns is not None or model.signals
    own = model.draws or model.noise or model.queue_channel is not None or model.marks_spikes
    quantities = (model.parameters | model.state).items()
    vectors = any(q.is_vector for name, q in quantities if name in model.parameters or name in model.dynamic)
    return not (keeps or own or vectors)


@final
class Room:
    """For how many node ids, and neurons of each model, there is room, where there is more than is needed."""

    def __init__(self) -> None:
        self.n_ids = 0
        self._places: dict[tuple[int, type[Any]], int] = {}
        """By virtual process and model."""

    def places(self, process: int, model: type[Any]) -> int:
        """Return for how many neurons of a model there is room on a virtual process, 0 if nobody knows."""
        return self._places.get((process, model), 0)

    def provide(self, nodes: Any, n_known: int) -> None:
        """Provide room for more nodes like those that were made after the first `n_known` ones."""
        if nodes.n_prepared > self.n_ids:
            self.n_ids = _more(nodes.n_prepared)
        for model, store in nodes.stores.items():
            if store.node_ids[-1] <= n_known or not can_grow(model):
                continue
            taking_part = store.virtual_processes[store.node_ids <= nodes.n_prepared]
            for process, n in enumerate(np.bincount(taking_part, minlength=nodes.n_virtual_processes).tolist()):
                if n > self.places(process, model):
                    self._places[process, model] = _more(n)


def _more(n: int) -> int:
    return n + max(n, MORE)
