"""Which device of JAX a network lives on."""

from __future__ import annotations

from typing import Any

import jax


def default_device() -> Any:
    """Return JAX's default device, for arrays and programs of a network: a GPU or TPU where there is one."""
    chosen = jax.config.values["jax_default_device"]
    return jax.local_devices(backend=chosen)[0] if chosen is None or isinstance(chosen, str) else chosen
