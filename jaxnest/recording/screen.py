"""Recording backend `screen`: events are printed as they come."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any, final

from jaxnest.recording import text
from jaxnest.recording.base import Events, RecordingBackend, RecordingContext


@final
class ScreenBackend(RecordingBackend):
    """Prints one line per event, for a quick look at small networks."""

    name = "screen"
    properties = {"precision": text.DEFAULT_PRECISION, "time_in_steps": False}

    def __init__(self, context: RecordingContext) -> None:
        super().__init__(context)
        self._properties: dict[int, dict[str, Any]] = {}
        self._value_names: dict[int, tuple[str, ...]] = {}

    def enroll(self, device: int, model: str) -> None:
        """Start with the default format."""
        self._properties[device] = dict(self.properties)
        self._value_names[device] = ()

    def disenroll(self, device: int) -> None:
        """Forget the recorder."""
        self._properties.pop(device, None)
        self._value_names.pop(device, None)

    def update(self, device: int, changes: Mapping[str, Any]) -> None:
        """Set the format."""
        self._properties[device] |= changes

    def declare_values(self, device: int, names: Sequence[str]) -> None:
        """Fix what is printed after sender and time."""
        self._value_names[device] = tuple(names)

    def get_status(self, device: int) -> dict[str, Any]:
        """Return the format."""
        return dict(self._properties[device])

    def write(self, device: int, vp: int, events: Events) -> None:
        """Print the events."""
        layout = self._properties[device]["precision"], self._properties[device]["time_in_steps"]
        sys.stdout.write(text.rows(events, self._value_names[device], *layout, self._context))

    def post_run(self) -> None:
        """Show what is still in the output buffer."""
        sys.stdout.flush()

    @classmethod
    def fixes_time_format(cls, accepted: Mapping[str, Any], current: Mapping[str, Any]) -> bool:
        """Never: nothing is kept."""
        return False
