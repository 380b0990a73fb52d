"""Functions that compiled code calls by their addresses; they are compiled alone, when they are first called.

What numba compiles contains all that it calls. A function that many others call, and most of them rarely, is compiled
again and again, for each of them. One that is *apart* is compiled once, and only if it is called at all: callers
find its address in a word of memory, the *slot*. First there is the address of a function in it that compiles.
"""

from __future__ import annotations

import _thread
import ctypes
import functools
import os
import threading
import time
from collections.abc import Callable
from inspect import Parameter, Signature
from types import FunctionType
from typing import Any, final

import llvmlite.binding
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils, sigutils
from numba.core.registry import cpu_target
from numba.extending import intrinsic

from jaxnest.compile import caching, failures
from jaxnest.compile.compiling import callback, njit
from jaxnest.compile.words import TUPLES, WORD, array_at, words_of

PATIENCE = 0.05
"""Seconds that Python may run one function instead of machine code."""
_ENTRY = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64)


@final
class Apart:
    """A function that is compiled apart from those that call it.

    Parameters
    ----------
    function : callable
        The function, of contiguous arrays, of numbers of eight bytes, and of tuples of such. It returns such a number,
        or nothing.
    signature : str or numba.core.typing.Signature
        The types, for example ``"float64(uint64[::1], int64)"``.
    few : int
        Called from Python with a first array of at most so many entries, Python itself runs the function, as long as
        this takes less time in all than loading machine code does, and far less than making it.
    subject : str, optional
        Whose code it is, for errors, by default the name of the function.
    """

    def __init__(self, function: Callable[..., Any], signature: Any, few: int = 0, subject: str = "") -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._arguments, self._result = sigutils.normalize_signature(signature)
        self._name = f"{function.__module__}.{function.__qualname__}"
        self._subject = subject or self._name
        self._few, self._patience = few, PATIENCE
        self._lock = threading.Lock()
        self._compiler = _ENTRY(self._compile_and_call)
        self._first: int = ctypes.cast(self._compiler, ctypes.c_void_p).value or 0
        self._slot = np.array([self._first], np.int64)
        self._symbol = f"apart.{self._name}"
        llvmlite.binding.add_symbol(self._symbol, self._slot.ctypes.data)
        self._inside = intrinsic(_typed_call(self._symbol, self._arguments, self._result))

    @property
    def _numba_type_(self) -> Any:
        context: Any = cpu_target.typing_context
        context.refresh()
        return context.resolve_value_type(self._inside)

    def __call__(self, *arguments: Any) -> Any:
        """Call the function, from Python."""
        if len(arguments) != len(self._arguments):
            raise TypeError(f"{self._name} takes {len(self._arguments)} arguments, not {len(arguments)}.")
        if self._patience > 0 and len(arguments[0]) <= self._few:
            started = time.perf_counter()
            try:
                return self._in_python(*arguments)
            finally:
                self._patience -= time.perf_counter() - started
        words = [w for kind, argument in zip(self._arguments, arguments, strict=True) for w in _words(kind, argument)]
        pack = np.array(words, np.int64)
        result = np.array(_ENTRY(int(self._slot[0]))(pack.ctypes.data), np.int64)
        if failures.FAILED[0]:
            failures.raise_kept()
        return None if self._result == types.none else result.view(str(self._result))[()]

    @functools.cached_property
    def _in_python(self) -> Callable[..., Any]:
        return in_python(self._function)

    def _compile_and_call(self, pack: int) -> int:
        """Compile the function, and put its address where callers look; do what they called it for."""
        interrupted = False
        while True:
            try:
                self._slot[0] = self._compiled.address
                break
            except KeyboardInterrupt:  # callers need what they called for
                interrupted = True
            except BaseException as error:  # nothing comes through machine code
                failures.keep(self._subject, type(error), error, error.__traceback__)
                return 0
        if interrupted:
            _interrupt_soon()
        return _ENTRY(int(self._slot[0]))(pack)

    @property
    def _compiled(self) -> Any:
        with self._lock:
            return self._machine_code

    @functools.cached_property
    def _machine_code(self) -> Any:
        body = njit(error_model="numpy", nogil=True, _nrt=False)(self._function)
        file = self._function.__code__.co_filename
        source = caching.digest_of_file(file) if os.path.exists(file) else file
        return callback(body, self._subject, f"{self._name}_{source}", self._arguments, self._result)


def _interrupt_soon() -> None:
    """Interrupt the script when it is out of compiled code, through which nothing can be raised."""
    threading.Timer(0.05, _thread.interrupt_main).start()


def apart(signature: Any, few: int = 0, subject: str = "") -> Callable[[Callable[..., Any]], Apart]:
    """Compile a function apart from those that call it (see `Apart`)."""
    return lambda function: Apart(function, signature, few, subject)


@functools.cache
def in_python(function: Any) -> Callable[..., Any]:
    """Return a compiled function, or one that is to be compiled, as Python runs it, with all that it calls."""
    function = getattr(function, "py_func", getattr(function, "_function", function))
    known = dict(function.__globals__)
    result = FunctionType(function.__code__, known, function.__name__, function.__defaults__, function.__closure__)
    for name in function.__code__.co_names:
        if hasattr(known.get(name), "py_func") or isinstance(known.get(name), Apart):
            known[name] = in_python(known[name])
    return result


def _words(kind: Any, argument: Any) -> list[int]:
    """Return the words of an argument."""
    if isinstance(kind, TUPLES):
        return [word for k, element in zip(kind.types, argument, strict=True) for word in _words(k, element)]
    if not isinstance(kind, types.Array):
        return [int(np.asarray(argument, _dtype(kind)).view(np.int64))]
    if argument.dtype != _dtype(kind.dtype) or argument.ndim != kind.ndim or not argument.flags.c_contiguous:
        raise TypeError(f"An array has to be {kind}, it is {argument.dtype} with the shape {argument.shape}.")
    return [argument.ctypes.data, *argument.shape]


@functools.cache
def _dtype(kind: Any) -> np.dtype:
    return np.dtype(str(kind))


def _typed_call(symbol: str, kinds: tuple[Any, ...], result: Any) -> Callable[..., Any]:
    """Return what numba asks for the types and the code of a call."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        words = [
            w
            for kind, argument in zip(kinds, arguments, strict=True)
            for w in words_of(context, builder, kind, argument)
        ]
        pack = cgutils.alloca_once(builder, WORD, len(words))
        for k, value in enumerate(words):
            builder.store(value, builder.gep(pack, [WORD(k)]))
        entry = ir.FunctionType(WORD, [WORD])
        module = builder.module
        slot = module.globals.get(symbol) or cgutils.add_global_variable(module, entry.as_pointer(), symbol)
        returned = builder.call(builder.load(slot), [builder.ptrtoint(pack, WORD)])
        if result == types.none:
            return context.get_dummy_value()
        return builder.bitcast(returned, context.get_value_type(result))

    def typed(typing_context: Any, *arguments: Any) -> Any:
        return result(*kinds), generate

    names = ["typing_context", *(f"argument_{k}" for k in range(len(kinds)))]
    typed.__signature__ = Signature([Parameter(name, Parameter.POSITIONAL_OR_KEYWORD) for name in names])
    return typed


def _reinterpreted(typing_context: Any, array: Any, dtype: Any) -> Any:
    kind = types.Array(dtype.dtype, 1, "C")

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(array)(context, builder, arguments[0])
        return array_at(
            context, builder, kind, builder.ptrtoint(data.data, WORD), cgutils.unpack_tuple(builder, data.shape)
        )

    return kind(array, dtype), generate


reinterpreted: Any = intrinsic(_reinterpreted)
"""``reinterpreted(array, dtype)``: the words of an array as numbers of another type, like `numpy.ndarray.view`, which
is a large part of numba."""
