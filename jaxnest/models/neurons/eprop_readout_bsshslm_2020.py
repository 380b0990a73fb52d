"""Readout neuron for e-prop."""

from __future__ import annotations

from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity, hidden
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.secondary import DELAYED_RATE, LEARNING_SIGNAL, Hearing, Signal, Term
from jaxnest.models.contract.state import State
from jaxnest.models.histories.learning_history import Learning
from jaxnest.models.plasticity.eprop import membrane, one_of
from jaxnest.models.plasticity.eprop_intervals import IntervalNeuron, arrival, begins_interval

LOSSES = ("mean_squared_error", "cross_entropy")


def _error(v: Any, before: Any, after: Any, x: Any) -> tuple[Any, ...]:
    return (after.error_signal,)


def _readout(v: Any, before: Any, after: Any, x: Any) -> tuple[Any, ...]:
    return (ops.where(v.normalizes > 0, after.readout_signal_unnorm, 0.0),)


def _signal(doc: str) -> Quantity:
    return Quantity(0.0, "mV", doc, settable=False)


@register
class eprop_readout_bsshslm_2020(IntervalNeuron):
    r"""Leaky neuron without spikes that compares its potential with a target.

    The readout signal is V_m one step ago. With the loss ``cross_entropy`` it is :math:`e^V`, divided by the sum of
    those of all connected readout neurons (receptor 1). The error signal is its difference from the target
    (receptor 2), which is sent to the neurons that learn; outside of the learning window it is zero.

    References
    ----------
    Bellec, Scherr, Subramoney, Hajek, Salaj, Legenstein & Maass (2020), Nature Communications 11:3625. NEST
    documentation, model ``eprop_readout_bsshslm_2020``.
    """

    emits = None
    learns = Learning("error_signal", shift=3, lag=1, is_spiking=False)
    signals = {LEARNING_SIGNAL: Signal(_error), DELAYED_RATE: Signal(_readout)}
    hears = {
        DELAYED_RATE: Hearing(
            (Term("others", receptor=1), Term("target", receptor=2, marker="has_target", shown="target_signal")),
            receptors=(1, 2),
            of_devices=(2,),
            at_once=True,
        )
    }
    receptor_types = {"readout_signal": 1, "target_signal": 2}
    parameters = {
        **membrane(0.0),
        "loss": Quantity("mean_squared_error", "", "Name of the loss function", one_of("loss", LOSSES)),
    }
    state = {
        "V_m": Quantity(0.0, "mV", "Membrane potential", relative_to="E_L"),
        "error_signal": _signal("Difference of readout and target signal"),
        "readout_signal": _signal("Readout signal"),
        "readout_signal_unnorm": _signal("Readout signal before it is normalized"),
        "target_signal": _signal("Target signal"),
        "I_in": hidden(doc="Current of the next step"),
        "duration": hidden(doc="Length of the history (ms)"),
    }
    recordables = {
        "V_m": lambda v, s: s.V_m + v.E_L,
        "error_signal": lambda v, s: s.error_signal,
        "readout_signal": lambda v, s: s.readout_signal,
        "readout_signal_unnorm": lambda v, s: s.readout_signal_unnorm,
        "target_signal": lambda v, s: s.target_signal,
        "eprop_history_duration": lambda v, s: s.duration,
    }

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        return arrival(p, clock) | {"normalizes": float(p.loss == "cross_entropy")}

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        begins = begins_interval(v, x.step, 3.0)
        V = v.P_i_in * s.I_in + v.P_z_in * x.spikes + v.P_v_m * ops.where(begins, 0.0, s.V_m)
        V = ops.maximum(V, v.V_min)
        raw = s.readout_signal_unnorm
        normalizes = v.normalizes > 0
        readout = ops.where(normalizes, raw / ops.where(normalizes, x.others + raw, 1.0), raw)
        raw = ops.where(normalizes, ops.exp(ops.where(normalizes, V + v.E_L, 0.0)), V + v.E_L)
        target = ops.where(x.has_target > 0, x.target, s.target_signal)
        is_silent = ops.fmod(x.step - 4.0, v.update_steps) < v.update_steps - v.window_steps
        error = ops.where(is_silent, 0.0, readout - target)
        readout, target = ops.where(is_silent, 0.0, readout), ops.where(is_silent, 0.0, target)
        return State(
            V_m=V,
            error_signal=error,
            readout_signal=readout,
            readout_signal_unnorm=raw,
            target_signal=target,
            I_in=x.current + v.I_e,
            duration=x.history_duration,
        ), 0
