"""Meaning of the functions of `models.siegert` in code compiled by numba."""

from __future__ import annotations

from typing import Any

from numba.extending import overload

from jaxnest.engine.error_functions import dawson
from jaxnest.engine.quadrature import integrate_erfcx
from jaxnest.models import siegert


@overload(siegert.dawson, strict=False)
def _dawson(x: Any) -> Any:
    return lambda x: dawson(x)


@overload(siegert.erfcx_integral, strict=False)
def _erfcx_integral(a: Any, b: Any) -> Any:
    return lambda a, b: integrate_erfcx(a, b)
