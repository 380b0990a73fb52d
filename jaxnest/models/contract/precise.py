"""Neurons whose spikes are not bound to the grid of time steps.

Within a time step, time is given as an offset: how long it is (ms) until the end of the step. Incoming spikes wait in a
queue, ordered by time. The operations exist in compiled code only (see `precise.off_grid`), where `x` is what `update`
gets: beside the inputs it has the present time ``x.step`` (in steps), and ``x.first``, which is true in the first step
of those that are advanced at once.
"""

from __future__ import annotations

import math
from typing import Any, NoReturn

from jaxnest.models.contract.base import ArchivingNeuron, Quantity, Relation, positive
from jaxnest.models.ops import helper
from jaxnest.models.quantities.checks import Check
from jaxnest.numerics.nest_math import expm1

NOTHING, SPIKE, RETURN = 0, 1, 2
"""What `next_event` finds: nothing more in this step, a spike, or the end of the refractory period."""

TIME_CONSTANT = positive("All time constants must be strictly positive.")
INSTANTLY = 1.0 - 2.0**-52
"""The offset, in steps, of spikes of neurons whose initial potential is above threshold."""


class PreciseNeuron(ArchivingNeuron, abstract=True):
    """Base of neurons with precise spike times.

    Their `update` uses everything that numba compiles, and returns no spikes but sends them with `emit`. They are
    advanced one after the other.
    """

    off_grid = True
    queue_channel = "spikes"
    spike_receptors = {0: ("spikes", "spikes")}


class PreciseMembrane(PreciseNeuron, abstract=True):
    """Base of integrate-and-fire neurons with precise spike times."""

    parameters = {
        "tau_m": Quantity(10.0, "ms", "Membrane time constant", TIME_CONSTANT),
        "C_m": Quantity(250.0, "pF", "Capacitance of the membrane", positive("Capacitance must be strictly positive.")),
        "t_ref": Quantity(2.0, "ms", "Refractory period",
                          Check(lambda t: t < 0.0005, "Refractory time must be at least one time step.", ">= 0.0005")),
        "E_L": Quantity(-70.0, "mV", "Resting membrane potential"),
        "I_e": Quantity(0.0, "pA", "Constant input current"),
        "V_th": Quantity(-55.0, "mV", "Threshold", relative_to="E_L"),
        "V_min": Quantity(-math.inf, "mV", "Lower bound of the membrane potential", relative_to="E_L"),
        "V_reset": Quantity(-70.0, "mV", "Membrane potential after a spike", relative_to="E_L"),
    }  # fmt: skip
    relations = (
        Relation(lambda p: p["V_reset"] >= p["V_th"], "Reset potential must be smaller than threshold."),
        Relation(lambda p: p["V_reset"] < p["V_min"], "Reset potential must be greater equal minimum potential."),
    )
    state = {
        "V_m": Quantity(-70.0, "mV", "Membrane potential", relative_to="E_L"),
        "is_refractory": Quantity(False, "", "Whether the neuron is refractory", settable=False),
        "I_stim": Quantity(0.0, "pA", "Current of the devices", settable=False, visible=False),
        "last_step": Quantity(-1.0, "", "End of the step with the last spike", settable=False, visible=False),
        "last_offset": Quantity(0.0, "ms", "Offset of the last spike", settable=False, visible=False),
    }
    current_receptors = {0: "current"}


def _only_compiled() -> NoReturn:
    raise TypeError("The queue of a neuron with precise spike times exists in compiled code only.")


def next_event(x: Any, together: bool) -> tuple[float, float, int]:
    """Take the next event of the present step out of the queue: its offset, weight and kind.

    With `together` spikes that come at the same time are one event.
    """
    _only_compiled()


def end_refractoriness(x: Any, offset: float) -> None:
    """Have the refractory period end in the present step: an event of its own."""
    _only_compiled()


def emit(x: Any, offset: float, multiplicity: float) -> None:
    """Send a spike in the present step."""
    _only_compiled()


@helper
def decaying_current(tau_syn: float, tau_m: float, C_m: float, h: float) -> float:
    """Return the effect on the potential, after a time `h`, of a current that decays with `tau_syn`."""
    if tau_syn != tau_m:
        gamma = tau_syn * tau_m / (tau_m - tau_syn) / C_m
        effect = gamma * math.exp(-h * (1 / tau_syn)) * expm1(h * ((tau_m - tau_syn) / (tau_syn * tau_m)))
        if 2.2250738585072014e-308 <= effect < math.inf:
            return effect
    return h * (1 / C_m) * math.exp(-h * (1 / tau_m))


def fixed(p: Any) -> dict[str, float]:
    """Return the constants of the two functions around this: as in NEST, those of the preparation of the run."""
    return {f"fixed_{name}": getattr(p, name) for name in ("tau_syn_ex", "tau_syn_in", "tau_m", "C_m")}


@helper
def alpha_current(tau_syn: float, tau_m: float, C_m: float, h: float) -> tuple[float, float]:
    """Return the effects on the potential, after a time `h`, of derivative and amplitude of an alpha-shaped current."""
    amplitude = decaying_current(tau_syn, tau_m, C_m, h)
    if tau_syn != tau_m and h > 1e-7 * tau_m * tau_m / abs(tau_m - tau_syn):
        beta = tau_syn * tau_m / (tau_m - tau_syn)
        rise = expm1(h * ((tau_m - tau_syn) / (tau_syn * tau_m)))
        return beta / C_m * math.exp(-h * (1 / tau_syn)) * (beta * rise - h), amplitude
    return 0.5 * h * h * (1 / C_m) * math.exp(-h * (1 / tau_m)), amplitude


# -- where the threshold was crossed: the Illinois variant of regula falsi ------------------------------------------

Search = tuple[float, float, float, float, int]
"""An interval, the distance from the threshold at both ends, and which end was kept last."""


@helper
def search(dt: float, at_begin: float, at_end: float) -> Search:
    """Begin to search for the crossing between 0 and `dt`; there is none if both ends lie on the same side."""
    return 0.0, dt, at_begin, (math.nan if at_begin * at_end > 0.0 else at_end), 0


@helper
def guess(interval: Search) -> float:
    """Return where the crossing would be if the potential grew at an even rate."""
    a, b, at_a, at_b, _ = interval
    return (a * at_b - b * at_a) / (at_b - at_a)


@helper
def narrowed(interval: Search, root: float, distance: float) -> Search:
    """Return the part of the interval in which the crossing lies, given the distance at a point in it."""
    a, b, at_a, at_b, kept = interval
    if at_a * distance > 0.0:
        return root, b, distance, (at_b / 2 if kept == 1 else at_b), 1
    if at_b * distance > 0.0:
        return a, root, (at_a / 2 if kept == -1 else at_a), distance, -1
    return a, b, at_a, math.nan, 0


@helper
def exponential_potential(v: Any, I_stim: float, I_ex: float, I_in: float, U: float, dt: float) -> float:
    """Return the potential a time `dt` after it was `U` and the exponentially decaying currents were these."""
    P20 = -v.tau_m / v.C_m * expm1(-dt / v.tau_m)
    P21_ex = decaying_current(v.fixed_tau_syn_ex, v.fixed_tau_m, v.fixed_C_m, dt)
    P21_in = decaying_current(v.fixed_tau_syn_in, v.fixed_tau_m, v.fixed_C_m, dt)
    return P20 * (v.I_e + I_stim) + P21_ex * I_ex + P21_in * I_in + U * math.exp(-dt / v.tau_m)


@helper
def exponential_crossing(v: Any, I_stim: float, I_ex: float, I_in: float, U: float, dt: float) -> float:
    """Return when the threshold is crossed between 0 and `dt`."""
    interval = search(
        dt,
        exponential_potential(v, I_stim, I_ex, I_in, U, 0.0) - v.V_th,
        exponential_potential(v, I_stim, I_ex, I_in, U, dt) - v.V_th,
    )
    for _ in range(500):
        root = guess(interval)
        distance = exponential_potential(v, I_stim, I_ex, I_in, U, root) - v.V_th
        if abs(distance) < 1e-14:
            return root
        interval = narrowed(interval, root, distance)
    return math.nan


@helper
def exponential_step(v: Any, s: Any, x: Any, last: float, above: Any) -> tuple[float, ...]:
    """Advance a neuron with exponentially decaying currents by one step, from event to event.

    Returns the two currents, the potential, whether the neuron is refractory, and step and offset of the last spike.

    Parameters
    ----------
    last
        The offset of the last spike.
    above
        The function ``(v, I_stim, current, U, U_end, dt)`` that says when the potential is above threshold: a time
        from 0 to `dt`, or NaN. `U` and `current` are potential and synaptic current at 0, `U_end` is the potential
        at `dt`.
    """
    U, I_ex, I_in = s.V_m, s.I_syn_ex, s.I_syn_in
    refractory, step, now, t = s.is_refractory, s.last_step, x.step + 1.0, v.h
    if x.first and U >= v.V_th:
        U, refractory, step, last = v.V_reset, 1.0, now, v.h * INSTANTLY
        emit(x, last, 1.0)
    if refractory > 0.0 and now - step == v.refractory_steps:
        end_refractoriness(x, last)
    offset, weight, kind = next_event(x, False)
    alone = kind == NOTHING
    while True:
        dt = t - offset if kind != NOTHING else t
        if dt > 0.0:
            before, before_ex, before_in = U, I_ex, I_in
            if refractory == 0.0 and alone:
                U = v.P20 * (v.I_e + s.I_stim) + v.P21_ex * I_ex + v.P21_in * I_in + v.decay * U + U
                U = v.V_min if U < v.V_min else U
            elif refractory == 0.0:
                U = exponential_potential(v, s.I_stim, I_ex, I_in, U, dt)
            I_ex *= v.decay_ex if alone else math.exp(-dt / v.tau_syn_ex)
            I_in *= v.decay_in if alone else math.exp(-dt / v.tau_syn_in)
            until = above(v, s.I_stim, before_ex + before_in, before, U, dt)
            if not math.isnan(until):
                last = v.h - (v.h - t + exponential_crossing(v, s.I_stim, before_ex, before_in, before, until))
                U, refractory, step = v.V_reset, 1.0, now
                emit(x, last, 1.0)
        if kind == NOTHING:
            break
        if kind == RETURN:
            refractory = 0.0
        elif weight >= 0.0:
            I_ex += weight
        else:
            I_in += weight
        t = offset
        offset, weight, kind = next_event(x, False)
    return I_ex, I_in, U, refractory, step, last
