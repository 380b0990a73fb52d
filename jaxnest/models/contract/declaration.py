"""Whether a model that a script declares can work: what is wrong is said where it is registered, with the line."""

from __future__ import annotations

import inspect
import keyword
import linecache
import math
import traceback
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn, final

import numpy as np

from jaxnest import errors
from jaxnest.models.contract.base import Model, Neuron, Node, Quantity
from jaxnest.models.contract.state import of_model, state_class

OURS = __name__.partition(".")[0]
INSTEAD = {
    "boolean": "Python decides about a value that is computed for many nodes at once (`if`, `and`, `not`, `min`, ...): "
    "write ops.where(condition, a, b), a & b, ops.maximum(a, b)",
    "number": "a function for single numbers (`math`, `numpy`, `float`) is applied to values of many nodes: write "
    "ops.exp(x) and its like of jaxnest.models.ops, or compute it in `calibrate`, where there are numbers",
}


def check(model: type[Any], base: type[Model], known: Mapping[str, type[Any]]) -> None:
    """Refuse a model of a script's own that cannot work.

    Parameters
    ----------
    model, base
        The class, and what it has to derive from.
    known
        The models that there are.

    Raises
    ------
    TypeError
        If the declaration is wrong.
    """
    if not (isinstance(model, type) and issubclass(model, base)):
        raise TypeError(
            f"{model!r} is no model: write `class {getattr(model, '__name__', 'my_model')}({base.__name__})`."
        )
    there = known.get(model.name)
    if there is not None and (there.__module__, there.__qualname__) != (model.__module__, model.__qualname__):
        _refuse(model, f"there is a model '{model.name}' already: choose another name")
    _check_quantities(model)
    if issubclass(model, Node):
        _check_names(model)
    if issubclass(model, Neuron):
        _check_update(model)


def _refuse(model: type[Any], problem: str, at: str = "") -> NoReturn:
    raise TypeError(f"{model.name}: {at or _line_of_class(model)}{problem}.") from None


def _line_of_class(model: type[Any]) -> str:
    try:
        return f"{inspect.getfile(model)}:{inspect.getsourcelines(model)[1]}: "
    except (OSError, TypeError):  # typed in
        return ""


def _check_quantities(model: type[Any]) -> None:
    groups = {"parameters": model.parameters, "state": model.state, "common": model.common}
    declared = {name: vars(model).get(name, {}) for name in groups}
    for group, quantities in groups.items():
        for name, quantity in quantities.items():
            if not isinstance(quantity, Quantity):
                _refuse(model, f"`{group}` has {quantity!r} for '{name}': write Quantity(default, unit, meaning)")
            if quantity.relative_to and quantity.relative_to not in groups["parameters"]:
                _undeclared(model, quantity.relative_to, groups["parameters"], f"`relative_to` of '{name}'")
    for name in declared["parameters"]:
        if name in declared["state"] or name in declared["common"]:
            _refuse(model, f"'{name}' is declared twice, in `parameters` and elsewhere: leave one of them out")


def _undeclared(model: type[Any], name: str, known: Iterable[str], where: str) -> NoReturn:
    names = sorted(known)
    _refuse(model, f"{where} names '{name}', which is not declared.{errors.nearest(name, names)} Declared are: "
                   f"{', '.join(names) or 'none'}")  # fmt: skip


def _check_names(model: type[Any]) -> None:
    quantities = model.parameters | model.state
    for name in model.dynamic:
        if name not in quantities:
            _undeclared(model, name, model.state, "`dynamic`")
        if not isinstance(quantities[name].default, bool | int | float | np.ndarray):
            _refuse(
                model,
                f"the state '{name}' is {quantities[name].default!r}, which `update` cannot advance: write a number, "
                "or Quantity(..., advanced=False)",
            )
    for number, names in model.spike_receptors.items():
        pair = isinstance(names, tuple) and len(names) == 2 and all(isinstance(name, str) for name in names)
        if not (isinstance(number, int) and pair):
            _refuse(
                model,
                f"`spike_receptors` has {number!r}: {names!r}: write a number and two names, the input for weights > 0 "
                "and that for others, as in {0: ('spikes', 'spikes')}",
            )
    for number, name in model.current_receptors.items():
        if not (isinstance(number, int) and isinstance(name, str)):
            _refuse(model, f"`current_receptors` has {number!r}: {name!r}: write a number and a name, as in {{0: 'I'}}")
    for name, function in model.recordables.items():
        if not callable(function):
            _refuse(model, f"the recordable '{name}' is {function!r}: write a function, as in lambda v, s: s.{name}")


def _values(kind: str, values: Mapping[str, Any]) -> Any:
    """Return values by name, as functions of models get them; others are refused."""
    fields = {name + "_" * keyword.iskeyword(name): value for name, value in values.items()}

    def refuse(_: Any, name: str) -> NoReturn:
        known = sorted(fields)
        there = f"There are: {', '.join(known) or 'none'}"
        raise _Undeclared(f"there is no {kind} '{name}'.{errors.nearest(name, known)} {there}")

    record = type("Values", (namedtuple("Values", fields),), {"__getattr__": refuse})
    return record(**fields)


@final
class _Undeclared(AttributeError):
    """A function uses a name that nobody declared."""


@final
class _Clock:
    """A clock with NEST's usual resolution."""

    resolution = 0.1

    def to_steps(self, ms: float) -> int:
        return math.ceil(ms / self.resolution - 1e-9)


def _check_update(model: type[Any]) -> None:
    """Evaluate the functions of a neuron on paper, with the default values."""
    update = inspect.unwrap(model.update)
    if update is Neuron.update:
        _refuse(model, "there is no `update`: write a static method update(v, s, x) that returns (new state, spike)")
    ours = getattr(update, "__module__", "").partition(".")[0] == OURS
    special = (model.draws, model.receptor_vector, model.hears, model.learns, model.kernel_values, model.off_grid)
    if ours or any(special) or model.marks_spikes:
        return
    _check_arguments(model, model.update, "update", ("v", "s", "x"))
    _check_arguments(model, model.calibrate, "calibrate", ("p", "clock"))
    quantities = model.parameters | model.state
    stored = {name: quantity.default for name, quantity in quantities.items()}
    for name, quantity in quantities.items():
        if quantity.relative_to:
            stored[name] = quantity.default - quantities[quantity.relative_to].default
    computed = _called(model, "calibrate", lambda: model.calibrate(_values("parameter", stored), _Clock()))
    if not isinstance(computed, dict):
        _refuse(model, f"`calibrate` returns {computed!r}: write return {{'name': value, ...}}")
    numbers = {name: value for name, value in stored.items() if isinstance(value, bool | int | float | np.ndarray)}
    variables = {name: value for name, value in numbers.items() if name in model.parameters} | computed
    state = {name: numbers[name] for name in model.dynamic}
    _trace(model, variables, state)


def _check_arguments(model: type[Any], function: Callable[..., Any], name: str, expected: tuple[str, ...]) -> None:
    try:
        inspect.signature(function).bind(*expected)
    except TypeError:
        given = inspect.signature(function)
        _refuse(model, f"`{name}` takes {given}: write @staticmethod and def {name}({', '.join(expected)})")


def _trace(model: type[Any], variables: dict[str, Any], state: dict[str, Any]) -> None:
    import jax

    inputs = dict.fromkeys((*model.inputs(), *("uniform",) * bool(model.is_stochastic), *("noise",) * model.noise), 0.0)
    given = [{name: np.asarray(value, float) for name, value in one.items()} for one in (variables, state, inputs)]

    def update(v: Any, s: Any, x: Any) -> Any:
        v, s = _values("parameter or variable from `calibrate`", v), _values("state variable", s)
        result = of_model(model, model.update, _state(model))(v, s, _values("input", x))
        _check_result(model, result)
        recorded = {}
        for name, function in model.recordables.items():
            recorded[name] = _called(model, f"the recordable '{name}'", lambda function=function: function(v, s))
        return recorded

    recorded = _called(model, "update", lambda: jax.eval_shape(update, *given))
    for name, value in recorded.items():
        if value.shape != ():
            _refuse(model, f"the recordable '{name}' is an array of shape {value.shape}: write one number per node")


def _example(model: type[Any]) -> str:
    return f"State({', '.join(f'{name}=...' for name in model.dynamic)})"


def _state(model: type[Any]) -> Callable[..., Any]:
    """Return what `State` is on paper: it says which names are wrong."""
    kind = state_class(model)

    def state(**values: Any) -> Any:
        for name in values:
            if name not in model.dynamic:
                known = f"There are: {', '.join(model.dynamic) or 'none'}"
                raise _Undeclared(f"State has no '{name}'.{errors.nearest(name, model.dynamic)} {known}")
        missing = [name for name in model.dynamic if name not in values]
        if missing:
            raise _Undeclared(f"State lacks {', '.join(missing)}: write {_example(model)}")
        return kind(**values)

    return state


def _check_result(model: type[Any], result: Any) -> None:
    n = len(model.dynamic)
    wanted = f"write return {_example(model)}, spike"
    if not (isinstance(result, tuple) and len(result) == 2 and isinstance(result[0], tuple)):
        _refuse(model, f"`update` does not return a pair of the new state and the spike: {wanted}")
    if len(result[0]) != n:
        _refuse(model, f"`update` returns {len(result[0])} values, but the state has {n}: {wanted}")
    for name, value in zip((*model.dynamic, "the spike"), (*result[0], result[1]), strict=True):
        default = (model.parameters | model.state)[name].default if name in model.dynamic else 0.0
        if np.shape(value) != np.shape(default):
            _refuse(
                model,
                f"`update` returns {name} with shape {np.shape(value)}, not {np.shape(default)}: write operations "
                "on the values of one node",
            )


def _called(model: type[Any], name: str, function: Callable[[], Any]) -> Any:
    """Call a function of the model; what it raises is said with its line."""
    import jax

    numbers = jax.errors.ConcretizationTypeError, jax.errors.TracerArrayConversionError
    try:
        return function()
    except jax.errors.TracerBoolConversionError as error:
        _refuse(model, INSTEAD["boolean"], _line(model, error))
    except (*numbers, jax.errors.TracerIntegerConversionError) as error:
        _refuse(model, INSTEAD["number"], _line(model, error))
    except _Undeclared as error:
        _refuse(model, str(error), _line(model, error))
    except TypeError as error:
        if str(error).startswith(f"{model.name}: "):
            raise
        _refuse(model, f"{name} raises {type(error).__name__}: {error}", _line(model, error))
    except Exception as error:
        _refuse(model, f"{name} raises {type(error).__name__}: {error}", _line(model, error))


def _line(model: type[Any], error: BaseException) -> str:
    """Return the innermost line of the script that led to an error."""
    functions = (model.update, model.calibrate, *model.recordables.values())
    files = {function.__code__.co_filename for function in functions if hasattr(function, "__code__")}
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename in files:
            text = linecache.getline(frame.filename, frame.lineno or 0).strip() or frame.line
            return f"{frame.filename}:{frame.lineno}: `{text}`: "
    return _line_of_class(model)
