"""Networks that learn with e-prop and whose inputs have precise spike times.

Spikes that are not on the grid take another way to synapses, and so do those that tell them to learn at last.
"""

from __future__ import annotations

from typing import Any

from nest_reference.simulations import Arrays, Simulation, eprop, eprop_events

CASES: dict[str, Simulation] = {}


class _Precise:
    """NEST, but for inputs off the grid: parrots repeat precise spikes, a third of a step before the end of steps."""

    def __init__(self, nest: Any) -> None:
        vars(self)["_nest"] = nest

    def __getattr__(self, name: str) -> Any:
        return getattr(self._nest, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._nest, name, value)

    def Create(self, model: str, n: int = 1, params: Any = None, **named: Any) -> Any:
        if model == "parrot_neuron":
            return self._nest.Create("parrot_neuron_ps", n, **named)
        if model == "spike_generator" and params is not None:
            times = [time - self._nest.resolution / 3 for time in params["spike_times"]]
            params = params | {"spike_times": times, "precise_times": True}
        return self._nest.Create(model, n, params, **named)


def _case(simulation: Simulation) -> Simulation:
    def run(nest: Any, seed: int) -> Arrays:
        return simulation(_Precise(nest), seed)

    return run


for _kind, _cases in (("intervals", eprop.CASES), ("events", eprop_events.CASES)):
    CASES |= {f"{_kind}_{_name}": _case(_simulation) for _name, _simulation in _cases.items() if _name != "late"}
