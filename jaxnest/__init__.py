"""jaxnest: PyNEST scripts on JAX.

The functions, models and results are those of NEST 3.10:

* ``nest.node_models`` and ``nest.synapse_models`` are the models that there are; ``nest.help("iaf_psc_alpha")``
  explains one of them.
* ``nest.set(resolution=0.2)``, ``nest.resolution = 0.2`` and ``nest.resolution`` set and read attributes of the
  kernel.
* ``python -m jaxnest script.py`` runs a script that says ``import nest``.
"""

from __future__ import annotations

import importlib
import sys
import types
from typing import Any, ClassVar

from jaxnest import errors as NESTErrors
from jaxnest import ll_api, logic, math, random, spatial_distributions
from jaxnest.api.connections import Connect, Disconnect, GetConnections, TripartiteConnect
from jaxnest.api.info import GetStatus, SetStatus, VerbosityLevel, get_verbosity, help, message, set_verbosity
from jaxnest.api.json_output import serialize_data, to_json
from jaxnest.api.models import ConnectionRules, CopyModel, GetDefaults, Models, SetDefaults
from jaxnest.api.node_collection import NodeCollection
from jaxnest.api.nodes import Create, GetLocalNodeCollection, GetNodes, PrintNodes
from jaxnest.api.parallel import (
    GetLocalVPs,
    NumProcesses,
    Rank,
    SetAcceptableLatency,
    SetMaxBuffered,
    SyncProcesses,
)
from jaxnest.api.simulation import (
    Cleanup,
    DisableStructuralPlasticity,
    EnableStructuralPlasticity,
    GetKernelStatus,
    Install,
    Prepare,
    ResetKernel,
    Run,
    RunManager,
    SetKernelStatus,
    Simulate,
)
from jaxnest.api.sonata import SonataNetwork
from jaxnest.api.spatial import (
    CreateMask,
    Displacement,
    Distance,
    DumpLayerConnections,
    DumpLayerNodes,
    FindCenterElement,
    FindNearestElement,
    GetPosition,
    GetSourceNodes,
    GetSourcePositions,
    GetTargetNodes,
    GetTargetPositions,
    PlotLayer,
    PlotProbabilityParameter,
    PlotSources,
    PlotTargets,
    SelectNodesByMask,
)
from jaxnest.api.synapse_collection import SynapseCollection
from jaxnest.api.types import CollocatedSynapses, Compartments, Mask, Receptors
from jaxnest.errors import KernelException as NESTError
from jaxnest.kernel.attribute_table import ATTRIBUTES
from jaxnest.kernel.kernel import kernel as _kernel
from jaxnest.random.creation import create_parameter as CreateParameter
from jaxnest.random.parameter import Parameter, set_streams_provider
from jaxnest.version import __version__ as __version__

set_streams_provider(lambda: _kernel.streams)

_LAZY = ("raster_plot", "server", "spatial", "visualization", "voltage_trace")
"""Submodules that are imported when they are first used."""


class NestModule(types.ModuleType):
    """The class of the module ``jaxnest`` itself: attributes of the kernel are attributes of the module."""

    userdict: ClassVar[dict[str, Any]] = {}
    """For data that the script wants to keep with the kernel."""

    def set(self, **kwargs: Any) -> None:
        """Set attributes of the kernel: ``nest.set(resolution=0.2, rng_seed=5)``."""
        SetKernelStatus(kwargs)

    def get(self, *args: Any) -> Any:
        """Return attributes of the kernel: ``nest.get("resolution")``, all without arguments."""
        if not args:
            return GetKernelStatus()
        return GetKernelStatus(args[0] if len(args) == 1 else args)

    def set_communicator(self, comm: Any = None) -> None:
        """Accept a communicator of mpi4py, which jaxnest does not need."""
        ll_api.set_communicator(comm)

    def __getattr__(self, name: str) -> Any:
        if name in _LAZY:
            return importlib.import_module(f"{__name__}.{name}")
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'{NESTErrors.nearest(name, __all__)}")

    def __setattr__(self, name: str, value: Any) -> None:
        descriptor = getattr(type(self), name, None)
        if isinstance(descriptor, ll_api.KernelAttribute):
            descriptor.__set__(self, value)
        elif isinstance(value, types.ModuleType) or (name.startswith("__") and name.endswith("__")):
            super().__setattr__(name, value)  # what the import system does
        else:
            hint = NESTErrors.nearest(name, ATTRIBUTES)
            raise AttributeError(f"Cannot set attribute '{name}' on module '{__name__}'.{hint}")

    def __dir__(self) -> list[str]:
        return sorted({*vars(self), *__all__})


for _name, _attribute in ATTRIBUTES.items():
    if not _attribute.status_only:
        setattr(NestModule, _name, ll_api.KernelAttribute(_name))
del _name, _attribute

__all__ = [
    "Cleanup",
    "CollocatedSynapses",
    "Compartments",
    "Connect",
    "ConnectionRules",
    "CopyModel",
    "Create",
    "CreateMask",
    "CreateParameter",
    "DisableStructuralPlasticity",
    "Disconnect",
    "Displacement",
    "Distance",
    "DumpLayerConnections",
    "DumpLayerNodes",
    "EnableStructuralPlasticity",
    "FindCenterElement",
    "FindNearestElement",
    "GetConnections",
    "GetDefaults",
    "GetKernelStatus",
    "GetLocalNodeCollection",
    "GetLocalVPs",
    "GetNodes",
    "GetPosition",
    "GetSourceNodes",
    "GetSourcePositions",
    "GetStatus",
    "GetTargetNodes",
    "GetTargetPositions",
    "Install",
    "Mask",
    "Models",
    "NESTError",
    "NESTErrors",
    "NestModule",
    "NodeCollection",
    "NumProcesses",
    "Parameter",
    "PlotLayer",
    "PlotProbabilityParameter",
    "PlotSources",
    "PlotTargets",
    "Prepare",
    "PrintNodes",
    "Rank",
    "Receptors",
    "ResetKernel",
    "Run",
    "RunManager",
    "SelectNodesByMask",
    "SetAcceptableLatency",
    "SetDefaults",
    "SetKernelStatus",
    "SetMaxBuffered",
    "SetStatus",
    "Simulate",
    "SonataNetwork",
    "SynapseCollection",
    "SyncProcesses",
    "TripartiteConnect",
    "VerbosityLevel",
    "get_verbosity",
    "help",
    "ll_api",
    "logic",
    "math",
    "message",
    "random",
    "serialize_data",
    "set_verbosity",
    "spatial_distributions",
    "to_json",
]
__all__ += [
    *("get", "set", "set_communicator", "userdict", *_LAZY),
    *(name for name, attribute in ATTRIBUTES.items() if not attribute.status_only),
]

sys.modules[__name__].__class__ = NestModule
