"""The functions of PyNEST's compiled layer that have a counterpart here: ``nest.ll_api.nestkernel.llapi_...``."""

from __future__ import annotations

from typing import NoReturn

from jaxnest import errors as NESTErrors
from jaxnest.api.collections.node_collection import NodeCollection as NodeCollectionObject
from jaxnest.api.collections.synapse_collection import SynapseCollection as ConnectionObject
from jaxnest.api.collections.types import Mask as MaskObject
from jaxnest.api.info import VerbosityLevel
from jaxnest.api.models import CopyModel as llapi_copy_model
from jaxnest.api.models import GetDefaults as llapi_get_defaults
from jaxnest.api.models import SetDefaults as llapi_set_defaults
from jaxnest.api.nodes import Create as llapi_create
from jaxnest.api.nodes import GetNodes as llapi_get_nodes
from jaxnest.api.simulation import Cleanup as llapi_cleanup
from jaxnest.api.simulation import DisableStructuralPlasticity as llapi_disable_structural_plasticity
from jaxnest.api.simulation import EnableStructuralPlasticity as llapi_enable_structural_plasticity
from jaxnest.api.simulation import GetKernelStatus as llapi_get_kernel_status
from jaxnest.api.simulation import Install as llapi_install_module
from jaxnest.api.simulation import Prepare as llapi_prepare
from jaxnest.api.simulation import ResetKernel as llapi_reset_kernel
from jaxnest.api.simulation import Run as llapi_run
from jaxnest.api.simulation import SetKernelStatus as llapi_set_kernel_status
from jaxnest.api.simulation import Simulate as llapi_simulate
from jaxnest.random.parameter import Parameter as ParameterObject

__all__ = [
    "ConnectionObject",
    "MaskObject",
    "NESTErrors",
    "NodeCollectionObject",
    "ParameterObject",
    "VerbosityLevel",
    "llapi_cleanup",
    "llapi_copy_model",
    "llapi_create",
    "llapi_disable_structural_plasticity",
    "llapi_enable_structural_plasticity",
    "llapi_get_defaults",
    "llapi_get_kernel_status",
    "llapi_get_nodes",
    "llapi_install_module",
    "llapi_prepare",
    "llapi_reset_kernel",
    "llapi_run",
    "llapi_set_defaults",
    "llapi_set_kernel_status",
    "llapi_simulate",
]


def __getattr__(name: str) -> NoReturn:
    hint = " jaxnest has no compiled layer: use the functions of nest itself." if name.startswith("llapi_") else ""
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'.{hint}")
