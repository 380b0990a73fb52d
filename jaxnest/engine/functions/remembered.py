"""Exponentials in loops over synapses that mostly are those of the synapse before.

What modulates synapses reaches all of them at the same times, so most arguments are the same. Each place in the code
keeps its last argument and result; a result that is taken from there has the same digits.
"""

from __future__ import annotations

import math
import types
from collections.abc import Callable
from typing import Any

from jaxnest.compile.compiling import njit
from jaxnest.compile.late import cgutils, intrinsic, ir
from jaxnest.compile.late import types as kinds
from jaxnest.models import ops
from jaxnest.numerics import nest_math

_compiled = njit(error_model="numpy", nogil=True, _nrt=False)
_inlined = njit(error_model="numpy", inline="always")


def _remembering(function: Any) -> Any:
    """Return a function of a number that calls another one only if the number is not that of the call before."""

    def remembering(typing_context: Any, x: Any) -> Any:
        typed = typing_context.resolve_function_type(function._numba_type_, (kinds.float64,), {})

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            double = ir.DoubleType()
            given = context.cast(builder, arguments[0], signature.args[0], kinds.float64)
            last, result = (cgutils.alloca_once(builder, double) for _ in range(2))
            with builder.goto_entry_block():  # once, not for each synapse
                builder.store(double(math.nan), last)
            with builder.if_then(builder.fcmp_unordered("!=", given, builder.load(last)), likely=False):
                builder.store(context.get_function(function._numba_type_, typed)(builder, [given]), result)
                builder.store(given, last)
            return builder.load(result)

        return kinds.float64(x), generate

    return intrinsic(remembering)


def _module(of: Any, **functions: Any) -> Any:
    """Return what a module is for functions that remember."""
    made = types.ModuleType(of.__name__)
    vars(made).update({name: value for name, value in vars(of).items() if not name.startswith("__")} | functions)
    return made


_MODULES: dict[Any, Any] = {
    math: _module(math, exp=_remembering(_compiled(lambda x: math.exp(x)))),
    nest_math: _module(nest_math, expm1=_remembering(_compiled(lambda x: nest_math.expm1(x)))),
}


def with_memory(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a model's function that remembers exponentials, for numba to write into a loop."""
    names = dict(function.__globals__)
    for name in function.__code__.co_names:
        value = names.get(name)
        if isinstance(value, types.ModuleType) and value in _MODULES:
            names[name] = _MODULES[value]
        elif isinstance(value, types.FunctionType) and value in ops.HELPERS:
            names[name] = _inlined(with_memory(value))
    return types.FunctionType(function.__code__, names, function.__name__, function.__defaults__, function.__closure__)
