"""The kernel attributes: name, type, default, meaning, and what refuses a value.

This table is the only place where an attribute is declared. Its order is the order in which one call
of ``nest.set`` applies settings, whatever order the script gives them in.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

import numpy as np

from jaxnest import errors
from jaxnest.kernel.connect.rules import RULES
from jaxnest.kernel.settings import messages
from jaxnest.kernel.settings.build_info import build_info
from jaxnest.kernel.settings.memory import in_use
from jaxnest.recording.registry import BACKENDS

if TYPE_CHECKING:
    from jaxnest.kernel.kernel import Kernel

BACKEND_VARIABLE = "JAXNEST_BACKEND"
COMPUTE_BACKENDS = ("native", "jax")
RNG_TYPES = ("Philox_32", "Philox_64", "Threefry_32", "Threefry_64", "jax", "mt19937", "mt19937_64")
GROWTH_CURVES = ("gaussian", "linear", "sigmoid")
MAX_SYNAPSE_MODELS = 511
MOST_TICS = (1 << 60) - 1


@final
@dataclass(frozen=True)
class Attribute:
    """One kernel attribute.

    Parameters
    ----------
    kind
        Type of the values: ``float``, ``int``, ``bool``, ``str``, ``dict``, ``list[str]`` or ``VerbosityLevel``.
    doc
        One line of meaning.
    default
        Value after a reset, for attributes that the kernel merely stores.
    unit
        Unit of the values.
    read
        Computes the value of an attribute that is not merely stored.
    read_only
        Whether scripts may set the attribute.
    refused
        True for values that cannot be set, with the message of the error.
    error
        Class of that error.
    survives_reset
        Whether ResetKernel leaves the value alone.
    status_only
        Whether the entry is in the dictionary of all settings only, and no attribute of the module.
    available
        False for attributes that exist without having a value in this build.
    """

    kind: str
    doc: str
    default: Any = None
    unit: str = ""
    read: Callable[[Kernel], Any] | None = None
    read_only: bool = False
    refused: Callable[[Any], bool] | None = None
    message: str = ""
    error: type[Exception] = errors.KernelException
    survives_reset: bool = False
    status_only: bool = False
    available: bool = True


def _read(kind: str, doc: str, read: Callable[[Kernel], Any], unit: str = "", **options: Any) -> Attribute:
    return Attribute(kind, doc, unit=unit, read=read, read_only=True, **options)


def _buffer(kind: str, default: Any, doc: str, **options: Any) -> Attribute:
    return Attribute(kind, f"{doc} (kept for scripts; jaxnest sizes its buffers itself)", default, **options)


def _timer(name: str, doc: str) -> Attribute:
    return _read("float", doc, lambda kernel: kernel.timers.get(name, 0.0), "s", status_only=True)


def _memory_size(kernel: Kernel) -> int:
    return in_use()


def _resize_log(kernel: Kernel) -> dict[str, np.ndarray]:
    return {key: np.empty(0) for key in ("global_max_spikes_sent", "new_buffer_size", "times")}


def _node_models(kernel: Kernel) -> list[str]:
    return sorted({model.name for model in kernel.node_models})


def _synapse_models(kernel: Kernel) -> list[str]:
    return sorted({model.name for model in kernel.synapse_models})


def _t_max(kernel: Kernel) -> float:
    return float(MOST_TICS // kernel.clock.tics_per_step) * kernel.clock.ms_per_step


SETTABLE: dict[str, Attribute] = {
    "dict_miss_is_error": Attribute("bool", "Whether unknown kernel attributes are errors or warnings", True),
    "verbosity": Attribute("VerbosityLevel", "Level from which on messages are shown",
                           read=lambda kernel: messages.verbosity(), survives_reset=True),
    "compute_backend": Attribute(
        "str", "What computes: 'native' (compiled loops on the CPU with NEST's digits, default) or 'jax' (array "
        "operations on JAX's default device); cannot be changed once the network has been simulated; the environment "
        f"variable {BACKEND_VARIABLE} sets the default",
        COMPUTE_BACKENDS[0], refused=lambda x: x not in COMPUTE_BACKENDS, error=errors.BadProperty,
        message="compute_backend has to be 'native' or 'jax'."),
    "adaptive_target_buffers": _buffer("bool", True, "Resize buffers for connections", survives_reset=True),
    "buffer_size_target_data": _buffer("int", 2, "Size of the buffer for connections", survives_reset=True),
    "buffer_size_spike_data": _buffer("int", 2, "Size of the buffer for spikes", survives_reset=True),
    "growth_factor_buffer_spike_data": _buffer(
        "float", 1.5, "Growth of the buffer for spikes", survives_reset=True, read_only=True, status_only=True),
    "growth_factor_buffer_target_data": _buffer("float", 1.5, "Growth of the buffer for connections",
                                                survives_reset=True),
    "max_buffer_size_target_data": _buffer(
        "int", 16777216, "Largest size of the buffer for connections", survives_reset=True, refused=lambda x: x < 0,
        error=errors.BadProperty, message="max_buffer_size_target_data >= 0 required."),
    "local_num_threads": Attribute("int", "Number of threads", 1),
    "total_num_virtual_procs": Attribute("int", "Number of virtual processes: threads times processes",
                                         read=lambda kernel: kernel.n_threads),
    "rng_seed": Attribute("int", "Seed of all random number generators, from 1 to 2**32 - 1", 143202461,
                          refused=lambda x: not 0 < x < 1 << 32, error=errors.BadProperty,
                          message="RNG seed must be in (0, 2^32-1)."),
    "rng_type": Attribute("str", "Type of the random number generators", "mt19937_64",
                          refused=lambda x: x not in RNG_TYPES, error=errors.BadProperty,
                          message=f"The RNG type is not known; known types are {', '.join(RNG_TYPES)}."),
    "biological_time": Attribute("float", "Present time; may only be set to 0", unit="ms",
                                 read=lambda kernel: kernel.clock.to_ms(kernel.simulation.step),
                                 refused=lambda x: x != 0, error=errors.BadProperty,
                                 message="The simulation time can only be set to 0.0."),
    "print_time": Attribute("bool", "Whether to show the progress of a simulation", False),
    "tics_per_ms": Attribute("int", "Tics per millisecond; to be changed together with the resolution", unit="1/ms",
                             read=lambda kernel: float(kernel.clock.tics_per_ms)),
    "resolution": Attribute("float", "Time step of the simulation", unit="ms",
                            read=lambda kernel: kernel.clock.resolution),
    "use_wfr": Attribute("bool", "Whether to iterate waveforms of continuously coupled neurons", True),
    "wfr_comm_interval": Attribute("float", "Interval of the iteration of waveforms", 1.0, "ms"),
    "wfr_tol": Attribute("float", "Tolerance of the iteration of waveforms", 1e-4, refused=lambda x: x < 0,
                         message="Tolerance must be zero or positive"),
    "wfr_max_iterations": Attribute("int", "Largest number of iterations of waveforms", 15, refused=lambda x: x <= 0,
                                    message="Maximal number of iterations for the waveform relaxation must be "
                                    "positive. To disable waveform relaxation set use_wfr instead."),
    "wfr_interpolation_order": Attribute("int", "Order of the polynomials for waveforms: 0, 1 or 3", 3,
                                         refused=lambda x: x not in (0, 1, 3),
                                         message="Interpolation order must be 0, 1, or 3."),
    "update_time_limit": Attribute("float", "Longest wall-clock time for one slice", math.inf, "s",
                                   refused=lambda x: x <= 0, message="update_time_limit > 0 required."),
    "eprop_update_interval": Attribute("float", "Interval of weight updates of e-prop", 1000.0, "ms",
                                       refused=lambda x: x <= 0, survives_reset=True,
                                       message="eprop_update_interval > 0 required."),
    "eprop_learning_window": Attribute("float", "Window in which learning signals of e-prop count", 1000.0, "ms",
                                       refused=lambda x: x <= 0, survives_reset=True,
                                       message="eprop_learning_window > 0 required."),
    "eprop_reset_neurons_on_update": Attribute("bool", "Whether e-prop neurons are reset at each update", True,
                                               survives_reset=True),
    "min_delay": Attribute("float", "Shortest delay in the network", unit="ms",
                           read=lambda kernel: kernel.clock.to_ms(kernel.connections.min_delay)),
    "max_delay": Attribute("float", "Longest delay in the network", unit="ms",
                           read=lambda kernel: kernel.clock.to_ms(kernel.connections.max_delay)),
    "keep_source_table": Attribute("bool", "Whether sources can be looked up after a simulation", True),
    "use_compressed_spikes": Attribute("bool", "Whether a spike travels once per process", True),
    "structural_plasticity_update_interval": Attribute("float", "Interval of structural updates", 10000.0, "ms"),
    "structural_plasticity_synapses": Attribute("dict", "Synapses that structural plasticity makes", {}),
    "spike_buffer_shrink_limit": _buffer(
        "float", 0.2, "Filling below which the buffer for spikes shrinks", refused=lambda x: x < 0,
        error=errors.BadProperty, message="buffer_shrink_limit >= 0 required."),
    "spike_buffer_shrink_spare": _buffer(
        "float", 0.1, "Spare room after the buffer for spikes has shrunk", refused=lambda x: not 0 <= x <= 1,
        error=errors.BadProperty, message="0 <= buffer_shrink_spare <= 1 required."),
    "spike_buffer_grow_extra": _buffer(
        "float", 0.5, "Spare room after the buffer for spikes has grown", refused=lambda x: x < 0,
        error=errors.BadProperty, message="buffer_grow_extra >= 0 required."),
    "data_path": Attribute("str", "Directory of data files", "", survives_reset=True),
    "data_prefix": Attribute("str", "First part of the names of data files", "", survives_reset=True),
    "overwrite_files": Attribute("bool", "Whether existing data files may be replaced", False),
}  # fmt: skip

READ_ONLY: dict[str, Attribute] = {
    "kernel_status": _read("dict", "All entries of the kernel's status", lambda kernel: kernel.attributes.status()),
    "build_info": _read("dict", "Version and build of the simulator", lambda kernel: build_info()),
    "memory_size": _read("int", "Memory of the process in kB", _memory_size),
    "to_do": _read("int", "Number of steps that are still to be simulated", lambda kernel: 0),
    "ms_per_tic": _read("float", "Length of a tic", lambda kernel: kernel.clock.ms_per_tic, "ms"),
    "tics_per_step": _read("int", "Tics per time step", lambda kernel: kernel.clock.tics_per_step),
    "T_max": _read("float", "Largest time that can be represented", _t_max, "ms"),
    "T_min": _read("float", "Smallest time that can be represented", lambda kernel: -_t_max(kernel), "ms"),
    "rng_types": _read("list[str]", "Types of random number generators", lambda kernel: list(RNG_TYPES)),
    "num_processes": _read("int", "Number of processes", lambda kernel: 1),
    "off_grid_spiking": _read("bool", "Whether there are neurons with precise spike times",
                              lambda kernel: kernel.off_grid_spiking),
    "send_buffer_size_secondary_events": _read("int", "Bytes sent for continuous coupling", lambda kernel: 0),
    "recv_buffer_size_secondary_events": _read("int", "Bytes received for continuous coupling", lambda kernel: 0),
    "spike_buffer_resize_log": _read("dict", "When the buffer for spikes was resized", _resize_log),
    "cycle_time_log": _read("dict", "Duration of each slice, in builds that measure it", _resize_log, available=False),
    "max_num_syn_models": _read("int", "Largest number of synapse models", lambda kernel: MAX_SYNAPSE_MODELS),
    "growth_curves": _read("list[str]", "Growth curves of synaptic elements", lambda kernel: list(GROWTH_CURVES)),
    "network_size": _read("int", "Number of nodes", lambda kernel: len(kernel.nodes)),
    "num_connections": _read("int", "Number of connections", lambda kernel: kernel.connections.num_connections),
    "connection_rules": _read("list[str]", "Rules of Connect", lambda kernel: sorted(RULES)),
    "node_models": _read("list[str]", "Models of neurons and devices", _node_models),
    "synapse_models": _read("list[str]", "Models of synapses", _synapse_models),
    "local_spike_counter": _read("int", "Number of spikes of neurons in the last run",
                                 lambda kernel: kernel.simulation.spike_count),
    "recording_backends": _read("list[str]", "Where recorders can record to", lambda kernel: sorted(BACKENDS)),
    "stimulation_backends": _read("list[str]", "Where stimulators can get their data from", lambda kernel: []),
    "min_update_time": _read("float", "Shortest wall-clock time of a slice", lambda kernel: math.inf, "s"),
    "max_update_time": _read("float", "Longest wall-clock time of a slice", lambda kernel: -math.inf, "s"),
    "prepared": _read("bool", "Whether Prepare has been called", lambda kernel: kernel.simulation.prepared,
                      status_only=True),
    "modules": _read("list[str]", "Names of installed modules", lambda kernel: [], status_only=True),
    "mpi_rank": _read("int", "Rank of the process", lambda kernel: 0, status_only=True),
    "time_communicate_prepare": _read("list[float]", "Wall-clock time of preparing exchanges",
                                      lambda kernel: np.zeros(kernel.n_threads), "s", status_only=True),
    "time_communicate_prepare_cpu": _read("list[float]", "Processor time of preparing exchanges",
                                          lambda kernel: np.zeros(kernel.n_threads), "s", status_only=True),
    "time_construction_connect": _timer("time_construction_connect", "Wall-clock time of connecting"),
    "time_construction_connect_cpu": _timer("time_construction_connect_cpu", "Processor time of connecting"),
    "time_construction_create": _timer("time_construction_create", "Wall-clock time of creating"),
    "time_construction_create_cpu": _timer("time_construction_create_cpu", "Processor time of creating"),
    "time_simulate": _timer("time_simulate", "Wall-clock time of simulating"),
    "time_simulate_cpu": _timer("time_simulate_cpu", "Processor time of simulating"),
}  # fmt: skip

ATTRIBUTES: dict[str, Attribute] = SETTABLE | READ_ONLY
