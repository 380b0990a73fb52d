"""Superposition of Poisson spike trains with dead time."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from jaxnest.models.contract.base import Quantity, Relation, not_negative
from jaxnest.models.contract.device import Stimulator
from jaxnest.models.contract.registry import register
from jaxnest.models.quantities.checks import Check, within
from jaxnest.models.stimulators.gamma_sup_generator import transitions


def interval(rate: Any) -> Any:
    """Return the mean interval (ms) of a component."""
    with np.errstate(divide="ignore", over="ignore"):
        return 1000.0 / np.asarray(rate, np.float64)


@register
class ppd_sup_generator(Stimulator):
    """Generator of the superposition of independent Poisson spike trains with dead time, one for each target.

    The hazard of the ``n_proc`` components can be modulated by a sine; `rate` is then the rate without modulation.

    References
    ----------
    Deger, Helias, Boucsein & Rotter (2012), J Comput Neurosci 32:443-463. NEST documentation, model
    ``ppd_sup_generator``.
    """

    emits = "spikes"
    parameters = {
        "dead_time": Quantity(0.0, "ms", "Dead time", not_negative("The dead time cannot be negative.")),
        "rate": Quantity(0.0, "Hz", "Rate of one component"),
        "n_proc": Quantity(
            1,
            "",
            "Number of components",
            Check(lambda x: x < 1, "The number of component processes cannot be smaller than one", ">= 1"),
        ),
        "frequency": Quantity(0.0, "Hz", "Frequency of the modulation"),
        "relative_amplitude": Quantity(
            0.0,
            "",
            "Amplitude of the modulation",
            within(0.0, 1.0, "The relative amplitude of the rate modulation must be in [0,1]."),
        ),
    }
    relations = (
        Relation(
            lambda p: interval(p["rate"]) <= p["dead_time"], "The inverse rate has to be larger than the dead time."
        ),
    )
    target_distributions = 2

    @classmethod
    def new_target(cls, p: Any, clock: Any) -> list[float]:
        """Return the number of age bins, the next one to become active, the active components and those in each bin."""
        h = clock.resolution
        bins = int(p.dead_time / h)
        each = int(p.rate / 1000.0 * p.n_proc * h)
        return [float(bins), 0.0, float(p.n_proc - each * bins), *([float(each)] * bins)]

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        h = clock.resolution
        return {
            "hazard": 1.0 / (1000.0 / p.rate - p.dead_time) * h if p.rate > 0 else 0.0,
            "omega": 2.0 * math.pi * p.frequency / 1000.0,
            "step_tics": clock.tics_per_step,
            "tic": clock.ms_per_tic,
        }

    @staticmethod
    def advance(v: Any, s: Any, step: Any, active: Any, context: Any) -> Any:
        hazard = v.hazard if v.rate > 0.0 else 0.0
        if v.relative_amplitude > 0.0 and v.frequency != 0.0:
            hazard *= 1.0 + v.relative_amplitude * math.sin(v.omega * (v.tic * (step * v.step_tics)))
        if v.rate > 0.0 and hazard == 0.0:
            hazard = -1.0  # no spikes, but the components age
        return (), hazard, 1.0, False

    @staticmethod
    def draw(v: Any, s: Any, value: Any, target: Any, context: Any) -> Any:
        spikes = transitions(context, target[2], max(0.0, value))
        bins = int(target[0])
        if bins > 0:
            oldest = int(target[1])
            target[2] += target[3 + oldest] - spikes
            target[3 + oldest] = spikes
            target[1] = float((oldest + 1) % bins)
        return spikes
