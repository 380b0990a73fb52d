"""The tolerances of all comparisons with NEST, in one place.

The back end `native` has none: whatever it computes equals NEST's result bit for bit. The back end `jax` has one
tolerance for each class of results. Whatever needs a wider one is listed in `EXCEPTIONS`, with the reason.
"""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from typing import Any, final

from jaxnest.models.contract import ode, registry
from jaxnest.models.contract.synapse import Synapse


@final
@dataclass(frozen=True)
class Tolerance:
    """Largest error, relative to the largest magnitude of the quantity in its trace; `reason` says why."""

    relative: float
    reason: str


IDENTICAL = Tolerance(0.0, "node numbers, connectivity, random draws and times on the grid are no matter of rounding")
CLOSED_FORM = Tolerance(1e-9, "exact integration; the last digits differ where products and sums are fused")
INTEGRATED = Tolerance(1e-6, "the size of adaptive steps reacts to last digits; well below the bound of the solver")
PLASTIC = Tolerance(1e-9, "closed-form updates at each spike")
PRECISE_TIMES = Tolerance(1e-9, "times of spikes between the points of the grid are computed from the potential")


@final
@dataclass(frozen=True)
class Deviation:
    """Results that need a wider tolerance than their class: patterns of subject, case and quantity, and the reason."""

    subject: str
    case: str
    quantity: str
    tolerance: Tolerance


STEP_SIZE = (
    "the solver keeps its step size while the estimated error lies between two limits and jumps otherwise; where an "
    "estimate is next to a limit the last digit decides, and traces differ by what the solver allows itself: "
)
EXCEPTIONS: tuple[Deviation, ...] = (
    Deviation(
        "aeif_psc_delta",
        "*",
        "*",
        Tolerance(
            1e-2,
            "a spike jumps the potential after the first step of the solver, whose size, and so the moment of the "
            "jump, reacts to last digits",
        ),
    ),
    Deviation("aeif_*", "*", "*", Tolerance(1e-4, STEP_SIZE + "1e-6 per step, amplified by the exponential upstroke")),
    Deviation("hh_cond_beta_gap_traub", "*", "*", Tolerance(5e-2, STEP_SIZE + "1e-3 per step for gates in 0 ... 1")),
    Deviation("astrocytes*", "*", "*", Tolerance(1e-6, "astrocytes and neurons are integrated with adaptive steps")),
    Deviation(
        "gap_junction", "*", "*", Tolerance(1e-6, "the neurons that it connects are integrated with adaptive steps")
    ),
)
UNPREDICTABLE = {
    ("aeif_psc_delta", "resolution 0.5"): "the moment of a jump of the potential decides about further spikes",
    ("aeif_cond_exp-5-0.1", "aeif_cond_exp-5-0.1"): "several spikes per time step: rounding decides about one more",
}
"""Subject and case that the back end `jax` cannot be held to, with the reason; `native` is."""
EXACT = ("times", "senders", "targets", "receptors", "ports", "archiver_length", "refused values", "error")
"""Ends of the names of quantities that have to be identical with both back ends."""


def class_of(model: Any) -> Tolerance:
    """Return the tolerance of a model's class of results."""
    if issubclass(model, Synapse):
        return PLASTIC
    return INTEGRATED if issubclass(model, ode.OdeNode) else CLOSED_FORM


def known(subject: str) -> Any:
    """Return the model that a subject names, or the one that its name begins with, or nothing."""
    models = {**registry.NODE_MODELS, **registry.SYNAPSE_MODELS}
    if subject in models:
        return models[subject]
    inside = [name for name in models if name in subject]
    return models[max(inside, key=len)] if inside else None


def tolerance(subject: str, case: str, quantity: str) -> Tolerance:
    """Return the tolerance of a quantity with the back end `jax`."""
    if quantity.endswith(EXACT):
        precise = quantity.endswith("times") and ("_ps" in subject or "cont_delay" in subject)
        return PRECISE_TIMES if precise else IDENTICAL
    for deviation in EXCEPTIONS:
        patterns = (deviation.subject, deviation.case, deviation.quantity)
        if all(map(fnmatch.fnmatchcase, (subject, case, quantity), patterns)):
            return deviation.tolerance
    model = known(subject)
    return CLOSED_FORM if model is None else class_of(model)
