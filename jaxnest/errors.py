"""The exceptions of NEST's kernel, under the names that PyNEST scripts catch.

All of them derive directly from :class:`KernelException`, as in NEST. The module is what
``nest.NESTErrors`` is; two of its names (``KeyError``, ``IOError``) therefore hide builtins.
"""

from __future__ import annotations

import builtins
import importlib
from collections.abc import Callable, Iterable
from types import ModuleType


class KernelException(Exception):
    """Base class of every error that the simulation kernel raises."""


class BackendAlreadyRegistered(KernelException):
    """The class that NEST raises under this name."""


class BackendNotPrepared(KernelException):
    """The class that NEST raises under this name."""


class BackendPrepared(KernelException):
    """The class that NEST raises under this name."""


class BadDelay(KernelException):
    """A delay is not positive, or outside the limits in force."""


class BadParameter(KernelException):
    """An argument is out of range."""


class BadParameterValue(KernelException):
    """An argument has an impossible value."""


class BadProperty(KernelException):
    """A value violates the bounds or relations of its model."""


class DimensionMismatch(KernelException):
    """Two collections or arrays do not have the same size."""


class DistributionError(KernelException):
    """The class that NEST raises under this name."""


class DynamicModuleManagementError(KernelException):
    """A module of models cannot be loaded."""


class GSLSolverFailure(KernelException):
    """The class that NEST raises under this name."""


class IOError(KernelException):
    """The class that NEST raises under this name."""


class IllegalConnection(KernelException):
    """Source, target and synapse do not fit together."""


class IncompatibleReceptorType(KernelException):
    """The class that NEST raises under this name."""


class InexistentConnection(KernelException):
    """The class that NEST raises under this name."""


class InternalError(KernelException):
    """The class that NEST raises under this name."""


class InvalidDefaultResolution(KernelException):
    """The class that NEST raises under this name."""


class InvalidTimeInModel(KernelException):
    """The class that NEST raises under this name."""


class KeyError(KernelException):
    """The class that NEST raises under this name."""


class LayerExpected(KernelException):
    """The class that NEST raises under this name."""


class LayerNodeExpected(KernelException):
    """The class that NEST raises under this name."""


class LocalNodeExpected(KernelException):
    """The class that NEST raises under this name."""


class MPIErrorCode(KernelException):
    """The class that NEST raises under this name."""


class MPIPortsFileMissing(KernelException):
    """The class that NEST raises under this name."""


class MPIPortsFileUnknown(KernelException):
    """The class that NEST raises under this name."""


class MUSICChannelAlreadyMapped(KernelException):
    """The class that NEST raises under this name."""


class MUSICChannelUnknown(KernelException):
    """The class that NEST raises under this name."""


class MUSICPortAlreadyPublished(KernelException):
    """The class that NEST raises under this name."""


class MUSICPortHasNoWidth(KernelException):
    """The class that NEST raises under this name."""


class MUSICPortUnconnected(KernelException):
    """The class that NEST raises under this name."""


class MUSICPortUnknown(KernelException):
    """The class that NEST raises under this name."""


class MUSICSimulationHasRun(KernelException):
    """The class that NEST raises under this name."""


class ModelInUse(KernelException):
    """The class that NEST raises under this name."""


class NamingConflict(KernelException):
    """The class that NEST raises under this name."""


class NewModelNameExists(KernelException):
    """A model of this name exists already."""


class NoThreadSiblingsAvailable(KernelException):
    """The class that NEST raises under this name."""


class NodeWithProxiesExpected(KernelException):
    """The class that NEST raises under this name."""


class NotImplemented(KernelException):
    """NEST has this feature, jaxnest does not have it yet, or NEST itself refuses it."""


class NumericalInstability(KernelException):
    """A state variable left the range of numbers that make sense."""


class RangeCheck(KernelException):
    """The class that NEST raises under this name."""


class StepMultipleRequired(KernelException):
    """The class that NEST raises under this name."""


class TimeMultipleRequired(KernelException):
    """The class that NEST raises under this name."""


class TypeMismatch(KernelException):
    """A value has the wrong type."""


class UnaccessedDictionaryEntry(KernelException):
    """A dictionary holds a key that nobody asked for."""


class UndefinedName(KernelException):
    """The class that NEST raises under this name."""


class UnexpectedEvent(KernelException):
    """The class that NEST raises under this name."""


class UnknownCompartment(KernelException):
    """The class that NEST raises under this name."""


class UnknownComponent(KernelException):
    """The class that NEST raises under this name."""


class UnknownModelName(KernelException):
    """No node model has this name."""


class UnknownNode(KernelException):
    """No node has this id."""


class UnknownPort(KernelException):
    """The class that NEST raises under this name."""


class UnknownReceptorType(KernelException):
    """The target has no receptor of this number."""


class UnknownSynapseType(KernelException):
    """No synapse model has this name."""


class UnknownThread(KernelException):
    """The class that NEST raises under this name."""


class UnmatchedSteps(KernelException):
    """The class that NEST raises under this name."""


class UnsupportedEvent(KernelException):
    """The class that NEST raises under this name."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return a hint at the most similar known name, whatever its case, or an empty string."""
    spelled: dict[str, str] = {}
    for candidate in known:
        spelled.setdefault(candidate.casefold(), candidate)
    import difflib

    match = difflib.get_close_matches(name.casefold(), spelled, n=1)
    return f" Did you mean '{spelled[match[0]]}'?" if match else ""


def missing_key(name: object, known: Iterable[str]) -> builtins.KeyError:
    """Return Python's KeyError for a name, with a note that names the most similar known one."""
    error = builtins.KeyError(name)
    if hint := nearest(str(name), known).strip():
        error.add_note(hint)
    return error


def missing_attribute(owner: str, name: str, known: Iterable[str]) -> AttributeError:
    """Return the AttributeError for a name that an object lacks; it has a name so that Python adds no second hint."""
    hint = "" if name.startswith("_") else nearest(name, known)
    return AttributeError(f"{owner} has no attribute '{name}'.{hint}", name=name)


def no_attribute(module: str, known: Iterable[str]) -> Callable[[str], ModuleType]:
    """Return what a module of functions calls for names that it lacks (``__getattr__``).

    One of them is the submodule of PyNEST that has the same functions.
    """
    submodule = f"hl_api_{module.rpartition('.')[2]}"

    def find(name: str) -> ModuleType:
        if name == submodule:
            return importlib.import_module(f"{module}.{name}")
        raise missing_attribute(f"module '{module}'", name, known)

    return find


_CLASSES = [name for name, item in globals().items() if isinstance(item, type) and issubclass(item, KernelException)]
for _name in _CLASSES:
    globals()[_name].__module__ = "NESTErrors"  # tracebacks read as they do in NEST
del _name


def __dir__() -> list[str]:
    return [*_CLASSES, *(name for name in globals() if name.startswith("__"))]
