"""The settings of the kernel: storing, reading, and the rules for changing them."""

from __future__ import annotations

import copy
import math
import numbers
import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, final

import numpy as np

from jaxnest import errors
from jaxnest.kernel.settings import messages
from jaxnest.kernel.settings.attribute_table import ATTRIBUTES, BACKEND_VARIABLE, SETTABLE, Attribute
from jaxnest.kernel.settings.clock import Clock
from jaxnest.kernel.settings.messages import VerbosityLevel
from jaxnest.kernel.tables.values import datum

if TYPE_CHECKING:
    from jaxnest.kernel.kernel import Kernel


@final
class Attributes:
    """Values of the kernel attributes; stored ones are attributes of this object (``attributes.rng_seed``)."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._values: dict[str, Any] = {}
        self._special: dict[str, Callable[[Mapping[str, Any]], None]] = {
            "verbosity": self._set_verbosity,
            "compute_backend": lambda changes: self._set_before_runs("compute_backend", changes),
            "local_num_threads": self._set_threads,
            "total_num_virtual_procs": self._set_threads,
            "rng_seed": self._set_rng,
            "rng_type": self._set_rng,
            "biological_time": self._set_time,
            "tics_per_ms": self._set_resolution,
            "resolution": self._set_resolution,
            "use_wfr": self._set_use_wfr,
            "wfr_comm_interval": self._set_wfr_interval,
            "eprop_learning_window": self._set_learning_window,
            "min_delay": self._set_delay_limits,
            "max_delay": self._set_delay_limits,
            "structural_plasticity_synapses": self._set_structural_synapses,
            "buffer_size_target_data": self._set_target_buffer,
            "data_path": self._set_data_path,
            "data_prefix": self._set_data_prefix,
        }

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_values"][name]
        except KeyError:
            raise AttributeError(name) from None

    def reset(self) -> None:
        """Give all stored attributes their defaults, except those that outlive ResetKernel."""
        for name, attribute in ATTRIBUTES.items():
            if attribute.read is None and not (attribute.survives_reset and name in self._values):
                self._values[name] = copy.copy(attribute.default)
        self._values["compute_backend"] = os.environ.get(BACKEND_VARIABLE, ATTRIBUTES["compute_backend"].default)

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
        return copy.copy(self._values[name]) if attribute.read is None else attribute.read(self._kernel)

    def status(self) -> dict[str, Any]:
        """Return all attributes and their values."""
        names = (n for n, a in ATTRIBUTES.items() if a.available and n != "kernel_status")
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
        done: set[Any] = set()
        for name in SETTABLE:
            if name not in changes:
                continue
            setter = self._special.get(name)
            if setter is None:
                self._store(name, changes)
            elif setter not in done:
                done.add(setter)
                setter(changes)

    def _checked(self, name: str, changes: Mapping[str, Any]) -> Any:
        attribute = ATTRIBUTES[name]
        value = cast(name, changes[name], attribute.kind)
        if attribute.refused is not None and attribute.refused(value):
            raise _refusal(attribute)
        return value

    def _store(self, name: str, changes: Mapping[str, Any]) -> None:
        self._values[name] = self._checked(name, changes)

    def _set_verbosity(self, changes: Mapping[str, Any]) -> None:
        messages.set_verbosity(self._checked("verbosity", changes))

    def _set_before_runs(self, name: str, changes: Mapping[str, Any]) -> None:
        value = self._checked(name, changes)
        if value != self._values[name] and self._kernel.simulation.has_run:
            raise errors.KernelException(f"{name} cannot be changed after the network has been simulated.")
        self._values[name] = value

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
        if threads == present:
            return
        fixed = self._kernel.connections.delays.set_by_user
        obstacles = self._obstacles("Nodes exist") + ["Delay extrema have been set"] * fixed
        if obstacles:
            raise errors.KernelException(
                "Number of threads unchanged. Error conditions: " + " ".join(f"{o}." for o in obstacles)
            )
        self._values["local_num_threads"] = threads
        self._kernel.build(threads)

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
        if self.wfr_comm_interval < self._kernel.clock.resolution or not self.use_wfr:
            self._values["wfr_comm_interval"] = self._kernel.clock.resolution

    def _set_use_wfr(self, changes: Mapping[str, Any]) -> None:
        use = self._checked("use_wfr", changes)
        if len(self._kernel.nodes):
            raise errors.KernelException("use_wfr cannot be changed after nodes have been created.")
        self._values["use_wfr"] = use
        if not use:
            self._values["wfr_comm_interval"] = self._kernel.clock.resolution

    def _set_wfr_interval(self, changes: Mapping[str, Any]) -> None:
        interval = self._checked("wfr_comm_interval", changes)
        if not self.use_wfr:
            raise errors.KernelException("wfr_comm_interval cannot be set while use_wfr is False.")
        if self._kernel.connections.num_connections:
            raise errors.KernelException("wfr_comm_interval cannot be changed after connections have been created.")
        if interval < self._kernel.clock.resolution:
            raise errors.KernelException(
                "Communication interval of the waveform relaxation must be greater or equal to the resolution."
            )
        self._values["wfr_comm_interval"] = interval
        messages.log(VerbosityLevel.INFO, "Waveform communication interval changed successfully.")

    def _set_learning_window(self, changes: Mapping[str, Any]) -> None:
        window = self._checked("eprop_learning_window", changes)
        if window > self.eprop_update_interval:
            raise errors.KernelException("eprop_learning_window <= eprop_update_interval required.")
        self._values["eprop_learning_window"] = window

    def _set_delay_limits(self, changes: Mapping[str, Any]) -> None:
        limits = [cast(name, changes[name], "float") for name in ("min_delay", "max_delay") if name in changes]
        if len(limits) != 2:
            raise errors.BadProperty("Both min_delay and max_delay have to be specified")
        self._kernel.connections.set_extrema(*limits)

    def _set_structural_synapses(self, changes: Mapping[str, Any]) -> None:
        if cast("structural_plasticity_synapses", changes["structural_plasticity_synapses"], "dict"):
            raise errors.NotImplemented("Structural plasticity is not implemented yet.")

    def _set_target_buffer(self, changes: Mapping[str, Any]) -> None:
        size = self._checked("buffer_size_target_data", changes)
        most = self.max_buffer_size_target_data
        if size < most:  # NEST ignores larger sizes, and takes negative ones for very large ones
            self._values["buffer_size_target_data"] = size if size >= 0 else most

    def _set_data_path(self, changes: Mapping[str, Any]) -> None:
        path = self._checked("data_path", changes)
        if os.path.isdir(path):
            self._values["data_path"] = path
        else:
            why = "is not a directory" if os.path.exists(path) else "does not exist"
            messages.log(VerbosityLevel.ERROR, f"Variable data_path not set: '{path}' {why}.")

    def _set_data_prefix(self, changes: Mapping[str, Any]) -> None:
        prefix = self._checked("data_prefix", changes)
        if "/" in prefix:
            messages.log(VerbosityLevel.ERROR, "Data prefix must not contain path elements.")
        else:
            self._values["data_prefix"] = prefix


_ACCEPTED: dict[str, tuple[type, ...]] = {
    "bool": (bool, np.bool_),
    "int": (int, np.integer),
    "float": (int, float, np.integer, np.floating, np.bool_),
    "str": (str,),
    "dict": (dict,),
    "VerbosityLevel": (VerbosityLevel,),
}
_TYPES: dict[str, Callable[[Any], Any]] = {"bool": bool, "int": int, "float": float, "str": str, "dict": dict}
_CPP = {"bool": "bool", "int": "long", "float": "double", "str": "std::string", "dict": "Dictionary",
        "VerbosityLevel": "nest::VerbosityLevel"}  # fmt: skip


def cast(name: str, value: Any, kind: str) -> Any:
    """Return `value` as the type of its attribute, refusing what NEST refuses.

    Raises
    ------
    TypeMismatch
        If the value is of another type. Integers do for floats, but not the other way round.
    """
    wrong_flag = isinstance(value, bool) and kind == "int"
    if isinstance(value, _ACCEPTED[kind]) and not wrong_flag:
        return _TYPES.get(kind, lambda x: x)(value)
    plain = value.item() if isinstance(value, np.generic) else value
    found = _CPP.get(type(plain).__name__, type(value).__name__)
    raise errors.TypeMismatch(f"Expected datatype: Failed to cast '{name}' from {found} to type {_CPP[kind]}.")


def cast_count(name: str, value: Any) -> int:
    """Return a number of threads as an integer, with the errors of NEST.

    Raises
    ------
    RuntimeError
        If the value is no integer.
    IndexError
        If it is negative.
    """
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise RuntimeError(f"{name} has to be an integer, not {value!r} ({type(value).__name__}).")
    if value < 0:
        raise IndexError(f"{name} cannot be negative, but {value} was given.")
    return int(value)


def _refusal(attribute: Attribute) -> Exception:
    return attribute.error(attribute.message)


def _is_whole(x: float) -> bool:
    """True if `x` is an integer but for two bits of rounding."""
    fraction = math.modf(x)[0]
    fraction = 1 - fraction if fraction > 0.5 else fraction
    return fraction < 4 * x * sys.float_info.epsilon
