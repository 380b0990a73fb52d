"""What a recording backend is: the place where recorders put their events.

A backend knows recorders by their node id. The engine hands it events in chunks, one chunk per
recorder and virtual process, in the order in which NEST would have recorded them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, final

import numpy as np

from jaxnest import errors

TIME_IN_STEPS_AFTER_SIMULATE = "Property time_in_steps cannot be set after Simulate has been called."


class RecordingContext(Protocol):
    """What backends have to know about the kernel."""

    @property
    def data_path(self) -> str:
        """Directory of files; empty for the working directory."""
        ...

    @property
    def data_prefix(self) -> str:
        """First part of the name of every file."""
        ...

    @property
    def overwrite_files(self) -> bool:
        """Whether existing files may be replaced."""
        ...

    @property
    def network_size(self) -> int:
        """Number of nodes, those of the `Create` call in progress included."""
        ...

    @property
    def num_virtual_processes(self) -> int:
        """Number of virtual processes, each of which has a twin of every recorder."""
        ...

    @property
    def has_been_simulated(self) -> bool:
        """Whether time has advanced since the last reset."""
        ...

    @property
    def nest_version(self) -> str:
        """Version of NEST that file headers name."""
        ...

    def to_ms(self, steps: Any) -> Any:
        """Convert time stamps from steps to milliseconds."""
        ...


@final
@dataclass(frozen=True)
class Events:
    """A chunk of events of one recorder on one virtual process.

    Parameters
    ----------
    senders
        Ids of the nodes that the events came from, int64.
    steps
        Time stamps in steps, int64.
    offsets
        How long before its stamp an event happened, in ms; None if all happened on the grid.
    values
        Recorded values, float64 or int64, by name; their order is the one that `declare_values` says.
    """

    senders: np.ndarray
    steps: np.ndarray
    offsets: np.ndarray | None = None
    values: Mapping[str, np.ndarray] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.senders)

    def times(self, context: RecordingContext) -> np.ndarray:
        """Return the times of the events in ms."""
        stamps = np.asarray(context.to_ms(self.steps), dtype=np.float64)
        return stamps if self.offsets is None else stamps - self.offsets

    def grid_offsets(self) -> np.ndarray:
        """Return the offsets, zeros if there are none."""
        return np.zeros(len(self)) if self.offsets is None else self.offsets


class RecordingBackend(ABC):
    """One place for events: memory, files, the screen.

    The life of a recorder in its backend: `enroll`, any number of `update`; in each run
    `declare_values`, `prepare`, `write`..., `post_run`, `cleanup`; finally `disenroll`.
    """

    name: ClassVar[str]
    """The value of ``record_to`` that selects this backend."""
    properties: ClassVar[dict[str, Any]]
    """Settable properties that the backend adds to a recorder, with their defaults."""
    may_wait: ClassVar[bool] = False
    """Whether events may be written later, when somebody asks for them."""

    def __init__(self, context: RecordingContext) -> None:
        self._context = context

    @abstractmethod
    def enroll(self, device: int, model: str) -> None:
        """Make room for the recorder with id `device`, which is of the given model."""

    @abstractmethod
    def disenroll(self, device: int) -> None:
        """Forget the recorder and its data."""

    @abstractmethod
    def update(self, device: int, changes: Mapping[str, Any]) -> None:
        """Set properties of an enrolled recorder; `changes` has passed `check`."""

    @abstractmethod
    def get_status(self, device: int) -> dict[str, Any]:
        """Return the entries that the backend adds to the status dictionary of the recorder."""

    @abstractmethod
    def write(self, device: int, vp: int, events: Events) -> None:
        """Record events that the recorder's twin on virtual process `vp` has seen."""

    def declare_values(self, device: int, names: Sequence[str]) -> None:  # noqa: B027
        """Say which values, beside sender and time, each event of the recorder will have.

        They are in NEST's order: first those of type float64, then those of type int64.
        """

    def clear(self, device: int) -> None:  # noqa: B027
        """Forget the events recorded so far, where the backend keeps them."""

    def prepare(self) -> None:  # noqa: B027
        """Get ready for runs."""

    def post_run(self) -> None:  # noqa: B027
        """Make everything written so far visible."""

    def cleanup(self) -> None:  # noqa: B027
        """End a series of runs. May be called at any time."""

    @classmethod
    def check(cls, changes: Mapping[str, Any], current: Mapping[str, Any], context: RecordingContext) -> dict[str, Any]:
        """Return the part of `changes` that this backend understands, as values of the right type.

        Parameters
        ----------
        changes
            What the user wants to set; entries with other names are left alone.
        current
            Present values of the backend's properties.

        Raises
        ------
        TypeMismatch
            If a value is of the wrong type.
        BadProperty
            If a property cannot be set now.
        """
        accepted = {
            name: cast(name, changes[name], type(cls.properties[name])) for name in cls.properties if name in changes
        }
        if context.has_been_simulated and cls.fixes_time_format(accepted, current):
            raise errors.BadProperty(TIME_IN_STEPS_AFTER_SIMULATE)
        return accepted

    @classmethod
    def fixes_time_format(cls, accepted: Mapping[str, Any], current: Mapping[str, Any]) -> bool:
        """Whether to refuse these changes after a simulation, because earlier events have times in another format."""
        return accepted.get("time_in_steps", current["time_in_steps"]) != current["time_in_steps"]

    @classmethod
    def default_status(cls, properties: Mapping[str, Any], context: RecordingContext) -> dict[str, Any]:
        """Return the entries that the backend adds to a recorder model's defaults."""
        return {**cls.properties, **properties}


NEST_TYPES = {str: "std::string", bool: "bool", int: "long", float: "double"}
"""Names of types in NEST's messages."""


def cast(name: str, value: Any, kind: type) -> Any:
    """Return `value` as `kind`, or raise what NEST raises for a property of the wrong type."""
    accepted = {str: (str,), bool: (bool, np.bool_), int: (int, np.integer)}[kind]
    if isinstance(value, accepted) and not (kind is int and isinstance(value, bool)):
        return kind(value)
    plain = value.item() if isinstance(value, np.generic) else value
    found = NEST_TYPES.get(type(plain), type(value).__name__)
    raise errors.TypeMismatch(f"Expected datatype: Failed to cast '{name}' from {found} to type {NEST_TYPES[kind]}")
