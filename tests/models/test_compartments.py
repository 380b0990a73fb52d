"""Neurons of compartments: the same potentials, channels, conductances and spikes as NEST, and the same refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jaxnest as nest
from jaxnest.engine.functions.recorders import recorder
from jaxnest.engine.neurons.neuron_loops import neuron_loop
from nest_reference.simulations.compartments import CASES

from .conftest import compare

SOMA = {"parent_idx": -1}
AMPA = {"comp_idx": 0, "receptor_type": "AMPA"}


@pytest.mark.parametrize("backend", ["native", pytest.param("jax", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", CASES)
def test_agrees_with_nest(recording: Path, name: str, backend: str) -> None:
    if backend == "jax" and name != "copies":
        pytest.skip("array operations have no plastic synapses")
    compare(recording, name, CASES[name], backend)


def neuron(*compartments: dict[str, Any], receptors: Any = (AMPA,)) -> Any:
    return nest.Create("cm_default", params={"compartments": [SOMA, *compartments], "receptors": list(receptors)})


def test_what_scripts_see() -> None:
    cm = neuron({"parent_idx": 0}, receptors=[AMPA | {"comp_idx": 1}, AMPA | {"receptor_type": "NMDA"}, AMPA])
    assert cm.compartments.get_tuple() == ({"comp_idx": 0, "parent_idx": -1}, {"comp_idx": 1, "parent_idx": 0})
    shown = [(r["comp_idx"], r["receptor_idx"], r["receptor_type"]) for r in cm.receptors.get_tuple()]
    assert shown == [(0, 2, "AMPA"), (0, 1, "NMDA"), (1, 0, "AMPA")]
    conductances = ["g_d_AMPA_0", "g_d_AMPA_2", "g_d_NMDA_1", "g_r_AMPA_0", "g_r_AMPA_2", "g_r_NMDA_1"]
    channels = ["h_Na_0", "h_Na_1", "m_Na_0", "m_Na_1", "n_K_0", "n_K_1"]
    assert cm.recordables == [*conductances, *channels, "v_comp0", "v_comp1"]
    empty = nest.Create("cm_default").get(["compartments", "receptors", "recordables"])
    assert empty == {"compartments": [], "receptors": [], "recordables": []}
    assert nest.GetDefaults("cm_default", "recordables") == []


def test_parts_are_added_to_each_of_several_neurons() -> None:
    several = nest.Create("cm_default", 2)
    several.compartments = SOMA
    several.receptors = [AMPA, AMPA]
    several[1].compartments += [{"parent_idx": 0}]
    one, other = several
    one.set(compartments=None, receptors=None)
    assert [len(n.compartments.get_tuple()) for n in (one, other)] == [1, 2]
    other.receptors += AMPA | {"comp_idx": 1}
    assert [len(n.receptors.get_tuple()) for n in (one, other)] == [2, 3]
    copied = nest.Create("cm_default")
    copied.compartments = nest.Compartments(copied, [SOMA])
    assert len(copied.compartments.get_tuple()) == 1


REFUSED: list[tuple[str, Any, type[Exception], str]] = [
    ("add_compartments", SOMA, nest.NESTErrors.UnknownCompartment, "Compartment 0 , the root, has already"),
    ("add_compartments", {"parent_idx": 7}, nest.NESTErrors.UnknownCompartment, "7 does not exist in tree, but was"),
    ("add_compartments", {}, IndexError, "no 'parent_idx'"),
    ("add_compartments", {"parent_idx": 0.0}, nest.NESTErrors.TypeMismatch, "an integer"),
    ("add_compartments", {"parent_idx": True}, nest.NESTErrors.TypeMismatch, "an integer"),
    ("add_compartments", {"parent_idx": 0, "x": 1}, nest.NESTErrors.UnaccessedDictionaryEntry, "add_compartment_:  x"),
    ("add_compartments", {"parent_idx": 0, "params": 3}, nest.NESTErrors.TypeMismatch, "a dictionary"),
    ("add_compartments", {"parent_idx": 0, "params": {"C_m": "a"}}, nest.NESTErrors.TypeMismatch, "C_m has to be"),
    ("add_compartments", {"parent_idx": 0, "params": {"Cm": 1.0}}, nest.NESTErrors.UnaccessedDictionaryEntry, "'C_m'"),
    ("add_compartments", {"parent_idx": 0, "params": {"e_Na": 1.0}}, IndexError, "together with e_K"),
    ("add_compartments", {"parent_idx": 0, "params": {"e_K": 1.0}}, nest.NESTErrors.UnaccessedDictionaryEntry, "e_K"),
    ("add_compartments", [{"parent_idx": 0, "params": None}], AttributeError, "params is None"),
    ("add_compartments", [], nest.NESTErrors.BadProperty, "'compartments' entry could not be identified"),
    ("compartments", [SOMA], nest.NESTErrors.BadProperty, "'compartments' is already defined"),
    ("receptors", [AMPA], nest.NESTErrors.BadProperty, "'receptors' is already defined"),
    ("add_receptors", 3, nest.NESTErrors.BadProperty, "'receptors' entry could not be identified"),
    ("add_receptors", AMPA | {"comp_idx": 4}, nest.NESTErrors.UnknownCompartment, "Compartment 4 does not exist"),
    ("add_receptors", {"comp_idx": 0}, IndexError, "no 'receptor_type'"),
    ("add_receptors", AMPA | {"receptor_type": "NMAD"}, nest.NESTErrors.BadProperty, "Did you mean 'NMDA'"),
    ("add_receptors", AMPA | {"receptor_type": 1}, nest.NESTErrors.TypeMismatch, "a string"),
    ("add_receptors", AMPA | {"params": {"e_GABA": 1.0}}, nest.NESTErrors.UnaccessedDictionaryEntry, "e_GABA"),
    ("C_m", 2.0, nest.NESTErrors.UnaccessedDictionaryEntry, "C_m"),
]


@pytest.mark.parametrize(("name", "value", "error", "message"), REFUSED)
def test_what_is_refused_leaves_the_neuron_as_it_was(
    name: str, value: Any, error: type[Exception], message: str
) -> None:
    cm = neuron()
    before = cm.get()
    with pytest.raises(error, match=message):
        cm.set({name: value})
    assert cm.get() == before


def test_needs_a_root() -> None:
    cm = nest.Create("cm_default")
    with pytest.raises(nest.NESTErrors.UnknownCompartment, match="Compartment 0 does not exist in tree, meaning"):
        nest.Simulate(1.0)
    cm.compartments = SOMA
    nest.Simulate(1.0)


@pytest.mark.parametrize(
    ("device", "receptor", "message"),
    [
        ("dc_generator", 2, r"Valid current receptor ports for cm_default are in \[0, 2\["),
        ("spike_generator", 1, r"Valid spike receptor ports for cm_default are in \[0, 1\["),
        ("parrot_neuron", 1, r"Port with id 1 does not exist"),
    ],
)
def test_ports(device: str, receptor: int, message: str) -> None:
    cm, source = neuron({"parent_idx": 0}), nest.Create(device)
    nest.Connect(source, cm)
    with pytest.raises(nest.NESTErrors.UnknownPort, match=message):
        nest.Connect(source, cm, syn_spec={"receptor_type": receptor})
    with pytest.raises(nest.NESTErrors.UnknownReceptorType):
        nest.Connect(nest.Create("multimeter"), cm, syn_spec={"receptor_type": 1})


def test_input_on_its_way_is_lost_when_a_run_is_prepared() -> None:
    cm, generator = neuron(), nest.Create("spike_generator", params={"spike_times": [1.0]})
    meter = nest.Create("multimeter", params={"record_from": ["g_d_AMPA_0"], "interval": 1.0})
    nest.Connect(generator, cm, syn_spec={"delay": 4.0})
    nest.Connect(meter, cm)
    nest.Prepare()
    nest.Run(2.0)
    nest.Run(2.0)
    nest.Cleanup()
    nest.Simulate(6.0)
    assert not np.any(meter.events["g_d_AMPA_0"])


def test_undefined_peaks_are_told() -> None:
    cm = neuron(receptors=[AMPA | {"params": {"tau_r_AMPA": 3.0}}])
    with pytest.raises(nest.NESTErrors.NumericalInstability, match="of node 1"):
        nest.Simulate(1.0)
    assert cm.t_spike == -1.0


def test_nothing_is_compiled_for_a_tree() -> None:
    compiled = []
    for n in (1, 9):
        cm = neuron(*({"parent_idx": k // 2} for k in range(n)), receptors=[AMPA] * n)
        names = [f"v_comp{k}" for k in range(n + 1)] + [f"g_r_AMPA_{k}" for k in range(n)]
        meter = nest.Create("multimeter", params={"record_from": names, "interval": 0.1})
        nest.Connect(meter, cm)
        nest.Simulate(3.0)
        compiled.append((recorder.cache_info().currsize, neuron_loop.cache_info().currsize))
        assert all(len(meter.events[name]) for name in names)
    assert compiled[0] == compiled[1]


def test_several_neurons_get_the_parts_once_parsed() -> None:
    several = nest.Create("cm_default", 3, {"compartments": [SOMA, {"parent_idx": 0}], "receptors": [AMPA]})
    several[1].compartments += {"parent_idx": 1}
    several.receptors += [AMPA | {"comp_idx": 1}]
    assert [len(node.recordables) for node in several] == [12, 16, 12]
    meter = nest.Create("multimeter", params={"record_from": ["v_comp1", "g_d_AMPA_1"]})
    generator = nest.Create("spike_generator", params={"spike_times": [1.0]})
    nest.Connect(generator, several[2], syn_spec={"receptor_type": 1})
    nest.Connect(meter, several)
    nest.Simulate(4.0)
    moved = {int(sender) for sender, g in zip(*(meter.events[k] for k in ("senders", "g_d_AMPA_1")), strict=True) if g}
    assert moved == {3}
