"""Operations: compiled functions that are called by their addresses, each declared once and compiled once.

An operation is an ordinary function with annotated arguments. Compiled, it is a function of one word: the address of
its *pack*, an array of words with the address and the shape of each argument. So programs can be put together from
operations without compiling anything, and none is compiled for a size.

What numba compiles contains all that it calls. A function that many others call, and most of them rarely, would be
compiled again and again, for each of them. Compiled code calls operations by their addresses, too: it finds them in
words of memory, the *slots*. First there is the address of a function in it that compiles.
"""

from __future__ import annotations

import _thread
import ctypes
import functools
import os
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from inspect import Parameter, Signature
from types import FunctionType
from typing import Any, final

import numpy as np

from jaxnest.compile import caching, failures, machine_code
from jaxnest.compile.compiling import Compiled, Recipe, njit
from jaxnest.compile.failures import FAILED, raise_kept
from jaxnest.compile.kinds import (
    DTYPES,
    RESULTS,
    TYPES,
    Kind,
    Record,
    address_of,
    annotated,
    element_and_dimensions,
    n_words,
)
from jaxnest.compile.late import Late, cgutils, intrinsic, ir, types, words

PATIENCE = 0.05
"""Seconds that Python may run one function instead of machine code."""
SOON = 0.001
"""Seconds after which machine code is looked for that was kept: loading it takes less, once there is some."""
_ENTRY = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)


@final
class Operation:
    """A function that is called by its address.

    Parameters
    ----------
    make : callable
        Returns the function, compiled by `compiling.njit` or not; it is called if the function has to be compiled. A
        function of its own or a `functools.partial` of one, whose name is that of the operation.
    kinds : mapping, optional
        Name of each argument and its kind (`F8`, `I8x2`, `int`, ...). None if the function takes one word, the
        address.
    model : str, optional
        The name of the model whose functions are part of it.
    key : str, optional
        What distinguishes the function from others made by the same code for this model, for the cache of machine code.
    function : callable, optional
        The function itself, where it is there without being made.
    result : str, optional
        Kind of the result, if compiled code calls the operation.
    few : int, optional
        Called from Python with so little work, Python itself runs the function, as long as this takes less time in all
        than loading machine code does, and far less than making it.
    work : callable, optional
        Returns how much work a call is from its arguments, by default the length of the first one.
    """

    def __init__(
        self,
        make: Callable[[], Any],
        kinds: Mapping[str, Kind] | None,
        model: str = "",
        key: str = "",
        function: Callable[..., Any] | None = None,
        result: str = "",
        few: int = 0,
        work: Callable[..., int] | None = None,
    ) -> None:
        about: Any = getattr(make, "func", make) if function is None else function
        self._make, self._function, self._result = make, function, result
        self.name = f"{about.__module__}.{about.__qualname__}"
        self._takes_word = kinds is None
        self.kinds: dict[str, Kind] = dict(kinds or {})
        self.starts = np.cumsum([0, *map(n_words, self.kinds.values())]).tolist()
        self.names = tuple(self.kinds)
        self.forms = [(kind, *_form(kind)) for kind in self.kinds.values()]
        """Kind of each argument, and type and number of dimensions (0 if it is no array)."""
        self.subject = model or self.name
        """Whose code it is, for errors."""
        self._sought = False
        self._file = about.__code__.co_filename
        self.key = f"{self.name}{model}_{key}"
        """What the machine code is found by."""
        self._few, self._work, self._patience = few, work or _length, PATIENCE
        self._lock = threading.Lock()
        self._compiled: machine_code.MachineCode | None = None
        if result:
            machine_code.SLOTS[self.slot_name] = self
        if function is not None:
            functools.update_wrapper(self, function)

    # -- machine code ------------------------------------------------------------------------------

    @functools.cached_property
    def _recipe(self) -> Recipe:
        source = caching.digest_of_file(self._file) if os.path.exists(self._file) else self._file
        kinds = None if self._takes_word else tuple(self.kinds.values())
        return Recipe(self.body, self.key, (source, repr(kinds), self._result), self.subject, kinds, self._result)

    def body(self) -> Compiled:
        """Return the function as compiled code contains it."""
        made = self._make()
        return made if isinstance(made, Compiled) else njit(error_model="numpy", nogil=True)(made)

    @property
    def address(self) -> int:
        """The address of the machine code: a function of the address of a pack, which returns a word."""
        return self._come_by(Recipe.compiled).address

    def is_kept(self) -> bool:
        """Return whether there is machine code without compiling anything; then it is loaded."""
        return self._come_by(Recipe.kept) is not None

    def compile_here(self) -> bool:
        """Compile the function if need be, and return True, unless another process is at it."""
        return self._come_by(Recipe.compiled_here) is not None

    def _come_by(self, way: Callable[[Recipe], Any]) -> Any:
        with self._lock:
            if self._compiled is None:
                self._compiled = way(self._recipe)
            return self._compiled

    @functools.cached_property
    def _call(self) -> Any:
        return _ENTRY(self.address)

    @property
    def slot_name(self) -> str:
        """The name of the word in which compiled code finds the address."""
        return f"{machine_code.SLOT}{self.name}"

    @functools.cached_property
    def slot(self) -> np.ndarray:
        """The word in which compiled code finds the address."""
        self._compiler = _ENTRY(self._compile_and_call)
        return np.array([ctypes.cast(self._compiler, ctypes.c_void_p).value], np.int64)

    def _compile_and_call(self, pack: int) -> int:
        """Compile the function, and put its address where callers look; do what they called it for."""
        interrupted = False
        while True:
            try:
                self.slot[0] = self.address
                break
            except KeyboardInterrupt:  # callers need what they called for
                interrupted = True
            except BaseException as error:  # nothing comes through machine code
                failures.keep(self.subject, error)
                return 0
        if interrupted:
            _interrupt_soon()
        return self._call(pack)

    @functools.cached_property
    def _inside(self) -> Late:
        return intrinsic(_typed_call(self))

    @property
    def _numba_type_(self) -> Any:
        return self._inside._numba_type_

    # -- calls from Python -------------------------------------------------------------------------

    def pack(self, *arguments: Any) -> Pack:
        """Write down where arguments are; the arrays must stay where they are as long as the pack is in use."""
        return Pack(self, arguments)

    def __call__(self, *arguments: Any) -> Any:
        """Call the function, from Python."""
        if self._patience > 0 and self._few and self._work(*arguments) <= self._few and not self._is_near():
            started = time.perf_counter()
            try:
                with np.errstate(over="ignore"):  # as in machine code
                    return self._in_python(*arguments)
            finally:
                self._patience -= time.perf_counter() - started
        word = self.pack(*arguments).run()
        if self._result == "float":
            return float(np.int64(word).view(np.float64))
        return None if self._result == "none" else word

    def _is_near(self) -> bool:
        """Return whether there is machine code, or some was kept, and loading it takes next to no time."""
        if (
            self._compiled is None
            and not self._sought
            and self._patience < PATIENCE - SOON
            and machine_code.is_in_use()
        ):
            self._sought = True
            self.is_kept()
        return self._compiled is not None

    @functools.cached_property
    def _in_python(self) -> Callable[..., Any]:
        return in_python(self)


@final
class Pack:
    """The arguments of a call of an operation."""

    __slots__ = ("address", "arguments", "kept", "operation", "words")

    def __init__(self, operation: Operation, arguments: Sequence[Any]) -> None:
        if len(arguments) != len(operation.names):
            raise TypeError(f"{operation.name} takes {len(operation.names)} arguments, not {len(arguments)}.")
        words: list[int] = []
        for name, (kind, dtype, n), argument in zip(operation.names, operation.forms, arguments, strict=True):
            if n and argument.dtype is dtype and argument.ndim == n and argument.flags.c_contiguous:
                words.append(address_of(argument))
                words += argument.shape
            else:
                _write_down(words, operation, name, kind, argument)
        self.operation, self.arguments = operation, arguments
        self.kept: Any = None
        """What else has to stay where it is."""
        self.words = np.array(words, np.int64)
        self.address: int = address_of(self.words)

    def call(self) -> int:
        """Call the operation with these arguments; whoever does so looks for its errors (see `compile.failures`)."""
        return self.operation._call(self.address)

    def run(self) -> int:
        """Call the operation with these arguments, and raise its error."""
        result = self.call()
        if FAILED[0]:
            raise_kept()
        return result


def _write_down(words: list[int], operation: Operation, name: str, kind: Kind, argument: Any) -> None:
    """Append the words of an argument."""
    if isinstance(kind, Record):
        for field, part, value in zip(kind.of._fields, kind.parts, argument, strict=True):
            _write_down(words, operation, f"{name}.{field}", part, value)
        return
    element, dimensions = element_and_dimensions(kind)
    if dimensions == 0:
        words.append(int(argument) if kind == "int" else int(np.float64(argument).view(np.int64)))
        return
    if argument.dtype != DTYPES[element] or argument.ndim != dimensions or not argument.flags.c_contiguous:
        raise TypeError(
            f"{operation.name}: {name} has to be {kind}, it is {argument.dtype} with the shape {argument.shape}"
            f"{'' if argument.flags.c_contiguous else ', not in C order'}."
        )
    words.append(address_of(argument))
    words += argument.shape


def _form(kind: Kind) -> tuple[Any, int]:
    """Return type and number of dimensions of arrays of a kind; 0 dimensions if it is none of arrays."""
    element, dimensions = TYPES.get(kind, ("", 0)) if isinstance(kind, str) else ("", 0)
    return DTYPES.get(element), dimensions


def operation(function: Callable[..., Any]) -> Operation:
    """Make a function with annotated arguments an operation."""
    return Operation(lambda: function, annotated(function), function=function)


def _length(first: Any, *_: Any) -> int:
    return len(first)


def apart(
    few: int = 0, subject: str = "", work: Callable[..., int] | None = None
) -> Callable[[Callable[..., Any]], Operation]:
    """Make a function with annotated arguments and result an operation that compiled code calls.

    It allocates nothing, so that it does without reference counts.

    Parameters
    ----------
    few, work
        See `Operation`.
    subject : str, optional
        Whose code it is, by default the name of the function.
    """

    def made(function: Callable[..., Any]) -> Operation:
        result = RESULTS[function.__annotations__["return"]]
        lean = njit(error_model="numpy", nogil=True, _nrt=False)(function)
        return Operation(
            lambda: lean, annotated(function), subject, function=function, result=result, few=few, work=work
        )

    return made


def entry(subject: str) -> Callable[[Callable[[int], int]], Operation]:
    """Make a function of one word, which is no pack, an operation; `subject` says whose code it is."""
    return lambda function: Operation(lambda: njit(function), None, subject, function=function)


def _interrupt_soon() -> None:
    """Interrupt the script when it is out of compiled code, through which nothing can be raised."""
    threading.Timer(0.05, _thread.interrupt_main).start()


@functools.cache
def in_python(function: Any) -> Callable[..., Any]:
    """Return a compiled function, or one that is to be compiled, as Python runs it, with all that it calls.

    Other operations that it calls decide for themselves.
    """
    function = function._function if isinstance(function, Operation) else function.py_func
    known = dict(function.__globals__)
    result = FunctionType(function.__code__, known, function.__name__, function.__defaults__, function.__closure__)
    for name in function.__code__.co_names:
        if isinstance(known.get(name), Compiled):
            known[name] = in_python(known[name])
    return result


def _typed_call(operation: Operation) -> Callable[..., Any]:
    """Return what numba asks for the types and the code of a call."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        found = [
            word
            for kind, argument in zip(signature.args, arguments, strict=True)
            for word in words.words_of(context, builder, kind, argument)
        ]
        pack = cgutils.alloca_once(builder, words.WORD, len(found))
        for k, value in enumerate(found):
            builder.store(value, builder.gep(pack, [words.WORD(k)]))
        entry = ir.FunctionType(words.WORD, [words.WORD])
        module, symbol = builder.module, operation.slot_name
        machine_code.define_slot(symbol)
        slot = module.globals.get(symbol) or cgutils.add_global_variable(module, entry.as_pointer(), symbol)
        returned = builder.call(builder.load(slot), [builder.ptrtoint(pack, words.WORD)])
        if signature.return_type == types.none:
            return context.get_dummy_value()
        return builder.bitcast(returned, context.get_value_type(signature.return_type))

    def typed(typing_context: Any, *arguments: Any) -> Any:
        return words.numba_type(operation._result)(*map(words.numba_type, operation.kinds.values())), generate

    names = ["typing_context", *(f"argument_{k}" for k in range(len(operation.kinds)))]
    typed.__signature__ = Signature([Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in names])
    return typed
