"""Spikes that wait for the next slice when connections change between two runs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

import jaxnest as nest

UNDER_WAY = """
import json, sys
{import_}
nest.verbosity = nest.VerbosityLevel.ERROR

def potentials(model, change, precise):
    nest.ResetKernel()
    ps = "_ps" if precise else ""
    generator = nest.Create("spike_generator", params={{"spike_times": [float(t) for t in range(1, 30)]}})
    sources = nest.Create("parrot_neuron" + ps, 3)
    targets = nest.Create("iaf_psc_alpha" + ps, 2)
    weights = nest.Create("weight_recorder")
    nest.CopyModel(model, "watched", {{"weight_recorder": weights}})
    nest.Connect(generator, sources)
    nest.Connect(sources[0], targets, syn_spec={{"synapse_model": "watched", "weight": 10.0, "delay": 1.0}})
    nest.Connect(sources[1], targets, syn_spec={{"weight": 10.0, "delay": 2.0}})
    nest.Connect(sources[1], sources[2], syn_spec={{"delay": 1.5}})
    nest.Simulate(4.0)
    first = nest.GetConnections(sources[0], targets)
    for one in change.split():
        if one == "weight":
            first.weight = 100.0
        elif one == "delay":
            first.delay = 1.5
        elif one == "other":
            nest.GetConnections(sources[1], targets[0]).disconnect()
        elif one == "remove":
            nest.GetConnections(sources[0], targets[0]).disconnect()
        elif one == "known":
            nest.Connect(sources[1], targets[1], syn_spec={{"weight": 30.0, "delay": 1.0}})
        elif one == "unknown":
            nest.Connect(sources[2], targets, syn_spec={{"weight": 30.0, "delay": 1.0}})
        elif one == "create":
            nest.Create("iaf_psc_alpha")
        elif one == "look":
            nest.GetConnections()
        elif one == "new":
            nest.Connect(sources[1], nest.Create("parrot_neuron" + ps), syn_spec={{"delay": 1.0}})
    found = []
    for _ in range(3):
        nest.Simulate(1.0)
        found += list(targets.V_m)
    events = weights.events
    return found, sorted(zip(events["times"].tolist(), events["targets"].tolist(), events["weights"].tolist()))

cases = json.loads(sys.argv[1])
print("RESULT " + json.dumps([potentials(*case) for case in cases]))
"""


AS_BEFORE = "3:11 3:12 3:13 3:14 4:21 4:22"


@pytest.mark.nest
@pytest.mark.parametrize("model", ["static_synapse", "stdp_synapse", "tsodyks_synapse", "static_synapse precise"])
def test_spikes_under_way_take_the_connections_of_the_next_run(nest_python: str, model: str) -> None:
    """Those that were removed carry nothing, and new ones something if their source was known."""
    changes = [
        "remove", "other", "remove look", "other look unknown", "known", "unknown", "known remove", "new remove",
        "weight", "weight create", "weight remove", "weight known", "weight look", "delay", "delay unknown",
        "delay remove look", "create", "new", "unknown look other", "",
    ]  # fmt: skip
    name, _, precise = model.partition(" ")
    cases = json.dumps([[name, change, bool(precise)] for change in changes])

    def results(python: str, import_: str) -> Any:
        command = [python, "-c", UNDER_WAY.format(import_=import_), cases]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
        return json.loads(done.stdout.split("RESULT ")[1])

    for change, ours, theirs in zip(
        changes, results(sys.executable, "import jaxnest as nest"), results(nest_python, "import nest"), strict=True
    ):
        assert ours == theirs, change


@pytest.mark.parametrize("backend", ["native", "jax"])
def test_spikes_under_way_over_removed_connections_are_lost(backend: str) -> None:
    nest.compute_backend = backend
    generator = nest.Create("spike_generator", params={"spike_times": [2.0]})
    source, targets, recorder = (
        nest.Create("parrot_neuron"),
        nest.Create("parrot_neuron", 2),
        nest.Create("spike_recorder"),
    )
    nest.Connect(generator, source)
    nest.Connect(source, targets, syn_spec={"delay": 3.0})
    nest.Connect(targets, recorder)
    nest.Simulate(3.0)
    nest.GetConnections(source, targets[0]).disconnect()
    nest.GetConnections()
    nest.Connect(source, nest.Create("parrot_neuron"))
    nest.Simulate(10.0)
    assert recorder.get("events", "senders").tolist() == [targets[1].global_id]


def test_new_weights_stay_when_connections_change() -> None:
    """Spikes that were under way have once brought the old ones back."""
    generator = nest.Create("spike_generator", params={"spike_times": [float(t) for t in range(1, 20)]})
    source, target = nest.Create("parrot_neuron"), nest.Create("iaf_psc_alpha")
    nest.Connect(generator, source)
    nest.Connect(source, target, syn_spec={"synapse_model": "stdp_synapse", "weight": 1.0})
    nest.Simulate(4.0)
    nest.GetConnections(source).weight = 50.0
    nest.Connect(source, nest.Create("parrot_neuron"))
    nest.Simulate(4.0)
    assert nest.GetConnections(source, synapse_model="stdp_synapse").weight == 50.0


def test_a_connection_made_after_a_removal_is_kept() -> None:
    sources, targets = nest.Create("parrot_neuron", 3), nest.Create("parrot_neuron", 2)
    nest.Connect(sources[2], sources[1])
    nest.Connect(sources, targets)
    nest.Simulate(1.0)
    nest.GetConnections(sources[1], targets[0]).disconnect()
    for _ in range(3):
        nest.Connect(sources[2], targets[1])
    assert nest.num_connections == 9
    assert len(nest.GetConnections(sources[2], targets[1])) == 4


def watched_network(generator: Any) -> tuple[Any, Any, Any, Callable[[list[tuple[int, int]]], None]]:
    """Return sources, targets, who records weights, and what connects pairs with a weight that tells them apart."""
    sources, targets = nest.Create("parrot_neuron", 4), nest.Create("iaf_psc_alpha", 4)
    weights = nest.Create("weight_recorder")
    nest.CopyModel("static_synapse", "watched", {"weight_recorder": weights})

    def connect(pairs: list[tuple[int, int]]) -> None:
        for source, target in pairs:
            syn_spec = {"synapse_model": "watched", "weight": 10.0 * source + target + 1.0}
            nest.Connect(sources[source], targets[target], syn_spec=syn_spec)

    nest.Connect(generator, sources[1:3])
    connect([(1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (1, 3)])
    return sources, targets, weights, connect


@pytest.mark.parametrize(
    ("compressed", "threads", "removed", "added", "under_way", "then"),
    [
        (True, 1, [], [(0, 0)], "2:1 3:11 3:12 3:13 3:14", "3:11 3:12 3:13 3:14 4:21 4:22"),
        (True, 1, [(1, 0)], [], "3:12 3:13 3:14 4:21 4:22", "3:12 3:13 3:14 4:21 4:22"),
        (True, 2, [], [(3, 1), (0, 1)], "3:11 3:12 3:13 3:14 4:21 4:22", "3:11 3:12 3:13 3:14 4:21 4:22"),
        (
            True,
            2,
            [(2, 0)],
            [(2, 3), (1, 3)],
            "3:11 3:12 3:13 3:14 3:14 4:22 4:24",
            "3:11 3:12 3:13 3:14 3:14 4:22 4:24",
        ),
        (False, 1, [(1, 0)], [], "3:12 3:13 3:14 4:21 4:22", "3:14 4:21 4:22"),
        (False, 1, [(1, 3)], [(1, 3)], "3:11 3:12 3:13 4:21 4:22", "3:11 3:12 3:13 4:21 4:22"),
        (False, 2, [], [(2, 3), (1, 3)], "3:11 3:12 3:13 3:14 4:21 4:22", "3:11 3:12 3:13 3:14 3:14 4:21 4:22 4:24"),
        (False, 2, [(2, 0)], [(0, 0)], "3:11 3:12 3:13 3:14 4:22", "3:11 3:12 3:13 3:14 4:22"),
    ],  # fmt: skip
)
def test_spikes_under_way_go_where_their_place_is(
    compressed: bool,
    threads: int,
    removed: list[tuple[int, int]],
    added: list[tuple[int, int]],
    under_way: str,
    then: str,
) -> None:
    """NEST keeps spikes by the place of their source or connection, whatever is there later.

    The values are NEST's: senders and weights at 3 ms, when the spikes arrive that were under way, and at 4 ms.
    """
    nest.set(use_compressed_spikes=compressed, local_num_threads=threads)
    generator = nest.Create("spike_generator", params={"spike_times": [float(t) for t in range(1, 9)]})
    sources, targets, weights, connect = watched_network(generator)
    nest.Simulate(3.0)
    for source, target in removed:
        nest.Disconnect(sources[source], targets[target], syn_spec={"synapse_model": "watched"})
    connect(added)
    nest.Simulate(2.0)
    events = weights.events
    found = sorted(zip(events["times"].tolist(), events["senders"].tolist(), events["weights"].tolist(), strict=True))
    assert " ".join(f"{sender}:{weight:g}" for time, sender, weight in found if time == 3.0) == under_way
    assert " ".join(f"{sender}:{weight:g}" for time, sender, weight in found if time == 4.0) == then


@pytest.mark.parametrize(
    ("compressed", "threads", "removed", "added", "again", "expected"),
    [
        (True, 1, [], [(0, 0)], [], ["2:1 3:11 3:12 3:13 3:14", AS_BEFORE, AS_BEFORE]),
        (True, 2, [], [(3, 1), (0, 1)], [(2, 2)], [f"{AS_BEFORE} 4:23"] * 3),
        (False, 1, [], [(2, 2), (1, 0)], [], [AS_BEFORE, *[f"3:11 {AS_BEFORE} 4:23"] * 2]),
        (False, 1, [(1, 0)], [], [], ["3:12 3:13 3:14 4:21 4:22", "3:14 4:21 4:22", "3:14 4:21 4:22"]),
        (False, 1, [(1, 3)], [(1, 3)], [(0, 0)], ["3:11 3:12 3:13 4:21 4:22"] * 3),
        (
            False,
            2,
            [],
            [(2, 3), (1, 3)],
            [(2, 2)],
            ["3:11 3:12 3:13 3:14 4:21 4:22 4:23", *["3:11 3:12 3:13 3:14 3:14 4:21 4:22 4:23 4:24"] * 2],
        ),
        (False, 2, [(2, 0)], [(0, 0)], [(1, 1)], ["3:11 3:12 3:12 3:13 3:14 4:22"] * 3),
    ],  # fmt: skip
)
def test_spikes_of_an_unfinished_slice_go_where_their_place_was(
    compressed: bool,
    threads: int,
    removed: list[tuple[int, int]],
    added: list[tuple[int, int]],
    again: list[tuple[int, int]],
    expected: list[str],
) -> None:
    """Those emitted before a change take places from then, those emitted after it present ones.

    The values are NEST's: senders and weights of spikes at 2.1, 2.6 and 3.1 ms. Connections change at 2.3 and 2.8 ms.
    """
    nest.set(use_compressed_spikes=compressed, local_num_threads=threads)
    generator = nest.Create("spike_generator", params={"spike_times": [1.1, 1.6, 2.1]})
    sources, targets, weights, connect = watched_network(generator)
    nest.Simulate(2.3)
    for source, target in removed:
        nest.Disconnect(sources[source], targets[target], syn_spec={"synapse_model": "watched"})
    connect(added)
    nest.Simulate(0.5)
    connect(again)
    nest.Simulate(1.5)
    events = weights.events
    found = sorted(zip(events["times"].tolist(), events["senders"].tolist(), events["weights"].tolist(), strict=True))
    assert expected == [
        " ".join(f"{sender}:{weight:g}" for time, sender, weight in found if time == when) for when in (2.1, 2.6, 3.1)
    ]


@pytest.mark.parametrize("backend", ["native", "jax"])
def test_spikes_of_an_unfinished_slice_do_not_take_a_new_connection(backend: str) -> None:
    nest.set(use_compressed_spikes=False, compute_backend=backend)
    generator = nest.Create("spike_generator", params={"spike_times": [1.1, 1.6]})
    source, targets = nest.Create("parrot_neuron"), nest.Create("parrot_neuron", 2)
    recorder = nest.Create("spike_recorder")
    nest.Connect(generator, source)
    nest.Connect(targets, recorder)
    nest.Connect(source, targets[0])
    nest.Connect(targets[0], targets[1], syn_spec={"delay": 5.0})
    nest.Simulate(2.3)
    nest.Connect(source, targets[1])
    nest.Simulate(4.0)
    events = recorder.events
    assert list(zip(events["times"].tolist(), events["senders"].tolist(), strict=True)) == [
        (3.1, 3),
        (3.6, 3),
        (3.6, 4),
    ]


def test_places_stay_where_a_thread_has_lost_all_connections() -> None:
    """As in NEST, the spike of a source without connections gets lost; it does not take those of another one."""
    nest.local_num_threads = 2
    generator = nest.Create("spike_generator", params={"spike_times": [1.0]})
    sources, targets = nest.Create("parrot_neuron", 3), nest.Create("iaf_psc_alpha", 3)
    nest.Connect(generator, sources[0])
    for source, target in ((0, 1), (1, 1), (2, 0)):
        nest.Connect(sources[source], targets[target], syn_spec={"weight": 100.0})
    nest.Simulate(1.0)
    nest.GetConnections(sources[0]).disconnect()
    nest.Simulate(1.0)
    nest.GetConnections(sources[1]).disconnect()
    nest.Simulate(2.0)
    assert targets.V_m == (-70.0, -70.0, -70.0)


def test_weights_that_change_later_are_recorded_where_connections_are_gone() -> None:
    nest.use_compressed_spikes = False
    generator = nest.Create("spike_generator", params={"spike_times": [1.0, 2.0, 3.0, 4.0]})
    source, targets, weights = (
        nest.Create("parrot_neuron"),
        nest.Create("parrot_neuron", 2),
        nest.Create("weight_recorder"),
    )
    nest.CopyModel("static_synapse", "watched", {"weight_recorder": weights})
    nest.Connect(generator, source)
    nest.Connect(source, targets, syn_spec="watched")
    nest.Simulate(2.5)
    nest.GetConnections(source, targets[1]).disconnect()
    nest.Simulate(1.0)
    nest.GetConnections(source).weight = 7.0
    nest.Simulate(3.0)
    assert weights.get("events", "weights").tolist() == [1.0, 1.0, 1.0, 7.0, 7.0]


@pytest.mark.parametrize(
    ("changes", "reached"),
    [
        (["", "first", "", "connect"], ["3456", "456", "456", ""]),
        (["first", "second", "create"], ["456", "56", ""]),
        (["", "second", "first", "pair"], ["3456", "356", "56", ""]),
        (["first", "pair", "second"], ["456", "", ""]),
    ],
)  # fmt: skip
def test_connections_without_compressed_spikes_lose_their_first_one(changes: list[str], reached: list[str]) -> None:
    """In NEST the others are reached until something else changes. The values are NEST's."""
    nest.use_compressed_spikes = False
    generator = nest.Create("spike_generator", params={"spike_times": [float(t) for t in range(1, 20)]})
    source, targets = nest.Create("parrot_neuron"), nest.Create("parrot_neuron", 4)
    recorder = nest.Create("spike_recorder")
    nest.Connect(generator, source)
    nest.Connect(source, targets)
    nest.Connect(targets, recorder)
    apply = {
        "": lambda: None,
        "first": lambda: nest.GetConnections(source, targets[:1]).disconnect(),
        "second": lambda: nest.GetConnections(source, targets[1:2]).disconnect(),
        "connect": lambda: nest.Connect(targets[2], targets[3]),
        "create": lambda: nest.Create("parrot_neuron"),
        "pair": lambda: nest.Disconnect(source, targets[3]),
    }
    found = []
    for change in changes:
        apply[change]()
        nest.Simulate(4.0)
        events = recorder.events
        recent = events["senders"][events["times"] > nest.biological_time - 2.0]
        found.append("".join(map(str, sorted(set(recent.tolist())))))
    assert found == reached


def test_plastic_connections_are_removed_though_a_thread_has_no_neurons() -> None:
    nest.local_num_threads = 4
    neurons = nest.Create("parrot_neuron", 2)
    nest.Connect(neurons, neurons, syn_spec={"synapse_model": "stdp_synapse"})
    nest.Simulate(1.0)
    nest.GetConnections(neurons[0]).disconnect()
    nest.Simulate(1.0)
    assert nest.num_connections == 2


def test_neurons_remember_spikes_for_plastic_connections_that_are_not_used_yet() -> None:
    """In NEST they do so from Connect on, though a connection that is made between runs is used later."""
    generators = [nest.Create("spike_generator", params={"spike_times": times}) for times in ([4.0, 6.0], [12.0])]
    source, target = nest.Create("parrot_neuron"), nest.Create("parrot_neuron")
    nest.Connect(generators[0], target)
    nest.Connect(generators[1], source)
    nest.Prepare()
    nest.Run(2.0)
    nest.Connect(source, target, syn_spec={"synapse_model": "stdp_synapse", "weight": 0.5})
    nest.Run(8.0)
    nest.Cleanup()
    nest.Simulate(10.0)
    assert nest.GetConnections(source).weight == 0.4925825556360494


def test_a_new_connection_is_removed_before_it_is_used() -> None:
    neurons = nest.Create("parrot_neuron", 2)
    nest.Connect(neurons[0], neurons[1])
    connection = nest.GetConnections()
    nest.Connect(neurons[0], neurons[1])
    for _ in range(2):
        connection.disconnect()
    nest.Simulate(1.0)
    assert nest.num_connections == 0
