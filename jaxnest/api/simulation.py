"""Running the simulation, and the settings of the kernel."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import Any, NoReturn

import numpy as np

from jaxnest import errors
from jaxnest.api.collections import units
from jaxnest.kernel.kernel import kernel
from jaxnest.kernel.kernel_status import kernel_status
from jaxnest.kernel.settings.attribute_table import ATTRIBUTES

__all__ = [
    "Cleanup",
    "DisableStructuralPlasticity",
    "EnableStructuralPlasticity",
    "GetKernelStatus",
    "Install",
    "Prepare",
    "ResetKernel",
    "Run",
    "RunManager",
    "SetKernelStatus",
    "Simulate",
]


def Simulate(t: Any) -> None:
    """Simulate the network: Prepare, Run and Cleanup.

    Parameters
    ----------
    t : float
        Time to simulate in ms, a multiple of the resolution.

    Raises
    ------
    BadParameter
        If the time is negative, not finite, or not on the grid.
    KernelException
        If Prepare has been called already.
    """
    kernel.simulation.simulate(_duration(t))


def Run(t: Any) -> None:
    """Simulate the network between Prepare and Cleanup.

    Parameters, states and weights may change between two runs; what Prepare computed from parameters, such as
    propagators, stays as it is until the next Prepare. There can be no other nodes or connections.

    Parameters
    ----------
    t : float
        Time to simulate in ms, a multiple of the resolution.

    Raises
    ------
    BadParameter
        If the time is negative, not finite, or not on the grid.
    KernelException
        If Prepare has not been called.
    NotImplemented
        If nodes or connections were created or removed since Prepare.
    """
    kernel.simulation.run(_duration(t))


def _duration(t: Any) -> float:
    t = units.strip(t, "ms", "t")
    if isinstance(t, str) or not hasattr(t, "__float__"):
        raise TypeError(f"must be real number, not {type(t).__name__}")
    return float(t)


def Prepare() -> None:
    """Get the network ready for calls of Run."""
    kernel.simulation.prepare()


def Cleanup() -> None:
    """End a series of calls of Run: close files."""
    kernel.simulation.cleanup()


@contextlib.contextmanager
def RunManager() -> Iterator[None]:
    """Return a context for calls of Run: Prepare at the beginning, Cleanup at the end.

    Examples
    --------
    >>> import jaxnest as nest
    >>> with nest.RunManager():
    ...     for _ in range(10):
    ...         nest.Run(10.0)
    """
    Prepare()
    try:
        yield
    finally:
        Cleanup()


def ResetKernel() -> None:
    """Delete the network, copied models and changed defaults; start anew with default settings.

    As in NEST, `verbosity`, `data_path`, `data_prefix`, and some settings of buffers and e-prop survive.
    """
    kernel.reset()


def SetKernelStatus(params: dict[str, Any]) -> None:
    """Set attributes of the kernel.

    Parameters
    ----------
    params : dict
        Names and values. They are set in a fixed order: threads, random numbers, resolution, delay
        limits, the rest.

    Raises
    ------
    ValueError
        If an attribute does not exist or cannot be set; with ``dict_miss_is_error=False`` such entries
        are ignored with a warning.
    KernelException
        Of several kinds, if a value is refused.
    """
    strict = params.get("dict_miss_is_error", kernel.attributes.dict_miss_is_error)
    changes = {}
    for key, value in params.items():
        problem = _problem(key)
        if problem and strict:
            raise ValueError(problem)
        if problem:
            warnings.warn(f"{problem} \n`{key}` has been ignored", stacklevel=2)
        else:
            changes[key] = value
    kernel_status.set(units.strip_all(changes, lambda key: ATTRIBUTES[key].unit))


def _problem(key: Any) -> str:
    attribute = ATTRIBUTES.get(key)
    if attribute is None or attribute.status_only:
        names = sorted(name for name, a in ATTRIBUTES.items() if not a.status_only)
        hint = errors.nearest(str(key), names)
        listed = ", ".join(f"'{name}'" for name in names)
        return f"`{key}` is not a valid kernel parameter.{hint} Valid parameters are: {listed}"
    return f"`{key}` is a readonly kernel parameter" if attribute.read_only else ""


def GetKernelStatus(keys: Any = None) -> Any:
    """Return attributes of the kernel.

    Parameters
    ----------
    keys : str or list of str, optional
        One name, or several.

    Returns
    -------
    dict, scalar or tuple
        All attributes, the value of one name, or a tuple of values.

    Raises
    ------
    KeyError
        If there is no such attribute.
    TypeError
        If `keys` are no names.
    """
    if keys is None:
        return kernel_status.all()
    if isinstance(keys, str):
        return _value(keys)
    if np.iterable(keys):
        return tuple(_value(key) for key in keys)
    raise TypeError("keys should be either a string or an iterable")


def _value(key: str) -> Any:
    if key == "kernel_status" or key not in ATTRIBUTES:
        raise errors.missing_key(key, ATTRIBUTES)
    return kernel_status.get(key)


def Install(module_name: str) -> NoReturn:
    """Load a compiled module of models; there is none that jaxnest could load.

    Parameters
    ----------
    module_name : str
        Name of the module.

    Raises
    ------
    DynamicModuleManagementError
        Always, as by NEST for a module that it does not find. Models are classes in Python instead, see the
        documentation on own models.
    AttributeError
        If the name is no string.
    """
    if not isinstance(module_name, str):
        raise AttributeError(f"the name of a module has to be a string, not {module_name!r}.")
    if not module_name:
        raise errors.DynamicModuleManagementError("Module name must not be empty.")
    raise errors.DynamicModuleManagementError(
        f"Module '{module_name}' could not be opened.\njaxnest loads no compiled modules; models are classes in Python."
    )


def EnableStructuralPlasticity() -> None:
    """Let structural plasticity make and remove connections in runs, every `structural_plasticity_update_interval` ms.

    Which ones is said by the kernel attribute `structural_plasticity_synapses`, and by the `synaptic_elements` of
    neurons.

    Raises
    ------
    KernelException
        If there are several threads, or if `keep_source_table` or `use_compressed_spikes` is False.

    See Also
    --------
    DisableStructuralPlasticity

    Examples
    --------
    >>> import jaxnest as nest
    >>> contacts = {"pre_synaptic_element": "Axon", "post_synaptic_element": "Dendrite"}
    >>> nest.structural_plasticity_synapses = {"new": {"synapse_model": "static_synapse", **contacts}}
    >>> elements = {name: {"growth_curve": "linear", "growth_rate": 0.01} for name in contacts.values()}
    >>> neurons = nest.Create("iaf_psc_alpha", 3, {"synaptic_elements": elements})
    >>> nest.structural_plasticity_update_interval = 250.0
    >>> nest.EnableStructuralPlasticity()
    >>> nest.Simulate(600.0)
    >>> nest.num_connections
    15
    """
    kernel.structural.enable()


def DisableStructuralPlasticity() -> None:
    """Let structural plasticity make and remove no more connections; synaptic elements still grow.

    See Also
    --------
    EnableStructuralPlasticity
    """
    kernel.structural.disable()
