"""Nonsense as arguments of all public functions, which NEST and jaxnest are called with."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

LEFT_OUT = {"help", "NestModule", "RunManager", "SonataNetwork", "Install", "message", "TypedDict"}
"""What prints pages, or is no function of the kernel."""
MODULES = ("random", "math", "logic", "spatial", "spatial_distributions")
NONSENSE: dict[str, Callable[[Any], Any]] = {
    "None": lambda n: None,
    "-1": lambda n: -1,
    "1.5": lambda n: 1.5,
    "nan": lambda n: float("nan"),
    "inf": lambda n: float("inf"),
    "10**30": lambda n: 10**30,
    "empty text": lambda n: "",
    "text": lambda n: "nonsense",
    "bytes": lambda n: b"bytes",
    "empty list": lambda n: [],
    "mixed list": lambda n: [1, "two"],
    "empty dictionary": lambda n: {},
    "dictionary": lambda n: {"nonsense": -1},
    "object": lambda n: object(),
    "array of nan": lambda n: np.full((2, 3), np.nan),
    "empty collection": lambda n: n.NodeCollection(),
    "Parameter": lambda n: n.random.uniform(),
}
SENSIBLE: dict[str, Callable[[], Any]] = {
    "model": lambda: "iaf_psc_alpha",
    "existing": lambda: "static_synapse",
    "new": lambda: "copy",
    "params": lambda: {"tau_m": 5.0},
    "conn_spec": lambda: "all_to_all",
    "syn_spec": lambda: {"weight": 2.0},
    "masktype": lambda: "circular",
    "specs": lambda: {"radius": 0.4},
    "parametertype": lambda: "uniform",
    "t": lambda: 1.0,
    "n": lambda: 2,
}
"""Arguments that make sense, by name; all others are two nodes."""
KINDS = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def functions(nest: Any) -> dict[str, Callable[..., Any]]:
    """Return all public functions and classes whose arguments are known, those of public modules, too."""
    found = {}
    for name in sorted(set(nest.__all__) - LEFT_OUT):
        try:
            thing = getattr(nest, name)
        except Exception:  # not in every build
            continue
        if callable(thing) and not (inspect.isclass(thing) and issubclass(thing, Exception)):
            found[name] = thing
        elif inspect.ismodule(thing) and name in MODULES:
            inside = {f"{name}.{part}": getattr(thing, part) for part in vars(thing) if not part.startswith("_")}
            found |= {k: f for k, f in inside.items() if inspect.isfunction(f)}
    return {name: function for name, function in found.items() if arguments(function) is not None}


def arguments(function: Callable[..., Any]) -> list[str] | None:
    """Return the names of all positional arguments, if they are known."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    return [p.name for p in parameters if p.kind in KINDS]


def calls(nest: Any, names: list[str]) -> Iterator[tuple[str, Callable[[], list[Any]]]]:
    """Yield calls in which one argument is nonsense, and calls in which all are: a label, and what makes arguments."""
    for place, (kind, make) in itertools.product(range(len(names)), NONSENSE.items()):

        def one(place: int = place, make: Callable[[Any], Any] = make) -> list[Any]:
            before = [SENSIBLE.get(name, lambda: nest.NodeCollection([1, 2]))() for name in names[:place]]
            return [*before, make(nest)]

        yield f"{names[place]}: {kind}", one
    for kind, make in NONSENSE.items():
        yield f"all: {kind}", lambda make=make: [make(nest) for _ in names]
    yield "one argument too many", lambda: [0] * (len(names) + 1)


def name_of_error(action: Callable[[], Any]) -> str:
    """Return the class of the error that an action leads to, or nothing."""
    try:
        action()
    except Exception as error:
        return type(error).__name__
    return ""


def outcome(nest: Any, function: Callable[..., Any], make: Callable[[], list[Any]]) -> str:
    """Call a function in a kernel with three neurons; return the class of the error, or nothing."""
    nest.ResetKernel()
    nest.Create("iaf_psc_alpha", 3)
    return name_of_error(lambda: function(*make()))
