"""What functions of stimulators get in traced code: variables of devices, and the rows of their targets."""

from __future__ import annotations

from typing import Any, final

import jax.numpy as jnp
from jax import lax

from jaxnest.compile.tracing import flow
from jaxnest.engine.accelerated.devices.tables import DeviceSpec
from jaxnest.engine.accelerated.tiles import tuple_type
from jaxnest.models.functions.sorting import sort_first


@final
class Series(flow.Sized):
    """A vector variable of one device: a part of an array that holds those of all devices."""

    def __init__(self, values: Any, first: Any, last: Any) -> None:
        self._values, self._first, self._last = values, first, last

    @property
    def size(self) -> Any:
        """Number of elements."""
        return self._last - self._first

    def __getitem__(self, k: Any) -> Any:
        """Return an element; beyond the end it is some number."""
        return self._values.at[self._first + k].get(mode="clip")


@final
class Targets(flow.Sized):
    """What a device remembers of its targets, one row for each; further rows do not count."""

    def __init__(self, rows: Any, size: Any) -> None:
        self._rows, self._size = rows, size

    @property
    def size(self) -> Any:
        """Number of targets."""
        return self._size

    def __getitem__(self, place: tuple[Any, Any]) -> Any:
        """Return one number of a target or, of all of them, those that are there and zeros."""
        target, k = place
        if isinstance(target, slice):
            return jnp.where(jnp.arange(len(self._rows)) < self._size, self._rows[:, k], 0.0)
        return self._rows[target, k]


def variables(spec: DeviceSpec, constant: dict[str, Any], i: Any) -> Any:
    """Return the variables of one device."""
    scalars = {name: a[i] for name, a in constant["scalars"].items()}
    series = {name: Series(constant["vectors"], a[i], b[i]) for name, (a, b) in constant["series"].items()}
    return tuple_type("Variables", (*spec.scalars, *spec.series))(**scalars, **series)


def targets_of(spec: DeviceSpec, constant: dict[str, Any], i: Any, rows: Any) -> Targets:
    """Return what a device remembers of its targets."""
    first, last = constant["start"][i], constant["start"][i + 1]
    return Targets(rows.at[first + jnp.arange(spec.most_targets)].get(mode="clip"), last - first)


def memories(spec: DeviceSpec, constant: dict[str, Any], flat: Any) -> Any:
    """Return the memory of all devices, (device, place)."""
    return flat.at[constant["memory_start"][:-1, None] + jnp.arange(spec.memory)].get(mode="clip")


def stored(spec: DeviceSpec, constant: dict[str, Any], flat: Any, memory: Any) -> Any:
    """Return the memory of all devices in one array."""
    start = constant["memory_start"][:, None]
    place = start[:-1] + jnp.arange(spec.memory)
    return flat.at[jnp.where(place < start[1:], place, len(flat))].set(memory, mode="drop")


@flow.meaning(sort_first)
def _sort_first(values: flow.Cell, n: Any) -> None:
    here = jnp.arange(len(values)) < n
    values.value = jnp.where(here, lax.sort(jnp.where(here, values.value, jnp.inf)), values.value)
