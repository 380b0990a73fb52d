"""Random draws in the functions of stimulators and stochastic neurons.

They exist in compiled code only (see `engine.functions.scalar_ops`), where the context holds the streams of the virtual
process and the node's distribution objects; `k` chooses among the latter.
"""

from __future__ import annotations

import math
from typing import Any, NoReturn

import numpy as np

from jaxnest.lazy import lazy
from jaxnest.random.numbers.layout import LARGEST_MEAN

lax = lazy("jax.lax")


def _only_compiled() -> NoReturn:
    raise TypeError("Random draws of models are only possible in compiled code.")


def uniform(context: Any) -> float:
    """A number from [0, 1)."""
    _only_compiled()


def normal(context: Any, k: int) -> float:
    """A standard normal variate of distribution object `k`."""
    _only_compiled()


def exponential(context: Any) -> float:
    """An exponential variate of mean 1."""
    _only_compiled()


def gamma(context: Any, k: int, shape: float) -> float:
    """A gamma variate of scale 1, of distribution object `k`."""
    _only_compiled()


def binomial(context: Any, k: int, trials: float, p: float) -> int:
    """A binomial variate of distribution object `k`."""
    _only_compiled()


def shared_poisson(context: Any, k: int, mean: float) -> int:
    """A Poisson variate from the stream that all virtual processes have in common."""
    _only_compiled()


def poisson(context: Any, k: int, mean: float) -> int:
    """A Poisson variate of distribution object `k`."""
    _only_compiled()


def poissons(context: Any, k: int, mean: float, out: Any) -> None:
    """Fill an array with Poisson variates of distribution object `k`: what as many calls of `poisson` return.

    The context is that of `Stimulator.draw_each`.
    """
    _only_compiled()


# -- in functions that JAX traces ---------------------------------------------------------------------------


def poisson_limits(mean: float) -> dict[str, Any]:
    """Return the variables `limits` and `parts` of a device whose targets get Poisson variates of one mean.

    A variate is the sum of `parts` others; such a part is the number of limits that a number from [0, 1) reaches. They
    are computed as in `random.numbers.keyed`.
    """
    parts = 1 + int(mean / LARGEST_MEAN)
    probability = math.exp(-mean / parts)
    below, limits = probability, []
    while below < 1.0 and probability > 0.0:
        limits.append(below)
        probability *= (mean / parts) / len(limits)
        below += probability
    return {"limits": np.array(limits), "parts": float(parts)}


def traced_poisson(context: Any, v: Any) -> Any:
    """Return a Poisson variate by the limits of `poisson_limits`; the context is that of `Sender.traced_draw`."""

    def add(part: Any, total: Any) -> Any:
        return total + v.limits.count_until(context.unit(part))

    return lax.fori_loop(0, v.parts.astype(int), add, 0)
