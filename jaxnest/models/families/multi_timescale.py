"""Neurons whose threshold jumps at each spike and decays with two time constants (MAT models)."""

from __future__ import annotations

from typing import Any

from jaxnest import errors
from jaxnest.models.contract.base import ArchivingNeuron, Quantity, Relation, hidden, positive

TIME_CONSTANT = positive("All time constants must be strictly positive.")
MEMBRANE: dict[str, Quantity] = {
    "E_L": Quantity(-70.0, "mV", "Resting membrane potential"),
    "I_e": Quantity(0.0, "pA", "Constant input current"),
    "C_m": Quantity(100.0, "pF", "Capacitance of the membrane", positive("Capacitance must be strictly positive.")),
    "tau_m": Quantity(5.0, "ms", "Membrane time constant", TIME_CONSTANT),
    "tau_syn_ex": Quantity(1.0, "ms", "Decay time of excitatory currents", TIME_CONSTANT),
    "tau_syn_in": Quantity(3.0, "ms", "Decay time of inhibitory currents", TIME_CONSTANT),
    "t_ref": Quantity(2.0, "ms", "Time after a spike in which there is no other", TIME_CONSTANT),
    "tau_1": Quantity(10.0, "ms", "Short time constant of the threshold", TIME_CONSTANT),
    "tau_2": Quantity(200.0, "ms", "Long time constant of the threshold", TIME_CONSTANT),
    "alpha_1": Quantity(37.0, "mV", "Jump of the fast part of the threshold"),
    "alpha_2": Quantity(2.0, "mV", "Jump of the slow part of the threshold"),
    "omega": Quantity(-51.0, "mV", "Resting threshold", relative_to="E_L"),
}


def times_differ(message: str, *names: str) -> Relation:
    """Return the condition that time constants differ from the first of them."""
    first, *others = names
    return Relation(lambda p: sum((p[first] == p[name]) for name in others) > 0, message)


class MultiTimescaleNeuron(ArchivingNeuron, abstract=True):
    """Base of neurons with an adaptive threshold, whose membrane is not reset by spikes."""

    state = {
        "V_m": Quantity(-70.0, "mV", "Membrane potential", relative_to="E_L"),
        "V_th_alpha_1": Quantity(0.0, "mV", "Fast part of the threshold"),
        "V_th_alpha_2": Quantity(0.0, "mV", "Slow part of the threshold"),
        "refractory": hidden(doc="Steps until the next spike is possible"),
        "I_stim": hidden(doc="Current of the devices"),
        "I_ex": hidden(),
        "I_in": hidden(),
    }
    spike_receptors = {0: ("spikes_ex", "spikes_in")}
    current_receptors = {0: "current"}

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        steps = clock.to_steps(p.t_ref)
        if steps < 1:
            raise errors.BadProperty("Total refractory time must be at least one time step.")
        return {"refractory_steps": steps}
