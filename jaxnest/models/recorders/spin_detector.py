"""Records the states of binary neurons."""

from __future__ import annotations

from typing import Any, final

import numpy as np

from jaxnest.models.contract.device import Recorder
from jaxnest.models.contract.registry import register


@final
class SpinDecoder:
    """Turns spikes into states: two spikes of a node in one step mean 1, one means 0.

    A single spike waits for a second one until another event comes or the detector has its turn, once in each segment
    (part of a slice that is simulated at once) after all nodes with smaller ids. As in NEST, a single spike that
    another one finds waiting is written, and the other one is lost.

    Parameters
    ----------
    node
        Id of the detector.
    """

    def __init__(self, node: int) -> None:
        self._node = node
        self._waiting: tuple[int, int] | None = None
        self._turn = 0
        """Segment in which the waiting spike will be written."""

    def events(
        self, spikes: tuple[np.ndarray, ...], begin: int, last: int, min_delay: int
    ) -> dict[str, np.ndarray] | None:
        """Return the events of the segments from `begin` to `last` (their first steps)."""
        written: list[tuple[int, int, int]] = []
        if self._waiting is not None:
            self._turn = begin
        for sender, stamp, multiplicity, segment in zip(*(a.tolist() for a in spikes[:4]), strict=True):
            self._flush(written, segment, sender > self._node)
            state = int(multiplicity == 1 and (sender, stamp) == self._waiting)
            if self._waiting is not None:
                written.append((*self._waiting, state))
                self._waiting = None
                if multiplicity == 2:
                    written.append((sender, stamp, 1))
            elif multiplicity == 2:
                written.append((sender, stamp, 1))
            else:
                self._waiting = (sender, stamp)
                following = (segment // min_delay + 1) * min_delay
                self._turn = following if sender > self._node else segment
        self._flush(written, last, True)
        if not written:
            return None
        senders, steps, states = np.array(written, np.int64).T
        return {"senders": senders, "steps": steps, "state": states}

    def _flush(self, written: list[tuple[int, int, int]], segment: int, late: bool) -> None:
        """Write the waiting spike if the detector had its turn before this part of a segment."""
        if self._waiting is not None and (segment > self._turn or (segment == self._turn and late)):
            written.append((*self._waiting, 0))
            self._waiting = None


@register
class spin_detector(Recorder):
    """Recorder of the states of binary neurons, which encode them in spikes.

    A spike is a switch to 0, two spikes in one step are a switch to 1. The ``state`` is in ``events``.

    References
    ----------
    NEST documentation, model ``spin_detector``.
    """

    int_values = ("state",)
    hears_spikes = True
    signal_heard = "binary"
    interpreter: Any = SpinDecoder
