"""Plasticity by e-prop with each event."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models.contract.base import hidden
from jaxnest.models.contract.registry import register_synapse
from jaxnest.models.histories import learning_history as history
from jaxnest.models.ops import helper
from jaxnest.models.plasticity import optimizers


@helper
def _learn(p: Any, x: Any, k: int, steps: float, t: float, spiked: float, traces: Any, learned: Any) -> Any:
    """Take in some steps of the target's history, from its record `k` on.

    Parameters
    ----------
    t
        The first of the steps.
    spiked
        One if the source spiked in this step, whose spike takes effect in the next one.
    traces, learned
        What the synapse filters, and its gradient, weight and state of the optimizer.

    Returns
    -------
    tuple
        What `traces` and `learned` become, and whether the target has all steps.
    """
    z_bar, e_bar, e_bar_reg, slow, z_before = traces
    gradient, weight, moments = learned
    P_v, P_a, beta = (
        history.constant(x, history.P_V),
        history.constant(x, history.P_ADAPT),
        history.constant(x, history.BETA),
    )
    kappa, kappa_reg = history.constant(x, history.KAPPA), history.constant(x, history.KAPPA_REG)
    is_spiking, complete, end = history.constant(x, history.IS_SPIKING) > 0, True, t + steps
    while t < end and complete:
        complete = history.has(x, k, t)
        if complete:
            z_bar = P_v * z_bar + z_before
            z_before, spiked = spiked, 0.0
            if is_spiking:
                e = history.value(x, k) * (z_bar - beta * slow)
                slow = P_a * slow + e
                e_bar = kappa * e_bar + e
                e_bar_reg = kappa_reg * e_bar_reg + (1.0 - kappa_reg) * e
                more = history.signal(x, k) * e_bar + history.rate_difference(x, k) * e_bar_reg
            else:
                more = history.value(x, k) * z_bar
            t += 1.0
            k += 1
            if p.optimize_each_step != 0:
                gradient = more
                weight, moments = optimizers.optimized(p, moments, weight, gradient, t)
            else:
                gradient += more
    return (z_bar, e_bar, e_bar_reg, slow, z_before), (gradient, weight, moments), complete


@helper
def _decayed(x: Any, traces: Any, n: float) -> Any:
    """Return the traces after steps beyond the cutoff."""
    z_bar, e_bar, e_bar_reg, slow, z_before = traces
    z_bar *= math.pow(history.constant(x, history.P_V), n)
    e_bar *= math.pow(history.constant(x, history.KAPPA), n)
    e_bar_reg *= math.pow(history.constant(x, history.KAPPA_REG), n)
    slow *= math.pow(history.constant(x, history.P_ADAPT), n)
    return z_bar, e_bar, e_bar_reg, slow, z_before


@register_synapse(hpc=112)
class eprop_synapse(optimizers.OptimizingSynapse):
    r"""Synapse that learns by e-prop, an approximation of gradient descent through time.

    With the filtered spikes :math:`\bar z` of the source, the surrogate gradient :math:`\psi` of the target, its
    learning signal L and the difference f of its firing rate from the target, the gradient of a step is

    .. math:: g = L \bar e + f \bar e_{reg}, \quad \bar e \leftarrow \kappa \bar e + e,
              \quad \bar e_{reg} \leftarrow \kappa_{reg} \bar e_{reg} + (1 - \kappa_{reg}) e, \quad e = \psi \bar z

    and for a readout neuron the error signal times :math:`\bar z`. With each spike of the source the steps since its
    last one are taken in, at most as many as the target's `eprop_isi_trace_cutoff` says; in those beyond, the traces
    only decay. An optimizer changes the weight in each of these steps or, without ``optimize_each_step``, once.

    All delays have to be one step. A flush event lets the synapse take in what there is, without a spike.

    References
    ----------
    Korcsak-Gorzo, Espinoza Valverde, Stapmanns, Plesser, Dahmen, Bolten, van Albada & Diesmann (2025),
    arXiv:2511.21674. NEST documentation, model ``eprop_synapse``.
    """

    common = optimizers.COMMON
    changes_weight = True
    state = {
        "t_event": hidden(doc="Step of the last event, 0 if there was none"),
        "flushed": hidden(doc="Whether the last event was a flush event"),
        "z_bar": hidden(doc="Low-pass filtered spikes of the source"),
        "e_bar": hidden(doc="Low-pass filtered eligibility"),
        "e_bar_reg": hidden(doc="The same for the regularization of the firing rate"),
        "slow": hidden(doc="Eligibility by the adaptation of the threshold"),
        "z_before": hidden(doc="One if the source spiked in the last step but one that was taken in"),
        "gradient": hidden(doc="Gradient since the last spike"),
        "steps_left": hidden(doc="Steps until the cutoff"),
        "steps_beyond": hidden(doc="Steps beyond the cutoff since the last spike"),
        **optimizers.STATE,
        history.BEGUN: hidden(doc="Whether the target knows of the synapse", advanced=False),
    }
    needs_learning = history.Updates.AT_EVENTS
    hears_flush = True
    size = 128

    @staticmethod
    def send(p: Any, s: Any, x: Any) -> Any:
        t, is_flush, was_flush = float(x.step), x.is_flush, s.flushed > 0
        traces = (s.z_bar, s.e_bar, s.e_bar_reg, s.slow, s.z_before)
        learned = (s.gradient, s.weight, optimizers.present(s))
        left, beyond = s.steps_left, s.steps_beyond
        if s.t_event > 0:
            history.demand(x, False)
            spiked = 0.0
            if not was_flush:
                left, spiked = history.constant(x, history.CUTOFF), 1.0
                learned = (0.0, s.weight, optimizers.present(s))
            steps, first = min(left, t - s.t_event), s.t_event - 1.0
            k = history.find(x, first)
            traces, learned, complete = _learn(p, x, k, steps, first, spiked, traces, learned)
            if not complete:
                history.report_missing(x)
            left -= steps
            beyond += t - s.t_event - steps
            if not is_flush and beyond > 0:
                traces, beyond = _decayed(x, traces, beyond), 0.0
            if not is_flush and p.optimize_each_step == 0:
                gradient, weight, moments = learned
                weight, moments = optimizers.optimized(p, moments, weight, gradient, t - 1.0)
                learned = (gradient, weight, moments)
        history.note_event(x, t, s.t_event)
        gradient, weight, moments = learned
        first = (weight, t, 1.0 if is_flush else 0.0)
        return first + traces + (gradient, left, beyond) + moments, weight, not is_flush
