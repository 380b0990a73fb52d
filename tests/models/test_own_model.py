"""The example of `docs/own_models.md` works as it stands there."""

from __future__ import annotations

import math
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import jaxnest as nest
from jaxnest.models import ArchivingNeuron, Neuron, Quantity, State, ops, register, register_synapse
from jaxnest.models.contract import declaration, registry
from jaxnest.models.contract.synapse import Synapse

PAGE = Path(__file__).parents[2] / "docs" / "own_models.md"
CHECKS = """
import numpy as np
assert nest.GetDefaults("jumping_neuron", "tau_m") == 10.0
assert recorder.n_events > 0 and len(set(recorder.events["senders"])) == 3
values = meter.events["V_m"]
assert len(values) == 297 and np.all(values < 15.0) and values.max() > 5.0
try:
    neurons.tau_m = -1.0
except nest.NESTErrors.BadProperty as error:
    assert "tau_m" in str(error) and "ms" in str(error)
else:
    raise AssertionError("a negative time constant was accepted")
print("done", recorder.n_events)
"""


@pytest.mark.parametrize("backend", ["native"])
def test_example(tmp_path: Path, backend: str) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    script = tmp_path / "own_model.py"
    script.write_text(code + CHECKS, encoding="utf-8")
    environment = os.environ | {"JAXNEST_BACKEND": backend, "PYTHONPATH": str(PAGE.parents[1])}
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, env=environment, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("done")


@pytest.fixture(autouse=True)
def only_built_in() -> Iterator[None]:
    """Forget models that a test has registered."""
    nodes, synapses = dict(registry.NODE_MODELS), dict(registry.SYNAPSE_MODELS)
    yield
    for name in registry.NODE_MODELS.keys() - nodes.keys():
        del registry.NODE_MODELS[name]
    for name in registry.SYNAPSE_MODELS.keys() - synapses.keys():
        del registry.SYNAPSE_MODELS[name]
    nest.ResetKernel()


def calibrate(p: Any, clock: Any) -> dict[str, Any]:
    return {"decay": math.exp(-clock.resolution / p.tau)}


def update(v: Any, s: Any, x: Any) -> Any:
    return State(V=s.V * v.decay + x.spikes, n=s.n), v.theta < s.V


RIGHT: dict[str, Any] = {
    "parameters": {"tau": Quantity(10.0, "ms"), "theta": Quantity(1.0, "mV")},
    "state": {"V": Quantity(0.0, "mV"), "n": Quantity(0.0)},
    "recordables": {"V": lambda v, s: s.V},
    "spike_receptors": {0: ("spikes", "spikes")},
    "calibrate": staticmethod(calibrate),
    "update": staticmethod(update),
}


def declare(**changes: Any) -> type[Neuron]:
    """Register a model that works but for the changes."""
    body = {name: value for name, value in (RIGHT | changes).items() if value is not None}
    return register(type("own_neuron", (ArchivingNeuron,), {"__module__": "__main__"} | body))


def decides(v: Any, s: Any, x: Any) -> Any:
    if v.theta < s.V:
        return (0.0, s.n), 1
    return (s.V, s.n), 0


def takes_math(v: Any, s: Any, x: Any) -> Any:
    return (math.exp(s.V), s.n), 0


def misspelt(v: Any, s: Any, x: Any) -> Any:
    return (s.V + v.tetha, s.n), 0


def misspelt_input(v: Any, s: Any, x: Any) -> Any:
    return (s.V + x.spike, s.n), 0


def too_few(v: Any, s: Any, x: Any) -> Any:
    return (s.V,), 0


def lacks_state(v: Any, s: Any, x: Any) -> Any:
    return State(V=s.V), 0


def misspelt_state(v: Any, s: Any, x: Any) -> Any:
    return State(V=s.V, N=s.n), 0


def no_spike(v: Any, s: Any, x: Any) -> Any:
    return s.V, s.n


def wrong_shape(v: Any, s: Any, x: Any) -> Any:
    return (s.V + ops.jnp.zeros(2), s.n), 0


def wrong_arguments(v: Any, s: Any) -> Any:
    return (s.V, s.n), 0


def misspelt_parameter(p: Any, clock: Any) -> dict[str, Any]:
    return {"decay": math.exp(-clock.resolution / p.tau_m)}


def raises(p: Any, clock: Any) -> dict[str, Any]:
    return {"decay": math.exp(1.0 / 0.0)}


WRONG = {
    "if": ({"update": staticmethod(decides)}, ("`if v.theta < s.V:`", "ops.where")),
    "math": ({"update": staticmethod(takes_math)}, ("math.exp(s.V)", "ops.exp", "calibrate")),
    "misspelt parameter": ({"update": staticmethod(misspelt)}, ("v.tetha", "'theta'", "There are: ")),
    "misspelt input": ({"update": staticmethod(misspelt_input)}, ("x.spike", "'spikes'")),
    "too few states": (
        {"update": staticmethod(too_few)},
        ("returns 1 values", "has 2", "State(V=..., n=...), spike"),
    ),
    "state lacks": ({"update": staticmethod(lacks_state)}, ("State(V=s.V)", "lacks n", "State(V=..., n=...)")),
    "misspelt state": ({"update": staticmethod(misspelt_state)}, ("State has no 'N'", "There are: V, n")),
    "no spike": ({"update": staticmethod(no_spike)}, ("pair", "return State(V=..., n=...), spike")),
    "shape": ({"update": staticmethod(wrong_shape)}, ("V with shape (2,)",)),
    "arguments": ({"update": staticmethod(wrong_arguments)}, ("(v: 'Any', s: 'Any')", "def update(v, s, x)")),
    "no update": ({"update": None}, ("there is no `update`", "update(v, s, x)")),
    "calibrate": ({"calibrate": staticmethod(misspelt_parameter)}, ("p.tau_m", "'tau'")),
    "calibrate raises": ({"calibrate": staticmethod(raises)}, ("1.0 / 0.0", "ZeroDivisionError")),
    "dynamic": ({"dynamic": ("V", "m")}, ("'m'", "not declared", "V")),
    "text": ({"state": {"V": Quantity("low"), "n": Quantity(0.0)}}, ("'V' is 'low'", "advanced=False")),
    "declared twice": ({"state": RIGHT["state"] | {"tau": Quantity(1.0, "ms")}}, ("'tau' is declared twice",)),
    "no quantity": ({"parameters": RIGHT["parameters"] | {"a": 1.0}}, ("1.0 for 'a'", "Quantity(")),
    "relative": (
        {"state": {"V": Quantity(0.0, "mV", relative_to="E"), "n": Quantity(0.0)}},
        ("`relative_to` of 'V'", "'E'"),
    ),
    "receptors": ({"spike_receptors": {0: "spikes"}}, ("0: 'spikes'", "('spikes', 'spikes')")),
    "current": ({"current_receptors": {0: ("I", "I")}}, ("0: ('I', 'I')", "{0: 'I'}")),
    "recordable": ({"recordables": {"V": "V"}}, ("'V'", "lambda v, s: s.V")),
    "recordable names": ({"recordables": {"V": lambda v, s: s.W}}, ("s.W", "There are: V, n")),
    "name": ({"name": "iaf_psc_alpha"}, ("'iaf_psc_alpha' already", "another name")),
}


@pytest.mark.parametrize(("changes", "said"), WRONG.values(), ids=WRONG)
def test_wrong_declarations_are_refused_where_they_are_registered(
    changes: dict[str, Any], said: tuple[str, ...]
) -> None:
    before = dict(registry.NODE_MODELS)
    with pytest.raises(TypeError) as caught:
        declare(**changes)
    for part in said:
        assert part in str(caught.value)
    assert before == registry.NODE_MODELS
    assert declare() is registry.NODE_MODELS["own_neuron"]


def test_the_line_is_named() -> None:
    with pytest.raises(TypeError) as caught:
        declare(update=staticmethod(decides))
    assert f"{__file__}:{decides.__code__.co_firstlineno + 1}: " in str(caught.value)


def test_functions_and_other_classes_are_no_models() -> None:
    for wrong in (update, int):
        with pytest.raises(TypeError, match="is no model"):
            register(wrong)  # pyright: ignore[reportArgumentType]


def test_a_model_that_is_registered_again_takes_the_place_of_the_first() -> None:
    """As in a notebook, where a cell is run again."""
    declare()
    nest.ResetKernel()
    assert nest.GetDefaults("own_neuron", "tau") == 10.0
    declare(parameters=RIGHT["parameters"] | {"tau": Quantity(20.0, "ms")})
    assert nest.GetDefaults("own_neuron", "tau") == 20.0
    assert nest.Create("own_neuron").tau == 20.0


def mixes(v: Any, s: Any, x: Any) -> Any:
    return (s.a + 1.0, s.b + 2.0 * s.a), 0


def mixes_by_name(v: Any, s: Any, x: Any) -> Any:
    return State(b=s.b + 2.0 * s.a, a=s.a + 1.0), 0


def test_states_have_names_whatever_their_order() -> None:
    for names in ("ab", "ba"):
        declare(state={name: Quantity(0.0) for name in names}, recordables={}, update=staticmethod(mixes_by_name))
        nest.ResetKernel()
        neuron = nest.Create("own_neuron")
        nest.Simulate(0.3)
        assert neuron.get(["a", "b"]) == {"a": 3.0, "b": 6.0}
    with pytest.raises(TypeError, match="has a meaning in these functions only"):
        State(a=1.0)


def test_states_without_names_are_in_the_order_of_their_declaration() -> None:
    """Whatever has been compiled before: the function is the same each time, but it means something else."""
    found = {}
    for names in ("ab", "ba"):
        declare(state={name: Quantity(0.0) for name in names}, recordables={}, update=staticmethod(mixes))
        nest.ResetKernel()
        neuron = nest.Create("own_neuron")
        nest.Simulate(0.3)
        found[names] = neuron.get(["a", "b"])
    assert found == {"ab": {"a": 3.0, "b": 6.0}, "ba": {"a": 3.0, "b": 2.0}}


def test_states_that_functions_do_not_advance() -> None:
    quiet = {"note": Quantity("text", advanced=False), **RIGHT["state"]}
    assert declare(state=quiet).dynamic == ("V", "n")
    assert declare(state=quiet, dynamic=("n", "V")).dynamic == ("n", "V")
    learning = type("own_synapse", (Synapse,), {"state": quiet, "changes_weight": True})
    assert learning.dynamic == ("weight", "V", "n")


def test_built_in_models_pass_the_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declaration, "OURS", "nobody's")
    registry.load_all()
    strange = {"volume_transmitter": "min_delay"}  # a multiple of another attribute
    for name, model in registry.NODE_MODELS.items():
        if name not in strange:
            declaration.check(model, registry.Node, {})
    for model in registry.SYNAPSE_MODELS.values():
        declaration.check(model, registry.Synapse, {})


@pytest.mark.parametrize("brackets", [False, True])
def test_synapses_are_registered_with_and_without_brackets(brackets: bool) -> None:
    made = type("own_synapse", (Synapse,), {"__module__": "__main__"})
    assert (register_synapse()(made) if brackets else register_synapse(made)) is made
    assert registry.SYNAPSE_MODELS["own_synapse"] is made
    with pytest.raises(TypeError, match="'static_synapse' already"):
        register_synapse(type("static_synapse", (Synapse,), {"__module__": "__main__"}))
