"""Spike-timing dependent plasticity that dopamine allows."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models.contract.base import Quantity, hidden
from jaxnest.models.contract.collector import one_node
from jaxnest.models.contract.device import NodeSet
from jaxnest.models.contract.registry import register_synapse
from jaxnest.models.contract.synapse import Synapse
from jaxnest.models.histories import history, modulation
from jaxnest.models.ops import helper
from jaxnest.models.plasticity.stdp import PRE_TRACE
from jaxnest.numerics import nest_math

COINCIDENT = 1e-6
"""Spikes that are closer in time than this (ms) come together."""


@helper
def _learned(p: Any, weight: float, c: float, n: float, before: float) -> float:
    """Return the weight after a time (ms, negative) without spikes, at whose beginning the traces were `c` and `n`."""
    rate = (p.tau_c + p.tau_n) / (p.tau_c * p.tau_n)
    weight -= c * (n / rate * nest_math.expm1(rate * before) - p.b * p.tau_c * nest_math.expm1(before / p.tau_c))
    weight = p.Wmin if weight < p.Wmin else weight
    return p.Wmax if weight > p.Wmax else weight


@helper
def _propagated(p: Any, x: Any, weight: float, c: float, n: float, k: float, begin: float, end: float) -> Any:
    """Return weight, traces and the number of the last spike of dopamine at time `end`, from those at `begin`.

    The trace `n` is that of the time of spike `k`.
    """
    if k + 1 < modulation.count(x) and end - modulation.time(x, k + 1) > -COINCIDENT:
        at_begin = n * math.exp((modulation.time(x, k) - begin) / p.tau_n)
        weight = _learned(p, weight, c, at_begin, begin - modulation.time(x, k + 1))
        n = _dopamine(p, x, n, k)
        k += 1
        while k + 1 < modulation.count(x) and end - modulation.time(x, k + 1) > -COINCIDENT:
            then = c * math.exp((begin - modulation.time(x, k)) / p.tau_c)
            weight = _learned(p, weight, then, n, modulation.time(x, k) - modulation.time(x, k + 1))
            n = _dopamine(p, x, n, k)
            k += 1
        then = c * math.exp((begin - modulation.time(x, k)) / p.tau_c)
        weight = _learned(p, weight, then, n, modulation.time(x, k) - end)
    else:
        at_begin = n * math.exp((modulation.time(x, k) - begin) / p.tau_n)
        weight = _learned(p, weight, c, at_begin, begin - end)
    return weight, c * math.exp((begin - end) / p.tau_c), n, k


@helper
def _dopamine(p: Any, x: Any, n: float, k: float) -> float:
    """Return the trace of dopamine after spike ``k + 1``, from that after spike `k`."""
    before = modulation.time(x, k) - modulation.time(x, k + 1)
    return n * math.exp(before / p.tau_n) + modulation.multiplicity(x, k + 1) / p.tau_n


@register_synapse(hpc=None, lbl=88)
class stdp_dopamine_synapse(Synapse):
    r"""Synapse with spike-timing dependent plasticity, modulated by dopamine.

    Pairs of spikes change an eligibility trace c, by :math:`A_+ K_+` at a spike of the target and by :math:`-A_- K_-`
    at a spike of the source. Each spike that the `volume_transmitter` gets adds :math:`1/\tau_n` to the concentration n
    of dopamine. Both decay exponentially and change the weight, which stays between `Wmin` and `Wmax`:

    .. math:: \dot w = c\,(n - b) .

    References
    ----------
    Izhikevich (2007), Cerebral Cortex 17, 2443.
    Potjans, Morrison and Diesmann (2010), Frontiers in Computational Neuroscience 4, 141.
    """

    common = {
        "volume_transmitter": Quantity(NodeSet(), "", "The node that collects the spikes of dopaminergic neurons",
                                       convert=one_node),
        "A_plus": Quantity(1.0, "", "Amplitude of pairs in which the source spikes first"),
        "A_minus": Quantity(1.5, "", "Amplitude of pairs in which the target spikes first"),
        "tau_plus": Quantity(20.0, "ms", "Time constant of the trace of the source's spikes"),
        "tau_c": Quantity(1000.0, "ms", "Time constant of the eligibility trace"),
        "tau_n": Quantity(200.0, "ms", "Time constant of the trace of dopamine"),
        "b": Quantity(0.0, "", "Baseline concentration of dopamine"),
        "Wmin": Quantity(0.0, "", "Minimum allowed weight"),
        "Wmax": Quantity(200.0, "", "Maximum allowed weight"),
    }  # fmt: skip
    state = PRE_TRACE | {
        "c": Quantity(0.0, "", "Eligibility trace"),
        "n": Quantity(0.0, "", "Trace of dopamine"),
        "t_update": hidden(0.0, "Time of the last update"),
        "last_dopamine": hidden(0.0, "Number of the last spike of dopamine that is part of the trace"),
    }
    changes_weight = True
    modulator = "volume_transmitter"
    single_thread_values = ("c", "n")
    size = None

    @staticmethod
    def send(p: Any, s: Any, x: Any) -> Any:
        weight, c, n, k, begin = s.weight, s.c, s.n, s.last_dopamine, s.t_update
        for spike in history.spikes(x, s.t_update - x.delay, x.t - x.delay):
            t = history.time(x, spike)
            weight, c, n, k = _propagated(p, x, weight, c, n, k, begin, t + x.delay)
            begin = t + x.delay
            if x.t - t > COINCIDENT:
                c += p.A_plus * (s.Kplus * math.exp((s.t_update - begin) / p.tau_plus))
        weight, c, n, k = _propagated(p, x, weight, c, n, k, begin, x.t)
        c -= p.A_minus * history.trace(x, x.t - x.delay)
        Kplus = s.Kplus * math.exp((s.t_update - x.t) / p.tau_plus) + 1.0
        return (weight, Kplus, c, n, x.t, k), weight, True

    @staticmethod
    def modulate(p: Any, s: Any, x: Any) -> Any:
        weight, c, n, k, begin = s.weight, s.c, s.n, s.last_dopamine, s.t_update
        for spike in history.spikes(x, s.t_update - x.delay, x.t - x.delay):
            t = history.time(x, spike) + x.delay
            weight, c, n, k = _propagated(p, x, weight, c, n, k, begin, t)
            begin = t
            c += p.A_plus * (s.Kplus * math.exp((s.t_update - begin) / p.tau_plus))
        weight, c, n, k = _propagated(p, x, weight, c, n, k, begin, x.t)
        n *= math.exp((modulation.time(x, k) - x.t) / p.tau_n)
        return weight, s.Kplus * math.exp((s.t_update - x.t) / p.tau_plus), c, n, x.t, 0.0
