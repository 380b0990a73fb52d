"""The operations that model functions are written with.

Each works on numbers and on arrays of JAX; compiled by numba it becomes the scalar operation of the
C library (see `engine.functions.scalar_ops`), so that one source serves compiled loops and array operations.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from jaxnest.lazy import lazy
from jaxnest.numerics.nest_math import expm1, expm1_series

jnp = lazy("jax.numpy")
special = lazy("jax.scipy.special")

HELPERS: list[Any] = []
"""Functions that model functions call."""

F = TypeVar("F", bound=Callable[..., Any])


def helper(function: F) -> F:
    """Mark a function that model functions call, so that compiled loops can call it, too."""
    HELPERS.append(function)
    return function


for _function in (expm1_series, expm1):
    helper(_function)


@helper
def crosses(x: Any, threshold: Any) -> Any:
    """Whether a potential has reached a threshold: the condition of spikes on the grid of time steps."""
    return x >= threshold


@helper
def exceeds(x: Any, threshold: Any) -> Any:
    """Whether a potential lies above a threshold: the same condition, of models in which reaching it is not enough."""
    return x > threshold


def exp(x: Any) -> Any:
    """Exponential function."""
    return jnp.exp(x)


def expm1(x: Any) -> Any:
    """Exponential function minus one, in compiled loops by NEST's own series."""
    return jnp.expm1(x)


def erfc(x: Any) -> Any:
    """Complementary error function."""
    return special.erfc(x)


def log(x: Any) -> Any:
    """Natural logarithm."""
    return jnp.log(x)


def sqrt(x: Any) -> Any:
    """Square root."""
    return jnp.sqrt(x)


def tanh(x: Any) -> Any:
    """Hyperbolic tangent."""
    return jnp.tanh(x)


def power(x: Any, y: Any) -> Any:
    """Raise x to the power of y."""
    return jnp.power(x, y)


def fmod(x: Any, y: Any) -> Any:
    """Remainder of a division, with the sign of x."""
    return jnp.fmod(x, y)


def where(condition: Any, a: Any, b: Any) -> Any:
    """`a` where the condition holds, else `b`."""
    return jnp.where(condition, a, b)


def maximum(a: Any, b: Any) -> Any:
    """The larger of two values (`a` if they are equal or not comparable, as ``a < b ? b : a``)."""
    return jnp.where(a < b, b, a)


def minimum(a: Any, b: Any) -> Any:
    """The smaller of two values."""
    return jnp.where(b < a, b, a)


def element(a: Any, i: Any) -> Any:
    """Element `i`, a whole number given as a floating-point one, of a vector; the last one if there are fewer."""
    return a[jnp.minimum(i, len(a) - 1).astype(jnp.int64)]


def total(a: Any) -> Any:
    """Sum of a vector, from left to right in compiled loops."""
    return jnp.sum(a)


def accumulate(start: Any, a: Any, b: Any) -> Any:
    """Return ``start + a[0]*b[0] + a[1]*b[1] + ...``, from left to right in compiled loops."""
    return start + jnp.sum(a * b)


def accumulate_pairs(start: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    """Return ``start + (a[0]*b[0] + c[0]*d[0]) + ...``, from left to right in compiled loops."""
    return start + jnp.sum(a * b + c * d)
