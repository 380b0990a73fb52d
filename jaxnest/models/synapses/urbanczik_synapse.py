"""Plasticity by dendritic prediction of somatic spiking."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from jaxnest.models.contract.base import Quantity, Relation, hidden
from jaxnest.models.contract.registry import register_synapse
from jaxnest.models.contract.synapse import Synapse
from jaxnest.models.histories import voltage_history as predictions
from jaxnest.models.plasticity.stdp import sign


@register_synapse(hpc=96, lbl=120)
class urbanczik_synapse(Synapse):
    r"""Synapse at a dendrite that learns to predict the spikes of the soma.

    .. math::
        w = w_0 + \frac{15\, C_m \tau_s \eta}{g_L (\tau_L - \tau_s)} \left(\sum_t PI_t - \sum_t PI_t
            e^{-(t_{spike} - t)/\tau_\Delta}\right), \quad
        PI_t = (\bar x_L(t) - \bar x_s(t))\, \delta_t, \quad \tau_L = C_m / g_L

    with the target's error of prediction :math:`\delta_t`, the traces :math:`\bar x` of the source's spikes, and the
    time constant :math:`\tau_s` of the dendrite's excitatory synapses, or of inhibitory ones if the weight is not
    positive. :math:`w_0` is the weight that was set last.

    References
    ----------
    Urbanczik & Senn (2014), Neuron 81:521-528. NEST documentation, model ``urbanczik_synapse``.
    """

    parameters = {
        "tau_Delta": Quantity(100.0, "ms", "Time constant of the low-pass filter of the weight change"),
        "eta": Quantity(0.07, "", "Learning rate"),
        "Wmin": Quantity(0.0, "", "Minimum allowed weight"),
        "Wmax": Quantity(100.0, "", "Maximum allowed weight"),
    }
    state = {
        "initial": hidden(1.0, "Weight that was set last", advanced=False),
        "integral": hidden(doc="Sum of the weight changes"),
        "filtered": hidden(doc="Low-pass filtered weight changes"),
        "trace_L": hidden(doc="Trace of the source's spikes with the time constant of the dendrite"),
        "trace_s": hidden(doc="The same with that of synapses"),
        "t_last": hidden(-1.0, "Time of the last spike of the source"),
    }
    follows = {"initial": "weight"}
    relations = (
        Relation(lambda p: np.signbit(p["weight"]) != np.signbit(p["Wmax"]), "Weight and Wmin must have same sign."),
        Relation(lambda p: sign(p["weight"]) != -sign(-p["Wmax"]), "Weight and Wmax must have same sign."),
    )
    changes_weight = True
    size = 112

    @staticmethod
    def send(p: Any, s: Any, x: Any) -> Any:
        g_L, C_m = predictions.constant(x, predictions.G_L), predictions.constant(x, predictions.C_M)
        tau_L, tau_s = C_m / g_L, predictions.constant(x, predictions.TAU_SYN_IN)
        if s.weight > 0.0:
            tau_s = predictions.constant(x, predictions.TAU_SYN_EX)
        integral, changes = s.integral, 0.0
        for k in predictions.potentiations(x, s.t_last - x.delay, x.t - x.delay):
            t = predictions.time(x, k) + x.delay
            since = s.t_last - t
            traces = s.trace_L * math.exp(since / tau_L) - s.trace_s * math.exp(since / tau_s)
            change = traces * predictions.amount(x, k)
            integral += change
            changes += math.exp((t - x.t) / p.tau_Delta) * change
        since = s.t_last - x.t
        filtered = math.exp(since / p.tau_Delta) * s.filtered + changes
        weight = s.initial + (integral - filtered) * 15.0 * C_m * tau_s * p.eta / (g_L * (tau_L - tau_s))
        weight = p.Wmax if weight > p.Wmax else p.Wmin if weight < p.Wmin else weight
        trace_L, trace_s = s.trace_L * math.exp(since / tau_L) + 1.0, s.trace_s * math.exp(since / tau_s) + 1.0
        return (weight, integral, filtered, trace_L, trace_s, x.t), weight, True
