"""What a growth curve is: how the number of synaptic elements follows the calcium concentration."""

from __future__ import annotations

import abc
from collections.abc import Mapping
from typing import ClassVar

MOST_PARAMETERS = 2


class GrowthCurve(abc.ABC):
    """How fast synaptic elements grow, in dependence on the calcium concentration.

    A curve is never instantiated; `grow` is compiled.
    """

    name: ClassVar[str]
    parameters: ClassVar[Mapping[str, float]]
    """Names and defaults of at most `MOST_PARAMETERS` parameters."""

    @staticmethod
    @abc.abstractmethod
    def grow(
        t: float, last: float, calcium: float, z: float, tau: float, rate: float, step: float, p: float, q: float
    ) -> float:
        """Return the number of elements at a time.

        Parameters
        ----------
        t, last
            The time, and that of the last update, in ms.
        calcium, z
            Calcium concentration and number of elements at the last update.
        tau
            Time constant of the calcium concentration, in ms.
        rate
            Growth rate, in elements per ms.
        step
            Resolution of the simulation, in ms.
        p, q
            The parameters, in the order of their declaration.
        """

    @classmethod
    def refusal(cls, parameters: Mapping[str, float]) -> str:
        """Return what is wrong with parameters; nothing by default."""
        del parameters
        return ""
