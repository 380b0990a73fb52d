"""Gamma spike trains with a sinusoidal rate."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, final

import numpy as np

from jaxnest.models.contract.base import Quantity, Relation, hidden
from jaxnest.models.contract.device import Stimulator
from jaxnest.models.contract.registry import register, register_variant
from jaxnest.models.functions import draws, sinusoid
from jaxnest.models.functions.incomplete_gamma import gamma, upper_gamma
from jaxnest.models.ops import helper
from jaxnest.models.quantities.checks import Check

KEPT = ("order", "rate_per_ms", "amplitude_per_ms", "omega", "phi")


@helper
def expected(order: float, rate: float, amplitude: float, omega: float, phi: float, begin: float, end: float) -> float:
    """Return the integral of the intensity of the underlying Poisson process between two times."""
    if begin == end:
        return 0.0
    result = order * rate * (end - begin)
    if abs(amplitude) > 0.0 and abs(omega) > 0.0:
        result += -order * amplitude / omega * (math.cos(omega * end + phi) - math.cos(omega * begin + phi))
    return result


@helper
def hazard(v: Any, rate: float, now: float, since: float, collected: float) -> float:
    """Return the probability of a spike in this step."""
    integral = collected + expected(v.order, v.rate_per_ms, v.amplitude_per_ms, v.omega, v.phi, since, now)
    density = v.h * v.order * rate * math.pow(integral, v.order - 1.0) * math.exp(-integral)
    return density / upper_gamma(v.order, integral, v.complete)


def per_ms(p: Any) -> dict[str, float]:
    """Return the parameters in the units of the equations."""
    rates = {"rate_per_ms": 1e-3 * p.rate, "amplitude_per_ms": 1e-3 * p.amplitude}
    return {"order": p.order, **rates, **sinusoid.angles(p)}


class SinusoidalGamma(Stimulator, abstract=True):
    """What the generators of individual and of shared trains have in common."""

    receives_globally = False
    emits = "spikes"
    parameters = {
        **sinusoid.PARAMETERS,
        "order": Quantity(
            1.0, "", "Order of the gamma process", Check(lambda x: x < 1, "The gamma order must be at least 1.", ">= 1")
        ),
        "rate": Quantity(0.0, "Hz", "Mean rate", shown=lambda rate: 1e-3 * rate * 1000.0),
        "amplitude": Quantity(0.0, "Hz", "Amplitude of the modulation", shown=lambda a: 1e-3 * a * 1000.0),
    }
    relations = (
        Relation(
            lambda p: (p["amplitude"] < 0.0) | (p["amplitude"] > p["rate"]),
            "Rate parameters must fulfill 0 <= amplitude <= rate.",
        ),
    )
    state = {
        "present_rate": hidden(doc="Rate in 1/ms"),
        "since": hidden(np.nan, "Time (ms) from which on the integral is still missing; not a number at first"),
        "collected": hidden(doc="Integral up to that time"),
        **{f"last_{name}": hidden(doc=f"{name} during the last run") for name in KEPT},
    }
    recordables = {"rate": lambda v, s: 1000.0 * s.present_rate}
    prepares = False
    target_state = {"since": math.nan, "collected": 0.0}
    defaults_only = ("individual_spike_trains",)

    @classmethod
    def variant(cls, defaults: Mapping[str, Any]) -> type[Any]:
        """Return the class for trains of this kind."""
        individual = defaults["individual_spike_trains"]
        return sinusoidal_gamma_generator if individual else shared_sinusoidal_gamma_generator

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        fixed = {"h": clock.resolution, "step_tics": clock.tics_per_step, "tic": clock.ms_per_tic}
        return {**fixed, "complete": gamma(p.order), **per_ms(p)}

    @staticmethod
    def renew(p: Any, clock: Any, step: int, targets: np.ndarray) -> dict[str, float]:
        now = clock.to_ms(step)

        def brought_up(since: float, collected: float) -> tuple[float, float]:
            if math.isnan(since):
                return now, 0.0
            last = (p.last_order, p.last_rate_per_ms, p.last_amplitude_per_ms, p.last_omega, p.last_phi)
            return now, collected + expected(*last, since, now)

        for row in targets:
            row[:2] = brought_up(*row[:2].tolist())
        since, collected = brought_up(p.since, p.collected)
        kept = {f"last_{name}": value for name, value in per_ms(p).items()}
        return {"since": since, "collected": collected, **kept}


@register
class sinusoidal_gamma_generator(SinusoidalGamma):
    r"""Generator of gamma spike trains of some order with the rate

    .. math:: \lambda(t) = rate + amplitude \cdot \sin(2 \pi \cdot frequency \cdot t + phase)

    The hazard of a spike depends on the integral of the rate since the last one. Each target gets a train of its
    own, unless the model's default ``individual_spike_trains`` is False; the generator then is a node like a neuron,
    and all targets get its train.

    References
    ----------
    Barbieri et al. (2001), J Neurosci Methods 105:25-37. NEST documentation, model ``sinusoidal_gamma_generator``.
    """

    @staticmethod
    def advance(v: Any, s: Any, step: Any, active: Any, context: Any) -> Any:
        now = v.tic * ((step + 1) * v.step_tics)
        rate = v.rate_per_ms + v.amplitude_per_ms * math.sin(v.omega * now + v.phi)
        state = (rate, s.since, s.collected, s.last_order, s.last_rate_per_ms, s.last_amplitude_per_ms)
        return (*state, s.last_omega, s.last_phi), now if rate > 0.0 else 0.0, 1.0, False

    @staticmethod
    def draw(v: Any, s: Any, value: Any, target: Any, context: Any) -> Any:
        if draws.uniform(context) < hazard(v, s.present_rate, value, target[0], target[1]):
            target[0] = value
            target[1] = 0.0
            return 1
        return 0


@final
@register_variant
class shared_sinusoidal_gamma_generator(SinusoidalGamma):
    """The generator with one train for all targets."""

    name = "sinusoidal_gamma_generator"
    has_proxies = True

    @staticmethod
    def advance(v: Any, s: Any, step: Any, active: Any, context: Any) -> Any:
        now = v.tic * ((step + 1) * v.step_tics)
        rate = v.rate_per_ms + v.amplitude_per_ms * math.sin(v.omega * now + v.phi)
        since, collected, spikes = s.since, s.collected, 0
        if active and rate > 0.0 and draws.uniform(context) < hazard(v, rate, now, since, collected):
            since, collected, spikes = now, 0.0, 1
        state = (rate, since, collected, s.last_order, s.last_rate_per_ms, s.last_amplitude_per_ms)
        return (*state, s.last_omega, s.last_phi), spikes, 1.0, False
