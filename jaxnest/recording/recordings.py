"""All recorders of a network and where they record to.

This is what kernel and engine talk to; they need not know which backend a recorder uses.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, final

from jaxnest import errors
from jaxnest.recording.base import Events, RecordingBackend, RecordingContext, cast
from jaxnest.recording.registry import BACKENDS, DEFAULT_BACKEND

ONLY_ZERO = "Property n_events can only be set to 0 (which clears all stored events)."
INSIDE_PREPARE = "Recorder parameters cannot be changed while inside a Prepare/Run/Cleanup context."
COMMON = ("label", "n_events", "record_to")
"""Properties that recorders have whatever their backend is."""


@final
@dataclass(frozen=True)
class RecorderSettings:
    """The recording part of a recorder model's defaults."""

    record_to: str = DEFAULT_BACKEND
    label: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)
    """Defaults of the backend's properties that differ from the backend's own."""

    def updated(self, changes: Mapping[str, Any], context: RecordingContext) -> RecorderSettings:
        """Return the settings after SetDefaults; names in `changes` that are none of the recorder's are left alone."""
        record_to, label, _ = _common(changes, self.record_to, self.label)
        kept = self.properties if record_to == self.record_to else {}
        backend = BACKENDS[record_to]
        accepted = backend.check(changes, backend.properties | dict(kept), context)
        accepted.pop("label", None)  # as in NEST, the label of a model does not name the files of its recorders
        return RecorderSettings(record_to, label, {**kept, **accepted})

    def status(self, context: RecordingContext) -> dict[str, Any]:
        """Return the entries of the model's defaults dictionary."""
        own = {"record_to": self.record_to, "label": self.label, "n_events": 0}
        return BACKENDS[self.record_to].default_status(self.properties, context) | own

    def names(self) -> set[str]:
        """Names of the properties that can be set."""
        return {*COMMON, *BACKENDS[self.record_to].properties}


@final
class Recordings:
    """The recorders of the network, each enrolled with one backend."""

    def __init__(self, context: RecordingContext) -> None:
        self._context = context
        self._backends: dict[str, RecordingBackend] = {name: kind(context) for name, kind in BACKENDS.items()}
        self._recorders: dict[int, _Recorder] = {}
        self._prepared = False

    @functools.cached_property
    def _in_use(self) -> list[RecordingBackend]:
        """The backends that have recorders."""
        names = {recorder.record_to for recorder in self._recorders.values()}
        return [backend for name, backend in self._backends.items() if name in names]

    def add(self, device: int, model: str, settings: RecorderSettings) -> None:
        """Enroll a new recorder with the defaults of its model."""
        self._recorders[device] = _Recorder(model, settings.record_to, settings.label)
        self._enroll(device, settings.record_to, settings.properties)

    def get_status(self, device: int) -> dict[str, Any]:
        """Return the recording part of a recorder's status dictionary."""
        recorder = self._recorders[device]
        common = {"record_to": recorder.record_to, "label": recorder.label, "n_events": recorder.n_events}
        return self._backends[recorder.record_to].get_status(device) | common

    def set_status(self, device: int, changes: Mapping[str, Any]) -> set[str]:
        """Apply the recording part of `changes` and return the names of the entries used.

        A new backend starts without the events and properties that the old one had.

        Raises
        ------
        BadProperty
            For an unknown backend, a count other than 0, or a recorder in use by a run.
        TypeMismatch
            For a value of the wrong type.
        """
        if self._prepared:
            raise errors.BadProperty(INSIDE_PREPARE)
        recorder = self._recorders[device]
        record_to, label, clear = _common(changes, recorder.record_to, recorder.label)
        backend = BACKENDS[record_to]
        moves = record_to != recorder.record_to
        current = backend.properties if moves else self._backends[record_to].get_status(device) | {"label": label}
        accepted = backend.check(changes, current, self._context)
        recorder.record_to, recorder.label = record_to, label
        if moves:
            self._enroll(device, record_to, accepted)
        else:
            self._backends[record_to].update(device, accepted)
        if clear:
            recorder.n_events = 0
            self._backends[record_to].clear(device)
        return {*accepted, *(name for name in COMMON if name in changes)}

    def declare_values(self, device: int, names: Sequence[str]) -> None:
        """Say, before `prepare`, which values the recorder's events have: float64 columns first, then int64."""
        self._backends[self._recorders[device].record_to].declare_values(device, names)

    def may_wait(self) -> bool:
        """Return whether the events of all recorders may be written later, when somebody asks for them."""
        return all(backend.may_wait for backend in self._in_use)

    def prepare(self) -> None:
        """Get ready for runs: open files."""
        for backend in self._in_use:
            backend.prepare()
        self._prepared = True

    def write(self, device: int, vp: int, events: Events) -> None:
        """Record a chunk of events of the recorder's twin on virtual process `vp`."""
        if len(events):
            recorder = self._recorders[device]
            recorder.n_events += len(events)
            self._backends[recorder.record_to].write(device, vp, events)

    def post_run(self) -> None:
        """Make everything written so far visible."""
        for backend in self._in_use:
            backend.post_run()

    def cleanup(self) -> None:
        """End a series of runs: close files. May be called at any time."""
        self._prepared = False
        for backend in self._in_use:
            backend.cleanup()

    def _enroll(self, device: int, record_to: str, properties: Mapping[str, Any]) -> None:
        for name, backend in self._backends.items():
            if name != record_to:
                backend.disenroll(device)
        self._backends[record_to].enroll(device, self._recorders[device].model)
        self.__dict__.pop("_in_use", None)
        self._backends[record_to].update(device, properties)


@final
@dataclass
class _Recorder:
    """What all backends have in common."""

    model: str
    record_to: str
    label: str
    n_events: int = 0


def _common(changes: Mapping[str, Any], record_to: str, label: str) -> tuple[str, str, bool]:
    """Check the common properties; return backend, label and whether to forget the events."""
    label = cast("label", changes.get("label", label), str)
    record_to = cast("record_to", changes.get("record_to", record_to), str)
    if record_to not in BACKENDS:
        raise errors.BadProperty(
            f"Unknown recording backend '{record_to}'.{errors.nearest(record_to, BACKENDS)} "
            f"There are: {', '.join(sorted(BACKENDS))}."
        )
    if "n_events" in changes and cast("n_events", changes["n_events"], int) != 0:
        raise errors.BadProperty(ONLY_ZERO)
    return record_to, label, "n_events" in changes
