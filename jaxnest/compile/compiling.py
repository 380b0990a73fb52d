"""Functions that are compiled when they are needed, and machine code that is found without a compiler.

Nothing here loads numba but compiling itself (see `compile.late`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, final

from jaxnest.compile import caching, late, machine_code
from jaxnest.compile.compile_time import compilers
from jaxnest.compile.machine_code import MachineCode


@final
class Compiled:
    """A function for compiled code, or for Python; nothing happens before it is called.

    Parameters
    ----------
    function : callable
        The function.
    options : dict
        Those of `numba.njit`.
    cache : bool
        Keep what Python calls between processes.

    Attributes
    ----------
    py_func, targetoptions
        The function and the options, under the names that numba looks for.
    """

    def __init__(self, function: Callable[..., Any], options: dict[str, Any], cache: bool) -> None:
        functools.update_wrapper(self, function)
        self.py_func, self.targetoptions, self._cache = function, options, cache

    @functools.cached_property
    def dispatcher(self) -> Any:
        """The function as numba knows it."""
        return late.compiler.dispatcher(self.py_func, self.targetoptions, self._cache)

    @property
    def _numba_type_(self) -> Any:
        return self.dispatcher._numba_type_

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        """Call the function, from Python."""
        return self.dispatcher(*arguments, **named)


def njit(function: Any = None, *, cache: bool = False, **options: Any) -> Any:
    """Compile a function when it is first called, from compiled code or from Python.

    Parameters
    ----------
    function : callable
        The function.
    cache : bool
        Keep machine code between processes, for a function that Python calls.
    options
        Those of `numba.njit`; and ``disjoint``: the arguments are arrays that do not overlap, which loops gain from.
    """
    if function is None:
        return functools.partial(njit, cache=cache, **options)
    return Compiled(function, options, cache)


@final
class Recipe:
    """How to come by machine code of a function that foreign code calls by its address.

    Foreign code gives it one word and gets one. Errors are kept until compiled code returns (see `compile.failures`).

    Parameters
    ----------
    make : callable
        Returns the function; called if it has to be compiled.
    name : str
        A name to be read.
    key : object
        All that the machine code depends on, but what the compiler is; its `repr` counts.
    subject : str
        Whose code this is, for errors.
    kinds : sequence, optional
        Kinds of the arguments (see `compile.kinds`), which are in a pack whose address is the word; None if the word is
        the only argument.
    result : str
        Kind of the result, by default what comes out.
    """

    def __init__(
        self,
        make: Callable[[], Compiled],
        name: str,
        key: object,
        subject: str,
        kinds: Sequence[Any] | None,
        result: str = "",
    ) -> None:
        self._make, self._name, self._subject, self._kinds, self._result = make, name, subject, kinds, result
        self._file = machine_code.file_name(name, (key, subject))

    def kept(self) -> MachineCode | None:
        """Return the machine code if it was kept."""
        return machine_code.load(self._file)

    def compiled(self) -> MachineCode:
        """Return the machine code, compiled if need be, by this process or by another that is at it."""
        return self._come_by(caching.PATIENCE) or self._translated()

    def compiled_here(self) -> MachineCode | None:
        """Return the machine code, compiled if need be, or None if another process is at it."""
        return self._come_by(0.0)

    def _come_by(self, patience: float) -> MachineCode | None:
        with compilers:
            found = self.kept()
            if found is not None:
                return found
            compilers.found_nothing()
            with caching.alone_with(self._file, patience) as alone:
                return self.kept() or (self._translated() if alone else None)

    def _translated(self) -> MachineCode:
        with compilers:
            made = self._make()
            return late.compiler.translate(made, self._name, self._subject, self._kinds, self._result, self._file)
