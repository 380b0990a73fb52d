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
from typing import TYPE_CHECKING, Any, ClassVar

from jaxnest import errors as NESTErrors
from jaxnest import ll_api, logic, math, random, spatial, spatial_distributions
from jaxnest._version import __version__ as __version__
from jaxnest.api.collections.json_output import serialize_data, to_json
from jaxnest.api.collections.node_collection import NodeCollection
from jaxnest.api.collections.synapse_collection import SynapseCollection
from jaxnest.api.collections.types import CollocatedSynapses, Compartments, Mask, Receptors
from jaxnest.api.connections import Connect, Disconnect, GetConnections, TripartiteConnect
from jaxnest.api.info import Explain as Explain
from jaxnest.api.info import GetStatus, SetStatus, VerbosityLevel, get_verbosity, help, message, set_verbosity
from jaxnest.api.models import ConnectionRules, CopyModel, GetDefaults, Models, SetDefaults
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
from jaxnest.api.sonata.network import SonataNetwork
from jaxnest.api.space.spatial import (
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
from jaxnest.errors import KernelException as NESTError
from jaxnest.kernel.kernel import kernel as _kernel
from jaxnest.kernel.settings.attribute_table import ATTRIBUTES
from jaxnest.random.creation import create_parameter as CreateParameter
from jaxnest.random.parameter import Parameter, set_geometry_provider, set_streams_provider

set_streams_provider(lambda: _kernel.streams)
set_geometry_provider(lambda nodes, positions: _kernel.layers.geometry(nodes, positions))

if TYPE_CHECKING:  # what NestModule supplies, for editors and type checkers
    dict_miss_is_error: bool
    verbosity: VerbosityLevel
    compute_backend: str
    adaptive_target_buffers: bool
    buffer_size_target_data: int
    buffer_size_spike_data: int
    growth_factor_buffer_target_data: float
    max_buffer_size_target_data: int
    local_num_threads: int
    total_num_virtual_procs: int
    rng_seed: int
    rng_type: str
    biological_time: float
    print_time: bool
    tics_per_ms: int
    resolution: float
    use_wfr: bool
    wfr_comm_interval: float
    wfr_tol: float
    wfr_max_iterations: int
    wfr_interpolation_order: int
    update_time_limit: float
    eprop_update_interval: float
    eprop_learning_window: float
    eprop_reset_neurons_on_update: bool
    min_delay: float
    max_delay: float
    keep_source_table: bool
    use_compressed_spikes: bool
    structural_plasticity_update_interval: float
    structural_plasticity_synapses: dict[str, Any]
    spike_buffer_shrink_limit: float
    spike_buffer_shrink_spare: float
    spike_buffer_grow_extra: float
    data_path: str
    data_prefix: str
    overwrite_files: bool
    kernel_status: dict[str, Any]
    build_info: dict[str, Any]
    memory_size: int
    to_do: int
    ms_per_tic: float
    tics_per_step: int
    T_max: float
    T_min: float
    rng_types: list[str]
    num_processes: int
    off_grid_spiking: bool
    send_buffer_size_secondary_events: int
    recv_buffer_size_secondary_events: int
    spike_buffer_resize_log: dict[str, Any]
    cycle_time_log: dict[str, Any]
    max_num_syn_models: int
    growth_curves: list[str]
    network_size: int
    num_connections: int
    connection_rules: list[str]
    node_models: list[str]
    synapse_models: list[str]
    local_spike_counter: int
    recording_backends: list[str]
    stimulation_backends: list[str]
    min_update_time: float
    max_update_time: float
    userdict: dict[str, Any]
    server: types.ModuleType

    def set(**kwargs: Any) -> None: ...
    def get(*args: Any) -> Any: ...
    def set_communicator(comm: Any = None) -> None: ...


_LAZY = ("raster_plot", "server", "visualization", "voltage_trace")
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
        raise NESTErrors.missing_attribute(f"module '{__name__}'", name, __all__)

    def __setattr__(self, name: str, value: Any) -> None:
        descriptor = getattr(type(self), name, None)
        if isinstance(descriptor, ll_api.KernelAttribute):
            descriptor.__set__(self, value)
        elif isinstance(value, types.ModuleType) or (name.startswith("__") and name.endswith("__")):
            super().__setattr__(name, value)  # what the import system does
        else:
            settable = (key for key, a in ATTRIBUTES.items() if not (a.read_only or a.status_only))
            hint = NESTErrors.nearest(name, settable)
            raise AttributeError(f"Cannot set attribute '{name}' on module '{__name__}'.{hint}")

    def __dir__(self) -> list[str]:
        of_modules = {name for name in vars(self) if name.startswith("__")} - {"__annotations__", "__warningregistry__"}
        return sorted({"NestModule", *__all__, *of_modules})  # what NEST lists, and nothing else


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
    "spatial",
    "spatial_distributions",
    "to_json",
]
__all__ += [
    *("get", "set", "set_communicator", "userdict", *_LAZY),
    *(name for name, attribute in ATTRIBUTES.items() if not (attribute.status_only or attribute.own)),
]

sys.modules[__name__].__class__ = NestModule
