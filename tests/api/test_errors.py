"""Bad input: the classes of NEST's errors, and what a failed call leaves behind."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

import jaxnest as nest

E = nest.NESTErrors

CASES: dict[str, tuple[Callable[[], Any], type[Exception]]] = {
    "unknown model": (lambda: nest.Create("no_model"), E.UnknownModelName),
    "no nodes": (lambda: nest.Create("iaf_psc_alpha", 0), E.BadParameterValue),
    "less than no nodes": (lambda: nest.Create("iaf_psc_alpha", -1), E.BadProperty),
    "half a node": (lambda: nest.Create("iaf_psc_alpha", 1.5), TypeError),
    "unknown parameter": (lambda: nest.Create("iaf_psc_alpha", 1, {"x": 1.0}), E.UnaccessedDictionaryEntry),
    "unknown default": (lambda: nest.SetDefaults("iaf_psc_alpha", {"x": 1.0}), E.UnaccessedDictionaryEntry),
    "illegal value": (lambda: nest.Create("iaf_psc_alpha", 1, {"C_m": -1.0}), E.BadProperty),
    "illegal relation": (lambda: nest.Create("iaf_psc_alpha", 1, {"V_reset": 0.0}), E.BadProperty),
    "read-only": (lambda: nest.Create("iaf_psc_alpha", 1, {"global_id": 5}), E.UnaccessedDictionaryEntry),
    "list too short": (lambda: nest.Create("iaf_psc_alpha", 3, {"V_m": [1.0]}), IndexError),
    "text": (lambda: nest.Create("iaf_psc_alpha", 1, {"V_m": "high"}), E.TypeMismatch),
    "wrong number of dicts": (lambda: nest.Create("iaf_psc_alpha", 3, [{}, {}]), TypeError),
    "wrong number of dicts in set": (lambda: nest.Create("iaf_psc_alpha", 3).set([{}, {}]), E.BadParameter),
    "float for an integer": (lambda: nest.set(rng_seed=1.0), E.TypeMismatch),
    "integer for a flag": (lambda: nest.set(print_time=1), E.TypeMismatch),
    "unknown property": (lambda: nest.Create("iaf_psc_alpha").get("x"), KeyError),
    "copy to an existing name": (lambda: nest.CopyModel("iaf_psc_alpha", "static_synapse"), E.NewModelNameExists),
    "copy of nothing": (lambda: nest.CopyModel("no_model", "new"), E.UnknownModelName),
    "defaults of nothing": (lambda: nest.GetDefaults("no_model"), E.UnknownComponent),
    "random default": (lambda: nest.SetDefaults("iaf_psc_alpha", {"V_m": nest.random.uniform()}), ValueError),
    "node does not exist": (lambda: nest.NodeCollection([1]), E.UnknownNode),
    "start off the grid": (lambda: nest.Create("spike_recorder", 1, {"start": 0.05}), E.BadProperty),
    "stop before start": (lambda: nest.Create("spike_recorder", 1, {"start": 5.0, "stop": 1.0}), E.BadProperty),
    "interval off the grid": (lambda: nest.Create("multimeter", 1, {"interval": 0.15}), E.BadProperty),
    "interval too short": (lambda: nest.Create("multimeter", 1, {"interval": 0.0}), E.BadProperty),
    "record_from is text": (lambda: nest.Create("multimeter", 1, {"record_from": "V_m"}), E.TypeMismatch),
    "frozen meter": (lambda: nest.Create("multimeter", 1, {"frozen": True}), E.BadProperty),
    "unknown backend": (lambda: nest.Create("multimeter", 1, {"record_to": "x"}), E.BadProperty),
    "unknown source of stimuli": (lambda: nest.Create("dc_generator", 1, {"stimulus_source": "x"}), E.BadProperty),
    "mixed collection": (
        lambda: (nest.Create("iaf_psc_alpha") + nest.Create("spike_recorder")).set(V_m=1.0),
        E.UnaccessedDictionaryEntry,
    ),
    "negative time": (lambda: nest.Simulate(-1.0), E.BadParameter),
    "time off the grid": (lambda: nest.Simulate(0.15), E.BadParameter),
    "endless time": (lambda: nest.Simulate(float("inf")), E.BadParameter),
    "time is text": (lambda: nest.Simulate("long"), TypeError),
    "Run without Prepare": (lambda: nest.Run(1.0), E.KernelException),
    "Cleanup without Prepare": (nest.Cleanup, E.KernelException),
}


@pytest.mark.parametrize("case", CASES)
def test_classes_of_errors(case: str) -> None:
    call, kind = CASES[case]
    with pytest.raises(kind) as caught:
        call()
    assert caught.type is kind
    nest.Simulate(1.0)  # the kernel stays usable


def test_messages_name_node_value_and_bound() -> None:
    with pytest.raises(E.BadProperty, match=r"'iaf_psc_alpha' with node ID 1: Capacitance must be > 0.*-1\.0 pF"):
        nest.Create("iaf_psc_alpha", 1, {"C_m": -1.0})
    with pytest.raises(E.BadProperty, match=r"start = 0\.05 ms, resolution = 0\.1 ms"):
        nest.Create("spike_recorder", 1, {"start": 0.05})


def test_nodes_exist_after_a_refused_parameter() -> None:
    with pytest.raises(E.BadProperty):
        nest.Create("iaf_psc_alpha", 3, {"tau_m": -1.0})
    assert nest.network_size == 3
    assert nest.GetNodes().tau_m == (10.0, 10.0, 10.0)


@pytest.mark.parametrize(
    ("model", "changes", "error", "expected"),
    [
        ("iaf_psc_alpha", [{"C_m": 1.0}, {"C_m": []}, {"C_m": 1.0}], "TypeMismatch", (1.0, 250.0, 250.0)),
        ("iaf_psc_alpha", [{"C_m": 1.0}, {"C_m": [1.0]}, {"C_m": 1.0}], "TypeMismatch", (1.0, 250.0, 250.0)),
        ("iaf_psc_alpha", [{"C_m": 1.0}, {"C_m": -1.0}, {"C_m": 1.0}], "BadProperty", (1.0, 250.0, 250.0)),
        ("iaf_psc_alpha", [{"C_m": 1.0}, {"C_m": None}, {"C_m": 1.0}], "AttributeError", (250.0, 250.0, 250.0)),
        ("iaf_psc_alpha", [{"C_m": 1.0}, {"C_m": -1.0}, {"C_m": None}], "AttributeError", (250.0, 250.0, 250.0)),
        ("poisson_generator", [{"rate": 1.0}, {"rate": "a"}, {"rate": 2.0}], "TypeMismatch", (1.0, 0.0, 0.0)),
        ("poisson_generator", [{"rate": 1.0}, {"rate": None}, {"rate": 2.0}], "AttributeError", (0.0, 0.0, 0.0)),
        ("multimeter", [{"interval": 1.0}, {"interval": 1.25, "offset": "a"}, {}], "BadProperty", (1.0, 1.0, 1.0)),
    ],
)
def test_which_error_comes_first_and_what_is_kept(
    model: str, changes: list[dict[str, Any]], error: str, expected: tuple[float, ...]
) -> None:
    """All values are handed to the kernel before any node is set; then node by node. As in NEST."""
    nodes = nest.Create(model, 3)
    with pytest.raises(getattr(nest.NESTErrors, error, AttributeError)):
        nodes.set(changes)
    assert nodes.get(next(iter(changes[0]))) == expected


def test_all_errors_derive_from_one() -> None:
    assert nest.NESTError is E.KernelException
    assert issubclass(E.BadProperty, nest.NESTError)
    assert E.BadProperty.__module__ == "NESTErrors"


def test_sampling_is_fixed_by_connecting() -> None:
    meter, node = nest.Create("multimeter", {"record_from": ["V_m"]}), nest.Create("iaf_psc_alpha")
    nest.Connect(meter, node)
    for change in ({"interval": 2.0}, {"offset": 1.0}, {"record_from": ["V_m"]}):
        with pytest.raises(E.BadProperty, match="after the multimeter has been connected"):
            meter.set(change)
    meter.start = 5.0


def test_recorders_are_fixed_while_prepared() -> None:
    recorder = nest.Create("spike_recorder")
    with nest.RunManager(), pytest.raises(E.BadProperty, match="inside a Prepare/Run/Cleanup context"):
        recorder.start = 5.0
    recorder.start = 5.0


@pytest.mark.parametrize("value", ["-60", "-60.0"])
@pytest.mark.parametrize("n", [1, 3])
def test_a_text_for_a_number_is_shown_as_a_whole(n: int, value: str) -> None:
    with pytest.raises(nest.NESTErrors.TypeMismatch, match=f"number in mV, not '{value}'"):
        nest.Create("iaf_psc_alpha", n, {"V_m": value})


@pytest.mark.parametrize(
    ("call", "hint"),
    [
        (lambda n: n.get("V_rset"), "V_reset"),
        (lambda n: n[0].get("V_rset"), "V_reset"),
        (lambda n: n.V_rset, "V_reset"),
        (lambda n: n.get(["V_m", "V_rset"]), "V_reset"),
        (lambda n: nest.Create("spike_recorder").get("events", "time"), "times"),
        (lambda n: nest.GetDefaults("iaf_psc_alpha", "V_rset"), "V_reset"),
        (lambda n: nest.GetDefaults("iaf_psc_alpha", ["V_m", "V_rset"]), "V_reset"),
        (lambda n: nest.get("resolutoin"), "resolution"),
        (lambda n: nest.GetConnections()[0].get("wieght"), "weight"),
    ],
)
def test_unknown_keys_are_noted_with_the_nearest(call: Any, hint: str) -> None:
    """The argument of the error is the name alone, as in NEST."""
    nodes = nest.Create("iaf_psc_alpha", 3)
    nest.Connect(nodes, nodes)
    with pytest.raises(KeyError) as caught:
        call(nodes)
    assert caught.value.__notes__ == [f"Did you mean '{hint}'?"]
    assert len(caught.value.args) == 1
    assert caught.value.args[0] in ("V_rset", "time", "resolutoin", "wieght")


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("Crate", "Create"),
        ("random.unifrm", "uniform"),
        ("math.expp", "exp"),
        ("logic.condtional", "conditional"),
        ("spatial.gird", "grid"),
        ("spatial_distributions.gausian", "gaussian"),
    ],
)
def test_unknown_names_of_modules_are_hinted_at_once(path: str, hint: str) -> None:
    module, _, name = f"nest.{path}".rpartition(".")
    with pytest.raises(AttributeError, match=f"has no attribute '{name}'. Did you mean '{hint}'"):
        eval(f"{module}.{name}")
    code = f"import jaxnest as nest; nest.{path}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.count("Did you mean") == 1


def test_unknown_recording_backends_come_with_those_that_there_are() -> None:
    message = r"'asci'\. Did you mean 'ascii'\? There are: ascii, memory, screen\."
    with pytest.raises(nest.NESTErrors.BadProperty, match=message):
        nest.Create("spike_recorder", params={"record_to": "asci"})


def test_nodes_of_an_empty_network() -> None:
    for call in (lambda: nest.Connect([1, 2], [1, 2]), lambda: nest.NodeCollection([1])):
        with pytest.raises(nest.NESTErrors.UnknownNode, match="Node with id 1 does not exist; there are no nodes"):
            call()
    nest.Create("iaf_psc_alpha", 3)
    with pytest.raises(nest.NESTErrors.UnknownNode, match="Node with id 5 does not exist; ids run from 1 to 3"):
        nest.NodeCollection([1, 5])


def test_a_misspelt_option_that_is_needed() -> None:
    nodes = nest.Create("iaf_psc_alpha", 2)
    with pytest.raises(IndexError, match="needs 'indegree' in conn_spec, not 'indgree'"):
        nest.Connect(nodes, nodes, {"rule": "fixed_indegree", "indgree": 3})


TOO_LARGE = """
import resource
import jaxnest as nest
nest.Create("iaf_psc_alpha", 100000)
resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
nodes = nest.NodeCollection(range(1, 100001))
for call in (
    lambda: nest.Create("iaf_psc_alpha", 10**12),
    lambda: nest.Connect(nodes, nodes),
    lambda: nest.Connect(
        nodes, nodes, {"rule": "fixed_outdegree", "outdegree": 10**7}, {"weight": nest.random.normal()}
    ),
):
    try:
        call()
    except MemoryError as error:
        print(error)
assert (nest.network_size, nest.num_connections) == (100000, 0)
"""


def test_what_is_too_large_says_how_large() -> None:
    pytest.importorskip("resource")
    done = subprocess.run([sys.executable, "-c", TOO_LARGE], capture_output=True, text=True, check=False)
    nodes, all_to_all, outdegree = done.stdout.splitlines()[-3:]
    assert re.fullmatch(r"There is not enough memory for 1000000000000 nodes of 'iaf_psc_alpha', .* GiB\.", nodes)
    assert all_to_all == (
        "There is not enough memory for about 1e+10 connections, which need at least 74.5 GiB: 'all_to_all' from "
        "100000 to 100000 nodes."
    )
    assert "about 1e+12 connections, which need at least 1.49e+04 GiB: 'fixed_outdegree'" in outdegree
    assert done.returncode == 0, done.stderr


def test_collections_of_connections_say_what_they_are() -> None:
    assert repr(nest.GetConnections()) == "<SynapseCollection of 0 connections>"
    nodes = nest.Create("iaf_psc_alpha", 2)
    nest.Connect(nodes, nodes)
    nest.Connect(nodes, nodes, "one_to_one", {"synapse_model": "stdp_synapse"})
    assert repr(nest.GetConnections()) == "<SynapseCollection of 6 connections, static_synapse, stdp_synapse>"
    assert repr(nest.GetConnections()[0]) == "<SynapseCollection of 1 connection, static_synapse>"
