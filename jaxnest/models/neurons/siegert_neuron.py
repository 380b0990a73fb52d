"""Mean-field model of a population of integrate-and-fire neurons."""

from __future__ import annotations

import math
from typing import Any

from jaxnest.models.contract.base import ArchivingNeuron, Quantity, Relation, not_negative, positive
from jaxnest.models.contract.registry import register
from jaxnest.models.contract.secondary import DIFFUSION, Hearing, Signal, Term
from jaxnest.models.contract.state import State
from jaxnest.models.functions.siegert import siegert
from jaxnest.numerics.nest_math import expm1


def _before(v: Any, before: Any, after: Any, x: Any) -> tuple[Any, ...]:
    return (before.rate,)


def _rate(v: Any, s: Any) -> tuple[Any, ...]:
    return (s.rate,)


@register
class siegert_neuron(ArchivingNeuron):
    r"""Mean-field model of a population of leaky integrate-and-fire neurons.

    .. math:: \tau \dot X = -X + \text{mean} + \Phi(\mu, \sigma^2)

    :math:`\Phi` is the stationary rate of a neuron whose input has mean :math:`\mu` and variance :math:`\sigma^2`,
    the sums of the rates that ``diffusion_connection`` carries, times `drift_factor` and `diffusion_factor`. A time
    constant of the synapses (tau_syn) shifts threshold and reset.

    References
    ----------
    Siegert (1951), Physical Review 81:617. Fourcaud & Brunel (2002), Neural Computation 14:2057-2110. Hahne et al.
    (2017), Frontiers in Neuroinformatics 11:34. NEST documentation, model ``siegert_neuron``.
    """

    emits = None
    compared = "rate"
    parameters = {
        "mean": Quantity(0.0, "1/s", "Constant drive"),
        "theta": Quantity(15.0, "mV", "Threshold, relative to the resting potential"),
        "V_reset": Quantity(0.0, "mV", "Potential after a spike, relative to the resting potential"),
        "tau": Quantity(1.0, "ms", "Time constant of the rate", positive("time constant must be > 0.")),
        "tau_m": Quantity(5.0, "ms", "Time constant of the membrane", positive("Membrane time constant must be > 0.")),
        "tau_syn": Quantity(
            0.0, "ms", "Time constant of the synapses", not_negative("Membrane time constant must not be negative.")
        ),
        "t_ref": Quantity(2.0, "ms", "Refractory period", not_negative("Refractory time must not be negative.")),
    }
    state = {"rate": Quantity(0.0, "1/s", "Rate")}
    relations = (
        Relation(lambda p: p["V_reset"] >= p["theta"], "Reset potential must be smaller than threshold."),
    )  # fmt: skip
    recordables = {"rate": lambda v, s: s.rate}
    signals = {DIFFUSION: Signal(_before, _rate)}
    hears = {
        DIFFUSION: Hearing(
            (Term("drift", factor="drift_factor"), Term("diffusion", factor="diffusion_factor")), receptors=(0, 1)
        )
    }

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        return {"keep": math.exp(-clock.resolution / p.tau), "gain": -expm1(-clock.resolution / p.tau)}

    @staticmethod
    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        drive = siegert(v, x.drift, x.diffusion)
        return State(rate=v.keep * s.rate + v.gain * (v.mean + drive)), 0
