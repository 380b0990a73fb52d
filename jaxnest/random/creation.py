"""Parameters made from a name and a dictionary, with NEST's checks."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from numbers import Integral, Real
from typing import Any, final

import numpy as np

from jaxnest import errors
from jaxnest.random.expressions.expression import Expression, Op, constant
from jaxnest.random.parameter import Parameter

_MAX_INTEGER = 2**63 - 1


@final
class Specification:
    """The dictionary that specifies a Parameter, and which of its entries have been asked for.

    Parameters
    ----------
    entries : mapping
        The dictionary.
    """

    def __init__(self, entries: Mapping[str, Any]) -> None:
        self._entries = dict(entries)
        self._accessed: set[str] = set()
        for key, value in self._entries.items():
            if value is None:
                raise AttributeError(f"'{key}' must not be None")

    def _get(self, key: str, default: Any) -> Any:
        self._accessed.add(key)
        if key in self._entries:
            return self._entries[key]
        if default is None:
            raise IndexError(f"the entry '{key}' is missing")
        return default

    def number(self, key: str, default: float | None = None) -> float:
        """Return a float; without a default the entry is required."""
        value = self._get(key, default)
        if not isinstance(value, Real | np.bool_):
            raise errors.TypeMismatch(f"Expected datatype: '{key}' must be a number, not {type(value).__name__}.")
        return float(value)

    def integer(self, key: str, default: int) -> int:
        """Return an integer."""
        value = self._get(key, default)
        if not isinstance(value, Integral) or isinstance(value, bool):
            raise RuntimeError(f"The dictionary value with key {key} does not hold a numeric integer type.")
        number = int(value)
        if not -_MAX_INTEGER - 1 <= number <= _MAX_INTEGER:
            raise OverflowError(f"Integer {number} is out of range for '{key}'.")
        return number

    def operand(self, key: str) -> Expression:
        """Return the expression of a Parameter; the entry is required."""
        value = self._get(key, None)
        if not isinstance(value, Parameter):
            raise errors.TypeMismatch(f"Expected datatype: '{key}' must be a Parameter, not {type(value).__name__}.")
        return value.expression

    def check_all_accessed(self, name: str) -> None:
        """Raise an error if there are entries that nobody asked for."""
        left = sorted(self._entries.keys() - self._accessed)
        if left:
            names = " ".join(left)
            hints = "".join(errors.nearest(key, self._accessed) for key in left)
            raise errors.UnaccessedDictionaryEntry(
                f"Unaccessed elements in param, in function create_parameter ('{name}'):  {names}.{hints}"
            )


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise errors.BadProperty(message)


def _constant(specs: Specification) -> Expression:
    return constant(specs.number("value"))


def _uniform(specs: Specification) -> Expression:
    low, high = specs.number("min", 0.0), specs.number("max", 1.0)
    _require(not low >= high, "Uniform parameter: min < max required.")
    return Expression(Op.UNIFORM, (low, high - low))


def _uniform_int(specs: Specification) -> Expression:
    bound = specs.integer("max", 1)
    _require(bound > 0, "Uniform integer parameter: max > 0 required.")
    return Expression(Op.UNIFORM_INT, integer=bound)


def _normal(specs: Specification) -> Expression:
    mean, std = specs.number("mean", 0.0), specs.number("std", 1.0)
    _require(not std <= 0.0, "Normal parameter: std > 0 required.")
    return Expression(Op.NORMAL, (mean, std))


def _lognormal(specs: Specification) -> Expression:
    mean, std = specs.number("mean", 0.0), specs.number("std", 1.0)
    _require(not std <= 0.0, "Lognormal parameter: std > 0 required.")
    return Expression(Op.LOGNORMAL, (mean, std))


def _exponential(specs: Specification) -> Expression:
    return Expression(Op.EXPONENTIAL, (specs.number("beta", 1.0),))


def _distance(specs: Specification) -> Expression:
    dimension = specs.integer("dimension", 0)
    if dimension < 0:
        raise errors.BadParameterValue("Spatial distance parameter dimension cannot be negative.")
    return Expression(Op.DISTANCE, integer=dimension)


def _position(specs: Specification) -> Expression:
    dimension, endpoint = specs.integer("dimension", -1), specs.integer("synaptic_endpoint", 0)
    if dimension < 0:
        raise errors.BadParameterValue("Node position parameter dimension cannot be negative.")
    if not 0 <= endpoint <= 2:
        raise errors.BadParameterValue("Synaptic endpoint must be 0 (the node), 1 (the source) or 2 (the target).")
    return Expression((Op.NODE_POSITION, Op.SOURCE_POSITION, Op.TARGET_POSITION)[endpoint], integer=dimension)


def _exponential_kernel(specs: Specification) -> Expression:
    x, beta = specs.operand("x"), specs.number("beta")
    _require(not beta <= 0.0, f"beta > 0 required for exponential distribution parameter, got beta={beta:f}")
    return Expression(Op.EXPONENTIAL_KERNEL, (1.0 / beta,), (x,))


def _gaussian_kernel(specs: Specification) -> Expression:
    x, mean, std = specs.operand("x"), specs.number("mean"), specs.number("std")
    _require(not std <= 0.0, f"std > 0 required for gaussian distribution parameter, got std={std:f}")
    return Expression(Op.GAUSSIAN_KERNEL, (mean, 1.0 / (2.0 * std * std)), (x,))


def _gaussian_2d_kernel(specs: Specification) -> Expression:
    x, y = specs.operand("x"), specs.operand("y")
    mean_x, mean_y = specs.number("mean_x"), specs.number("mean_y")
    std_x, std_y, rho = specs.number("std_x"), specs.number("std_y"), specs.number("rho")
    _require(not std_x <= 0.0, f"std_x > 0 required for gaussian2d distribution parameter, got std_x={std_x:f}")
    _require(not std_y <= 0.0, f"std_y > 0 required for gaussian2d distribution parameter, got std_y={std_y:f}")
    _require(abs(rho) < 1.0, f"-1 < rho < 1 required for gaussian2d distribution parameter, got rho={rho:f}")
    x_term = 1.0 / (2.0 * (1.0 - rho * rho) * std_x * std_x)
    y_term = 1.0 / (2.0 * (1.0 - rho * rho) * std_y * std_y)
    xy_term = rho / ((1.0 - rho * rho) * std_x * std_y)
    return Expression(Op.GAUSSIAN_2D_KERNEL, (mean_x, mean_y, x_term, y_term, xy_term), (x, y))


def _gamma_kernel(specs: Specification) -> Expression:
    x, kappa, theta = specs.operand("x"), specs.number("kappa"), specs.number("theta")
    _require(not kappa <= 0.0, f"kappa > 0 required for gamma distribution parameter, got kappa={kappa:f}")
    _require(not theta <= 0.0, f"theta > 0 required for gamma distribution parameter, got theta={theta:f}")
    return Expression(Op.GAMMA_KERNEL, (kappa, 1.0 / theta), (x,))


def _gabor_kernel(specs: Specification) -> Expression:
    x, y = specs.operand("x"), specs.operand("y")
    theta, gamma, std = specs.number("theta"), specs.number("gamma"), specs.number("std")
    wavelength, psi = specs.number("lam"), specs.number("psi")
    _require(not gamma <= 0.0, f"gamma > 0 required for gabor function parameter, got gamma={gamma:g}")
    _require(not std <= 0.0, f"std > 0 required for gabor function parameter, got std={std:g}")
    angle, phase = theta * math.pi / 180.0, psi * math.pi / 180.0
    constants = (math.cos(angle), math.sin(angle), gamma, 1.0 / (2.0 * std * std), wavelength, phase)
    return Expression(Op.GABOR_KERNEL, constants, (x, y))


_MAKERS: dict[str, Callable[[Specification], Expression]] = {
    "constant": _constant,
    "uniform": _uniform,
    "uniform_int": _uniform_int,
    "normal": _normal,
    "lognormal": _lognormal,
    "exponential": _exponential,
    "distance": _distance,
    "position": _position,
    "exp_distribution": _exponential_kernel,
    "gaussian": _gaussian_kernel,
    "gaussian2d": _gaussian_2d_kernel,
    "gamma": _gamma_kernel,
    "gabor": _gabor_kernel,
}


def create_parameter(parametertype: str, specs: Mapping[str, Any]) -> Parameter:
    """Make a Parameter from its name and its specification.

    Parameters
    ----------
    parametertype : str
        "constant", "uniform", "uniform_int", "normal", "lognormal", "exponential", "distance", "position",
        "exp_distribution", "gaussian", "gaussian2d", "gamma" or "gabor".
    specs : dict
        What the Parameter needs.

    Returns
    -------
    Parameter
        The Parameter.
    """
    if not isinstance(parametertype, str):
        raise AttributeError(f"the name of a Parameter must be a string, not {type(parametertype).__name__}")
    if specs is None:
        raise AttributeError("the specification of a Parameter must not be None")
    if not isinstance(specs, Mapping):
        raise errors.TypeMismatch(f"Expected datatype: '{parametertype}' needs a dict, not {type(specs).__name__}.")
    specification = Specification(specs)
    if parametertype not in _MAKERS:
        hint = errors.nearest(parametertype, _MAKERS)
        raise errors.UndefinedName(f"The name {parametertype} is not defined.{hint}")
    expression = _MAKERS[parametertype](specification)
    specification.check_all_accessed(parametertype)
    return Parameter(expression)
