"""What rate neurons have in common: their noise, their inputs, and the step from one rate to the next."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Protocol

from jaxnest.models import ops
from jaxnest.models.contract.base import ArchivingNeuron, Quantity, not_negative, positive
from jaxnest.models.contract.secondary import DELAYED_RATE, INSTANTANEOUS_RATE, Hearing, Signal, Term
from jaxnest.models.contract.state import State
from jaxnest.models.families.rate_gains import no_coupling
from jaxnest.numerics.nest_math import expm1

Gain = Callable[[Any, Any], Any]


class Update(Protocol):
    """A function that advances one node by one step."""

    def __call__(self, v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]: ...


RATE = Quantity(0.0, "", "Rate")
NOISE = Quantity(0.0, "", "Noise", settable=False)
SUMMATION = {"linear_summation": Quantity(True, "", "Apply the gain function to the sum of all inputs, else to each")}
NOISE_PARAMETER = not_negative("Noise parameter must not be negative.")
COMMON = {
    "tau": Quantity(10.0, "ms", "Time constant of the rate", positive("Time constant must be > 0.")),
    "sigma": Quantity(1.0, "", "Strength of the noise", NOISE_PARAMETER),
    "mu": Quantity(0.0, "", "Mean drive"),
    "std": Quantity(1.0, "", "Strength of the noise: older name of sigma", NOISE_PARAMETER),
    "mean": Quantity(0.0, "", "Mean drive: older name of mu"),
    "mult_coupling": Quantity(False, "", "Scale excitatory and inhibitory input by functions of the rate"),
}
ALIASES = {"sigma": "std", "mu": "mean"}


def _applies_gain(p: Any) -> Any:
    """Nodes that apply their gain function to each input."""
    return ~p["linear_summation"]


def hearing(name: str, signed: bool) -> Hearing:
    """Return what becomes of rates: a sum, or one of excitatory and one of inhibitory ones."""
    term = Term(f"{name}_ex", f"{name}_in") if signed else Term(name)
    return Hearing((term,), transforms=_applies_gain)


def _driver(gain: Gain, coupling_ex: Gain, coupling_in: Gain) -> Callable[..., Any]:
    """Return the function that adds the inputs of a step to a rate; `present` is the rate that is sent."""

    @ops.helper
    def driven(v: Any, x: Any, rate: Any, present: Any) -> Any:
        excitation = x.delayed_ex + x.instantaneous_ex
        inhibition = x.delayed_in + x.instantaneous_in
        multiplicative = v.mult_coupling != 0
        linear = v.linear_summation != 0
        factor_ex = ops.where(multiplicative, coupling_ex(v, present), 1.0)
        factor_in = ops.where(multiplicative, coupling_in(v, present), 1.0)
        whole = rate + v.gain * gain(v, excitation + x.delayed_in + x.instantaneous_in)
        drive_ex = ops.where(linear, gain(v, excitation), excitation)
        drive_in = ops.where(linear, gain(v, inhibition), inhibition)
        parts = rate + v.gain * factor_ex * drive_ex + v.gain * factor_in * drive_in
        return ops.where(linear & (v.mult_coupling == 0), whole, parts)

    return driven


def input_noise(gain: Gain, coupling_ex: Gain = no_coupling, coupling_in: Gain = no_coupling) -> Update:
    """Return the function `update` of a model with noisy input."""
    driven = _driver(gain, coupling_ex, coupling_in)

    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        noise = v.std * x.noise
        rate = v.keep * s.rate + v.gain * v.mean + v.noise_factor * noise
        rate = driven(v, x, rate, s.rate)
        low = (v.rectify_output != 0) & (rate < v.rectify_rate)
        return State(rate=ops.where(low, v.rectify_rate, rate), noise=noise), 0

    return update


def output_noise(gain: Gain, coupling_ex: Gain = no_coupling, coupling_in: Gain = no_coupling) -> Update:
    """Return the function `update` of a model with noisy output."""
    driven = _driver(gain, coupling_ex, coupling_in)

    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        noise = v.std * x.noise
        noisy_rate = s.rate + v.noise_factor * noise
        rate = v.keep * s.rate + v.gain * v.mean
        return State(rate=driven(v, x, rate, noisy_rate), noise=noise, noisy_rate=noisy_rate), 0

    return update


def transformer(gain: Gain) -> Update:
    """Return the function `update` of a node that transforms rates."""

    def update(v: Any, s: Any, x: Any) -> tuple[tuple[Any, ...], Any]:
        total = x.delayed + x.instantaneous
        return State(rate=ops.where(v.linear_summation != 0, gain(v, total), total)), 0

    return update


class RateNeuron(ArchivingNeuron, abstract=True):
    """Base of all neurons that send their rate instead of spikes."""

    emits = None
    compared = "rate"
    own_noise: ClassVar[bool] = False
    """The strength of the noise has a name of its own, because the gain function uses ``sigma`` and ``mu``."""

    make_update: ClassVar[Callable[..., Update] | None] = None
    """Returns the function `update` for a gain function and two functions of multiplicative coupling."""

    def __init_subclass__(
        cls, abstract: bool = False, gain: Gain | None = None, couplings: tuple[Gain, ...] = ()
    ) -> None:
        """Compose the functions of a model."""
        super().__init_subclass__(abstract)
        if gain is not None and cls.make_update is not None:
            cls.transform = staticmethod(gain)
            cls.update = staticmethod(cls.make_update(gain, *couplings))

    @classmethod
    def assign(cls, columns: dict[str, Any], changes: Mapping[str, Any]) -> None:
        """Write `changes`; some parameters have an older name as well."""
        super().assign(columns, changes)
        for name, older in ALIASES.items():
            if older in cls.parameters:
                if older in changes and not cls.own_noise:
                    columns[name] = changes[older]
                elif name in changes and older not in changes:
                    columns[older] = changes[name]

    @classmethod
    def remarks(cls, changes: Mapping[str, Any], stored: Mapping[str, Any], clock: Any) -> Iterator[tuple[str, str]]:
        """Warn of older names."""
        for name, older in ALIASES.items():
            if older in changes and older in cls.parameters:
                yield "WARNING", f"The parameter {older} of {cls.name} has been renamed to {name}."


def _before(v: Any, before: Any, after: Any, x: Any) -> tuple[Any, ...]:
    return (before.rate,)


def _rate(v: Any, s: Any) -> tuple[Any, ...]:
    return (s.rate,)


def _noisy_now(v: Any, before: Any, after: Any, x: Any) -> tuple[Any, ...]:
    return (after.noisy_rate,)


def _noisy_rate(v: Any, s: Any) -> tuple[Any, ...]:
    return (s.noisy_rate,)


class NoisyRateNeuron(RateNeuron, abstract=True):
    """Base of rate neurons with noise on their input or output."""

    hears = {DELAYED_RATE: hearing("delayed", True), INSTANTANEOUS_RATE: hearing("instantaneous", True)}


class InputNoiseNeuron(NoisyRateNeuron, abstract=True):
    r"""Base of rate neurons whose input is noisy.

    .. math:: \tau dX = (-\lambda X + \mu + \phi(\sum w_j X_j)) dt + \sqrt{\tau}\sigma dW
    """

    make_update = staticmethod(input_noise)
    signals = {DELAYED_RATE: Signal(_before), INSTANTANEOUS_RATE: Signal(_before, _rate)}
    parameters = COMMON | SUMMATION | {
        "lambda": Quantity(1.0, "", "Passive decay rate", not_negative("Passive decay rate must be >= 0.")),
        "rectify_rate": Quantity(0.0, "", "Smallest rate, if rectified",
                                 not_negative("Rectifying rate must not be negative.")),
        "rectify_output": Quantity(False, "", "Keep the rate from falling below rectify_rate"),
    }  # fmt: skip
    state = {"rate": RATE, "noise": NOISE}
    recordables = {"rate": lambda v, s: s.rate, "noise": lambda v, s: s.noise}

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        h, decay = clock.resolution, getattr(p, "lambda")
        if decay > 0:
            return {
                "keep": math.exp(-decay * h / p.tau),
                "gain": -1.0 / decay * expm1(-decay * h / p.tau),
                "noise_factor": math.sqrt(-0.5 / decay * expm1(-2.0 * decay * h / p.tau)),
            }
        return {"keep": 1.0, "gain": h / p.tau, "noise_factor": math.sqrt(h / p.tau)}


class OutputNoiseNeuron(NoisyRateNeuron, abstract=True):
    r"""Base of rate neurons whose output is noisy.

    .. math:: \tau \dot X = -X + \mu + \phi(\sum w_j (X_j + \sqrt{\tau}\sigma\xi_j))
    """

    make_update = staticmethod(output_noise)
    signals = {DELAYED_RATE: Signal(_noisy_now), INSTANTANEOUS_RATE: Signal(_noisy_now, _noisy_rate)}
    parameters = COMMON | SUMMATION
    state = {"rate": RATE, "noise": NOISE, "noisy_rate": Quantity(0.0, "", "Rate with noise", settable=False)}
    recordables = {
        "rate": lambda v, s: s.rate,
        "noise": lambda v, s: s.noise,
        "noisy_rate": lambda v, s: s.noisy_rate,
    }

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        h = clock.resolution
        return {
            "keep": math.exp(-h / p.tau),
            "gain": -expm1(-h / p.tau),
            "noise_factor": math.sqrt(p.tau / h),
        }


class RateTransformer(RateNeuron, abstract=True):
    """Base of nodes that send a function of the sum of their inputs, one step later."""

    make_update = staticmethod(transformer)
    signals = {DELAYED_RATE: Signal(_before), INSTANTANEOUS_RATE: Signal(_before, _rate)}
    hears = {DELAYED_RATE: hearing("delayed", False), INSTANTANEOUS_RATE: hearing("instantaneous", False)}
    parameters = SUMMATION
    state = {"rate": RATE}
    recordables = {"rate": lambda v, s: s.rate}
