"""Readout neuron for e-prop with each event."""

from __future__ import annotations

from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity, hidden
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.secondary import DELAYED_RATE, LEARNING_SIGNAL, Hearing, Signal, Term
from jaxnest.models.contract.state import State
from jaxnest.models.histories.learning_history import Learning, Updates
from jaxnest.models.plasticity.eprop import membrane, propagators
from jaxnest.models.plasticity.eprop_events import EventNeuron, cutoff


def _error(v: Any, before: Any, after: Any, x: Any) -> tuple[Any, ...]:
    return (after.error_signal,)


def _signal(doc: str) -> Quantity:
    return Quantity(0.0, "mV", doc, settable=False)


@register
class eprop_readout(EventNeuron):
    r"""Leaky neuron without spikes that compares its potential with a target.

    The error signal is the difference of V_m and the target (receptor 2), multiplied by the signal of the learning
    window (receptor 1); it is sent to the neurons that learn.

    References
    ----------
    Korcsak-Gorzo, Espinoza Valverde, Stapmanns, Plesser, Dahmen, Bolten, van Albada & Diesmann (2025),
    arXiv:2511.21674. NEST documentation, model ``eprop_readout``.
    """

    emits = None
    learns = Learning("error_signal", shift=2, is_spiking=False, updates=Updates.AT_EVENTS)
    signals = {LEARNING_SIGNAL: Signal(_error)}
    hears = {
        DELAYED_RATE: Hearing(
            (
                Term("window", receptor=1, marker="has_window", shown="learning_window"),
                Term("target", receptor=2, marker="has_target", shown="target_signal"),
            ),
            receptors=(1, 2),
            of_devices=(1, 2),
            at_once=True,
        )
    }
    receptor_types = {"eprop_learning_window": 1, "target_signal": 2}
    parameters = membrane(0.0)
    state = {
        "V_m": Quantity(0.0, "mV", "Membrane potential", relative_to="E_L"),
        "error_signal": _signal("Difference of readout and target signal"),
        "readout_signal": _signal("Readout signal"),
        "target_signal": _signal("Target signal"),
        "learning_window": hidden(doc="Signal that tells whether the neuron is in a learning window"),
        "I_in": hidden(doc="Current of the next step"),
        "duration": hidden(doc="Length of the history (ms)"),
    }
    recordables = {
        "V_m": lambda v, s: s.V_m + v.E_L,
        "error_signal": lambda v, s: s.error_signal,
        "readout_signal": lambda v, s: s.readout_signal,
        "target_signal": lambda v, s: s.target_signal,
        "eprop_history_duration": lambda v, s: s.duration,
    }

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        return propagators(p, clock) | cutoff(p, clock)

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        V = ops.maximum(v.P_i_in * s.I_in + x.spikes + v.P_v_m * s.V_m, v.V_min)
        window = ops.where(x.has_window > 0, x.window, s.learning_window)
        target = ops.where(x.has_target > 0, x.target, s.target_signal)
        readout = V + v.E_L
        error = (readout - target) * window
        return State(
            V_m=V,
            error_signal=error,
            readout_signal=readout * window,
            target_signal=target * window,
            learning_window=window,
            I_in=x.current + v.I_e,
            duration=x.history_duration,
        ), 0
