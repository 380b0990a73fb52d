"""What steers how a model is executed, never its results, found by evaluating its functions on paper.

Functions of models are evaluated with symbols in place of numbers. What they do with them shows which compiled loops
can advance the nodes; nobody has to declare it. It is found when it is first asked for, once for each class. A class
that declares the attribute nevertheless has the last word.
"""

from __future__ import annotations

import dis
import functools
import itertools
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import CodeType, FunctionType, ModuleType
from typing import Any, final

from jaxnest.models import ops

VECTORIZED = {"exp", "where", "maximum", "minimum", "crosses", "exceeds"}
"""The operations of which compilers make vector instructions."""
MANY_OPERATIONS = 60
"""So many operations in equations take longer to compile six times than evaluating them together saves."""
NOT_INLINED = {"BUILD_LIST", "BUILD_MAP", "BUILD_SET", "CALL_FUNCTION_EX", "MAKE_FUNCTION"}
"""What functions must not do that numba writes into loops without reference counts."""


def inferred(find: Callable[[type[Any]], Any]) -> Any:
    """Return an attribute of classes of models that is computed from the class, unless that says something else."""
    return _Inferred(find)


@final
class _Inferred:
    """What `inferred` returns."""

    def __init__(self, find: Callable[[type[Any]], Any]) -> None:
        self._find = functools.cache(find)

    def __get__(self, _: None, model: type[Any]) -> Any:
        return self._find(model)


@final
@dataclass
class Paper:
    """What has been done with symbols."""

    operations: int = 0
    called: set[str] = field(default_factory=set)
    """Names of operations."""
    read: set[str] = field(default_factory=set)
    """Names of variables."""
    straight: bool = True
    """All that was called can be written into a loop of vector instructions."""
    copies: dict[Any, Callable[..., Any]] = field(default_factory=dict)

    def symbol(self, *_: Any) -> Symbol:
        """Return the result of an operation."""
        self.operations += 1
        return Symbol(self)


def _operation(self: Symbol, *_: Any) -> Symbol:
    return self.paper.symbol()


@final
class Symbol:
    """A number that is not known; there are sums, products and comparisons of it."""

    __slots__ = ("paper",)

    def __init__(self, paper: Paper) -> None:
        self.paper = paper

    def __bool__(self) -> bool:
        raise TypeError("a condition depends on a number")

    __hash__ = None  # pyright: ignore[reportAssignmentType]
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _operation
    __and__ = __rand__ = __or__ = __ror__ = __xor__ = __rxor__ = __invert__ = __neg__ = __pos__ = _operation
    __lt__ = __le__ = __gt__ = __ge__ = _operation
    __eq__ = __ne__ = _operation  # pyright: ignore[reportAssignmentType]


@final
class _Values:
    """Variables, states or inputs: a symbol for each name."""

    def __init__(self, paper: Paper, read: set[str] | None = None) -> None:
        self._paper, self._read = paper, read

    def __getattr__(self, name: str) -> Symbol:
        if self._read is not None:
            self._read.add(name)
        value = Symbol(self._paper)
        setattr(self, name, value)
        return value


@final
class _Module:
    """A module as functions see it that are evaluated on paper."""

    def __init__(self, paper: Paper, module: Any) -> None:
        self._paper, self._module = paper, module

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._module, name)
        if isinstance(value, FunctionType) and self._module is not ops:
            self._paper.straight = False  # such calls are not replaced in the loop
        return _on_paper(self._paper, value)


def _on_paper(paper: Paper, value: Any) -> Any:
    """Return what stands for a value that a function refers to."""
    if isinstance(value, ModuleType):
        return _Module(paper, value)
    if isinstance(value, FunctionType) and vars(ops).get(value.__name__) is value:
        paper.called.add(value.__name__)
        return paper.symbol
    if isinstance(value, FunctionType) and value in ops.HELPERS:
        return _copied(paper, value)
    return value if isinstance(value, bool | int | float | type) else _refuse


def _refuse(*_: Any, **__: Any) -> None:
    raise TypeError("a function is called that is no operation of models")


def _copied(paper: Paper, function: Any) -> Callable[..., Any]:
    """Return a function that works on symbols."""
    if function in paper.copies:
        return paper.copies[function]
    code, known = function.__code__, dict(function.__globals__)
    if any(callable(cell.cell_contents) for cell in function.__closure__ or ()):
        raise TypeError("a function is called that is no operation of models")
    paper.straight &= _is_straight(code)
    copy = FunctionType(code, known, function.__name__, function.__defaults__, function.__closure__)
    paper.copies[function] = copy
    names = {name for one in _codes(code) for name in one.co_names}
    known.update({name: _on_paper(paper, known[name]) for name in names & known.keys()})
    return copy


def _is_straight(code: CodeType) -> bool:
    """Return whether code has neither branches nor anything else that cannot be written into a loop."""
    jumps = {*dis.hasjrel, *dis.hasjabs}
    return all(i.opcode not in jumps and i.opname not in NOT_INLINED for i in dis.get_instructions(code))


def evaluated(function: Callable[..., Any], n: int) -> tuple[Paper, Any, Any]:
    """Evaluate a function of `n` arguments: variables, state, perhaps inputs, numbers.

    Returns
    -------
    tuple
        What was done, the result, and the inputs.

    Raises
    ------
    Exception
        If the function does something else than operations on numbers.
    """
    paper = Paper()
    inputs = _Values(paper)
    arguments = (_Values(paper, paper.read), _Values(paper), inputs, *(Symbol(paper) for _ in range(n)))
    return paper, _copied(paper, function)(*arguments[:n]), inputs


def _papers(model: type[Any]) -> list[tuple[Paper, Any, Any]]:
    """Evaluate all functions that advance a node; empty if some do something else than operations on numbers."""
    try:
        return [evaluated(function, n) for function, n in model.stepping()]
    except Exception:
        return []


def side_by_side(model: type[Any]) -> bool:
    """Return whether the functions of a neuron consist of sums, products, exponentials and choices between numbers."""
    other = (model.draws, model.noise, model.one_by_one, model.queue_channel, model.receptor_vector, model.learns)
    if any(other) or model.signals or model.uses_iterations() or not model.dynamic:
        return False
    papers = [paper for paper, _, _ in _papers(model)]
    if not all(paper.straight and paper.called <= VECTORIZED for paper in papers):
        return False
    if model.is_integrated:  # sums and products alone are as fast one by one
        return any(paper.called for paper in papers[:1])
    return any(paper.operations for paper in papers)


def switches(model: type[Any]) -> tuple[str, ...]:
    """Return the flags, off by default, that `update` reads."""
    if model.is_integrated or not model.side_by_side:
        return ()
    read = {name for paper, _, _ in _papers(model) for name in paper.read}
    return tuple(name for name, quantity in model.parameters.items() if quantity.default is False and name in read)


def echoes(model: type[Any]) -> dict[str, str]:
    """Return the states that `update` replaces by what came in through a channel of currents, and the channel."""
    if model.is_integrated or not model.side_by_side:
        return {}
    (_, (state, _), inputs), channels = _papers(model)[0], model.current_receptors.values()
    return {
        name: channel
        for name, value in zip(model.dynamic, state, strict=True)
        for channel in channels
        if value is getattr(inputs, channel)
    }


def has_long_equations(model: type[Any]) -> bool:
    """Return whether compiling the equations of a model takes longer than it saves to compile them six times."""
    try:
        return evaluated(model.dynamics, model.dynamics.__code__.co_argcount)[0].operations > MANY_OPERATIONS
    except Exception:
        return False


def makes_arrays(*functions: Any) -> bool:
    """Return whether functions of devices may make arrays: they use NumPy, or call methods of what they get."""
    reached = {one for function in functions for one in _reached(function, set()) if one.__module__ != ops.__name__}
    for function in reached:
        known = function.__globals__
        for before, after in _pairs(function.__code__):
            of_module = before.opname == "LOAD_GLOBAL" and isinstance(known.get(before.argval), ModuleType)
            if of_module and known[before.argval].__name__.partition(".")[0] == "numpy":
                return True
            if _loads_method(after) and not of_module:
                return True
    return False


def _loads_method(instruction: dis.Instruction) -> bool:
    return instruction.opname == "LOAD_METHOD" or (
        instruction.opname == "LOAD_ATTR" and sys.version_info >= (3, 12) and bool((instruction.arg or 0) & 1)
    )


def takes(model: type[Any], name: str) -> bool:
    """Return whether functions that advance a node ask for an input."""
    functions = [function for function, n in model.stepping() if n > 2]
    inputs = {f.__code__.co_varnames[2] for f in functions if f.__code__.co_argcount > 2}  # helpers call them so, too
    return any(_reads(one, inputs, name) for function in functions for one in _reached(function, set()))


def _reads(function: FunctionType, inputs: set[str], name: str) -> bool:
    """Return whether a function asks for an attribute of an argument with one of some names."""
    code = function.__code__
    if name not in code.co_names or inputs.isdisjoint(code.co_varnames[: code.co_argcount]):
        return False
    return any(
        before.opname.startswith("LOAD_FAST") and _last(before.argval) in inputs and after.argval == name
        for before, after in _pairs(code)
        if after.opname in _ATTRIBUTES
    )


def one_by_one(model: type[Any]) -> bool:
    """Return whether functions that advance a node write to arrays and make none: only what they get can be meant."""
    functions = [function for function, _ in model.stepping()]
    reached = {one for function in functions for one in _reached(function, set())}
    writes = any(i.opname == "STORE_SUBSCR" for one in reached for i in _instructions(one.__code__))
    return writes and not model.draws and not makes_arrays(*functions)


def calls(function: Any, module: str) -> set[str]:
    """Return which functions of a module a function uses, or one that it calls."""
    return {one.__name__ for one in _reached(function, set()) if one.__module__ == module}


def _reached(function: Any, seen: set[Any]) -> Iterator[Any]:
    """Yield a function and those that it refers to."""
    if not isinstance(function, FunctionType) or function in seen:
        return
    seen.add(function)
    yield function
    for before, after in [pair for code in _codes(function.__code__) for pair in _pairs(code)]:
        value = function.__globals__.get(before.argval) if before.opname == "LOAD_GLOBAL" else None
        if isinstance(value, ModuleType):
            value = getattr(value, after.argval, None) if after.opname in _ATTRIBUTES else None
        own = getattr(value, "__dict__", {})  # what is imported when it is used is left alone
        yield from _reached(own.get("py_func", value), seen)


_ATTRIBUTES = ("LOAD_ATTR", "LOAD_METHOD")


@functools.cache
def _instructions(code: CodeType) -> list[dis.Instruction]:
    return list(dis.get_instructions(code))


def _pairs(code: CodeType) -> Iterator[tuple[dis.Instruction, dis.Instruction]]:
    """Yield each instruction with the next one."""
    return itertools.pairwise(_instructions(code))


def _last(loaded: Any) -> Any:
    """Return the variable that an instruction loads last; some load two."""
    return loaded[-1] if isinstance(loaded, tuple) else loaded


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)
