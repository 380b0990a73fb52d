"""What compiled code needs of the compiler, put off until something is compiled.

Machine code is kept between processes, so that most of them compile nothing. Loading numba would be half of the time of
a small script. So functions, their meanings and the names of types are only noted here; the compiler
(`compile.compiler`) takes them over when it is loaded.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any, ClassVar, final


@final
class Library:
    """A module that is imported when one of its names is used."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        value = getattr(importlib.import_module(self._name), name)
        setattr(self, name, value)
        return value


numba: Any = Library("numba")
types: Any = Library("numba.core.types")
cgutils: Any = Library("numba.core.cgutils")
ir: Any = Library("llvmlite.ir")
words: Any = Library("jaxnest.compile.words")
short_vectors: Any = Library("jaxnest.compile.values.short_vectors")
compiler: Any = Library("jaxnest.compile.compiler")
"""The parts of this package that load numba."""


@final
class Late:
    """A value in compiled code that is made when the compiler meets it.

    Parameters
    ----------
    make : callable
        Returns the value, something that numba knows.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make

    @functools.cached_property
    def made(self) -> Any:
        """The value."""
        return self._make()

    @property
    def _numba_type_(self) -> Any:
        return compiler.type_of(self.made)


@final
class _Noted:
    """What the compiler has to be told."""

    loaded = False
    actions: ClassVar[list[Callable[[], Any]]] = []


def _soon(action: Callable[[], Any]) -> None:
    if _Noted.loaded:
        action()
    else:
        _Noted.actions.append(action)


def begin() -> None:
    """Tell the compiler, which is loaded now, all that was noted, and from now on at once."""
    _Noted.loaded = True
    while _Noted.actions:
        _Noted.actions.pop(0)()


def overload(function: Any, **options: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Say what a function means in compiled code, as `numba.extending.overload` does."""

    def note(meaning: Callable[..., Any]) -> Callable[..., Any]:
        kind = {"inlined": options.get("inline") == "always"}
        _soon(lambda: numba.extending.overload(function, jit_options=kind, **options)(meaning))
        return meaning

    return note


def register_jitable(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let compiled code call a function of Python, as `numba.extending.register_jitable` does."""
    _soon(lambda: numba.extending.register_jitable(function))
    return function


def intrinsic(function: Callable[..., Any]) -> Any:
    """Make a function of compiled code from one that writes its instructions, as `numba.extending.intrinsic` does."""
    return Late(lambda: numba.extending.intrinsic(function))


def external(name: str, n_arguments: int) -> Any:
    """Return a function of the C library of numbers of eight bytes."""
    return Late(lambda: types.ExternalFunction(name, types.float64(*[types.float64] * n_arguments)))


int32: Any = Late(lambda: types.int32)
int64: Any = Late(lambda: types.int64)
uint32: Any = Late(lambda: types.uint32)
uint64: Any = Late(lambda: types.uint64)
float64: Any = Late(lambda: types.float64)
"""Types, where compiled code names them."""
