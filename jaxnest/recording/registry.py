"""The recording backends by name."""

from __future__ import annotations

from jaxnest.recording.ascii import AsciiBackend
from jaxnest.recording.base import RecordingBackend
from jaxnest.recording.memory import MemoryBackend
from jaxnest.recording.screen import ScreenBackend

BACKENDS: dict[str, type[RecordingBackend]] = {
    backend.name: backend for backend in (AsciiBackend, MemoryBackend, ScreenBackend)
}
DEFAULT_BACKEND = MemoryBackend.name
