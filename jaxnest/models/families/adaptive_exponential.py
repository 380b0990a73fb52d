"""What adaptive exponential integrate-and-fire neurons have in common."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np

from jaxnest.models import ops
from jaxnest.models.contract.base import Quantity, Relation, connected_flag, not_negative, positive
from jaxnest.models.contract.ode import GSL_ERROR_TOL, OdeNeuron
from jaxnest.models.contract.state import State
from jaxnest.models.quantities.checks import Check

LARGEST_EXPONENT = math.log(sys.float_info.max / 1e20)
"""Keeps the spike current representable up to the peak, with a margin."""

TIME_CONSTANTS = positive("All time constants must be strictly positive.")
CAPACITANCE = positive("Capacitance must be strictly positive.")

POTENTIALS = {
    "V_th": Quantity(-50.4, "mV", "Threshold of spike initiation"),
    "V_peak": Quantity(0.0, "mV", "Potential at which a spike is detected"),
    "t_ref": Quantity(0.0, "ms", "Refractory period", not_negative("Refractory time cannot be negative.")),
    "E_L": Quantity(-70.6, "mV", "Reversal potential of the leak"),
    "V_reset": Quantity(-60.0, "mV", "Membrane potential after a spike"),
}
REVERSAL = {
    "E_ex": Quantity(0.0, "mV", "Reversal potential of excitatory synapses"),
    "E_in": Quantity(-85.0, "mV", "Reversal potential of inhibitory synapses"),
}
SYNAPTIC_TIMES = {
    "tau_syn_ex": Quantity(0.2, "ms", "Time constant of excitatory synapses", TIME_CONSTANTS),
    "tau_syn_in": Quantity(2.0, "ms", "Time constant of inhibitory synapses", TIME_CONSTANTS),
}
ADAPTATION = {
    "a": Quantity(4.0, "nS", "Subthreshold adaptation"),
    "b": Quantity(80.5, "pA", "Spike-triggered adaptation"),
    "Delta_T": Quantity(2.0, "mV", "Slope factor of the spike initiation", not_negative("Delta_T must be positive.")),
    "tau_w": Quantity(144.0, "ms", "Time constant of the adaptation", TIME_CONSTANTS),
    "I_e": Quantity(0.0, "pA", "Constant input current"),
    "gsl_error_tol": GSL_ERROR_TOL,
}
CONDUCTANCE = not_negative("Conductances must not be negative.")


def membrane(capacitance: Check = CAPACITANCE) -> dict[str, Quantity]:
    """Return capacitance and leak; the models differ in the text of the error."""
    return {
        "C_m": Quantity(281.0, "pF", "Capacitance of the membrane", capacitance),
        "g_L": Quantity(30.0, "nS", "Leak conductance"),
    }


def _overflows(p: Any) -> Any:
    slope = np.asarray(p["Delta_T"])
    height = np.asarray(p["V_peak"]) - p["V_th"]
    return (slope > 0) & (height >= LARGEST_EXPONENT * slope)


PEAK_ABOVE_THRESHOLD = Relation(lambda p: p["V_peak"] < p["V_th"], "V_peak >= V_th required.")
NO_OVERFLOW = Relation(
    _overflows,
    "The current combination of V_peak, V_th and Delta_T will lead to numerical overflow at spike time; try for "
    "instance to increase Delta_T or to reduce V_peak to avoid this problem.",
)


def reset_below_peak(message: str) -> Relation:
    """Return the condition on V_reset; the models differ in the text of the error."""
    return Relation(lambda p: p["V_reset"] >= p["V_peak"], message)


class AdaptiveExponentialNeuron(OdeNeuron, abstract=True):
    """Base of the aeif models: spikes are found, and the adaptation grows, between the steps of the integrator."""

    controls_derivative = True
    explodes = True
    current_receptors = {0: "current"}
    jumps = ("V_m", "w", "refractory")
    state = {
        "V_m": Quantity(-70.6, "mV", "Membrane potential"),
        "w": Quantity(0.0, "pA", "Adaptation current"),
    }

    @staticmethod
    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        steps = clock.to_steps(p.t_ref)
        return {
            "resolution": clock.resolution,
            # without spike initiation this is an ordinary integrate-and-fire neuron
            "V_spike": p.V_peak if p.Delta_T > 0.0 else p.V_th,
            # one more, since the counter is lowered at the end of the same time step
            "refractory_steps": steps + 1 if steps > 0 else 0,
        }

    @staticmethod
    def substep(v: Any, s: Any, x: Any, first: Any) -> tuple[tuple[Any, ...], Any]:
        """Clamp V_m, or reset it and raise the adaptation at a spike."""
        spike = (s.refractory == 0) & ops.crosses(s.V_m, v.V_spike)
        V_m = ops.where((s.refractory > 0) | spike, v.V_reset, s.V_m)
        unstable = (s.V_m < -1e3) | (s.w < -1e6) | (s.w > 1e6)
        V_m = ops.where(unstable, math.nan, V_m)
        w = ops.where(spike, s.w + v.b, s.w)
        return (V_m, w, ops.where(spike, v.refractory_steps, s.refractory)), spike


class MultisynapseAdaptiveExponentialNeuron(AdaptiveExponentialNeuron, abstract=True):
    """Base of the aeif models with a conductance of its own at each of the receptors 1, 2, ..."""

    receptor_vector = "E_rev"
    recordables = {"V_m": lambda v, s: s.V_m, "w": lambda v, s: s.w}
    numbered = {"g_": lambda v, s: s.g}
    fixed_receptors = False
    ode = ("V_m", "w", "dg", "g")
    relations = (PEAK_ABOVE_THRESHOLD, reset_below_peak("Ensure that: V_reset < V_peak ."), NO_OVERFLOW)
    state = {
        "V_m": Quantity(-70.6, "mV", "Membrane potential"),
        "w": Quantity(0.0, "pA", "Adaptation current"),
        "dg": Quantity(np.zeros(1), "nS/ms", "Derivatives of the conductances", settable=False, each="E_rev"),
        "g": Quantity(np.zeros(1), "nS", "Conductances", settable=False, each="E_rev"),
        **connected_flag(),
    }

    @classmethod
    def status(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Return the number of receptors."""
        return {"n_receptors": len(values["E_rev"])}

    @staticmethod
    def finish(v: Any, s: Any, x: Any, V_before: Any) -> tuple[tuple[Any, ...], Any]:
        return State(
            V_m=s.V_m,
            w=s.w,
            dg=s.dg + x.spikes * v.g0,
            g=s.g,
            refractory=ops.maximum(s.refractory - 1, 0.0),
            I_stim=x.current,
        ), 0


def different_lengths(*names: str) -> Any:
    """Return a condition on vector parameters that should be equally long."""

    def violated(p: Any) -> Any:
        return np.array([len({len(v) for v in row}) > 1 for row in zip(*(p[name] for name in names), strict=True)])

    return violated
