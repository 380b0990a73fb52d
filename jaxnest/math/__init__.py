"""Functions of Parameters (``nest.math``)."""

from __future__ import annotations

from jaxnest import errors
from jaxnest.random.expressions.expression import Op
from jaxnest.random.parameter import Parameter, applied

__all__ = [
    "cos",
    "exp",
    "max",
    "min",
    "redraw",
    "sin",
]

__getattr__ = errors.no_attribute(__name__, __all__)


def exp(parameter: Parameter) -> Parameter:
    """Return the exponential of a Parameter.

    Parameters
    ----------
    parameter : Parameter
        The exponent.

    Returns
    -------
    Parameter
        Its exponential.
    """
    return applied(Op.EXP, parameter)


def sin(parameter: Parameter) -> Parameter:
    """Return the sine of a Parameter.

    Parameters
    ----------
    parameter : Parameter
        The angle in radians.

    Returns
    -------
    Parameter
        Its sine.
    """
    return applied(Op.SIN, parameter)


def cos(parameter: Parameter) -> Parameter:
    """Return the cosine of a Parameter.

    Parameters
    ----------
    parameter : Parameter
        The angle in radians.

    Returns
    -------
    Parameter
        Its cosine.
    """
    return applied(Op.COS, parameter)


def min(parameter: Parameter, value: float) -> Parameter:
    """Return the smaller one of a Parameter and a number.

    Parameters
    ----------
    parameter : Parameter
        The Parameter.
    value : float
        The number.

    Returns
    -------
    Parameter
        The minimum.
    """
    return applied(Op.MINIMUM, parameter, float(value))


def max(parameter: Parameter, value: float) -> Parameter:
    """Return the larger one of a Parameter and a number.

    Parameters
    ----------
    parameter : Parameter
        The Parameter.
    value : float
        The number.

    Returns
    -------
    Parameter
        The maximum.
    """
    return applied(Op.MAXIMUM, parameter, float(value))


def redraw(parameter: Parameter, min: float, max: float) -> Parameter:
    """Draw until the value lies within limits.

    An error is raised if 1000 values in a row lie outside.

    Parameters
    ----------
    parameter : Parameter
        The Parameter to draw from.
    min, max : float
        The limits; values equal to them are accepted.

    Returns
    -------
    Parameter
        Object that yields values within the limits.
    """
    low, high = float(min), float(max)
    if low > high:
        raise errors.BadParameterValue("redraw: min <= max required.")
    return applied(Op.REDRAW, parameter, low, high)
