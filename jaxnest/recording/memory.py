"""Recording backend `memory`: events are kept as arrays, in the recorder's ``events``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, final

import numpy as np

from jaxnest.recording.base import Events, RecordingBackend, RecordingContext


@final
class MemoryBackend(RecordingBackend):
    """Keeps events until ``n_events`` is set to 0 or the recorder records elsewhere."""

    name = "memory"
    properties = {"time_in_steps": False}
    may_wait = True

    def __init__(self, context: RecordingContext) -> None:
        super().__init__(context)
        self._stores: dict[int, _Store] = {}

    def enroll(self, device: int, model: str) -> None:
        """Give the recorder an empty store."""
        self._stores[device] = _Store()

    def disenroll(self, device: int) -> None:
        """Drop the recorder's store."""
        self._stores.pop(device, None)

    def update(self, device: int, changes: Mapping[str, Any]) -> None:
        """Set the format of times."""
        store = self._stores[device]
        store.time_in_steps = changes.get("time_in_steps", store.time_in_steps)

    def declare_values(self, device: int, names: Sequence[str]) -> None:
        """Fix the keys of ``events``."""
        self._stores[device].value_names = tuple(names)

    def clear(self, device: int) -> None:
        """Forget all events of the recorder."""
        self._stores[device].chunks.clear()

    def write(self, device: int, vp: int, events: Events) -> None:
        """Keep a chunk of events."""
        store = self._stores[device]
        columns = {"senders": events.senders}
        if store.time_in_steps:
            columns |= {"times": events.steps, "offsets": events.grid_offsets()}
        else:
            columns |= {"times": events.times(self._context)}
        columns |= {name: events.values[name] for name in store.value_names}
        store.chunks.setdefault(vp, []).append(columns)

    def get_status(self, device: int) -> dict[str, Any]:
        """Return the recorded arrays under ``events``."""
        store = self._stores[device]
        return {"events": store.events(), "time_in_steps": store.time_in_steps}

    @classmethod
    def fixes_time_format(cls, accepted: Mapping[str, Any], current: Mapping[str, Any]) -> bool:
        """Refuse the property as such, even with its present value."""
        return "time_in_steps" in accepted

    @classmethod
    def default_status(cls, properties: Mapping[str, Any], context: RecordingContext) -> dict[str, Any]:
        """Return the defaults, with empty ``events``."""
        status = super().default_status(properties, context)
        return status | {"events": _Store(status["time_in_steps"]).events()}


@final
class _Store:
    """The events of one recorder: per virtual process a list of chunks, joined only when somebody reads them."""

    def __init__(self, time_in_steps: bool = False) -> None:
        self.time_in_steps = time_in_steps
        self.value_names: tuple[str, ...] = ()
        self.chunks: dict[int, list[dict[str, np.ndarray]]] = {}

    def events(self) -> dict[str, np.ndarray]:
        """Return all columns, those of virtual process 0 first, with keys in alphabetic order."""
        names = ["senders", "times", *self.value_names]
        if self.time_in_steps:
            names.append("offsets")
        names.sort()
        if not any(len(chunk["senders"]) for chunks in self.chunks.values() for chunk in chunks):
            return {name: np.empty(0) for name in names}
        for vp, chunks in self.chunks.items():
            if len(chunks) > 1:  # join once, so that reading often stays cheap
                self.chunks[vp] = [{name: np.concatenate([chunk[name] for chunk in chunks]) for name in names}]
        ordered = [chunk for _, chunks in sorted(self.chunks.items()) for chunk in chunks]
        return {name: np.concatenate([chunk[name] for chunk in ordered]) for name in names}
