"""Vector parameters in functions of stimulators that JAX traces."""

from __future__ import annotations

from typing import Any, final

from jaxnest.lazy import lazy

jnp = lazy("jax.numpy")


@final
class Series:
    """A vector variable of one device: a part of an array that holds those of all devices.

    Parameters
    ----------
    values
        The vectors of all devices, one after the other.
    first, last
        Where that of this device begins and ends.
    """

    def __init__(self, values: Any, first: Any, last: Any) -> None:
        self._values, self._first, self._last = values, first, last

    @property
    def size(self) -> Any:
        """Number of elements."""
        return self._last - self._first

    def __getitem__(self, k: Any) -> Any:
        """Return an element; `k` may be a whole number as a floating-point one. Beyond the end it is some number."""
        return self._values.at[self._first + jnp.asarray(k, jnp.int64)].get(mode="clip")

    def count_until(self, limit: Any) -> Any:
        """Return how many elements are not larger than `limit`; they are in ascending order."""
        low, high = self._first, self._last
        for _ in range(self._values.shape[0].bit_length()):
            middle = (low + high) // 2
            is_smaller = (low < high) & (self._values.at[middle].get(mode="clip") <= limit)
            low, high = jnp.where(is_smaller, middle + 1, low), jnp.where(is_smaller, high, jnp.maximum(low, middle))
        return low - self._first
