"""What decides about the order of operations, in functions that JAX traces (see `tracing.rewriting`).

Where a condition is a plain truth value everything is as in Python. Where it depends on traced numbers, both branches
are evaluated and what differs is chosen; loops go on as long as any node needs it.
"""

from __future__ import annotations

import builtins
import functools
import inspect
import math
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FunctionType
from typing import Any, ClassVar, TypeVar, final

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.core import Tracer

from jaxnest.compile.compiling import Compiled
from jaxnest.compile.operations import Operation
from jaxnest.compile.tracing.rewriting import rewritten

F = TypeVar("F", bound=Callable[..., Any])

LIBRARIES = {"jax", "jaxlib", "numpy", "builtins", "math"}
"""Packages whose functions are called as they are, if they have no meaning of their own."""

_MEANINGS: dict[Any, Callable[..., Any]] = {}


def meaning(function: Any) -> Callable[[F], F]:
    """Declare what a function means in traced code."""

    def note(traced: F) -> F:
        _MEANINGS[function] = traced
        return traced

    return note


@functools.cache
def traceable(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function with the same results that JAX can trace.

    Raises
    ------
    NotImplemented
        If its source is not known, or has statements that cannot be traced.
    """
    return rewritten(function, sys.modules[__name__])


def called(function: Any) -> Any:
    """Return what is called in traced code in the place of a function."""
    try:
        known = _MEANINGS.get(function)
    except TypeError:  # it cannot be looked up
        return function
    if known is not None:
        return known
    if isinstance(function, Compiled | Operation):
        return called(inspect.unwrap(function))
    if isinstance(function, FunctionType) and (function.__module__ or "").split(".")[0] not in LIBRARIES:
        return function if function.__globals__ is globals() else traceable(function)
    return functools.partial(_with_values, function) if _Trace.cells and callable(function) else function


def _with_values(function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Call a function of a library, which knows nothing of cells."""
    values = (a.value if isinstance(a, Cell) and isinstance(a.value, jax.Array) else a for a in arguments)
    return function(*values, **named)


@final
class _Unset:
    """The value of a variable that has none yet."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET = _Unset()


class Indexed(ABC):
    """A named tuple whose elements are not its fields: what has the elements of an array in another form."""

    @abstractmethod
    def element(self, index: Any) -> Any:
        """Return an element."""

    @abstractmethod
    def changed(self, index: Any, value: Any) -> Indexed:
        """Return the same with another element."""


@final
class Cell:
    """A value, a tree of arrays, that functions change although it is not among their results.

    It must be made by `cells`, so that conditions and loops know of it. If it is an array, or has `Indexed`, functions
    read and change it as an array.
    """

    def __init__(self, value: Any) -> None:
        self.value = value

    def __getitem__(self, index: Any) -> Any:
        """Return an element."""
        return self.value.element(index) if isinstance(self.value, Indexed) else self.value[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        """Change an element."""
        inside = isinstance(self.value, Indexed)
        self.value = self.value.changed(index, value) if inside else put(self.value, index, value)

    def __len__(self) -> int:
        """Return how many elements there are."""
        return len(self.value)

    def __jax_array__(self) -> Any:
        return jnp.asarray(self.value)


@final
class _Trace:
    """What the present trace has to look after."""

    cells: ClassVar[list[Cell]] = []
    active: ClassVar[Any] = True
    """Whether the statements of the present branch are for a node at all."""


@contextmanager
def cells(*values: Any) -> Iterator[list[Cell]]:
    """Make cells that live as long as the context."""
    made = [Cell(value) for value in values]
    _Trace.cells.extend(made)
    try:
        yield made
    finally:
        for cell in made:
            _Trace.cells.remove(cell)


def is_active() -> Any:
    """Return whether the statements of the present branch are for a node at all: for changes of cells with effects."""
    return _Trace.active


def is_traced(value: Any) -> bool:
    """Return whether a value depends on traced numbers."""
    return isinstance(value, Tracer)


def _truth(value: Any) -> Any:
    """Return a condition as a Python truth value, if it is one."""
    if is_traced(value):
        return value if value.dtype == bool else value != 0
    return builtins.bool(value)


def _number(value: Any) -> Any:
    """Return a leaf as an array whose type does not depend on what it is combined with."""
    if isinstance(value, builtins.bool | np.bool_):
        return jnp.asarray(value, jnp.bool_)
    if isinstance(value, builtins.int) and not isinstance(value, np.generic):
        return jnp.asarray(value, jnp.int64)
    if isinstance(value, builtins.float) and not isinstance(value, np.generic):
        return jnp.asarray(value, jnp.float64)
    return jnp.asarray(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, builtins.bool | builtins.int | builtins.float | np.generic | np.ndarray | jax.Array)


def _is_known(value: Any) -> bool:
    """Return whether a value is a number that does not depend on traced ones."""
    return isinstance(value, builtins.bool | builtins.int | builtins.float | np.generic)


# -- conditions ------------------------------------------------------------------------------------------------------


def branch(test: Any, then: Callable[..., Any], otherwise: Callable[..., Any], values: tuple[Any, ...]) -> Any:
    """Return the result of one of two functions of the same values."""
    test = _truth(test)
    if isinstance(test, builtins.bool):
        return then(*values) if test else otherwise(*values)
    before, outer = [cell.value for cell in _Trace.cells], _Trace.active
    results = []
    for function, condition in ((then, test), (otherwise, ~test)):
        for cell, value in zip(_Trace.cells, before, strict=True):
            cell.value = value
        _Trace.active = condition if outer is True else outer & condition
        try:
            result = function(*values)
        finally:
            _Trace.active = outer
        results.append((result, [cell.value for cell in _Trace.cells]))
    chosen, after = _chosen(test, *results)
    for cell, value in zip(_Trace.cells, after, strict=True):
        cell.value = value
    return chosen


def choice(test: Any, a: Callable[[], Any], b: Callable[[], Any]) -> Any:
    """Return one of two values."""
    return branch(test, a, b, ())


def _chosen(test: Any, a: Any, b: Any) -> Any:
    """Return `a` where the condition holds, else `b`, which are alike."""
    if a is b or (_is_known(a) and _is_known(b) and type(a) is type(b) and a == b):
        return a
    if _is_number(a) and _is_number(b):
        return jnp.where(test, a, b)
    if isinstance(a, _Unset):
        return b
    if isinstance(b, _Unset):
        return a
    if isinstance(a, tuple | list) and isinstance(b, tuple | list) and len(a) == len(b):
        parts = [_chosen(test, x, y) for x, y in zip(a, b, strict=True)]
        if hasattr(a, "_fields"):
            return type(a)(*parts)
        return parts if isinstance(a, list) and isinstance(b, list) else tuple(parts)
    if type(a) is type(b) and a == b:
        return a
    raise TypeError(f"a condition that depends on numbers decides between {a!r} and {b!r}")


def both(a: Any, b: Callable[[], Any]) -> Any:
    """Return whether two conditions hold; the second is not asked where the first does not."""
    a = _truth(a)
    return (_truth(b()) if a else False) if isinstance(a, builtins.bool) else branch(a, lambda: _truth(b()), _no, ())


def either(a: Any, b: Callable[[], Any]) -> Any:
    """Return whether one of two conditions holds."""
    a = _truth(a)
    return (True if a else _truth(b())) if isinstance(a, builtins.bool) else branch(a, _yes, lambda: _truth(b()), ())


def _no() -> bool:
    return False


def _yes() -> bool:
    return True


def negation(a: Any) -> Any:
    """Return whether a condition does not hold."""
    a = _truth(a)
    return not a if isinstance(a, builtins.bool) else ~a


# -- loops -----------------------------------------------------------------------------------------------------------


class Sized(ABC):
    """An array whose length depends on traced numbers."""

    @property
    @abstractmethod
    def size(self) -> Any:
        """How many elements it has."""


@final
@dataclass(frozen=True)
class Span(Sized):
    """The whole numbers from `begin` on that are less than `end`, which depend on traced numbers."""

    begin: Any
    end: Any
    step: int = 1

    @property
    def start(self) -> Any:
        """The first of them, if there is any."""
        return self.begin

    @property
    def size(self) -> Any:
        """How many they are, one after the other."""
        return jnp.maximum(self.end - self.begin, 0)


def span(*bounds: Any) -> Any:
    """What ``range`` means."""
    if not any(is_traced(b) for b in bounds):
        return range(*(builtins.int(b) for b in bounds))
    begin, end = (0, bounds[0]) if len(bounds) == 1 else bounds[:2]
    return Span(begin, end, *bounds[2:])


UNROLLED = 32
"""Longer loops are loops in the program, too."""


def each(items: Any, goes_on: Callable[..., Any], step: Callable[..., Any], values: tuple[Any, ...]) -> Any:
    """Do a step for each item, while it goes on, and return what has become of the values."""
    if isinstance(items, range) and len(items) > UNROLLED:
        items = Span(items.start, items.stop, items.step)
    if isinstance(items, Span):
        back = items.step < 0

        def before_end(k: Any, *values: Any) -> Any:
            return both(k > items.end if back else k < items.end, lambda: goes_on(*values))

        def advance(k: Any, *values: Any) -> Any:
            return (k + items.step, *step(k, *values))

        if not is_traced(items.end):  # each step is the same operations, whatever the number
            return _traced_loop(before_end, advance, (items.begin, *values))[1:]
        return repeat(before_end, advance, (items.begin, *values))[1:]
    for item in items:
        values = branch(goes_on(*values), lambda *v, item=item: step(item, *v), lambda *v: v, values)
    return values


def repeat(goes_on: Callable[..., Any], step: Callable[..., Any], values: tuple[Any, ...]) -> Any:
    """Do a step while a condition of the values holds, and return what has become of them."""
    while True:
        test = _truth(goes_on(*values))
        if not isinstance(test, builtins.bool):
            return _traced_loop(goes_on, step, values)
        if not test:
            return values
        values = step(*values)


def _traced_loop(goes_on: Callable[..., Any], step: Callable[..., Any], values: tuple[Any, ...]) -> Any:
    """Repeat a step as often as some node needs it; the values of the others stay as they are."""
    outer, cells_now = _Trace.active, list(_Trace.cells)

    def taken(state: Any) -> tuple[Any, ...]:
        for cell, value in zip(cells_now, state[1], strict=True):
            cell.value = value
        return state[0]

    def test(state: Any) -> Any:
        going = _truth(goes_on(*taken(state)))
        return going if outer is True else outer & going

    def once(state: Any) -> Any:
        inside = taken(state)
        _Trace.active = test(state)
        try:
            return step(*inside), [cell.value for cell in cells_now]
        finally:
            _Trace.active = outer

    start = (values, [cell.value for cell in cells_now])
    carry = _Carry(start, once)
    result = lax.while_loop(lambda c: test(carry.whole(c)), lambda c: carry.numbers(once(carry.whole(c))), carry.first)
    result, after = carry.whole(result)
    for cell, value in zip(cells_now, after, strict=True):
        cell.value = value
    return result


def _is_leaf(value: Any) -> bool:
    return value is None or isinstance(value, _Unset)


@final
class _Carry:
    """The numbers among the values that a loop changes, of types that do not change."""

    def __init__(self, start: Any, once: Callable[[Any], Any]) -> None:
        leaves, self._tree = jax.tree.flatten(start, is_leaf=_is_leaf)
        for _ in range(4):
            self._leaves = [_number(leaf) if _is_number(leaf) else leaf for leaf in leaves]
            self._places = [k for k, leaf in enumerate(self._leaves) if _is_number(leaf)]
            self.first = self.numbers(jax.tree.unflatten(self._tree, self._leaves))
            types = jax.eval_shape(lambda first: self._flat(once(self.whole(first))), self.first)
            better = [_fitting(leaf, types.get(k)) for k, leaf in enumerate(self._leaves)]
            if all(a is b for a, b in zip(better, self._leaves, strict=True)):
                return
            leaves = better
        raise TypeError("the types of what a loop changes do not settle")

    def _flat(self, state: Any) -> dict[int, Any]:
        leaves, tree = jax.tree.flatten(state, is_leaf=_is_leaf)
        if tree != self._tree:
            raise TypeError("a loop that depends on numbers changes what its variables are")
        return {k: _number(leaf) for k, leaf in enumerate(leaves) if _is_number(leaf)}

    def numbers(self, state: Any) -> list[Any]:
        """Return the numbers among values."""
        flat = self._flat(state)
        return [flat[k].astype(self._leaves[k].dtype) for k in self._places]

    def whole(self, numbers: Sequence[Any]) -> Any:
        """Return the values with these numbers."""
        leaves = list(self._leaves)
        for k, value in zip(self._places, numbers, strict=True):
            leaves[k] = value
        return jax.tree.unflatten(self._tree, leaves)


def _fitting(leaf: Any, after: Any) -> Any:
    """Return the first value of a variable so that a step does not change its type."""
    if after is None:
        return leaf
    if not _is_number(leaf):
        return jnp.zeros(after.shape, after.dtype)
    shape, dtype = jnp.broadcast_shapes(leaf.shape, after.shape), jnp.promote_types(leaf.dtype, after.dtype)
    return leaf if (shape, dtype) == (leaf.shape, leaf.dtype) else jnp.broadcast_to(leaf, shape).astype(dtype)


# -- arrays ----------------------------------------------------------------------------------------------------------


def put(array: Any, index: Any, value: Any) -> Any:
    """Return an array with another element; a cell is changed and stays the same."""
    if isinstance(array, Cell):
        array[index] = value
        return array
    return jnp.asarray(array).at[index].set(value)


def put_into(values: Any, name: str, index: Any, value: Any) -> Any:
    """Return a named tuple with another element in one of its arrays."""
    before = getattr(values, name)
    after = put(before, index, value)
    return values if after is before else values._replace(**{name: after})


# -- what built-in functions mean ------------------------------------------------------------------------------------


def _whole(x: Any) -> Any:
    return jnp.trunc(x).astype(jnp.int64) if is_traced(x) else builtins.int(x)


def _floating(x: Any) -> Any:
    return x.astype(jnp.float64) if is_traced(x) else builtins.float(x)


def _length(values: Any) -> Any:
    return values.size if isinstance(values, Sized) else len(values)


def _of_type(kind: Any) -> Callable[[Any], Any]:
    def number(x: Any) -> Any:
        return x.astype(kind) if is_traced(x) or isinstance(x, jax.Array) else kind(x)

    return number


def _smallest(*values: Any) -> Any:
    if not any(is_traced(v) for v in values):
        return min(*values)
    result = values[0]
    for value in values[1:]:
        result = jnp.where(value < result, value, result)
    return result


def _largest(*values: Any) -> Any:
    if not any(is_traced(v) for v in values):
        return max(*values)
    result = values[0]
    for value in values[1:]:
        result = jnp.where(value > result, value, result)
    return result


def _lifted(plain: Callable[..., Any], traced: Callable[..., Any]) -> Callable[..., Any]:
    def function(*arguments: Any) -> Any:
        some = any(is_traced(a) or isinstance(a, jax.Array) for a in arguments)
        return traced(*arguments) if some else plain(*arguments)

    return function


def _rounded_down(x: Any) -> Any:
    return jnp.floor(x).astype(jnp.int64)


def _rounded_up(x: Any) -> Any:
    return jnp.ceil(x).astype(jnp.int64)


_MEANINGS.update(
    {
        builtins.range: span,
        builtins.int: _whole,
        builtins.float: _floating,
        builtins.bool: _truth,
        builtins.len: _length,
        np.int64: _of_type(np.int64),
        np.uint64: _of_type(np.uint64),
        np.float64: _of_type(np.float64),
        np.floor: _lifted(np.floor, jnp.floor),
        np.ceil: _lifted(np.ceil, jnp.ceil),
        builtins.min: _smallest,
        builtins.max: _largest,
        builtins.abs: _lifted(abs, jnp.abs),
        math.floor: _lifted(math.floor, _rounded_down),
        math.ceil: _lifted(math.ceil, _rounded_up),
        math.exp: _lifted(math.exp, jnp.exp),
        math.expm1: _lifted(math.expm1, jnp.expm1),
        math.log: _lifted(math.log, jnp.log),
        math.sqrt: _lifted(math.sqrt, jnp.sqrt),
        math.pow: _lifted(math.pow, jnp.power),
        math.sin: _lifted(math.sin, jnp.sin),
        math.cos: _lifted(math.cos, jnp.cos),
        math.tanh: _lifted(math.tanh, jnp.tanh),
        math.copysign: _lifted(math.copysign, jnp.copysign),
        math.fabs: _lifted(math.fabs, jnp.abs),
        math.gamma: _lifted(math.gamma, jax.scipy.special.gamma),
        math.erf: _lifted(math.erf, jax.scipy.special.erf),
        math.erfc: _lifted(math.erfc, jax.scipy.special.erfc),
        math.isnan: _lifted(math.isnan, jnp.isnan),
        math.isinf: _lifted(math.isinf, jnp.isinf),
        math.fmod: _lifted(math.fmod, jnp.fmod),
    }
)
