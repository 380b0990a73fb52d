"""Vectors in compiled loops: short ones are values, longer ones arrays; both have the same digits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import jaxnest as nest
from jaxnest.compile.kinds import LANES

ADAPTIVE = {"tau_rise": 1.0, "tau_decay": 3.0, "E_rev": -20.0}
KINDS: dict[str, tuple[dict[str, Any], dict[str, float], float]] = {
    "iaf_psc_exp_multisynapse": ({}, {"tau_syn": 2.0}, 300.0),
    "iaf_psc_alpha_multisynapse": ({}, {"tau_syn": 2.0}, 300.0),
    "gif_psc_exp_multisynapse": (
        {"tau_sfa": [10.0, 90.0], "q_sfa": [3.0, 1.0], "tau_stc": [20.0], "q_stc": [15.0]},
        {"tau_syn": 2.0},
        300.0,
    ),
    "gif_cond_exp_multisynapse": (
        {"tau_sfa": [10.0, 90.0], "q_sfa": [3.0, 1.0], "tau_stc": [20.0], "q_stc": [15.0]},
        {"tau_syn": 2.0, "E_rev": 0.0},
        20.0,
    ),
    "glif_cond": (
        {"spike_dependent_threshold": True, "after_spike_currents": True, "adapting_threshold": True},
        {"tau_syn": 2.0, "E_rev": 0.0},
        20.0,
    ),
    "glif_psc": ({"spike_dependent_threshold": True, "after_spike_currents": True}, {"tau_syn": 2.0}, 300.0),
    "aeif_cond_beta_multisynapse": ({}, ADAPTIVE, 30.0),
}
"""Parameters, those of which there is one for each receptor, and the weight of connections."""


@pytest.mark.parametrize("name", KINDS)
def test_receptors_that_nothing_reaches_change_nothing(name: str) -> None:
    parameters, per_receptor, weight = KINDS[name]
    traces = []
    for n in (2, LANES + 1):
        nest.ResetKernel()
        vectors = {key: [value] * n for key, value in per_receptor.items()}
        neurons = nest.Create(name, 3, parameters | vectors)
        noise, meter = nest.Create("poisson_generator", params={"rate": 6000.0}), nest.Create("multimeter")
        meter.set(record_from=["V_m"], interval=0.1)
        spikes = nest.Create("spike_recorder")
        for receptor in (1, 2):
            nest.Connect(noise, neurons, syn_spec={"weight": weight, "receptor_type": receptor})
        nest.Connect(meter, neurons)
        nest.Connect(neurons, spikes)
        nest.Simulate(60.0)
        traces.append((meter.events["V_m"], spikes.events["times"]))
    for short, long in zip(*traces, strict=True):
        np.testing.assert_array_equal(short, long)
    assert len(traces[0][1])
