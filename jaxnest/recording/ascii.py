"""Recording backend `ascii`: events are written to text files, one per recorder and virtual process."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO, final

from jaxnest import errors
from jaxnest.recording import text
from jaxnest.recording.base import Events, RecordingBackend, RecordingContext

FORMAT_VERSION = 2


@final
class AsciiBackend(RecordingBackend):
    """Writes files that are open from Prepare to Cleanup."""

    name = "ascii"
    properties = {
        "file_extension": "dat",
        "label": "",
        "precision": text.DEFAULT_PRECISION,
        "time_in_steps": False,
    }

    def __init__(self, context: RecordingContext) -> None:
        super().__init__(context)
        self._recorders: dict[int, _Recorder] = {}

    def enroll(self, device: int, model: str) -> None:
        """Fix the parts of the recorder's file names that do not change any more."""
        width = len(str(self._context.network_size))
        vps = self._context.num_virtual_processes
        endings = tuple(f"-{device:0{width}d}-{vp:0{len(str(vps))}d}" for vp in range(vps))
        self._recorders[device] = _Recorder(model, endings, dict(self.properties))

    def disenroll(self, device: int) -> None:
        """Close the recorder's files and forget their names."""
        recorder = self._recorders.pop(device, None)
        if recorder is not None:
            recorder.close()

    def update(self, device: int, changes: Mapping[str, Any]) -> None:
        """Set properties, which count from the next Prepare on."""
        self._recorders[device].properties |= changes

    def declare_values(self, device: int, names: Sequence[str]) -> None:
        """Fix the columns that follow sender and time."""
        self._recorders[device].value_names = tuple(names)

    def get_status(self, device: int) -> dict[str, Any]:
        """Return the properties and the names of all files of the recorder."""
        recorder = self._recorders[device]
        status = {name: value for name, value in recorder.properties.items() if name != "label"}
        return status | {"filenames": recorder.filenames(self._context)}

    def prepare(self) -> None:
        """Open all files and write their headers; nothing is touched if one of the files must not be replaced."""
        if not self._context.overwrite_files:
            for recorder in self._recorders.values():
                for filename in recorder.filenames(self._context):
                    if os.path.exists(filename):
                        raise errors.IOError(_REFUSAL.format(filename))
        for recorder in self._recorders.values():
            try:
                recorder.open(self._context)
            except OSError as error:
                self.cleanup()
                raise errors.IOError(f"I/O error while opening file '{error.filename}': {error.strerror}.") from error

    def write(self, device: int, vp: int, events: Events) -> None:
        """Append the events to the file of the virtual process."""
        recorder = self._recorders[device]
        if recorder.files:  # a recorder created inside a Prepare/Cleanup context has none yet
            layout = recorder.properties["precision"], recorder.properties["time_in_steps"]
            recorder.files[vp].write(text.rows(events, recorder.value_names, *layout, self._context))

    def post_run(self) -> None:
        """Flush all files."""
        for recorder in self._recorders.values():
            for file in recorder.files:
                file.flush()

    def cleanup(self) -> None:
        """Close all files."""
        for recorder in self._recorders.values():
            recorder.close()

    @classmethod
    def default_status(cls, properties: Mapping[str, Any], context: RecordingContext) -> dict[str, Any]:
        """Return the defaults; the file name has no parts of a recorder yet."""
        status = super().default_status(properties, context)
        del status["label"]
        return status | {"filenames": [_path(context, f".{cls.properties['file_extension']}")]}


_REFUSAL = (
    "The file '{}' already exists and overwriting files is disabled. To overwrite files, set the kernel property "
    "overwrite_files to true. To change the name or location of the file, change the kernel properties data_path "
    "or data_prefix, or the device property label."
)


@final
@dataclass
class _Recorder:
    """One enrolled recorder with its files, one per virtual process."""

    model: str
    endings: tuple[str, ...]
    properties: dict[str, Any]
    value_names: tuple[str, ...] = ()
    files: list[TextIO] = field(default_factory=list)

    def filenames(self, context: RecordingContext) -> list[str]:
        stem = self.properties["label"] or self.model
        return [_path(context, f"{stem}{ending}.{self.properties['file_extension']}") for ending in self.endings]

    def open(self, context: RecordingContext) -> None:
        self.close()
        for filename in self.filenames(context):
            file = open(filename, "w", encoding="utf-8", newline="\n")  # noqa: SIM115 (closed in `close`)
            self.files.append(file)
            file.write(f"# NEST version: {context.nest_version}\n# RecordingBackendASCII version: {FORMAT_VERSION}\n")
            file.write(text.header(self.value_names, self.properties["time_in_steps"]))

    def close(self) -> None:
        for file in self.files:
            file.close()
        self.files.clear()


def _path(context: RecordingContext, name: str) -> str:
    """Return the name of a file below the kernel's data path, with the kernel's prefix."""
    folder = context.data_path.rstrip("/") + "/" if context.data_path else ""
    return f"{folder}{context.data_prefix}{name}"
