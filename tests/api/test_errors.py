"""Bad input: the classes of NEST's errors, and what a failed call leaves behind."""

from __future__ import annotations

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
