r"""What voltage-dependent synapses read from their target: what its filtered potential would change, step by step.

A neuron that takes part names the recordables with its potential and averages of it (`Node.filtered_voltages`). In each
step, with the potential :math:`u` and two of the averages as they were `delay_u_bars` ago, it notes a potentiation and
a depression,

.. math:: A_{LTP}(u - \theta_+)_+(\bar u_+ - \theta_-)_+ h \quad\text{and}\quad A_{LTD}(\bar u_- - \theta_-)_+ ,

the latter times :math:`\bar{\bar u}^2/u_{ref}^2` unless `A_LTD_const`. A neuron with a dendrite that predicts its
spikes (`Node.predicts`) notes instead how far they are from that, as a potentiation.

The operations exist in compiled code only (see `histories.archive_voltage`), where `x` is the event that reached the
synapse. Times are in ms and without the delay of the synapse.
"""

from __future__ import annotations

from typing import Any, NoReturn

from jaxnest.models.quantities.checks import positive
from jaxnest.models.quantities.quantity import Quantity

PARAMETERS = {
    "A_LTD": Quantity(14.0e-5, "1/mV", "Amplitude of depression"),
    "A_LTP": Quantity(8.0e-5, "1/mV^2", "Amplitude of potentiation"),
    "u_ref_squared": Quantity(60.0, "mV^2", "Square of the reference value of the slowest average of the potential",
                              positive("Ensure that u_ref_squared > 0")),
    "theta_plus": Quantity(-45.3, "mV", "Threshold of the potential for potentiation"),
    "theta_minus": Quantity(-70.6, "mV", "Threshold of the averages of the potential"),
    "A_LTD_const": Quantity(True, "", "Whether the amplitude of depression does not depend on the slowest average"),
    "delay_u_bars": Quantity(5.0, "ms", "Delay with which the averages act; fixed when the neuron is first simulated"),
}  # fmt: skip
"""Parameters of neurons that take part."""

G_L, C_M, TAU_SYN_EX, TAU_SYN_IN = range(17, 21)
CONSTANTS = {
    G_L: "dendritic_g_L",
    C_M: "dendritic_C_m",
    TAU_SYN_EX: "dendritic_tau_syn_ex",
    TAU_SYN_IN: "dendritic_tau_syn_in",
}
"""What `constant` knows of a target with such a dendrite: the numbers, and the parameters of the model."""


def _only_compiled() -> NoReturn:
    raise TypeError("The history of a target can only be read in compiled code.")


def potentiations(x: Any, after: float, until: float) -> range:
    """Return handles of the potentiations with ``after < t <= until``, in order of time, and mark them as read."""
    _only_compiled()


def constant(x: Any, k: int) -> float:
    """Return a property of the target's dendrite, by its number: `G_L` and the others."""
    _only_compiled()


def time(x: Any, k: int) -> float:
    """Return the time of a potentiation."""
    _only_compiled()


def amount(x: Any, k: int) -> float:
    """Return the size of a potentiation."""
    _only_compiled()


def depression(x: Any, t: float) -> float:
    """Return the depression that was noted at `t`, 0 if there was none."""
    _only_compiled()
