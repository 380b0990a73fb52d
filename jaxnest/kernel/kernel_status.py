"""The status of the kernel: all its settings as scripts see them, read and changed by the rules of NEST."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, final

import numpy as np

from jaxnest import errors
from jaxnest.kernel.connect.rules import RULES
from jaxnest.kernel.kernel import Kernel, kernel
from jaxnest.kernel.settings import messages
from jaxnest.kernel.settings.attribute_table import (
    ATTRIBUTES,
    MAX_SYNAPSE_MODELS,
    RNG_TYPES,
    SETTABLE,
)
from jaxnest.kernel.settings.attributes import Attributes, cast, cast_count
from jaxnest.kernel.settings.build_info import build_info
from jaxnest.kernel.settings.clock import Clock
from jaxnest.kernel.settings.memory import in_use
from jaxnest.kernel.settings.messages import VerbosityLevel
from jaxnest.kernel.tables.model_table import ModelTable
from jaxnest.kernel.tables.values import datum
from jaxnest.models.growth_curves import CURVES
from jaxnest.recording.registry import BACKENDS

MOST_TICS = (1 << 60) - 1
_MOST_THREADS = 1 << 16
"""More are a mistake. NEST stops where memory does."""


def _resize_log(_: Kernel) -> dict[str, np.ndarray]:
    return {key: np.empty(0) for key in ("global_max_spikes_sent", "new_buffer_size", "times")}


def _names(models: ModelTable) -> list[str]:
    return sorted({model.name for model in models})


def _t_max(kernel: Kernel) -> float:
    return float(MOST_TICS // kernel.clock.tics_per_step) * kernel.clock.ms_per_step


def _timer(name: str) -> Callable[[Kernel], float]:
    return lambda kernel: kernel.timers.get(name, 0.0)


COMPUTED: dict[str, Callable[[Kernel], Any]] = {
    "verbosity": lambda _: messages.verbosity(),
    "total_num_virtual_procs": lambda kernel: kernel.n_threads,
    "biological_time": lambda kernel: kernel.clock.to_ms(kernel.simulation.step),
    "tics_per_ms": lambda kernel: float(kernel.clock.tics_per_ms),
    "resolution": lambda kernel: kernel.clock.resolution,
    "min_delay": lambda kernel: kernel.clock.to_ms(kernel.connections.min_delay),
    "max_delay": lambda kernel: kernel.clock.to_ms(kernel.connections.max_delay),
    "kernel_status": lambda kernel: KernelStatus(kernel).all(),
    "build_info": lambda _: build_info(),
    "memory_size": lambda _: in_use(),
    "to_do": lambda kernel: kernel.simulation.to_do,
    "ms_per_tic": lambda kernel: kernel.clock.ms_per_tic,
    "tics_per_step": lambda kernel: kernel.clock.tics_per_step,
    "T_max": _t_max,
    "T_min": lambda kernel: -_t_max(kernel),
    "rng_types": lambda _: list(RNG_TYPES),
    "num_processes": lambda _: 1,
    "off_grid_spiking": lambda kernel: kernel.off_grid_spiking,
    "send_buffer_size_secondary_events": lambda _: 0,
    "recv_buffer_size_secondary_events": lambda _: 0,
    "spike_buffer_resize_log": _resize_log,
    "max_num_syn_models": lambda _: MAX_SYNAPSE_MODELS,
    "structural_plasticity_synapses": lambda kernel: kernel.structural.status(),
    "growth_curves": lambda _: [curve.name for curve in CURVES],
    "network_size": lambda kernel: len(kernel.nodes),
    "num_connections": lambda kernel: kernel.connections.num_connections,
    "connection_rules": lambda _: sorted(RULES),
    "node_models": lambda kernel: _names(kernel.node_models),
    "synapse_models": lambda kernel: _names(kernel.synapse_models),
    "local_spike_counter": lambda kernel: kernel.simulation.spike_count,
    "recording_backends": lambda _: sorted(BACKENDS),
    "stimulation_backends": lambda _: [],
    "min_update_time": lambda kernel: kernel.simulation.update_times[0],
    "max_update_time": lambda kernel: kernel.simulation.update_times[1],
    "prepared": lambda kernel: kernel.simulation.prepared,
    "modules": lambda _: [],
    "mpi_rank": lambda _: 0,
    "time_communicate_prepare": lambda kernel: np.zeros(kernel.n_threads),
    "time_communicate_prepare_cpu": lambda kernel: np.zeros(kernel.n_threads),
    "time_construction_connect": _timer("time_construction_connect"),
    "time_construction_connect_cpu": _timer("time_construction_connect_cpu"),
    "time_construction_create": _timer("time_construction_create"),
    "time_construction_create_cpu": _timer("time_construction_create_cpu"),
    "time_simulate": _timer("time_simulate"),
    "time_simulate_cpu": _timer("time_simulate_cpu"),
}
"""How attributes are read that are not merely stored."""


@final
class KernelStatus:
    """All settings of a kernel: reading, and the rules for changing them."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    @property
    def _stored(self) -> Attributes:
        return self._kernel.attributes

    # -- reading -----------------------------------------------------------------------------------

    def get(self, name: str) -> Any:
        """Return the value of one attribute.

        Raises
        ------
        KeyError
            If there is no such attribute, or it has no value in this build.
        """
        attribute = ATTRIBUTES[name]
        if not attribute.available:
            raise KeyError(name)
        return self._stored.get(name) if attribute.stored else COMPUTED[name](self._kernel)

    def all(self) -> dict[str, Any]:
        """Return all attributes that NEST has, and their values."""
        names = (n for n, a in ATTRIBUTES.items() if a.available and not a.own and n != "kernel_status")
        return {name: self.get(name) for name in sorted(names)}

    # -- writing -----------------------------------------------------------------------------------

    def set(self, changes: Mapping[str, Any]) -> None:
        """Change attributes, in the order of NEST whatever the order of `changes` is.

        A value that is refused leaves the attributes that come before it changed, as in NEST.

        Raises
        ------
        TypeMismatch
            If a value is of the wrong type.
        KernelException, BadProperty, BadDelay
            If a value is out of range, or cannot be changed at this moment.
        """
        for name, value in changes.items():
            datum(name, value)
        self._kernel.connections.patterns.forget()
        done: set[Any] = set()
        for name in [name for name in SETTABLE if name in changes] if len(changes) > 1 else changes:
            setter = _SETTERS.get(name)
            if setter is None:
                self._store(name, changes)
            elif setter not in done:
                done.add(setter)
                setter(self, changes)

    def _checked(self, name: str, changes: Mapping[str, Any]) -> Any:
        attribute = ATTRIBUTES[name]
        value = cast(name, changes[name], attribute.kind)
        if attribute.refused is not None and attribute.refused(value):
            raise attribute.error(attribute.message)
        return value

    def _store(self, name: str, changes: Mapping[str, Any]) -> None:
        self._stored.store(name, self._checked(name, changes))

    def _set_verbosity(self, changes: Mapping[str, Any]) -> None:
        messages.set_verbosity(self._checked("verbosity", changes))

    def _set_compute_backend(self, changes: Mapping[str, Any]) -> None:
        backend = self._checked("compute_backend", changes)
        if backend != self._stored.compute_backend and self._kernel.simulation.has_run:
            raise errors.KernelException("compute_backend cannot be changed after the network has been simulated.")
        self._stored.store("compute_backend", backend)
        if self._stored.follow_backend():
            self._kernel.seed_streams()

    def _set_threads(self, changes: Mapping[str, Any]) -> None:
        present = self._kernel.n_threads
        threads = cast_count("local_num_threads", changes.get("local_num_threads", present))
        if "total_num_virtual_procs" in changes:
            processes = cast_count("total_num_virtual_procs", changes["total_num_virtual_procs"])
            threads = threads if "local_num_threads" in changes else processes
            if processes != threads:
                raise errors.BadProperty(
                    f"total_num_virtual_procs ({processes}) has to equal local_num_threads ({threads}) times the "
                    "number of processes (1). Value unchanged."
                )
        if threads < 1:
            raise errors.BadProperty("The number of threads has to be at least 1. Value unchanged.")
        if threads > _MOST_THREADS:
            raise MemoryError(f"There is not enough memory for {threads} threads. Value unchanged.")
        if threads == present:
            return
        fixed = self._kernel.connections.delays.set_by_user
        obstacles = self._obstacles("Nodes exist") + ["Delay extrema have been set"] * fixed
        if self._kernel.structural.enabled and threads > 1:
            obstacles.append("Structural plasticity enabled: multithreading cannot be enabled")
        if obstacles:
            raise errors.KernelException(
                "Number of threads unchanged. Error conditions: " + " ".join(f"{o}." for o in obstacles)
            )
        self._stored.store("local_num_threads", threads)
        interval = "structural_plasticity_update_interval"
        self._stored.store(interval, ATTRIBUTES[interval].default)
        self._kernel.build(threads, self._kernel.clock)

    def _obstacles(self, nodes: str) -> list[str]:
        """Return what stands against a change of threads or resolution."""
        kernel = self._kernel
        conditions = {
            nodes: len(kernel.nodes) > 0,
            "Network has been simulated": kernel.simulation.has_run,
            "Model defaults were modified": kernel.node_models.changed or kernel.synapse_models.changed,
        }
        return [text for text, holds in conditions.items() if holds]

    def _set_rng(self, changes: Mapping[str, Any]) -> None:
        for name in ("rng_seed", "rng_type"):
            if name in changes:
                self._store(name, changes)
        self._stored.chose_rng_type |= "rng_type" in changes
        self._kernel.seed_streams()

    def _set_time(self, changes: Mapping[str, Any]) -> None:
        self._checked("biological_time", changes)
        if self._kernel.simulation.step > 0:
            messages.log(VerbosityLevel.WARNING, "Simulation time reset to t=0.0. Spikes on their way may be lost.")
            self._kernel.simulation.step = 0

    def _set_resolution(self, changes: Mapping[str, Any]) -> None:
        clock = self._kernel.clock
        tics_per_ms = clock.tics_per_ms
        if "tics_per_ms" in changes:
            tics_per_ms = cast("tics_per_ms", changes["tics_per_ms"], "int")
        resolution = cast("resolution", changes["resolution"], "float") if "resolution" in changes else None
        obstacles = self._obstacles("Nodes have already been created")
        if len(obstacles) == 1:
            raise errors.KernelException(f"{obstacles[0]}: time representation cannot be changed.")
        if obstacles:
            raise errors.KernelException(
                "Time representation unchanged. Error conditions: " + " ".join(f"{o}." for o in obstacles)
            )
        if resolution is None:
            raise errors.KernelException("Change of tics_per_ms requires simultaneous specification of resolution.")
        tics = resolution * tics_per_ms if "tics_per_ms" in changes else resolution / clock.ms_per_tic
        if not resolution >= 1 / tics_per_ms:
            raise errors.KernelException("Resolution must be greater than or equal to one tic. Value unchanged.")
        if not _is_whole(tics):
            raise errors.KernelException("Resolution must be a multiple of the tic length. Value unchanged.")
        self._kernel.change_clock(Clock(math.floor(float(tics_per_ms) * resolution + 0.5), tics_per_ms))
        if "tics_per_ms" in changes:
            text = (
                f"Tics per ms and resolution changed from {clock.tics_per_ms} tics and {clock.resolution:g} ms "
                f"to {tics_per_ms} tics and {resolution:g} ms."
            )
        else:
            text = f"Temporal resolution changed from {clock.resolution:g} to {resolution:g} ms."
        messages.log(VerbosityLevel.INFO, text)
        self._fit_wfr_interval()

    def _set_use_wfr(self, changes: Mapping[str, Any]) -> None:
        use = self._checked("use_wfr", changes)
        if len(self._kernel.nodes):
            raise errors.KernelException("use_wfr cannot be changed after nodes have been created.")
        self._stored.store("use_wfr", use)
        self._fit_wfr_interval()

    def _fit_wfr_interval(self) -> None:
        resolution = self._kernel.clock.resolution
        if self._stored.wfr_comm_interval < resolution or not self._stored.use_wfr:
            self._stored.store("wfr_comm_interval", resolution)

    def _set_wfr_interval(self, changes: Mapping[str, Any]) -> None:
        interval = self._checked("wfr_comm_interval", changes)
        if not self._stored.use_wfr:
            raise errors.KernelException("wfr_comm_interval cannot be set while use_wfr is False.")
        if self._kernel.connections.num_connections:
            raise errors.KernelException("wfr_comm_interval cannot be changed after connections have been created.")
        if interval < self._kernel.clock.resolution:
            raise errors.KernelException(
                "Communication interval of the waveform relaxation must be greater or equal to the resolution."
            )
        self._stored.store("wfr_comm_interval", interval)
        messages.log(VerbosityLevel.INFO, "Waveform communication interval changed successfully.")

    def _set_learning_window(self, changes: Mapping[str, Any]) -> None:
        window = self._checked("eprop_learning_window", changes)
        if window > self._stored.eprop_update_interval:
            raise errors.KernelException("eprop_learning_window <= eprop_update_interval required.")
        self._stored.store("eprop_learning_window", window)

    def _set_delay_limits(self, changes: Mapping[str, Any]) -> None:
        limits = [cast(name, changes[name], "float") for name in ("min_delay", "max_delay") if name in changes]
        if len(limits) != 2:
            raise errors.BadProperty("Both min_delay and max_delay have to be specified")
        self._kernel.connections.set_extrema(*limits)

    def _set_structural_synapses(self, changes: Mapping[str, Any]) -> None:
        name = "structural_plasticity_synapses"
        self._kernel.structural.define(cast(name, datum(name, changes[name]), "dict"))

    def _set_keep_source_table(self, changes: Mapping[str, Any]) -> None:
        keep = self._checked("keep_source_table", changes)
        self._stored.store("keep_source_table", keep)
        if not keep and self._kernel.structural.enabled:
            raise errors.KernelException(
                "If structural plasticity is enabled, keep_source_table can not be set to false."
            )

    def _set_target_buffer(self, changes: Mapping[str, Any]) -> None:
        size = self._checked("buffer_size_target_data", changes)
        most = self._stored.max_buffer_size_target_data
        if size < most:  # NEST ignores larger sizes, and takes negative ones for very large ones
            self._stored.store("buffer_size_target_data", size if size >= 0 else most)

    def _set_data_path(self, changes: Mapping[str, Any]) -> None:
        path = self._checked("data_path", changes)
        if os.path.isdir(path):
            self._stored.store("data_path", path)
        else:
            why = "is not a directory" if os.path.exists(path) else "does not exist"
            messages.log(VerbosityLevel.ERROR, f"Variable data_path not set: '{path}' {why}.")

    def _set_data_prefix(self, changes: Mapping[str, Any]) -> None:
        prefix = self._checked("data_prefix", changes)
        if "/" in prefix:
            messages.log(VerbosityLevel.ERROR, "Data prefix must not contain path elements.")
        else:
            self._stored.store("data_prefix", prefix)


_SETTERS: dict[str, Callable[[KernelStatus, Mapping[str, Any]], None]] = {
    "verbosity": KernelStatus._set_verbosity,
    "compute_backend": KernelStatus._set_compute_backend,
    "local_num_threads": KernelStatus._set_threads,
    "total_num_virtual_procs": KernelStatus._set_threads,
    "rng_seed": KernelStatus._set_rng,
    "rng_type": KernelStatus._set_rng,
    "biological_time": KernelStatus._set_time,
    "tics_per_ms": KernelStatus._set_resolution,
    "resolution": KernelStatus._set_resolution,
    "use_wfr": KernelStatus._set_use_wfr,
    "wfr_comm_interval": KernelStatus._set_wfr_interval,
    "eprop_learning_window": KernelStatus._set_learning_window,
    "min_delay": KernelStatus._set_delay_limits,
    "max_delay": KernelStatus._set_delay_limits,
    "structural_plasticity_synapses": KernelStatus._set_structural_synapses,
    "keep_source_table": KernelStatus._set_keep_source_table,
    "buffer_size_target_data": KernelStatus._set_target_buffer,
    "data_path": KernelStatus._set_data_path,
    "data_prefix": KernelStatus._set_data_prefix,
}
"""What changes attributes that are not stored as they are."""


def _is_whole(x: float) -> bool:
    """True if `x` is an integer but for two bits of rounding."""
    fraction = math.modf(x)[0]
    fraction = 1 - fraction if fraction > 0.5 else fraction
    return fraction < 4 * x * sys.float_info.epsilon


kernel_status = KernelStatus(kernel)
