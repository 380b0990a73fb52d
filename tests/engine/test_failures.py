"""Errors inside compiled code stop a run and say whose code it was."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import jaxnest as nest
from jaxnest.compile.failures import FAILED
from jaxnest.compile.kinds import F8
from jaxnest.compile.operations import operation
from jaxnest.models import ArchivingNeuron, Quantity, register, register_synapse
from jaxnest.models.contract import registry
from jaxnest.models.contract.device import Stimulator
from jaxnest.models.contract.synapse import Synapse


@pytest.fixture(autouse=True)
def only_built_in() -> Iterator[None]:
    """Forget models that a test has registered."""
    nodes, synapses = dict(registry.NODE_MODELS), dict(registry.SYNAPSE_MODELS)
    yield
    nest.ResetKernel()
    for name in registry.NODE_MODELS.keys() - nodes.keys():
        del registry.NODE_MODELS[name]
    for name in registry.SYNAPSE_MODELS.keys() - synapses.keys():
        del registry.SYNAPSE_MODELS[name]
    assert not FAILED[0]


def raises(v: Any, s: Any, x: Any) -> Any:
    if len(v.kernel) > 3:
        raise ValueError("too many taps")
    return (s.V + x.spikes + v.kernel[0],), 0


def takes_unequal_lengths(v: Any, s: Any, x: Any) -> Any:
    return (s.V + x.spikes + (v.kernel * v.pair)[0],), 0


def leaves_an_array(v: Any, s: Any, x: Any) -> Any:
    return (s.V + x.spikes + v.pair[len(v.kernel) - 1],), 0


WRONG = {
    "raise": (raises, "ValueError: too many taps"),
    "lengths": (takes_unequal_lengths, "ValueError: unable to broadcast"),
    "index": (leaves_an_array, "IndexError: index is out of bounds"),
}
BODY: dict[str, Any] = {
    "__module__": "__main__",
    "parameters": {"taps": Quantity(2.0, "", "Length of the kernel")},
    "state": {"V": Quantity(0.0, "mV", "Potential")},
    "recordables": {"V": lambda v, s: s.V},
    "spike_receptors": {0: ("spikes", "spikes")},
    "calibrate": staticmethod(lambda p, clock: {"kernel": [1.0] * int(p.taps), "pair": [1.0] * 2}),
}


def declare(update: Any = raises, **others: Any) -> None:
    register(type("own_neuron", (ArchivingNeuron,), BODY | {"update": staticmethod(update)} | others))


def counting(v: Any, s: Any, x: Any) -> Any:
    return (s.V + 1.0,), 0


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(("update", "said"), WRONG.values(), ids=WRONG)
def test_an_error_in_a_model_stops_the_run(update: Any, said: str, threads: int) -> None:
    declare(update)
    nest.local_num_threads = threads
    neurons = nest.Create("own_neuron", 300)
    meter = nest.Create("multimeter", params={"record_from": ["V"]})
    nest.Connect(meter, neurons[:1])
    nest.Simulate(10.0)
    neurons.taps = 5.0
    with pytest.raises(nest.NESTErrors.KernelException) as caught:
        nest.Simulate(10.0)
    assert str(caught.value).startswith("Compiled code of own_neuron failed")
    assert said in str(caught.value)
    assert nest.biological_time == 10.0
    assert list(meter.get("events", "times")) == list(range(1, 10))
    assert neurons[0].V >= 100.0


def test_the_line_of_the_script_is_named() -> None:
    declare()
    nest.Create("own_neuron", params={"taps": 4.0})
    with pytest.raises(nest.NESTErrors.KernelException) as caught:
        nest.Simulate(1.0)
    assert f" at {__file__}:{raises.__code__.co_firstlineno + 2}: " in str(caught.value)
    assert isinstance(caught.value.__cause__, ValueError)


def test_only_a_reset_helps_after_an_error_in_the_middle_of_a_slice() -> None:
    declare()
    neuron = nest.Create("own_neuron", params={"taps": 4.0})
    with pytest.raises(nest.NESTErrors.KernelException, match="failed"):
        nest.Simulate(1.0)
    neuron.taps = 2.0
    for call in (nest.Prepare, lambda: nest.Simulate(1.0)):
        with pytest.raises(nest.NESTErrors.KernelException, match="ResetKernel"):
            call()
    nest.ResetKernel()
    neuron = nest.Create("own_neuron")
    nest.Simulate(1.0)
    assert neuron.V == 10.0


def test_runs_of_one_phase_are_refused_too() -> None:
    declare()
    nest.Create("own_neuron", params={"taps": 4.0})
    nest.Prepare()
    for said in ("failed", "ResetKernel"):
        with pytest.raises(nest.NESTErrors.KernelException, match=said):
            nest.Run(1.0)
    nest.Cleanup()


@pytest.mark.parametrize(
    ("calibrate", "said"),
    [
        (lambda p, clock: {"kernel": [1.0] * int(p.taps)}, r"returns 'kernel' with the shapes \(2,\) and \(3,\)"),
        (lambda p, clock: {"kernel": [1.0]} | ({"more": 1.0} if p.taps == 3 else {}), "returns 'more' with the shapes"),
        (lambda p, clock: {"kernel": [math.log(2.5 - p.taps)]}, r"failed at .*test_failures.py:\d+: ValueError: math"),
        (lambda p, clock: {"kernel": [1.0]} if p.taps == 2 else None, "calibrate. of .* failed: AttributeError"),
    ],
)
@pytest.mark.parametrize("backend", ["native", "jax"])
def test_what_is_computed_from_parameters_has_one_shape(calibrate: Any, said: str, backend: str) -> None:
    nest.compute_backend = backend
    update = staticmethod(lambda v, s, x: ((s.V + x.spikes + v.kernel[0],), 0))
    register(type("uneven_neuron", (ArchivingNeuron,), BODY | {"calibrate": staticmethod(calibrate), "update": update}))
    neurons = nest.Create("uneven_neuron", 3)
    neurons[1].taps = 3.0
    with pytest.raises(nest.NESTErrors.KernelException, match=said):
        nest.Simulate(1.0)
    neurons.taps = 2.0
    nest.Simulate(1.0)


def test_an_error_in_a_recordable() -> None:
    declare(counting, recordables={"V": lambda v, s: (v.kernel + v.pair)[0]})
    neuron = nest.Create("own_neuron")
    nest.Connect(nest.Create("multimeter", params={"record_from": ["V"]}), neuron)
    nest.Simulate(1.0)
    neuron.taps = 3.0
    with pytest.raises(nest.NESTErrors.KernelException, match=r"own_neuron \(recordable V\) failed: ValueError"):
        nest.Simulate(1.0)


def test_an_error_in_a_synapse() -> None:
    def send(p: Any, s: Any, x: Any) -> Any:
        if p.most < s.weight:
            raise ValueError("too heavy")
        return (), s.weight, True

    body = {"parameters": {"most": Quantity(1.0, "", "Largest weight")}, "send": staticmethod(send)}
    register_synapse(type("own_synapse", (Synapse,), {"__module__": "__main__"} | body))
    generator = nest.Create("spike_generator", params={"spike_times": [5.0, 7.0]})
    parrots = nest.Create("parrot_neuron", 2)
    recorder = nest.Create("spike_recorder")
    nest.Connect(generator, parrots[0])
    nest.Connect(parrots[0], parrots[1], syn_spec={"synapse_model": "own_synapse", "weight": 1.0})
    nest.Connect(parrots, recorder)
    nest.Simulate(7.0)
    nest.GetConnections(synapse_model="own_synapse").weight = 2.0
    with pytest.raises(nest.NESTErrors.KernelException, match=r"own_synapse failed.*ValueError: too heavy"):
        nest.Simulate(10.0)
    assert nest.biological_time == 8.0
    assert recorder.get("events", "times").tolist() == [6.0, 7.0, 8.0]


@pytest.mark.parametrize(
    ("backend", "error", "message"),
    [
        ("native", nest.NESTErrors.KernelException, r"own_generator failed.*ValueError: seventeen"),
        ("jax", nest.NESTErrors.NotImplemented, r"advance has a statement .*jax.*cannot trace.*raise ValueError"),
    ],
)
def test_an_error_in_a_stimulator(backend: str, error: Any, message: str) -> None:
    def advance(v: Any, s: Any, step: Any, active: Any, context: Any) -> Any:
        if step == 17:
            raise ValueError("seventeen")
        return (), 1.0, 1.0, False

    body = {"emits": "currents", "recordables": {}, "dynamic": (), "advance": staticmethod(advance)}
    register(type("own_generator", (Stimulator,), {"__module__": "__main__"} | body))
    nest.compute_backend = backend
    nest.Connect(nest.Create("own_generator"), nest.Create("iaf_psc_alpha"))
    with pytest.raises(error, match=message):
        nest.Simulate(10.0)
    assert nest.biological_time == (1.0 if backend == "native" else 0.0)


@operation
def refuses(values: F8) -> int:
    if len(values) > 2:
        raise ValueError("too many")
    return len(values)


def test_an_operation_called_from_python_raises_its_error_at_once() -> None:
    with pytest.raises(nest.NESTErrors.KernelException, match=r"refuses failed.*ValueError: too many"):
        refuses(np.zeros(3))
    assert refuses(np.zeros(2)) == 2
