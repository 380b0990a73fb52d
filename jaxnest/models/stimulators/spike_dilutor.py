"""Random choice of incoming spikes."""

from __future__ import annotations

from typing import Any

from jaxnest.models.contract.base import Quantity
from jaxnest.models.contract.device import Stimulator
from jaxnest.models.contract.registry import register
from jaxnest.models.functions import draws
from jaxnest.models.quantities.checks import within


@register
class spike_dilutor(Stimulator):
    """Device that repeats each incoming spike with a probability, independently for each target.

    It can be used with one virtual process only. As in NEST, whether it is active is decided once for all steps of
    min_delay.

    References
    ----------
    NEST documentation, model ``spike_dilutor``.
    """

    receives_globally = False

    emits = "spikes"
    sends_as_neurons = True
    slicewise = True
    single_thread = True
    takes_unknown = True
    spike_receptors = {0: ("spikes", "spikes")}
    ignores_weight = True
    parameters = {
        "p_copy": Quantity(
            1.0, "", "Probability that a target gets a spike", within(0.0, 1.0, "Copy probability must be in [0, 1].")
        ),
    }

    @staticmethod
    def advance(v: Any, s: Any, step: Any, active: Any, context: Any) -> Any:
        return (), int(context.input), 1.0, False

    @staticmethod
    def draw(v: Any, s: Any, value: Any, target: Any, context: Any) -> Any:
        copies = 0
        for _ in range(value):
            if draws.uniform(context) < v.p_copy:
                copies += 1
        return copies
