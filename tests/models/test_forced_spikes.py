"""Neurons that ignore their potential and spike at fixed intervals."""

from __future__ import annotations

import pytest

import jaxnest as nest


@pytest.mark.parametrize("model", ["iaf_psc_delta", "eprop_iaf"])
def test_a_new_offset_counts_from_now_on_and_intervals_rest_meanwhile(model: str) -> None:
    """The times are those of NEST."""
    nest.resolution = 1.0
    neuron = nest.Create(model, params={"ignore_and_spike": True, "ignore_and_spike_interval": 2.0})
    recorder = nest.Create("spike_recorder")
    nest.Connect(neuron, recorder)
    neuron.set(ignore_and_spike_offset=2.0, ignore_and_spike_interval=3.0)
    nest.Simulate(20.0)
    neuron.set(ignore_and_spike_offset=2.0, ignore_and_spike_interval=4.0)
    nest.Simulate(10.0)
    neuron.ignore_and_spike = False
    nest.Simulate(10.0)
    neuron.ignore_and_spike = True
    nest.Simulate(10.0)
    neuron.ignore_and_spike_interval = 5.0
    nest.Simulate(15.0)
    assert recorder.events["times"].tolist() == [2, 5, 8, 11, 14, 17, 20, 22, 26, 30, 44, 48, 52, 57, 62]
