"""Choices between Parameters (``nest.logic``)."""

from __future__ import annotations

from jaxnest import errors
from jaxnest.random.expressions.expression import Expression, Op, constant
from jaxnest.random.parameter import Parameter

__all__ = ["conditional"]

__getattr__ = errors.no_attribute(__name__, __all__)


def conditional(condition: Parameter, param_if_true: Parameter | float, param_if_false: Parameter | float) -> Parameter:
    """Return one value or another, depending on a condition.

    Parameters
    ----------
    condition : Parameter
        A comparison; any value but zero counts as true.
    param_if_true, param_if_false : Parameter or float
        What to evaluate if the condition holds, and if it does not.

    Returns
    -------
    Parameter
        Object that yields the chosen value.
    """
    branches = (_branch(param_if_true), _branch(param_if_false))
    return Parameter(Expression(Op.CONDITIONAL, operands=(condition.expression, *branches)))


def _branch(value: Parameter | float) -> Expression:
    return constant(value) if isinstance(value, int | float) else value.expression
