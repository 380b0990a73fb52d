"""Poisson spike trains with a sinusoidal rate."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, final

from jaxnest.models.contract.base import Quantity, hidden
from jaxnest.models.contract.device import Stimulator
from jaxnest.models.contract.registry import register, register_variant
from jaxnest.models.functions import draws, sinusoid


class SinusoidalPoisson(Stimulator, abstract=True):
    """What the generators of individual and of shared trains have in common."""

    receives_globally = False
    emits = "spikes"
    window_shift = 2
    parameters = {
        **sinusoid.PARAMETERS,
        "rate": Quantity(0.0, "Hz", "Mean rate", shown=lambda rate: rate / 1000.0 * 1000.0),
        "amplitude": Quantity(0.0, "Hz", "Amplitude of the modulation", shown=lambda a: a / 1000.0 * 1000.0),
    }
    state = {
        "y_0": Quantity(0.0, "1/ms", "First component of the oscillator", settable=False),
        "y_1": Quantity(0.0, "1/ms", "Second component of the oscillator", settable=False),
        "present_rate": hidden(doc="Rate in 1/ms"),
    }
    recordables = {"rate": lambda v, s: 1000.0 * s.present_rate}
    distributions = 1
    defaults_only = ("individual_spike_trains",)

    @classmethod
    def variant(cls, defaults: Mapping[str, Any]) -> type[Any]:
        """Return the class for trains of this kind."""
        individual = defaults["individual_spike_trains"]
        return sinusoidal_poisson_generator if individual else shared_sinusoidal_poisson_generator

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        omega = sinusoid.angles(p)["omega"]
        h = clock.resolution
        return {"h": h, "sine": math.sin(h * omega), "cosine": math.cos(h * omega)}

    @staticmethod
    def restart(p: Any, clock: Any, step: int) -> dict[str, float]:
        angles, amplitude = sinusoid.angles(p), p.amplitude / 1000.0
        angle = angles["omega"] * clock.to_ms(step) + angles["phi"]
        return {"y_0": amplitude * math.cos(angle), "y_1": amplitude * math.sin(angle)}


@register
class sinusoidal_poisson_generator(SinusoidalPoisson):
    r"""Generator of Poisson spike trains with the rate

    .. math:: \lambda(t) = \max(0, rate + amplitude \cdot \sin(2 \pi \cdot frequency \cdot t + phase))

    Each target gets a train of its own, unless the model's default ``individual_spike_trains`` is False; the
    generator then is a node like a neuron, and all targets get its train.

    References
    ----------
    NEST documentation, model ``sinusoidal_poisson_generator``.
    """

    @staticmethod
    def advance(v: Any, s: Any, step: Any, active: Any, context: Any) -> Any:
        y_0 = v.cosine * s.y_0 - v.sine * s.y_1
        y_1 = v.sine * s.y_0 + v.cosine * s.y_1
        rate = max(0.0, v.rate / 1000.0 + y_1)
        return (y_0, y_1, rate), rate, 1.0, False

    @staticmethod
    def draw(v: Any, s: Any, value: Any, target: Any, context: Any) -> Any:
        return draws.poisson(context, 0, value * v.h)


@final
@register_variant
class shared_sinusoidal_poisson_generator(SinusoidalPoisson):
    """The generator with one train for all targets."""

    name = "sinusoidal_poisson_generator"
    has_proxies = True

    @staticmethod
    def advance(v: Any, s: Any, step: Any, active: Any, context: Any) -> Any:
        y_0 = v.cosine * s.y_0 - v.sine * s.y_1
        y_1 = v.sine * s.y_0 + v.cosine * s.y_1
        rate = max(0.0, v.rate / 1000.0 + y_1)
        spikes = draws.poisson(context, 0, rate * v.h) if active and rate > 0.0 else 0
        return (y_0, y_1, rate), spikes, 1.0, False
