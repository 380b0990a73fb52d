"""What neurons have in common whose synapses e-prop updates at regular intervals, as Bellec et al. (2020) did."""

from __future__ import annotations

from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.base import FLUSH_INTERVAL, Quantity
from jaxnest.models.histories import learning_history
from jaxnest.models.histories.learning_history import Learning
from jaxnest.models.plasticity.eprop import EpropNeuron, EpropSpikingNeuron, propagators


def arrival(p: Any, clock: Any) -> dict[str, Any]:
    """Return the propagators of the membrane and of spikes that arrive."""
    P = propagators(p, clock)
    return P | {"P_z_in": 1.0 if p.regular_spike_arrival else 1.0 - P["P_v_m"]}


@ops.helper
def begins_interval(v: Any, step: Any, shift: Any) -> Any:
    """Return whether the neuron begins anew in a step, because an interval of updates does."""
    return (v.eprop_reset_neurons_on_update > 0) & (ops.fmod(step - shift, v.update_steps) == 0)


class IntervalNeuron(EpropNeuron, abstract=True):
    """Base of neurons with synapses that e-prop changes at intervals."""

    kernel_values = (learning_history.UPDATE_INTERVAL, learning_history.LEARNING_WINDOW,
                     learning_history.RESET_ON_UPDATE)  # fmt: skip
    parameters = {
        "regular_spike_arrival": Quantity(True, "", "Spikes arrive at the beginning of a step, else at its end"),
    }


class IntervalSpikingNeuron(IntervalNeuron, EpropSpikingNeuron, abstract=True):
    """Base of such neurons that spike and get learning signals."""

    at_least = {FLUSH_INTERVAL: learning_history.UPDATE_INTERVAL}
    learns = Learning("surrogate_gradient", shift=2, signal_lag=3)

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        return EpropSpikingNeuron.calibrate(p, clock) | arrival(p, clock)
