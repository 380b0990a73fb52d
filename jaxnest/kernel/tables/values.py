"""Values that a user gives, turned into columns of the right type and checked."""

from __future__ import annotations

import copy
import functools
import numbers
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

import numpy as np

from jaxnest import errors
from jaxnest.models.contract.base import Model, Quantity
from jaxnest.models.contract.device import NodeSet
from jaxnest.random.parameter import Parameter


@final
class PerNode:
    """Marks a sequence whose elements belong to successive nodes, not to each of them."""

    def __init__(self, values: Sequence[Any] | np.ndarray) -> None:
        self.values = values


@final
class Rows(dict[str, Any]):
    """Columns of some rows of a table, copied when they are first asked for.

    Parameters
    ----------
    read
        Returns a copy of a column in these rows.
    """

    def __init__(self, read: Callable[[str], Any]) -> None:
        super().__init__()
        self._read = read

    def __missing__(self, name: str) -> Any:
        column = self[name] = self._read(name)
        return column


@functools.cache
def quantities_of(model: type[Model]) -> Mapping[str, Quantity]:
    """Return parameters and state of a model."""
    return model.parameters | model.state


@functools.cache
def followers(model: type[Model]) -> list[tuple[str, str]]:
    """Return the names of vectors and of the vector parameters whose lengths they follow."""
    return [(name, quantity.each) for name, quantity in quantities_of(model).items() if quantity.each is not None]


@functools.cache
def shown_names(model: type[Model]) -> tuple[list[str], list[str]]:
    """Return the names of what scripts see as it is stored, numbers and flags, and those of other visible values."""
    visible = {k: q for k, q in quantities_of(model).items() if q.visible}
    alike = [k for k, q in visible.items() if not (q.dtype is object or q.relative_to or q.shown or q.members)]
    return alike, [k for k in visible if k not in alike]


def is_random(value: Any) -> bool:
    """True for an expression of nest.random and its like, which is evaluated for each node."""
    return isinstance(value, Parameter)


def datum(name: str, value: Any) -> Any:
    """Return a value as NEST's kernel gets it from Python: a sequence of numbers becomes an array of one type.

    Raises
    ------
    AttributeError, TypeError, OverflowError
        Which are what NEST raises for objects and elements that it cannot pass on, nested arrays, and integers of
        more than 64 bits.
    """
    if isinstance(value, int) and not _fits(value):
        raise OverflowError(f"The value of {name}, {value}, has more than 64 bits.")
    if isinstance(value, int | float | str | np.integer | np.floating | NodeSet | Parameter | PerNode):
        return value
    if isinstance(value, dict):
        return {key: datum(key, entry) for key, entry in value.items()}
    if isinstance(value, np.ndarray):
        return _array(name, value)
    if isinstance(value, list | tuple):
        return _sequence(name, value)
    what = f"{value!r} ({type(value).__name__})" if value is not None else "None"
    raise AttributeError(f"The value of {name} is {what}, which is no value that the kernel knows.")


def as_numbers(values: Sequence[Any] | np.ndarray) -> np.ndarray | None:
    """Return an array of what all are floats, or all integers of at most 64 bits; None for everything else."""
    if isinstance(values, np.ndarray):
        return values if values.dtype in (np.float64, np.int64) else None
    kinds = {*map(type, values)}
    if kinds <= {float, np.float64}:
        return np.array(values, np.float64)
    if kinds == {int} and _fits(min(values)) and _fits(max(values)):
        return np.array(values, np.int64)
    return None


def _fits(value: int) -> bool:
    return -(1 << 63) <= value < 1 << 63


def _array(name: str, value: np.ndarray) -> np.ndarray:
    if value.ndim != 1:
        raise TypeError(f"{name} has to be a one-dimensional array, not one of shape {value.shape}.")
    if value.dtype.kind not in "iuf":
        raise AttributeError(f"{name} has to be an array of numbers, not of {value.dtype}.")
    return value.astype(np.float64 if value.dtype.kind == "f" else np.int64)


def _sequence(name: str, value: Sequence[Any]) -> Any:
    """Return the elements as an array of the type of the first one; texts, dictionaries and sequences as a list."""
    if not len(value):
        return np.empty(0)
    first = value[0]
    for kind in (str, dict):
        if isinstance(first, kind):
            if not all(isinstance(item, kind) for item in value):
                raise AttributeError(f"The elements of {name} have to be of one type, not {value!r}.")
            return [datum(name, item) for item in value]
    if all(isinstance(item, list | tuple) or (isinstance(item, np.ndarray) and item.ndim) for item in value):
        return list(value)
    whole = isinstance(first, int | np.integer)
    if not (whole or isinstance(first, float | np.floating | np.ndarray | list | tuple)):
        raise AttributeError(f"{name} has to be a list of numbers, not {value!r}.")
    if any(isinstance(item, int) and not _fits(item) for item in value):
        raise OverflowError(f"An element of {name} = {value!r} has more than 64 bits.")
    try:
        array = np.array(value)
    except ValueError:
        array = np.empty((0, 0))
    if array.ndim != 1 or array.dtype.kind not in "iufb" or isinstance(first, np.ndarray):
        raise TypeError(f"{name} has to be a list of numbers, not {value!r}.")
    result = array.astype(np.int64 if whole else np.float64)
    if whole and (result != array).any():
        warnings.warn(
            f"As in NEST, all elements of {name} are cut to integers because the first one, {first!r}, is an integer: "
            f"write {float(first)!r}.",
            stacklevel=2,
        )
    return result


def as_column(
    store: Any,
    names: Sequence[str],
    changes: Mapping[str, Any],
    rows: np.ndarray,
    positions: np.ndarray,
    draw: Callable[[Any, int, int], float],
) -> dict[str, Any]:
    """Return one value or one sequence of values (along `rows`) per name.

    Random expressions are evaluated row by row and, for each row, in the order of `names`.
    """
    values: dict[str, Any] = {}
    random = [k for k in names if is_random(changes[k])]
    drawn = {k: np.empty(len(rows)) for k in random}
    for i, row in enumerate(rows if random else ()):
        for k, name in enumerate(random):
            drawn[name][i] = draw(changes[name], int(store.node_ids[row]), k)
    for name in names:
        value = changes[name]
        if name in drawn:
            values[name] = drawn[name]
        elif isinstance(value, PerNode):
            given = value.values
            values[name] = given[positions] if isinstance(given, np.ndarray) else [given[p] for p in positions]
        else:
            values[name] = [value] * len(rows) if store.quantities[name].dtype is object else value
    return values


def coerce(quantity: Quantity, name: str, value: Any) -> Any:
    """Convert a value, or a sequence of values along the nodes, to the type of the column."""
    if isinstance(value, list | np.ndarray) and (quantity.dtype is object or np.ndim(value) > 0):
        if quantity.dtype is object:
            column = np.empty(len(value), object)
            for i, item in enumerate(value):
                known = i > 0 and item is value[i - 1]
                column[i] = copy.copy(column[i - 1]) if known else convert(quantity, name, item)
            return column
        if isinstance(value, np.ndarray) and value.dtype in (np.float64, np.int64):
            if quantity.dtype is np.float64 and quantity.convert is None:
                return value.astype(np.float64, copy=False)
            value = value.tolist()
        return np.array([convert(quantity, name, item) for item in value], quantity.dtype)
    return convert(quantity, name, value)


def convert(quantity: Quantity, name: str, value: Any) -> Any:
    """Convert one value to the type of its quantity, refusing what NEST refuses.

    Raises
    ------
    TypeMismatch
        If a number, flag, text or array is expected and something else is given.
    """
    if type(value) is float and type(quantity.default) is float and quantity.convert is None:
        return value
    value = datum(name, value)
    if quantity.convert is not None:
        return quantity.convert(value)
    if quantity.is_vector:
        whole = np.asarray(quantity.default).dtype.kind != "f"
        if not isinstance(value, np.ndarray) or (whole and value.dtype.kind == "f"):
            raise _mismatch(name, f"an array of {'integers' if whole else 'numbers'}", value)
        return value.astype(np.int64 if whole else np.float64)
    default = quantity.default
    if isinstance(default, bool):
        if not isinstance(value, bool | np.bool_):
            raise _mismatch(name, "True or False", value)
        return bool(value)
    if isinstance(default, int):
        if isinstance(value, bool) or not isinstance(value, numbers.Integral):
            raise _mismatch(name, "an integer", value)
        return int(value)
    if isinstance(default, float):
        if isinstance(value, str) or not isinstance(value, numbers.Real | np.bool_):
            raise _mismatch(name, f"a number{f' in {quantity.unit}' if quantity.unit else ''}", value)
        return float(value)
    if isinstance(default, str) and not isinstance(value, str):
        raise _mismatch(name, "a string", value)
    if isinstance(default, dict) and not isinstance(value, dict):
        raise _mismatch(name, "a dictionary", value)
    return value


def expanded(quantities: Mapping[str, Quantity], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the changes with those of dictionaries replaced by changes of their members; others are ignored."""
    result: dict[str, Any] = {}
    for name, value in changes.items():
        members = quantities[name].members if name in quantities else None
        if members is None:
            result[name] = value
            continue
        if not isinstance(value, dict):
            raise _mismatch(name, "a dictionary", value)
        result |= {members[key]: entry for key, entry in value.items() if key in members}
    return result


def _mismatch(name: str, expected: str, value: Any) -> errors.TypeMismatch:
    return errors.TypeMismatch(f"{name} has to be {expected}, not {value!r} ({type(value).__name__}).")


def first_violation(
    model: type[Model], n: int, columns: Mapping[str, Any], given: Mapping[str, Any]
) -> tuple[int, str]:
    """Return the first of `n` rows that breaks a bound or relation, and NEST's message with the value added.

    The row index equals the number of rows if there is none.
    """
    worst, message = n, ""
    quantities = quantities_of(model)
    for name in given:
        check, column = quantities[name].check, columns[name]
        if check is None:
            continue
        if quantities[name].is_vector:
            bad = np.array([bool(np.any(check.violated(np.asarray(v)))) for v in column])
        else:
            bad = np.asarray(check.violated(column))
        if bad.any() and (i := int(np.argmax(bad))) < worst:
            unit = f" {quantities[name].unit}" if quantities[name].unit else ""
            worst, message = i, f"{check.message} ({name} = {column[i]}{unit}; it has to be {check.bounds}{unit}.)"
    changed = {*given, *columns}  # `assign` may have changed what it has looked at
    for relation in model.relations:
        if relation.among and relation.among.isdisjoint(changed):
            continue
        bad = np.asarray(relation.violated(columns))
        if bad.any() and (i := int(np.argmax(bad))) < worst:
            worst, message = i, relation.message
    return worst, message
