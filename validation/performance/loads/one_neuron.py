"""A first script: one neuron with a constant current, and a voltmeter. What counts is the whole process."""

from __future__ import annotations

from typing import Any

from session import main


def measure(nest: Any) -> dict[str, float]:
    """Simulate the neuron, and look at its potential."""
    neuron = nest.Create("iaf_psc_alpha")
    voltmeter = nest.Create("voltmeter")
    neuron.I_e = 376.0
    nest.Connect(voltmeter, neuron)
    nest.Simulate(1000.0)
    assert len(voltmeter.events["V_m"]) == 999
    return {}


if __name__ == "__main__":
    main(measure)
