"""Settings of JAX that the engine relies on."""

from __future__ import annotations

import os
from typing import Any, final

import jax

from jaxnest.compile import caching
from jaxnest.compile.compile_time import compilers


def configure() -> None:
    """Switch to double precision, and keep compiled programs between processes unless the user chose otherwise."""
    jax.config.update("jax_enable_x64", True)
    if jax.config.values["jax_compilation_cache_dir"] is None and "JAX_ENABLE_COMPILATION_CACHE" not in os.environ:
        folder = caching.cache_folder()
        if folder is not None and _keep_programs():
            jax.config.update("jax_compilation_cache_dir", str(folder / "code"))
            jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
            jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def _keep_programs() -> bool:
    """Have JAX keep programs as everything else that is compiled is kept; False if this JAX cannot.

    Its own files break off where a disk is full, are never replaced then, and one complains about them in each process.
    """
    try:
        from jax._src import compilation_cache
        from jax._src.compilation_cache_interface import CacheInterface
    except ImportError:
        return False

    @final
    class Programs(CacheInterface):
        """Where JAX looks for compiled programs."""

        _path: Any = None

        def get(self, key: str) -> bytes | None:
            stored = caching.read(_file(key))
            if stored is None:
                compilers.found_nothing()
            return stored

        def put(self, key: str, value: bytes) -> None:
            caching.write(_file(key), value)

    if not hasattr(compilation_cache, "get_file_cache"):
        return False
    compilation_cache.get_file_cache = lambda path: (Programs(), path)
    return True


def _file(key: str) -> str:
    """Return the name of a program's file; JAX does not distinguish processors."""
    from llvmlite import binding

    return caching.file_name(key, (key, binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten()))


@final
class _Process:
    """Where programs of JAX have run, which need threads: a fork leaves them behind."""

    number: int | None = None


def note_programs() -> None:
    """Note that programs of JAX run in this process."""
    _Process.number = os.getpid()


def has_lost_threads() -> bool:
    """Return whether this process was forked off one in which programs of JAX ran: here they would wait for ever."""
    return _Process.number not in (None, os.getpid())
