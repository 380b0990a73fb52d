"""What `record_random.py` has NEST draw, and what the tests therefore draw, too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

RNG_TYPES = ("mt19937", "mt19937_64", "Philox_32", "Philox_64", "Threefry_32", "Threefry_64")
THREADS = (1, 2)

LARGE_BOUND = 2**40
POISSON_RATES = (2e3, 5e3, 1e4, 3e4, 9e4, 1.5e5, 1e6)
BINOMIAL_TRIALS = (3, 10, 30, 100, 1000, 4000)
GAMMA_SHAPES = (1, 4)
POOL_SIZES = (1, 3, 5)
SOURCE_POSITION = (0.31, -0.17)
TARGET_POSITIONS = ((0.3, 0.2), (0.1, -0.4), (-0.45, 0.45), (0.0, 0.05), (0.31, -0.17))
EXTENT = (1.2, 1.0)


def positions_of_sources() -> np.ndarray:
    """Return where the nodes lie of which `TARGET_POSITIONS` choose some."""
    k = np.arange(30)
    return np.stack([(k * 7 % 30) / 15.0 - 1.0, (k * 11 % 30) / 15.0 - 1.0], axis=1)


def _distance(n: Any, **where: int) -> Any:
    return n.CreateParameter("distance", where)


def _position(n: Any, dimension: int, endpoint: int) -> Any:
    return n.CreateParameter("position", {"dimension": dimension, "synaptic_endpoint": endpoint})


def _shared_leaf(n: Any) -> Any:
    leaf = n.random.normal()
    return leaf * 2.0 + leaf


PARAMETERS: dict[str, Callable[[Any], Any]] = {
    "constant": lambda n: n.CreateParameter("constant", {"value": 2.5}),
    "uniform": lambda n: n.random.uniform(-3.0, 7.7),
    "uniform_int": lambda n: n.random.uniform_int(37),
    "normal": lambda n: n.random.normal(3.0, 0.7),
    "lognormal": lambda n: n.random.lognormal(0.3, 0.4),
    "exponential": lambda n: n.random.exponential(2.5),
    "negative exponential": lambda n: n.random.exponential(-1.5),
    "sum": lambda n: n.random.uniform() + n.random.uniform(10.0, 20.0),
    "difference": lambda n: n.random.uniform() - n.random.uniform(10.0, 20.0),
    "product": lambda n: n.random.uniform() * n.random.uniform(10.0, 20.0),
    "quotient": lambda n: n.random.uniform() / n.random.uniform(10.0, 20.0),
    "number minus": lambda n: 3.0 - n.random.uniform(),
    "number over": lambda n: 3.0 / n.random.uniform(1.0, 2.0),
    "negative": lambda n: -n.random.uniform(),
    "power": lambda n: n.random.uniform() ** 2.7,
    "square": lambda n: n.random.uniform() ** 2,
    "less": lambda n: n.random.uniform() < n.random.uniform(0.2, 0.9),
    "less or equal": lambda n: n.random.uniform() <= n.random.uniform(0.2, 0.9),
    "equal": lambda n: n.random.uniform_int(2) == n.random.uniform_int(3),
    "not equal": lambda n: n.random.uniform_int(2) != n.random.uniform_int(3),
    "greater or equal": lambda n: n.random.uniform() >= n.random.uniform(0.2, 0.9),
    "greater": lambda n: n.random.uniform() > n.random.uniform(0.2, 0.9),
    "order of comparison": lambda n: (n.random.uniform() < n.random.uniform_int(2)) + n.random.exponential(),
    "minimum": lambda n: n.math.min(n.random.normal(), 0.3),
    "maximum": lambda n: n.math.max(n.random.normal(), 0.3),
    "exp": lambda n: n.math.exp(n.random.normal()),
    "sin": lambda n: n.math.sin(n.random.normal(0.0, 5.0)),
    "cos": lambda n: n.math.cos(n.random.normal(0.0, 5.0)),
    "redraw": lambda n: n.math.redraw(n.random.normal(), -0.5, 0.5),
    "redraw of sum": lambda n: n.math.redraw(n.random.normal() + n.random.uniform(), 0.1, 0.4),
    "conditional": lambda n: n.logic.conditional(n.random.uniform() < 0.5, n.random.normal(), n.random.exponential()),
    "conditional numbers": lambda n: n.logic.conditional(n.random.uniform_int(3), 1, 2.5),
    "nested": lambda n: 2.0 * n.math.redraw(n.logic.conditional(n.random.normal() > 0.2, n.random.normal(), 1), 0, 1),
    "shared leaf": _shared_leaf,
}

SPATIAL_PARAMETERS: dict[str, Callable[[Any], Any]] = {
    "distance": lambda n: _distance(n),
    "distance.x": lambda n: _distance(n, dimension=1),
    "distance.y": lambda n: _distance(n, dimension=2),
    "source": lambda n: _position(n, 0, 1),
    "target": lambda n: _position(n, 1, 2),
    "random": lambda n: _distance(n) * n.random.normal() + _position(n, 0, 2),
    "exponential": lambda n: n.spatial_distributions.exponential(_distance(n), 0.3),
    "gaussian": lambda n: n.spatial_distributions.gaussian(_distance(n), 0.1, 0.7),
    "gaussian2D": lambda n: n.spatial_distributions.gaussian2D(
        _position(n, 0, 2), _distance(n, dimension=2), 0.1, 0.2, 0.7, 0.3, 0.4
    ),
    "gamma": lambda n: n.spatial_distributions.gamma(_distance(n) + 0.1, 2.5, 0.3),
    "gabor": lambda n: n.spatial_distributions.gabor(_position(n, 0, 2), _position(n, 1, 2), 30.0, 2.0, 0.5, 0.7, 20.0),
    "order of operands": lambda n: n.spatial_distributions.gaussian2D(n.random.uniform(), n.random.normal()),
    "order of gabor": lambda n: n.spatial_distributions.gabor(n.random.uniform(), n.random.normal(), lam=3.0),
    "kernel of random": lambda n: 0.5 + n.spatial_distributions.gaussian(n.random.normal(), std=2.0),
}

INTEGERS: dict[str, Callable[[Any], Any]] = {
    "uniform_int": lambda n: n.random.uniform_int(3),
    "uniform": lambda n: n.random.uniform(),
    "integral constant": lambda n: n.CreateParameter("constant", {"value": 2.0}),
    "constant": lambda n: n.CreateParameter("constant", {"value": 1.5}),
    "comparison": lambda n: n.random.uniform() < 0.5,
    "sum": lambda n: n.random.uniform_int(3) + 1,
    "sum with fraction": lambda n: n.random.uniform_int(3) + 1.5,
    "difference": lambda n: n.random.uniform_int(3) - 1,
    "quotient": lambda n: n.random.uniform_int(3) / 1,
    "minimum": lambda n: n.math.min(n.random.uniform_int(3), 2),
    "minimum with fraction": lambda n: n.math.min(n.random.uniform_int(3), 2.5),
    "maximum": lambda n: n.math.max(n.random.uniform_int(3), 1),
    "power": lambda n: n.random.uniform_int(3) ** 1.5,
    "power of uniform": lambda n: n.random.uniform() ** 2,
    "exp": lambda n: n.math.exp(n.random.uniform_int(1)),
    "conditional": lambda n: n.logic.conditional(n.random.uniform(), 1, n.random.uniform_int(3)),
    "conditional with fraction": lambda n: n.logic.conditional(n.random.uniform() < 0.5, 1.5, 2),
    "redraw": lambda n: n.math.redraw(n.random.uniform_int(5), 1, 3),
}

MISTAKES: dict[str, Callable[[Any], Any]] = {
    "uniform, empty interval": lambda n: n.random.uniform(1.0, 1.0),
    "uniform, text": lambda n: n.random.uniform("a", 1.0),
    "uniform, None": lambda n: n.random.uniform(None, 1.0),
    "uniform_int, zero": lambda n: n.random.uniform_int(0),
    "uniform_int, float": lambda n: n.random.uniform_int(3.0),
    "uniform_int, bool": lambda n: n.random.uniform_int(True),
    "uniform_int, too large": lambda n: n.random.uniform_int(2**63),
    "uniform_int, None": lambda n: n.random.uniform_int(None),
    "normal, std": lambda n: n.random.normal(0.0, 0.0),
    "lognormal, std": lambda n: n.random.lognormal(0.0, -1.0),
    "redraw, limits": lambda n: n.math.redraw(n.random.uniform(), 1.0, 0.0),
    "redraw, exhausted": lambda n: n.math.redraw(n.random.uniform(), 2.0, 3.0).GetValue(),
    "redraw, number": lambda n: n.math.redraw(3.0, 2.0, 3.0),
    "minimum of two Parameters": lambda n: n.math.min(n.random.uniform(), n.random.uniform()),
    "exp, number": lambda n: n.math.exp(1.0),
    "sum with text": lambda n: n.random.uniform() + "a",
    "sum with float32": lambda n: n.random.uniform() + np.float32(1.0),
    "equal to None": lambda n: n.random.uniform() == None,  # noqa: E711
    "power of a Parameter": lambda n: n.random.uniform() ** n.random.uniform(),
    "number to a Parameter": lambda n: 2 ** n.random.uniform(),
    "hash": lambda n: {n.random.uniform(): 1},
    "conditional, bool": lambda n: n.logic.conditional(True, 1, 2),
    "conditional, text": lambda n: n.logic.conditional(n.random.uniform() < 0.5, "a", 2),
    "unknown name": lambda n: n.CreateParameter("unifrom", {}),
    "name is a number": lambda n: n.CreateParameter(3, {}),
    "specification is None": lambda n: n.CreateParameter("uniform", None),
    "specification is a list": lambda n: n.CreateParameter("uniform", []),
    "unknown entry": lambda n: n.CreateParameter("normal", {"mean": 1, "std": 2, "sdt": 3}),
    "missing entry": lambda n: n.CreateParameter("constant", {}),
    "text for a number": lambda n: n.CreateParameter("constant", {"value": "a"}),
    "kernel without std": lambda n: n.CreateParameter("gaussian", {"x": n.random.uniform()}),
    "kernel of a number": lambda n: n.spatial_distributions.exponential(1.0, 2.0),
    "exponential kernel, beta": lambda n: n.spatial_distributions.exponential(n.random.uniform(), 0.0),
    "gaussian kernel, std": lambda n: n.spatial_distributions.gaussian(n.random.uniform(), 0.0, -1.0),
    "gaussian2D kernel, std_x": lambda n: n.spatial_distributions.gaussian2D(*_two(n), std_x=0.0),
    "gaussian2D kernel, std_y": lambda n: n.spatial_distributions.gaussian2D(*_two(n), std_y=-1.0),
    "gaussian2D kernel, rho": lambda n: n.spatial_distributions.gaussian2D(*_two(n), rho=-1.0),
    "gamma kernel, kappa": lambda n: n.spatial_distributions.gamma(n.random.uniform(), 0.0),
    "gamma kernel, theta": lambda n: n.spatial_distributions.gamma(n.random.uniform(), 1.0, -1.0),
    "gabor kernel, gamma": lambda n: n.spatial_distributions.gabor(*_two(n), gamma=0.0),
    "gabor kernel, std": lambda n: n.spatial_distributions.gabor(*_two(n), std=0.0),
    "kernel without places": lambda n: n.spatial_distributions.gaussian(n.random.uniform()).GetValue(),
    "distance without places": lambda n: _distance(n).GetValue(),
    "position without places": lambda n: _position(n, 0, 0).GetValue(),
    "source without places": lambda n: _position(n, 0, 1).GetValue(),
    "distance, negative dimension": lambda n: _distance(n, dimension=-1),
    "position, no dimension": lambda n: n.CreateParameter("position", {}),
    "position, negative dimension": lambda n: _position(n, -1, 0),
    "position, endpoint": lambda n: _position(n, 0, 3),
    "position, float": lambda n: n.CreateParameter("position", {"dimension": 1.0}),
}


def _two(n: Any) -> tuple[Any, Any]:
    return n.random.uniform(), n.random.uniform()


def name_of_error(make: Callable[[Any], Any], namespace: Any) -> str:
    """Return the name of the class of the error that a mistake leads to."""
    try:
        make(namespace)
    except Exception as error:
        return type(error).__name__
    return ""
