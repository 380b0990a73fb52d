"""Meaning of the functions of `models.functions.siegert` in code compiled by numba."""

from __future__ import annotations

from typing import Any

from jaxnest.compile.late import overload
from jaxnest.models.functions import siegert
from jaxnest.numerics.error_functions import dawson
from jaxnest.numerics.quadrature import integrate_erfcx


@overload(siegert.dawson, strict=False)
def _dawson(x: Any) -> Any:
    return lambda x: dawson(x)


@overload(siegert.erfcx_integral, strict=False)
def _erfcx_integral(a: Any, b: Any) -> Any:
    return lambda a, b: integrate_erfcx(a, b)
