"""Random Parameters (``nest.random``), and the engines and distributions behind them."""

from __future__ import annotations

from jaxnest import errors
from jaxnest.random.creation import create_parameter
from jaxnest.random.parameter import Parameter

__all__ = [
    "exponential",
    "lognormal",
    "normal",
    "uniform",
    "uniform_int",
]

__getattr__ = errors.no_attribute(__name__, __all__)


def uniform(min: float = 0.0, max: float = 1.0) -> Parameter:
    """Draw from a uniform distribution over [min, max).

    Parameters
    ----------
    min, max : float
        Boundaries of the interval.

    Returns
    -------
    Parameter
        Object that yields the values.
    """
    return create_parameter("uniform", {"min": float(min), "max": float(max)})


def uniform_int(max: int) -> Parameter:
    """Draw integers from a uniform distribution over [0, max).

    Parameters
    ----------
    max : int
        Upper boundary of the interval.

    Returns
    -------
    Parameter
        Object that yields the values.
    """
    return create_parameter("uniform_int", {"max": max})


def normal(mean: float = 0.0, std: float = 1.0) -> Parameter:
    """Draw from a normal distribution.

    Parameters
    ----------
    mean, std : float
        Mean and standard deviation.

    Returns
    -------
    Parameter
        Object that yields the values.
    """
    return create_parameter("normal", {"mean": float(mean), "std": float(std)})


def exponential(beta: float = 1.0) -> Parameter:
    """Draw from an exponential distribution.

    Parameters
    ----------
    beta : float
        The mean.

    Returns
    -------
    Parameter
        Object that yields the values.
    """
    return create_parameter("exponential", {"beta": float(beta)})


def lognormal(mean: float = 0.0, std: float = 1.0) -> Parameter:
    """Draw from a lognormal distribution.

    Parameters
    ----------
    mean, std : float
        Mean and standard deviation of the logarithm.

    Returns
    -------
    Parameter
        Object that yields the values.
    """
    return create_parameter("lognormal", {"mean": float(mean), "std": float(std)})
