"""Values with units: accepted wherever a number is, converted to the unit of the parameter.

Units come from brainunit (``-55 * u.mV``). Scripts without units pay nothing: brainunit is looked up
only if the script has imported it.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from jaxnest import errors
from jaxnest.kernel.synapses.defaults import WEIGHT, synapse_quantities
from jaxnest.models.contract.synapse import Synapse
from jaxnest.models.quantities import unit_names


def in_use() -> bool:
    """True if the script can have values with units at all."""
    return "brainunit" in sys.modules or "saiunit" in sys.modules


def strip(value: Any, unit: str, name: str = "value") -> Any:
    """Return a value as a plain number, or plain numbers, in `unit`.

    Parameters
    ----------
    value
        Anything. Only brainunit quantities, also inside of lists and tuples, are changed.
    unit
        Unit of the parameter, as NEST's documentation writes it (``mV``, ``pA``, ``1/ms``); empty for
        parameters without dimension; several of different dimension separated by ``|`` (of weights, which
        are currents, conductances or jumps of the potential depending on the target).
    name
        Name of the parameter, for the message.

    Raises
    ------
    BadProperty
        If the quantity has another dimension than the parameter.
    """
    if not in_use():
        return value
    if isinstance(value, list | tuple) and any(_has_unit(item) for item in value):
        return [_convert(item, unit, name) if _has_unit(item) else item for item in value]
    return _convert(value, unit, name) if _has_unit(value) else value


def strip_all(params: Any, unit_of: Callable[[str], str]) -> Any:
    """Return parameters, a dictionary or a list of dictionaries, without units.

    Parameters
    ----------
    params
        The parameters; anything that is no dictionary is returned as it is.
    unit_of
        Returns the unit of the parameter of a name.

    Raises
    ------
    BadProperty
        If one of the quantities has another dimension than its parameter.
    """
    if not in_use():
        return params
    if isinstance(params, Mapping):
        return {name: strip(value, unit_of(name), str(name)) for name, value in params.items()}
    if isinstance(params, list | tuple):
        return [strip_all(item, unit_of) for item in params]
    return params


def of_synapse(model: type[Synapse], key: str) -> str:
    """Return the unit of a property of connections."""
    if key == "delay":
        return "ms"
    quantity = WEIGHT if key == "weight" else synapse_quantities(model).get(key, model.common.get(key))
    return quantity.unit if quantity is not None else ""


def _has_unit(value: Any) -> bool:
    library = sys.modules.get("brainunit") or sys.modules["saiunit"]
    return isinstance(value, library.Quantity)


def _convert(value: Any, unit: str, name: str) -> Any:
    import brainunit

    given = brainunit.get_unit(value)
    for factors in unit_names.alternatives(unit):
        target = brainunit.UNITLESS
        for factor, power in factors:
            target = target * getattr(brainunit, factor) ** power
        if given.has_same_dim(target):
            return _scaled(value.to_decimal(given), given.factor / target.factor, given.scale - target.scale)
    wanted = f"in {unit.replace('|', ' or ')}" if unit else "without a unit"
    raise errors.BadProperty(f"{name} has to be given {wanted}, but {value} is a quantity in {given}.")


def _scaled(numbers: Any, factor: float, exponent: float) -> Any:
    """Return numbers times a factor and a power of ten.

    The point is moved in the shortest decimal notation, so that 0.376 nA are 376 pA to the last digit. This also
    gives the digits of single precision, in which lists with units are kept, the value that was written.
    """
    given = np.asarray(numbers)
    whole = math.floor(exponent)
    factor *= 10 ** (exponent - whole)
    if factor != 1:
        given = given * factor
    if given.dtype.kind != "f":
        given = given.astype(np.float64)
    if whole or given.dtype != np.float64:
        texts = (str(number) for number in given.ravel())
        moved = [float(Decimal(text).scaleb(whole)) for text in texts]
        given = np.array(moved, np.float64).reshape(given.shape)
    return given.item() if given.ndim == 0 else given
