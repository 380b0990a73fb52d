r"""What neurons with gap junctions have in common.

The current of a gap junction is proportional to the difference of two membrane potentials. While a neuron is integrated
over a time step, the potentials of its partners are polynomials of the time, of order 0, 1 or 3 (kernel attribute
``wfr_interpolation_order``), so that the sum of all currents is

.. math:: I_{gap} = -V \sum_j g_j + \sum_{k=0}^3 r^k \sum_j g_j c_{jk}

with :math:`r` the time since the beginning of the step, in units of the step.

References
----------
Hahne, Helias, Kunkel, Igarashi, Bolten, Frommer & Diesmann (2015), Frontiers in Neuroinformatics 9:22.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.ode import OdeNeuron
from jaxnest.models.contract.secondary import CONSTANT, POTENTIAL, Hearing, Signal, Term


@ops.helper
def gap_current(v: Any, s: Any, x: Any, t: Any) -> Any:
    """Return the sum of the currents of all gap junctions (pA) at the time `t` since the beginning of the step."""
    r = t / v.resolution
    return -x.gap_conductance * s.V_m + x.gap_0 + x.gap_1 * r + x.gap_2 * r * r + x.gap_3 * r * r * r


def potential(slope: Callable[[Any, Any, Any, Any], Any]) -> Signal:
    """Return what a neuron sends: the coefficients of its potential in each step.

    Parameters
    ----------
    slope
        ``slope(v, s, x, t)``: the derivative of the membrane potential.
    """

    def values(v: Any, before: Any, after: Any, x: Any) -> tuple[Any, ...]:
        begin, end = before.V_m, after.V_m
        rise = v.resolution * slope(v, before, x, 0.0)
        fall = v.resolution * slope(v, after, x, v.resolution)
        cubic, linear = v.wfr_interpolation_order == 3, v.wfr_interpolation_order == 1
        return (
            begin,
            ops.where(cubic, rise, ops.where(linear, end - begin, 0.0)),
            ops.where(cubic, -3 * begin + 3 * end - 2 * rise - fall, 0.0),
            ops.where(cubic, 2 * begin - 2 * end + rise + fall, 0.0),
        )

    def held(v: Any, s: Any) -> tuple[Any, ...]:
        return s.V_m, 0.0, 0.0, 0.0

    return Signal(values, held)


class GapNeuron(OdeNeuron, abstract=True):
    """Base of neurons with gap junctions; a model adds its `signals`."""

    compared = "V_m"
    not_restored = ("integration_step",)
    kernel_values = ("wfr_interpolation_order",)
    absolute_error = 1e-6
    may_be_undefined = True
    spike_receptors = {0: ("spikes_ex", "spikes_in")}
    current_receptors = {0: "current"}
    hears = {
        POTENTIAL: Hearing(
            (Term("gap_conductance", component=CONSTANT), *(Term(f"gap_{k}", component=k) for k in range(4)))
        )
    }
