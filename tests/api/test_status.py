from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import jaxnest as nest
from nest_reference.status_cases import MODELS, SYNAPSES, written

THREADS = (1, 3)
UNDEFINED = {"diffusion_connection": {"weight"}}
"""Entries that NEST reads from memory that nobody has written to."""
OF_THIS_BUILD = {
    "build_info",
    "memory_size",
    "node_models",
    "synapse_models",
    "verbosity",
}


def without(dictionary: dict[str, Any], keys: set[str]) -> dict[str, Any]:
    return {key: value for key, value in dictionary.items() if key not in keys}


def test_new_nodes_have_nests_dictionaries(recorded: Callable[[str], Any]) -> None:
    expected = recorded("nodes")
    for threads in THREADS:
        nest.ResetKernel()
        nest.local_num_threads = threads
        for model in MODELS:
            assert written(nest.Create(model).get()) == expected[f"{model} {threads}"], model


def test_defaults_are_those_of_nest(recorded: Callable[[str], Any]) -> None:
    expected = recorded("defaults")
    for threads in THREADS:
        nest.ResetKernel()
        nest.local_num_threads = threads
        for model in (*MODELS, *SYNAPSES):
            assert written(nest.GetDefaults(model)) == expected[f"{model} {threads}"], model
        for model in MODELS:
            nest.Create(model)
            assert written(nest.GetDefaults(model)) == expected[f"{model} {threads} with nodes"], model


def test_defaults_of_all_models_are_those_of_nest(recorded: Callable[[str], Any]) -> None:
    expected = recorded("models")
    mine = {name: written(nest.GetDefaults(name)) for name in (*nest.node_models, *nest.synapse_models)}
    different = {
        name: {key: (status.get(key), expected[name].get(key)) for key in {*status, *expected[name]} - unknown}
        for name, status in mine.items()
        if name in expected
        and without(status, unknown := UNDEFINED.get(name, set())) != without(expected[name], unknown)
    }
    assert not {name: {k: pair for k, pair in d.items() if pair[0] != pair[1]} for name, d in different.items()}


def test_kernel_attributes_are_those_of_nest(recorded: Callable[[str], Any]) -> None:
    nest.ResetKernel()
    expected, mine = recorded("kernel"), written(nest.GetKernelStatus())
    mine["rng_types"][1].remove(["str", "jax"])  # ours
    assert set(mine) == set(expected)
    different = {
        key: (mine[key], value)
        for key, value in expected.items()
        if key not in OF_THIS_BUILD and mine[key] != value and not key.startswith("time_")
    }
    assert not different
    assert set(expected["build_info"]) <= set(mine["build_info"])
    assert mine["build_info"]["version"] == expected["build_info"]["version"]


@pytest.mark.parametrize("record_to", ["ascii", "memory", "screen"])
def test_recorders_have_the_entries_of_their_backend(record_to: str) -> None:
    recorder = nest.Create("spike_recorder", {"record_to": record_to})
    entries = {
        "ascii": {"file_extension", "filenames", "precision", "time_in_steps"},
        "memory": {"events", "time_in_steps"},
        "screen": {"precision", "time_in_steps"},
    }
    assert entries[record_to] <= set(recorder.get())
    assert recorder.record_to == record_to
    assert nest.GetDefaults("spike_recorder")["record_to"] == "memory"


def test_copies_of_recorders_keep_their_backend() -> None:
    nest.CopyModel("spike_recorder", "writer", {"record_to": "ascii", "precision": 7, "start": 5.0})
    writer = nest.Create("writer")
    assert writer.get(["record_to", "precision", "start"]) == {"record_to": "ascii", "precision": 7, "start": 5.0}
    assert "writer" in writer.filenames[0]


def test_copies_of_synapses_keep_their_recorder() -> None:
    recorder = nest.Create("weight_recorder")
    nest.SetDefaults("static_synapse", {"weight_recorder": recorder})
    nest.CopyModel("static_synapse", "recorded")
    nest.SetDefaults("static_synapse", {"weight_recorder": nest.Create("weight_recorder")})
    assert nest.GetDefaults("recorded", "weight_recorder") == recorder
    assert nest.GetDefaults("recorded", "weight_recorder").model == "weight_recorder"


def test_values_of_copies_are_their_own() -> None:
    nest.CopyModel("iaf_psc_exp_multisynapse", "first", {"tau_syn": [1.0, 2.0]})
    nest.CopyModel("first", "second")
    nest.SetDefaults("first", {"tau_syn": [3.0, 4.0, 5.0]})
    assert nest.GetDefaults("first", "tau_syn").tolist() == [3.0, 4.0, 5.0]
    assert nest.GetDefaults("second", "tau_syn").tolist() == nest.Create("second").tau_syn.tolist() == [1.0, 2.0]


def test_a_refused_recorder_setting_leaves_the_others() -> None:
    recorder = nest.Create("spike_recorder", {"start": 5.0})
    with pytest.raises(nest.NESTErrors.BadProperty, match="start must be a multiple"):
        recorder.set(start=5.05, stop=10.0)
    with pytest.raises(nest.NESTErrors.BadProperty, match="Unknown recording backend"):
        recorder.set(record_to="nowhere")
    with pytest.raises(nest.NESTErrors.BadProperty, match="n_events"):
        recorder.set(n_events=3)
    assert recorder.get(["start", "stop", "record_to"]) == {
        "start": 5.0,
        "stop": 1.7976931348623157e308,
        "record_to": "memory",
    }


def test_help_is_made_from_the_declaration() -> None:
    text = nest.help("iaf_psc_alpha", return_text=True)
    assert text is not None
    assert "tau_m = 10.0 ms" in text
    assert "Membrane time constant" in text


def test_conductances_are_as_many_as_receptors_from_the_first_run_on() -> None:
    neuron = nest.Create("glif_cond", params={"tau_syn": [0.2, 2.0, 3.0], "E_rev": [0.0, -70.0, -80.0]})
    neuron.V_m = -71.0
    assert [len(neuron.get(name)) for name in ("g", "dg")] == [1, 1]
    nest.Simulate(0.1)
    neuron.V_m = -72.0
    assert [len(neuron.get(name)) for name in ("g", "dg")] == [3, 3]


@pytest.mark.parametrize("model", ["mat2_psc_exp", "amat2_psc_exp"])
def test_computed_values_are_plain_numbers(model: str) -> None:
    nodes = nest.Create(model, 2)
    assert [type(value) for value in nodes.V_th] == [float, float]
    assert type(nodes[0].get()["V_th"]) is float


def test_nodes_hold_the_defaults_of_the_moment_of_their_creation() -> None:
    first = nest.Create("iaf_psc_alpha")
    nest.SetDefaults("iaf_psc_alpha", {"I_e": 3.0})
    second = nest.Create("iaf_psc_alpha", 2)
    nest.SetDefaults("iaf_psc_alpha", {"I_e": 5.0})
    assert (first + second).I_e == (0.0, 3.0, 3.0)
    assert nest.Create("iaf_psc_alpha", 2000)[-1].I_e == 5.0
    assert (first + second).get("V_m") == (-70.0,) * 3


def test_dictionaries_of_many_nodes_are_set_up_to_the_first_that_is_refused() -> None:
    nodes = nest.Create("iaf_psc_alpha", 5)
    changes: list[dict[str, Any]] = [{"C_m": 100.0 + i, "E_L": -60.0 - i} for i in range(5)]
    changes[3]["C_m"] = -1.0
    with pytest.raises(nest.NESTErrors.BadProperty, match="node ID 4: Capacitance must be > 0"):
        nodes.set(changes)
    assert nodes.C_m == (100.0, 101.0, 102.0, 250.0, 250.0)
    assert nodes.E_L == (-60.0, -61.0, -62.0, -70.0, -70.0)
    assert nodes.V_m == (-70.0,) * 5
    changes[3]["C_m"] = "much"
    changes[0] = {"t_ref": 1.0}
    with pytest.raises(nest.NESTErrors.TypeMismatch):
        nodes.set(changes)
    assert nodes.t_ref == (1.0, 2.0, 2.0, 2.0, 2.0)
    assert nodes.C_m == (100.0, 101.0, 102.0, 250.0, 250.0)


def test_values_of_nodes_of_several_models_are_none_where_there_are_none() -> None:
    nodes = nest.Create("iaf_psc_alpha") + nest.Create("poisson_generator") + nest.Create("spike_recorder")
    values = nodes.get()
    assert values["model"] == ("iaf_psc_alpha", "poisson_generator", "spike_recorder")
    assert values["rate"] == (None, 0.0, None)
    assert values["n_events"] == (None, None, 0)
    assert values["recordables"] == (nodes[0].recordables, None, None)
    assert list(values) == sorted(values)


def test_connections_depend_on_present_defaults_and_limits() -> None:
    pair = nest.Create("iaf_psc_alpha", 2)
    nest.Connect(pair[0], pair[1])
    nest.SetDefaults("static_synapse", {"weight": 4.0, "delay": 2.0})
    nest.Connect(pair[0], pair[1])
    nest.Connect(pair[0], pair[1], syn_spec={"delay": 0.3})
    found = nest.GetConnections()
    assert (sorted(found.weight), sorted(found.delay)) == ([1.0, 4.0, 4.0], [3 * 0.1, 1.0, 2.0])
    assert (nest.min_delay, nest.max_delay) == (0.3, 2.0)
    nest.Simulate(1.0)
    with pytest.raises(nest.NESTErrors.BadDelay):
        nest.Connect(pair[0], pair[1], syn_spec={"delay": 3.0})
    with pytest.raises(nest.NESTErrors.UnknownReceptorType):
        nest.Connect(pair[0], pair[1], syn_spec={"receptor_type": 7})


@pytest.mark.parametrize(
    ("synapse_model", "changes", "error", "kept"),
    [
        ("stdp_synapse", {"Wmax": -3.0, "lambda": 0.5}, "BadProperty", (-3.0, 0.5)),
        ("static_synapse", {"weight": 2.0, "delay": -1.0}, "BadDelay", (1.0, 1.0)),
        ("static_synapse", {"weight": 3.0, "nonsense": 1.0}, "UnaccessedDictionaryEntry", (3.0, None)),
        ("stdp_synapse_hom", {"alpha": 2.0, "delay": -1.0, "weight": 2.0}, "BadDelay", (2.0, 1.0, 1.0)),
        ("tsodyks_synapse", {"tau_rec": -1.0, "U": 0.25, "u": 0.75}, "BadProperty", (-1.0, 0.25, 0.0)),
    ],
)
def test_defaults_of_synapses_that_are_refused_stay(
    synapse_model: str, changes: dict[str, float], error: str, kept: tuple[float | None, ...]
) -> None:
    """NEST stores them before it checks them. The values are NEST's."""
    with pytest.raises(getattr(nest.NESTErrors, error)):
        nest.SetDefaults(synapse_model, changes)
    status = nest.GetDefaults(synapse_model)
    assert tuple(status.get(name) for name in changes) == kept


def test_random_numbers_follow_what_computes_unless_somebody_chose() -> None:
    assert nest.rng_type == "mt19937_64"
    nest.compute_backend = "jax"
    assert nest.rng_type == "jax"
    nest.compute_backend = "native"
    assert nest.rng_type == "mt19937_64"
    nest.rng_type = "Philox_32"
    nest.compute_backend = "jax"
    assert nest.rng_type == "Philox_32"
    nest.ResetKernel()
    nest.set(compute_backend="jax", rng_type="mt19937_64")
    assert nest.rng_type == "mt19937_64"
