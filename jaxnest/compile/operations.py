"""Operations: compiled functions that the program of a slice calls, each declared once.

An operation is an ordinary function with annotated arguments. Compiled, it is a function of one word: the address of
its *pack*, an array of words with the address and the shape of each argument. So programs can be put together from
operations without compiling anything, and none is compiled for a size.
"""

from __future__ import annotations

import ctypes
import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

import numpy as np

from jaxnest.compile.failures import FAILED, raise_kept
from jaxnest.compile.kinds import DTYPES, SCALARS, TYPES, element_and_dimensions

_ENTRY = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)


@final
class Operation:
    """A compiled function of arrays.

    Parameters
    ----------
    function : callable
        The function, not compiled yet; or one that `compiling.njit` has made.
    kinds : mapping, optional
        Name of each argument and its kind (`F8`, `I8x2`, `int`, ...), by default the annotations of the function.
    model : str, optional
        The name of the model whose functions are part of it.
    key : str, optional
        What distinguishes the function from others made by the same code for this model, for the cache of machine code.
    """

    def __init__(
        self, function: Callable[..., Any], kinds: Mapping[str, str] | None = None, model: str = "", key: str = ""
    ) -> None:
        self.function = function
        python = getattr(function, "py_func", function)
        self.name = f"{python.__module__}.{python.__qualname__}"
        self.kinds = dict(kinds) if kinds is not None else _annotations(python)
        self.starts = np.cumsum([0, *(_words(kind) for kind in self.kinds.values())]).tolist()
        self.names = tuple(self.kinds)
        self.subject = model or self.name
        """Whose code it is, for errors."""
        self.key = f"{self.name}{model}_{key}"
        """What the machine code is found by."""
        functools.update_wrapper(self, python)

    @functools.cached_property
    def _compiled(self) -> Any:
        from jaxnest.compile import entries

        return entries.compile_entry(self.function, tuple(self.kinds.values()), self.key, self.subject)

    @functools.cached_property
    def _call(self) -> Any:
        return _ENTRY(self.address)

    @functools.cached_property
    def address(self) -> int:
        """The address of the machine code: a function of the address of a pack, which returns a word."""
        return self._compiled.address

    def pack(self, *arguments: Any) -> Pack:
        """Write down where arguments are; the arrays must stay where they are as long as the pack is in use."""
        return Pack(self, arguments)

    def __call__(self, *arguments: Any) -> int:
        """Call the function, from Python."""
        return self.pack(*arguments).run()


@final
class Pack:
    """The arguments of a call of an operation."""

    __slots__ = ("address", "arguments", "kept", "operation", "words")

    def __init__(self, operation: Operation, arguments: Sequence[Any]) -> None:
        if len(arguments) != len(operation.names):
            raise TypeError(f"{operation.name} takes {len(operation.names)} arguments, not {len(arguments)}.")
        words: list[int] = []
        for (name, kind), argument in zip(operation.kinds.items(), arguments, strict=True):
            words += _words_of(operation, name, kind, argument)
        self.operation, self.arguments = operation, arguments
        self.kept: Any = None
        """What else has to stay where it is."""
        self.words = np.array(words, np.int64)
        self.address: int = self.words.ctypes.data

    def call(self) -> int:
        """Call the operation with these arguments; whoever does so looks for its errors (see `compile.failures`)."""
        return self.operation._call(self.address)

    def run(self) -> int:
        """Call the operation with these arguments, and raise its error."""
        result = self.call()
        if FAILED[0]:
            raise_kept()
        return result


def operation(function: Callable[..., Any]) -> Operation:
    """Make a function with annotated arguments an operation."""
    return Operation(function)


def _annotations(function: Callable[..., Any]) -> dict[str, str]:
    kinds = {}
    for name in inspect.signature(function).parameters:
        kind = function.__annotations__[name]
        if kind not in TYPES and kind not in SCALARS:
            raise TypeError(f"Argument {name} of {function.__qualname__} has no kind that operations know: {kind}")
        kinds[name] = kind
    return kinds


def _words(kind: str) -> int:
    return 1 + element_and_dimensions(kind)[1]


def _words_of(operation: Operation, name: str, kind: str, argument: Any) -> list[int]:
    element, dimensions = element_and_dimensions(kind)
    if dimensions == 0:
        if kind == "int":
            return [int(argument)]
        return [int(np.float64(argument).view(np.int64))]
    if argument.dtype != DTYPES[element] or argument.ndim != dimensions or not argument.flags.c_contiguous:
        raise TypeError(
            f"{operation.name}: {name} has to be {kind}, it is {argument.dtype} with the shape {argument.shape}"
            f"{'' if argument.flags.c_contiguous else ', not in C order'}."
        )
    return [argument.ctypes.data, *argument.shape]
