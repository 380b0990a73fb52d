"""Plasticity by e-prop."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity, hidden, positive
from jaxnest.models.contract.registry import register_synapse
from jaxnest.models.histories import learning_history as history
from jaxnest.models.ops import helper
from jaxnest.models.plasticity import optimizers

FLUSHED, FLUSHED_WITHIN = 1.0, 2.0
TIMES = {
    "gradient": hidden(doc="Gradient since the last optimization"),
    "t_spike": hidden(doc="Step of the last spike"),
    "t_trigger": hidden(doc="Step of the spike that came with the last update"),
    "t_update": hidden(doc="Begin of the interval of the last update"),
    "t_next": hidden(doc="End of this interval"),
    "flushed": hidden(doc="Whether the last event was a flush event"),
}


@helper
def _gradient(p: Any, x: Any, t: float, end: float, update: float) -> Any:
    """Return the gradient from step `t`, of a spike, to before `end`, and whether the histories have all steps.

    `update` is the beginning of the interval.
    """
    k, spike, complete = history.find(x, t), history.spike_from(x, t), True
    P_v, P_z = history.constant(x, history.P_V), history.constant(x, history.P_Z)
    P_a, beta = history.constant(x, history.P_ADAPT), history.constant(x, history.BETA)
    is_spiking = history.constant(x, history.IS_SPIKING) > 0
    kappa = math.exp(-x.resolution / p.tau_m_readout)
    z_bar, e_bar, slow, gradient, total = 0.0, 0.0, 0.0, 0.0, 0.0
    complete = history.spike_time(x, spike) == t
    while t < end and complete:
        complete = history.has(x, k, t)
        z = 0.0
        if history.spike_time(x, spike) == t:
            z = 1.0
            spike += 1
        z_bar = P_v * z_bar + P_z * z
        if is_spiking:
            e = history.value(x, k) * (z_bar - beta * slow)
            slow = P_a * slow + e
            e_bar = kappa * e_bar + (1.0 - kappa) * e
            gradient += history.signal(x, k) * e_bar
            total += e
        else:
            gradient += history.value(x, k) * z_bar
        t += 1.0
        k += 1
    if is_spiking:
        interval_end = update + history.constant(x, history.SHIFT) + history.constant(x, history.INTERVAL)
        gradient += history.regularization(x, interval_end) * total
    if p.average_gradient != 0:
        gradient /= history.constant(x, history.WINDOW)
    return gradient, complete


@register_synapse(hpc=120)
class eprop_synapse_bsshslm_2020(optimizers.OptimizingSynapse):
    r"""Synapse that learns by e-prop, an approximation of gradient descent through time.

    With the filtered spikes :math:`\bar z` of the source, the surrogate gradient :math:`\psi` of the target and its
    learning signal L, the gradient of an interval of updates is

    .. math:: g = \sum_t L^t \bar e^t + c_{reg} (f_{av} - f_{target}) \frac{1}{T}\sum_t e^t,
              \quad e^t = \psi^t \bar z^t

    where :math:`\bar e` is e, filtered with `tau_m_readout`; for a readout neuron it is the sum of the error signal
    times :math:`\bar z`. An optimizer changes the weight accordingly, when the first spike after the interval arrives.

    All delays have to be one step. Where NEST would use the wrong part of a history, because a flush event came within
    the interval of a spike, this is an error.

    References
    ----------
    Bellec, Scherr, Subramoney, Hajek, Salaj, Legenstein & Maass (2020), Nature Communications 11:3625. NEST
    documentation, model ``eprop_synapse_bsshslm_2020``.
    """

    parameters = {
        "tau_m_readout": Quantity(10.0, "ms", "Time constant that filters the eligibility",
                                  positive("Membrane time constant of readout neuron tau_m_readout > 0 required.")),
    }  # fmt: skip
    common = {
        "average_gradient": Quantity(False, "", "Divide the gradient by the length of the learning window")
    } | optimizers.COMMON
    changes_weight = True
    state = {
        **TIMES,
        **optimizers.STATE,
        history.BEGUN: hidden(doc="Whether the target knows of the synapse", advanced=False),
    }
    steps_of_kernel = {"t_next": history.UPDATE_INTERVAL}
    needs_learning = history.Updates.AT_INTERVALS
    hears_flush = True
    size = 136

    @staticmethod
    def send(p: Any, s: Any, x: Any) -> Any:
        t, is_flush, was_flush = float(x.step), x.is_flush, s.flushed > 0
        shift, interval = history.constant(x, history.SHIFT), history.constant(x, history.INTERVAL)
        moments = optimizers.present(s)
        weight, gradient, t_spike, t_trigger = s.weight, s.gradient, s.t_spike, s.t_trigger
        before, following, flushed, complete = s.t_update, s.t_next, s.flushed, True
        if was_flush and not is_flush:
            t_spike, t_trigger = t, t
        at_border = history.constant(x, history.IS_SPIKING) > 0 and ops.fmod(t - shift, interval) == 0
        if at_border or (was_flush and is_flush):
            first = (weight, gradient, t_spike, t_trigger, before, following, flushed)
            return first + moments, weight, False
        if was_flush and flushed == FLUSHED_WITHIN:
            history.report_missing(x)
        if t_trigger == 0:
            t_trigger = t
        end = following + shift
        learned = t_spike > 0 and t_trigger < min(t, end)
        flushed = (FLUSHED_WITHIN if learned and t <= end else FLUSHED) if is_flush else 0.0
        k = (t - shift) // interval
        if t > end:
            history.note_update(x, before, k * interval, was_flush)
            if learned:
                history.demand(x, True)
                more, complete = _gradient(p, x, t_trigger, end, before)
                gradient += more
            before, following, t_trigger = k * interval, k * interval + interval, t
        elif was_flush and not is_flush:
            history.note_update(x, before, k * interval, was_flush)
        if not complete:
            history.report_missing(x)
        if not is_flush:
            t_spike = t
            if was_flush or t > end:
                weight, moments = optimizers.optimized(p, moments, weight, gradient, k)
                gradient = 0.0
        first = (weight, gradient, t_spike, t_trigger, before, following, flushed)
        return first + moments, weight, not is_flush
