"""All models by name. A model file registers its class with one decorator."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, overload

from jaxnest.models.contract.base import Model, Node
from jaxnest.models.contract.synapse import Synapse

NODE_MODELS: dict[str, type[Node]] = {}
VARIANTS: dict[str, type[Node]] = {}
SYNAPSE_MODELS: dict[str, type[Synapse]] = {}

N = TypeVar("N", bound=type[Node])
S = TypeVar("S", bound=type[Synapse])


def register(model: N) -> N:
    """Make a node model known under its name; also usable by scripts for models of their own.

    Raises
    ------
    TypeError
        If what a script declares cannot work; the message says where, and what to write instead.
    """
    _check(model, Node, NODE_MODELS)
    NODE_MODELS[model.name] = model
    return model


def _check(model: type[Model], base: type[Model], known: Mapping[str, type[Model]]) -> None:
    if getattr(model, "__module__", "").partition(".")[0] != __name__.partition(".")[0]:
        from jaxnest.models.contract.declaration import check

        check(model, base, known)


@overload
def register_synapse(hpc: S) -> S: ...
@overload
def register_synapse(hpc: int | None = 0, lbl: int | None = 0) -> Callable[[S], S]: ...
def register_synapse(hpc: Any = 0, lbl: int | None = 0) -> Any:
    """Make a synapse model known, and its ``_hpc`` and ``_lbl`` variants.

    Their sizes in bytes are given; 0 if there is no such variant, None if NEST does not report its size.
    ``@register_synapse`` without brackets registers the model alone.
    """
    if isinstance(hpc, type):
        return register_synapse()(hpc)

    def add(model: S) -> S:
        _check(model, Synapse, SYNAPSE_MODELS)
        SYNAPSE_MODELS[model.name] = model
        model.dynamics = model.name
        for suffix, size, flag in (("_hpc", hpc, "receptor_zero_only"), ("_lbl", lbl, "labelled")):
            if size != 0:
                name = model.name + suffix
                body = {"name": name, "size": size, flag: True, "__doc__": model.__doc__}
                SYNAPSE_MODELS[name] = type(name, (model,), body)
        return model

    return add


def implementation(name: str) -> type[Node]:
    """Return the node model with this class name; unlike `NODE_MODELS` it knows variants (see `Sender.variant`)."""
    return VARIANTS.get(name) or NODE_MODELS[name]


def register_variant(model: N) -> N:
    """Make a variant of a node model known, a class of its own under the same model name."""
    VARIANTS[model.__name__] = model
    return model


def load_all() -> None:
    """Import every model file below `jaxnest.models`."""
    for package in ("neurons", "synapses", "stimulators", "recorders"):
        module = importlib.import_module(f"jaxnest.models.{package}")
        for info in pkgutil.iter_modules(module.__path__):
            importlib.import_module(f"{module.__name__}.{info.name}")
