"""What compiled loops depend on of a model: its files, or, if it is a script's own, its functions."""

from __future__ import annotations

import functools
import hashlib
import inspect
import os
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

import numpy as np

from jaxnest.compile.caching import digest_of_files, digest_of_text
from jaxnest.models import ops
from jaxnest.models.contract import hints

PACKAGE = __name__.partition(".")[0]
PLAIN = bool | int | float | complex | str | tuple


OVERLOADING = (
    "functions.scalar_ops",
    "functions.special_functions",
    "histories.archive",
    "histories.archive_voltage",
    "histories.learning_queries",
    "plasticity.modulation",
    "precise.off_grid",
)
"""The modules that say what functions of models mean in compiled code: it depends on them without importing them."""


@functools.cache
def implementations() -> str:
    """Return lines that import all of them."""
    places = (name.split(".") for name in OVERLOADING)
    return "".join(f"\nfrom jaxnest.engine.{room} import {module}\n" for room, module in places)


def fingerprint(model: type[Any], key: str = "") -> str:
    """Return a hash of all that a loop may inline of a model, and of what else the loop depends on."""
    return hashlib.sha256(f"{_content(model)}{key}".encode()).hexdigest()[:24]


@functools.cache
def _content(model: type[Any]) -> str:
    parts = [part for c in model.__mro__ if not _is_ours(c) and c is not object for part in _of_class(c)]
    order = model.dynamic if parts else ()
    return f"{digest_of_files(files_of(model))}{digest_of_text(implementations())}{parts}{order}"


def files_of(model: type[Any]) -> list[str]:
    """Return the files of a model's classes in this package, and those of functions that models may call."""
    files = {hints.__file__, *(inspect.getfile(c) for c in model.__mro__ if _is_ours(c))}
    files |= {helper.__code__.co_filename for helper in ops.HELPERS}
    return sorted(filter(os.path.exists, files))


def _is_ours(model: type[Any]) -> bool:
    return model.__module__.partition(".")[0] == PACKAGE


def _of_class(model: type[Any]) -> Iterator[str]:
    """Yield what the functions of a class are, and what it declares: it may have been typed in, and have no file."""
    seen: set[Any] = set()
    for name, value in vars(model).items():
        if name.startswith("__"):
            continue
        for key, entry in value.items() if isinstance(value, dict) else ((name, value),):
            function = getattr(entry, "__func__", entry)
            if isinstance(function, FunctionType):
                yield f"{name} {key}"
                yield from _of_function(function, seen)
            elif isinstance(entry, PLAIN):
                yield f"{name} {key} {entry!r}"


def _of_function(function: Any, seen: set[Any]) -> Iterator[str]:
    """Yield the code of a function and of those that it calls, with the constants that compiling freezes."""
    if function in seen:
        return
    seen.add(function)
    names = list(_of_code(function.__code__))
    yield from names
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    known = function.__globals__ | {name: cell.cell_contents for name, cell in cells}
    for name in dict.fromkeys(names):
        value = known.get(name)
        value = getattr(value, "py_func", value)
        if isinstance(value, FunctionType):
            yield from _of_function(value, seen)
        elif isinstance(value, np.ndarray):
            yield f"{name} {value.dtype} {value.tolist()}"
        elif isinstance(value, PLAIN):
            yield f"{name} {value!r}"


def _of_code(code: CodeType) -> Iterator[str]:
    yield code.co_code.hex()
    yield from (*code.co_names, *code.co_freevars)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _of_code(constant)
        else:
            yield repr(constant)
