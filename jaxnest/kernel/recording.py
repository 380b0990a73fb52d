"""The recorders of the network as kernel and engine see them: status entries, and events on their way out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

import numpy as np

from jaxnest.kernel.settings.build_info import NEST_VERSION
from jaxnest.kernel.tables.model_table import NamedModel
from jaxnest.kernel.tables.network import Network
from jaxnest.kernel.tables.node_table import Store
from jaxnest.models.contract.device import Recorder
from jaxnest.recording.base import Events
from jaxnest.recording.recordings import RecorderSettings, Recordings


@final
class _Context:
    """What backends have to know of the kernel."""

    def __init__(self, network: Network, has_run: Callable[[], bool]) -> None:
        self._network = network
        self._has_run = has_run

    @property
    def data_path(self) -> str:
        """Directory of files; empty for the working directory."""
        return self._network.attributes.data_path

    @property
    def data_prefix(self) -> str:
        """First part of the name of every file."""
        return self._network.attributes.data_prefix

    @property
    def overwrite_files(self) -> bool:
        """Whether existing files may be replaced."""
        return self._network.attributes.overwrite_files

    @property
    def network_size(self) -> int:
        """Number of nodes."""
        return len(self._network.nodes)

    @property
    def num_virtual_processes(self) -> int:
        """Number of virtual processes."""
        return self._network.n_threads

    @property
    def has_been_simulated(self) -> bool:
        """Whether time has advanced since the last reset."""
        return self._has_run()

    @property
    def nest_version(self) -> str:
        """Version of NEST that file headers name."""
        return NEST_VERSION

    def to_ms(self, steps: Any) -> Any:
        """Convert time stamps from steps to milliseconds."""
        return self._network.clock.to_ms(steps)


@final
class Recording:
    """All recorders.

    Parameters
    ----------
    network
        Settings, nodes and clock.
    has_run
        Whether time has advanced since the last reset.
    """

    def __init__(self, network: Network, has_run: Callable[[], bool]) -> None:
        self._network = network
        self._context = _Context(network, has_run)
        self._settings: dict[str, RecorderSettings] = {}
        self._recordings = Recordings(self._context)
        self._n_models = -1
        """How many models of nodes there are of which these are all recorders:"""
        self._stores: list[tuple[type[Recorder], Store]] = []
        self._declared: list[tuple[int, int]] = []
        """The versions of their values when backends were told which values events have."""
        self.may_wait = True
        """Whether events may be written later, when somebody asks for them; known once runs are prepared."""
        self.before_access: Callable[[], None] = lambda: None
        """Called before what was recorded is read or cleared: the engine hands over what it still has."""

    # -- settings of models ------------------------------------------------------------------------

    def settings(self, named: NamedModel) -> RecorderSettings:
        """Return the recording part of the defaults of a recorder model."""
        return self._settings.get(named.name, RecorderSettings())

    def defaults_status(self, named: NamedModel) -> dict[str, Any]:
        """Return the recording part of the dictionary of defaults."""
        return self.settings(named).status(self._context)

    def set_defaults(self, named: NamedModel, changes: Mapping[str, Any]) -> set[str]:
        """Change the recording part of the defaults and return the names of the entries used."""
        settings = self.settings(named).updated(changes, self._context)
        self._settings[named.name] = settings
        return settings.names() & set(changes)

    def copy_settings(self, source: NamedModel, copy: NamedModel) -> None:
        """Give the copy of a model the recording settings of the original."""
        self._settings[copy.name] = self.settings(source)

    # -- single recorders --------------------------------------------------------------------------

    def add(self, named: NamedModel, first: int, last: int) -> None:
        """Enroll new nodes if they are recorders."""
        if issubclass(named.model, Recorder):
            for device in range(first, last + 1):
                self._recordings.add(device, named.name, self.settings(named))

    def get_status(self, device: int) -> dict[str, Any]:
        """Return the recording part of a recorder's status dictionary."""
        self.before_access()
        return self._recordings.get_status(device)

    def set_status(self, device: int, changes: Mapping[str, Any]) -> set[str]:
        """Apply the recording part of `changes` and return the names of the entries used."""
        self.before_access()
        return self._recordings.set_status(device, changes)

    # -- the engine's side -------------------------------------------------------------------------

    def prepare(self) -> None:
        """Get ready for runs: say which values the events of each recorder have, and open files."""
        nodes = self._network.nodes
        if self._n_models != len(nodes.stores):
            self._n_models = len(nodes.stores)
            self._stores = [(model, store) for model, store in nodes.stores.items() if issubclass(model, Recorder)]
            self._declared = []
        versions = [(store.values_version, len(store.node_ids)) for _, store in self._stores]
        if self._declared != versions:
            self._declared = versions
            self._declare()
        self.may_wait = self._recordings.may_wait()
        self._recordings.prepare()

    def _declare(self) -> None:
        for model, store in self._stores:
            for row, device in enumerate(store.node_ids.tolist()):
                stored = {name: column[row] for name, column in store.columns.items()}
                self._recordings.declare_values(device, model.value_names(stored))

    def write(self, device: int, vp: int, columns: Mapping[str, np.ndarray]) -> None:
        """Record events of the recorder's twin on virtual process `vp`.

        Parameters
        ----------
        device, vp
            Id of the recorder, and virtual process.
        columns
            ``senders`` (int64) and ``steps`` (stamps, int64); ``offsets`` (ms) if events are off the grid;
            then the values of the events, in the order of the model's `value_names`.
        """
        values = {name: column for name, column in columns.items() if name not in ("senders", "steps", "offsets")}
        events = Events(columns["senders"], columns["steps"], columns.get("offsets"), values)
        self._recordings.write(device, vp, events)

    def declare_values(self, device: int, names: Sequence[str]) -> None:
        """Say which values the events of one recorder have, if `prepare` does not know."""
        self._recordings.declare_values(device, names)

    def post_run(self) -> None:
        """Make everything written so far visible."""
        self._recordings.post_run()

    def cleanup(self) -> None:
        """End a series of runs: close files. May be called at any time."""
        self._recordings.cleanup()
