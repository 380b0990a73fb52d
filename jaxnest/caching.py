"""Where compiled programs are kept between processes."""

from __future__ import annotations

import functools
import hashlib
import os
import pathlib

_COMPILED = ("compiling.py", "engine/**/*.py", "kernel/**/*.py", "models/*.py", "random/*.py")
"""The files that compiled functions are made from; a model's own file goes with the code that is generated for it."""


def cache_folder() -> pathlib.Path:
    """Return the folder for compiled programs (``JAXNEST_CACHE_DIR``, else below ``~/.cache``)."""
    base = os.environ.get("JAXNEST_CACHE_DIR") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "jaxnest"
    )
    return pathlib.Path(base)


@functools.cache
def source_digest(package: pathlib.Path = pathlib.Path(__file__).parent) -> str:
    """Return a hash of the source of everything that compiled functions may consist of.

    A compiled function contains those that it calls, from other files too. So it is valid as long as none of them
    changes, as with an upgrade of jaxnest.
    """
    digest = hashlib.sha256()
    for path in sorted(path for pattern in _COMPILED for path in package.glob(pattern)):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
