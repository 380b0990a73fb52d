"""Which device of JAX a network lives on."""

from __future__ import annotations

from typing import Any

import jax

from jaxnest import errors


def device_for(delivery: str) -> Any:
    """Return the device for arrays and programs of a network.

    Compiled loops run on the CPU, whatever JAX's default device is. With ``delivery = "jax"`` it is that default
    device, a GPU or TPU where there is one.

    Raises
    ------
    KernelException
        If compiled loops are asked for and JAX was told not to use the CPU.
    """
    if delivery == "jax":
        chosen = jax.config.values["jax_default_device"]
        return jax.local_devices(backend=chosen)[0] if chosen is None or isinstance(chosen, str) else chosen
    try:
        return jax.local_devices(backend="cpu")[0]
    except RuntimeError as error:
        raise errors.KernelException(
            "nest.delivery = 'kernels' needs JAX's CPU platform, but JAX_PLATFORMS leaves it out: add 'cpu' to it "
            "(JAX_PLATFORMS=cuda,cpu), or set nest.delivery = 'jax'."
        ) from error
