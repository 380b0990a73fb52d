"""What synapses with short-term plasticity have in common."""

from __future__ import annotations

from jaxnest.models.contract.base import Quantity, Relation, hidden, not_negative, positive
from jaxnest.models.quantities.checks import Check, within

INITIALLY_SILENT = {"t_last": hidden(-1.0, "Time of the last spike, negative before the first")}
RESOURCES = (Relation(lambda p: p["x"] + p["y"] > 1.0, "x + y must be <= 1.0."),)


def probability(name: str) -> Check:
    """The value has to be a probability."""
    return within(0.0, 1.0, f"{name} must be in [0,1].")


def times(quote: str, *, inactivation: bool) -> dict[str, Quantity]:
    """Return release probability and time constants; NEST puts their names in quotes in some of its messages."""
    declared = {
        "U": Quantity(0.5, "", "Increment of u at each spike", probability(f"{quote}U{quote}")),
        "tau_psc": Quantity(3.0, "ms", "Time constant of the current", positive(f"{quote}tau_psc{quote} must be > 0.")),
        "tau_rec": Quantity(800.0, "ms", "Time constant of recovery", positive(f"{quote}tau_rec{quote} must be > 0.")),
        "tau_fac": Quantity(0.0, "ms", "Time constant of facilitation; 0 for none",
                            not_negative(f"{quote}tau_fac{quote} must be >= 0.")),
    }  # fmt: skip
    if not inactivation:
        del declared["tau_psc"]
    return declared
