"""The kernel attributes: name, type, default, meaning, and what refuses a value.

This table is the only place where an attribute is declared. Its order is the order in which one call
of ``nest.set`` applies settings, whatever order the script gives them in.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

from jaxnest import errors

BACKEND_VARIABLE = "JAXNEST_BACKEND"
COMPUTE_BACKENDS = ("native", "jax")
RNG_TYPES = ("Philox_32", "Philox_64", "Threefry_32", "Threefry_64", "jax", "mt19937", "mt19937_64")
MAX_SYNAPSE_MODELS = 511


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
        Value after a reset, for attributes that are stored.
    unit
        Unit of the values.
    stored
        Whether the kernel merely stores the value; others are computed when they are asked for.
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
    own
        Whether NEST lacks the attribute. It is read and set like others, but the lists of names are NEST's.
    """

    kind: str
    doc: str
    default: Any = None
    unit: str = ""
    stored: bool = True
    read_only: bool = False
    refused: Callable[[Any], bool] | None = None
    message: str = ""
    error: type[Exception] = errors.KernelException
    survives_reset: bool = False
    status_only: bool = False
    available: bool = True
    own: bool = False


def _computed(kind: str, doc: str, unit: str = "", **options: Any) -> Attribute:
    return Attribute(kind, doc, unit=unit, stored=False, read_only=True, **options)


def _buffer(kind: str, default: Any, doc: str, **options: Any) -> Attribute:
    return Attribute(kind, f"{doc} (kept for scripts; jaxnest sizes its buffers itself)", default, **options)


def _timer(doc: str) -> Attribute:
    return _computed("float", doc, "s", status_only=True)


SETTABLE: dict[str, Attribute] = {
    "dict_miss_is_error": Attribute("bool", "Whether unknown kernel attributes are errors or warnings", True),
    "verbosity": Attribute("VerbosityLevel", "Level from which on messages are shown", stored=False,
                           survives_reset=True),
    "compute_backend": Attribute(
        "str", "What computes: 'native' (compiled loops on the CPU with NEST's digits, default) or 'jax' (array "
        "operations on JAX's default device); cannot be changed once the network has been simulated; the environment "
        f"variable {BACKEND_VARIABLE} sets the default. With 'jax' rng_type is 'jax', unless you choose another one",
        COMPUTE_BACKENDS[0], refused=lambda x: x not in COMPUTE_BACKENDS, error=errors.BadProperty,
        message="compute_backend has to be 'native' or 'jax'.", own=True),
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
    "total_num_virtual_procs": Attribute("int", "Number of virtual processes: threads times processes", stored=False),
    "rng_seed": Attribute("int", "Seed of all random number generators, from 1 to 2**32 - 1", 143202461,
                          refused=lambda x: not 0 < x < 1 << 32, error=errors.BadProperty,
                          message="RNG seed must be in (0, 2^32-1)."),
    "rng_type": Attribute("str", "Type of the random number generators", "mt19937_64",
                          refused=lambda x: x not in RNG_TYPES, error=errors.BadProperty,
                          message=f"The RNG type is not known; known types are {', '.join(RNG_TYPES)}."),
    "biological_time": Attribute("float", "Present time; may only be set to 0", unit="ms", stored=False,
                                 refused=lambda x: x != 0, error=errors.BadProperty,
                                 message="The simulation time can only be set to 0.0."),
    "print_time": Attribute("bool", "Whether to show the progress of a simulation", False),
    "tics_per_ms": Attribute("int", "Tics per millisecond; to be changed together with the resolution", unit="1/ms",
                             stored=False),
    "resolution": Attribute("float", "Time step of the simulation", unit="ms", stored=False),
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
    "min_delay": Attribute("float", "Shortest delay in the network", unit="ms", stored=False),
    "max_delay": Attribute("float", "Longest delay in the network", unit="ms", stored=False),
    "keep_source_table": Attribute("bool", "Whether sources can be looked up after a simulation", True),
    "use_compressed_spikes": Attribute("bool", "Whether a spike travels once per process", True),
    "structural_plasticity_update_interval": Attribute("float", "Interval of structural updates", 10000.0, "ms"),
    "structural_plasticity_synapses": Attribute("dict", "Synapses that structural plasticity makes", stored=False),
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
    "kernel_status": _computed("dict", "All entries of the kernel's status"),
    "build_info": _computed("dict", "Version and build of the simulator"),
    "memory_size": _computed("int", "Memory of the process in kB"),
    "to_do": _computed("int", "Number of steps that are still to be simulated"),
    "ms_per_tic": _computed("float", "Length of a tic", "ms"),
    "tics_per_step": _computed("int", "Tics per time step"),
    "T_max": _computed("float", "Largest time that can be represented", "ms"),
    "T_min": _computed("float", "Smallest time that can be represented", "ms"),
    "rng_types": _computed("list[str]", "Types of random number generators"),
    "num_processes": _computed("int", "Number of processes"),
    "off_grid_spiking": _computed("bool", "Whether there are neurons with precise spike times"),
    "send_buffer_size_secondary_events": _computed("int", "Bytes sent for continuous coupling"),
    "recv_buffer_size_secondary_events": _computed("int", "Bytes received for continuous coupling"),
    "spike_buffer_resize_log": _computed("dict", "When the buffer for spikes was resized"),
    "cycle_time_log": _computed("dict", "Duration of each slice, in builds that measure it", available=False),
    "max_num_syn_models": _computed("int", "Largest number of synapse models"),
    "growth_curves": _computed("list[str]", "Growth curves of synaptic elements"),
    "network_size": _computed("int", "Number of nodes"),
    "num_connections": _computed("int", "Number of connections"),
    "connection_rules": _computed("list[str]", "Rules of Connect"),
    "node_models": _computed("list[str]", "Models of neurons and devices"),
    "synapse_models": _computed("list[str]", "Models of synapses"),
    "local_spike_counter": _computed("int", "Number of spikes of neurons in the last run"),
    "recording_backends": _computed("list[str]", "Where recorders can record to"),
    "stimulation_backends": _computed("list[str]", "Where stimulators can get their data from"),
    "min_update_time": _computed("float", "Shortest wall-clock time of a slice", "s"),
    "max_update_time": _computed("float", "Longest wall-clock time of a slice", "s"),
    "prepared": _computed("bool", "Whether Prepare has been called", status_only=True),
    "modules": _computed("list[str]", "Names of installed modules", status_only=True),
    "mpi_rank": _computed("int", "Rank of the process", status_only=True),
    "time_communicate_prepare": _computed("list[float]", "Wall-clock time of preparing exchanges", "s",
                                          status_only=True),
    "time_communicate_prepare_cpu": _computed("list[float]", "Processor time of preparing exchanges", "s",
                                              status_only=True),
    "time_construction_connect": _timer("Wall-clock time of connecting"),
    "time_construction_connect_cpu": _timer("Processor time of connecting"),
    "time_construction_create": _timer("Wall-clock time of creating"),
    "time_construction_create_cpu": _timer("Processor time of creating"),
    "time_simulate": _timer("Wall-clock time of simulating"),
    "time_simulate_cpu": _timer("Processor time of simulating"),
}  # fmt: skip

ATTRIBUTES: dict[str, Attribute] = SETTABLE | READ_ONLY
