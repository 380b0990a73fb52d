"""Random draws in the functions of stimulators and stochastic neurons.

They exist in compiled code (see `engine.functions.scalar_ops`) and in traced code (`accelerated.functions.draws`) only,
where the context holds the streams of the virtual process and the node's distribution objects; `k` chooses among the
latter.
"""

from __future__ import annotations

from typing import Any, NoReturn


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
