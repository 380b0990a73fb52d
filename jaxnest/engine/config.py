"""Settings of JAX that the engine relies on."""

from __future__ import annotations

import os

import jax

from jaxnest.caching import cache_folder


def configure() -> None:
    """Switch to double precision, and keep compiled programs between processes unless the user chose otherwise."""
    jax.config.update("jax_enable_x64", True)
    if jax.config.values["jax_compilation_cache_dir"] is None and "JAX_ENABLE_COMPILATION_CACHE" not in os.environ:
        jax.config.update("jax_compilation_cache_dir", str(cache_folder() / "xla"))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
