"""What the machine code of a model's loops depends on."""

from __future__ import annotations

import functools
import hashlib
import inspect
import pathlib
from typing import Any

from jaxnest.models import ops


def fingerprint(model: type[Any], key: str = "") -> str:
    """Return a hash of the files of models that a loop may inline, and of what else the loop depends on.

    `caching.source_digest` covers the rest.
    """
    return hashlib.sha256(_content(model) + key.encode()).hexdigest()[:24]


@functools.cache
def _content(model: type[Any]) -> bytes:
    files = [inspect.getsourcefile(c) for c in model.__mro__ if c is not object]
    files += sorted({h.__code__.co_filename for h in ops.HELPERS if h.__module__.startswith("jaxnest.")} - {*files})
    return hashlib.sha256(b"".join(_read(f) for f in files if f)).digest()


@functools.cache
def _read(file: str) -> bytes:
    return pathlib.Path(file).read_bytes()
