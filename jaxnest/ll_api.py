"""The part of PyNEST's lower layer that scripts meet."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, final

from jaxnest.kernel.kernel_status import kernel_status
from jaxnest.kernel.settings.attribute_table import ATTRIBUTES

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["KernelAttribute", "set_communicator"]


def set_communicator(comm: Any) -> None:
    """Accept a communicator of mpi4py, which jaxnest does not need.

    Raises
    ------
    ModuleNotFoundError
        If mpi4py has not been imported.
    """
    if "mpi4py" not in sys.modules:
        raise ModuleNotFoundError("No module named 'mpi4py'.")


@final
class KernelAttribute:
    """An attribute of the module that reads and writes an attribute of the kernel."""

    def __init__(self, name: str) -> None:
        attribute = ATTRIBUTES[name]
        self._name = name
        self._readonly = attribute.read_only
        self._default = attribute.default
        lines = [attribute.doc + ("" if attribute.default is None else f", defaults to ``{attribute.default}``") + "."]
        if attribute.unit:
            lines.append(f"Unit: {attribute.unit}")
        if attribute.read_only:
            lines.append("**read only**")
        self.__doc__ = "\n\n".join([*lines, f":type: {attribute.kind}"])

    def __get__(self, instance: ModuleType | None, owner: type | None = None) -> Any:
        return self if instance is None else kernel_status.get(self._name)

    def __set__(self, instance: ModuleType, value: Any) -> None:
        from jaxnest.api.collections.units import strip

        if self._readonly:
            raise AttributeError(f"`{self._name}` is a read only kernel attribute.")
        kernel_status.set({self._name: strip(value, ATTRIBUTES[self._name].unit, self._name)})


def __getattr__(name: str) -> Any:
    if name == "nestkernel":
        from jaxnest import nestkernel_api

        return nestkernel_api
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
