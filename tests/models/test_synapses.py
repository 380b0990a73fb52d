"""Plastic and stochastic synapses: the same weights, states and spikes as NEST."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jaxnest as nest
from nest_reference.simulations.synapses import CASES

from .conftest import compare


@pytest.mark.parametrize("backend", ["native"])
@pytest.mark.parametrize("name", CASES)
def test_agrees_with_nest(recording: Path, name: str, backend: str) -> None:
    compare(recording, name, CASES[name], backend)


def test_archive_grows_with_spikes_that_nobody_reads() -> None:
    nest.ResetKernel()
    silent, busy = nest.Create("parrot_neuron"), nest.Create("parrot_neuron", 2)
    source = nest.Create("spike_generator", params={"spike_times": np.arange(1.0, 900.0, 0.5)})
    nest.Connect(silent, busy, syn_spec={"synapse_model": "stdp_synapse", "receptor_type": 1})
    nest.Connect(source, busy[0])
    nest.Simulate(1000.0)
    assert busy.archiver_length == (1798, 0)


def test_weight_of_one_sign() -> None:
    neurons = nest.Create("iaf_psc_alpha", 2)
    with pytest.raises(nest.NESTErrors.BadProperty, match="Weight and Wmax must have same sign"):
        nest.Connect(neurons, neurons, syn_spec={"synapse_model": "stdp_synapse", "weight": -1.0, "Wmax": 5.0})
    nest.Connect(neurons, neurons, syn_spec={"synapse_model": "stdp_synapse", "weight": -1.0})
    with pytest.raises(nest.NESTErrors.BadProperty, match="Weight and Wmax must have same sign"):
        nest.GetConnections().set(weight=-2.0)


def test_target_without_history() -> None:
    neuron, recorder = nest.Create("iaf_psc_alpha"), nest.Create("spike_recorder")
    with pytest.raises(nest.NESTErrors.IllegalConnection, match="does not support STDP"):
        nest.Connect(neuron, recorder, syn_spec={"synapse_model": "stdp_synapse"})


def test_functions_exist_in_compiled_code_only() -> None:
    from jaxnest.models.histories import history

    for operation in (history.spikes, history.time, history.trace, history.nearest_trace, history.triplet_trace_at):
        with pytest.raises(TypeError, match="compiled code"):
            operation(None, *([0] * (operation.__code__.co_argcount - 1)))


def test_each_virtual_process_counts_the_synapses_of_the_facets_hardware() -> None:
    model = "stdp_facetshw_synapse_hom"
    nest.local_num_threads = 2
    nest.SetDefaults(model, {"Wmax": 30.0, "driver_readout_time": 3.0})
    assert nest.GetDefaults(model, "weight_per_lut_entry") == 2.0
    train = nest.Create("spike_generator", params={"spike_times": [1.0]})
    pre, post = nest.Create("parrot_neuron"), nest.Create("parrot_neuron", 5)
    nest.Connect(train, pre)
    nest.Connect(pre, post, syn_spec={"synapse_model": model, "weight": 11.0})
    nest.Simulate(5.0)
    connections = nest.GetConnections(synapse_model=model)
    numbers = dict(zip(connections.target, connections.get("synapse_id"), strict=True))
    assert numbers == {4: 0, 6: 1, 3: 0, 5: 1, 7: 2}
    assert connections.weight == [12.0] * 5
    assert nest.GetDefaults(model, ["no_synapses", "readout_cycle_duration"]) == [3, 3.0]
    nest.SetDefaults(model, {"synapses_per_driver": 2})
    assert nest.GetDefaults(model, "readout_cycle_duration") == 6.0
    nest.SetDefaults(model, {"no_synapses": 10})
    assert nest.GetDefaults(model, ["no_synapses", "readout_cycle_duration"]) == [10, 15.0]


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"lookuptable_0": [1, 2]}, "BadProperty"),
        ({"lookuptable_1": [16] * 16}, "BadProperty"),
        ({"configbit_1": [1, 0]}, "BadProperty"),
        ({"reset_pattern": [1]}, "BadProperty"),
        ({"lookuptable_2": 3}, "TypeMismatch"),
        ({"lookuptable_2": [1.5] * 16}, "TypeMismatch"),
    ],
)
def test_tables_of_the_facets_hardware_are_checked(values: dict[str, Any], error: str) -> None:
    with pytest.raises(getattr(nest.NESTErrors, error)):
        nest.SetDefaults("stdp_facetshw_synapse_hom", values)


NAN = float("nan")


@pytest.mark.parametrize(
    ("model", "values", "refused"),
    [
        ("stdp_synapse", {"weight": -1.0}, False),
        ("stdp_synapse", {"weight": -1.0, "receptor_type": 0}, True),
        ("stdp_synapse_lbl", {"weight": -1.0, "synapse_label": 3}, True),
        ("stdp_synapse", {"weight": -0.0, "receptor_type": 0}, False),
        ("stdp_synapse", {"weight": NAN, "Wmax": -1.0}, True),
        ("stdp_synapse", {"Wmax": NAN}, True),
        ("stdp_nn_symm_synapse", {"weight": 0.0, "Wmax": -0.0}, True),
        ("stdp_nn_symm_synapse", {"weight": 1.0, "Wmax": NAN}, False),
        ("stdp_triplet_synapse", {"Kplus": NAN}, True),
        ("stdp_triplet_synapse", {"Kplus_triplet": NAN}, False),
        ("vogels_sprekeler_synapse", {"weight": 0.0, "Wmax": -1.0}, False),
        ("static_synapse", {"weight": -1.0, "receptor_type": 0}, False),
    ],
)
@pytest.mark.parametrize("before", [False, True])
def test_when_nest_compares_weights_with_bounds(
    model: str, values: dict[str, Any], refused: bool, before: bool
) -> None:
    """Nothing is compared if Connect is given no more than weight and delay."""
    neurons = nest.Create("iaf_psc_alpha", 2)
    if before:  # connections like others are made without checking everything anew
        others = {k: v for k, v in values.items() if k in ("receptor_type", "synapse_label")}
        nest.Connect(neurons[0], neurons[1], "one_to_one", {"synapse_model": model, "weight": 2.0} | others)
        neurons = neurons[0]
    if refused:
        with pytest.raises(nest.NESTErrors.BadProperty):
            nest.Connect(neurons, neurons, "one_to_one", {"synapse_model": model} | values)
    else:
        nest.Connect(neurons, neurons, "one_to_one", {"synapse_model": model} | values)


def test_defaults_that_are_no_numbers() -> None:
    with pytest.raises(nest.NESTErrors.BadProperty, match="tau_plus"):
        nest.SetDefaults("stdp_pl_synapse_hom", {"tau_plus": NAN})
    nest.SetDefaults("stdp_pl_synapse_hom", {"tau_plus": 30.0})
    with pytest.raises(nest.NESTErrors.BadProperty, match="sign"):
        nest.CopyModel("stdp_synapse", "other", {"weight": -1.0})
