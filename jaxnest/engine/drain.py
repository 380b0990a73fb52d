"""From event records to the recorders' columns."""

from __future__ import annotations

from typing import Any, final

import numpy as np

from jaxnest.engine import layout
from jaxnest.engine.buffers import Buffers
from jaxnest.engine.plan import Network, Plan


def write_events(plan: Plan, s: int, buffers: Buffers, recording: Any) -> None:
    """Hand the spikes that one virtual process noted to the spike recorders that listen.

    Per recorder they come segment by segment, in a segment by sender, for a sender by time, as in NEST.
    """
    n = int(buffers.counters[layout.N_EVENTS])
    if not n:
        return
    records = buffers.events[: n * layout.EVENT_WORDS].reshape(n, layout.EVENT_WORDS)
    order = np.lexsort((records[:, 1], records[:, 4]))
    recorder, sender, stamp, multiplicity, _ = records[order].T
    for index, node in enumerate(plan.recorders.tolist()):
        heard = recorder == index
        copies = multiplicity.copy()
        if node in plan.listeners[s]:
            ids, counts = np.unique(plan.listeners[s][node], return_counts=True)
            place = np.minimum(np.searchsorted(ids, sender), len(ids) - 1)
            listens = (recorder == -1) & (ids[place] == sender)
            copies[listens] *= counts[place[listens]]
            heard |= listens
        first, last = plan.recorder_windows[index]
        heard &= (stamp > first) & (stamp <= last)
        if heard.any():
            columns = {
                "senders": np.repeat(sender[heard], copies[heard]),
                "steps": np.repeat(stamp[heard], copies[heard]),
            }
            recording.write(node, s, columns)


@final
class WeightWatch:
    """The weight recorders of the network and what they want to know."""

    def __init__(self, network: Network, plan: Plan) -> None:
        self._plan = plan
        self._network = network

    def write(self, s: int, buffers: Buffers, recording: Any) -> None:
        """Hand the weights that were sent to the weight recorders."""
        n = int(buffers.counters[layout.N_WEIGHTS])
        if not n:
            return
        records = buffers.weight_events[: n * layout.WEIGHT_WORDS].reshape(n, layout.WEIGHT_WORDS)
        table = self._plan.delivery[s]
        row = table.origin[records[:, 0]] if len(table.origin) else records[:, 0]
        sizes = np.array([len(t.source) for _, t in table.tables])
        owner = np.searchsorted(np.cumsum(sizes), row, side="right")
        first = np.cumsum(sizes) - sizes
        for k, (_, connections) in enumerate(table.tables):
            mine = np.flatnonzero(owner == k)
            for recorder in connections.named.defaults.get("weight_recorder", ()):
                self._write_one(s, int(recorder), connections, mine, row - first[k], records, recording)

    def _write_one(
        self,
        s: int,
        recorder: int,
        connections: Any,
        mine: np.ndarray,
        row: np.ndarray,
        records: np.ndarray,
        recording: Any,
    ) -> None:
        r = row[mine]
        sent = np.ascontiguousarray(records[mine, 2]).view(np.float64)
        weight = sent if connections.named.model.is_plastic else connections.weight[r]  # targets may count or flip
        columns = {
            "senders": connections.source[r].astype(np.int64),
            "steps": records[mine, 1],
            "weights": weight,
            "receptors": connections.receptor[r].astype(np.int64),
            "ports": r.astype(np.int64),
            "targets": connections.target[r].astype(np.int64),
        }
        recording.write(recorder, s, columns)
