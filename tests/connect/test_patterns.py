"""Single connections made by patterns against the same ones made without."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings

import jaxnest as nest
from jaxnest.kernel.connect.connections import Connections
from jaxnest.kernel.connect.patterns import Patterns
from jaxnest.kernel.kernel import kernel

MODELS = ("iaf_psc_alpha", "parrot_neuron", "iaf_psc_exp_multisynapse", "poisson_generator", "spike_recorder",
          "multimeter", "spike_train_injector", "iaf_cond_alpha_mc", "volume_transmitter")  # fmt: skip
CONN_SPECS = (
    None,
    "one_to_one",
    "all_to_all",
    {"rule": "one_to_one"},
    {"rule": "all_to_all", "allow_autapses": False},
    {"rule": "one_to_one", "make_symmetric": True},
    {"rule": "fixed_indegree", "indegree": 1},
    "pairwise",
)
RANDOM = (
    lambda: nest.random.normal(1.0, 0.5),
    lambda: nest.random.uniform(0.5, 3.0),
    lambda: nest.math.redraw(nest.random.normal(), 0.5, 2.0),
    lambda: nest.math.redraw(nest.random.uniform(), 2.0, 3.0),
    lambda: nest.logic.conditional(nest.random.uniform() < 0.3, float("nan"), 1.0),
    lambda: nest.random.uniform_int(4),
    lambda: nest.CreateParameter("constant", {"value": 2.0}),
    lambda: nest.spatial.distance,
)
"""Normal variates wait in the expressions: they have to be made anew."""
NUMBERS = st.sampled_from(
    [*RANDOM, 0.0, -0.0, 1.0, 2, 1.5, -3.0, np.float64(2.5), np.float32(0.5), np.int64(3), float("nan"), True]
)
SYN_SPECS = st.one_of(
    st.sampled_from([None, "static_synapse", "stdp_synapse", "static_synapse_hom_w", "cont_delay_synapse", "nothing"]),
    st.fixed_dictionaries(
        {"synapse_model": st.just("stdp_synapse"), "Wmax": st.sampled_from([*RANDOM, 0.0, -0.0, 100.0, -100.0, 200])},
        optional={"weight": NUMBERS, "delay": NUMBERS},
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "synapse_model": st.sampled_from(["static_synapse", "stdp_synapse", "static_synapse_lbl", "copied"]),
            "weight": NUMBERS,
            "delay": NUMBERS,
            "receptor_type": st.sampled_from([0, 1, 1.0, True, RANDOM[5]]),
            "synapse_label": st.sampled_from([3, 4]),
        },
    ),
)
CHANGES = (
    lambda: nest.SetDefaults("static_synapse", {"weight": 7.0, "delay": 2.0}),
    lambda: nest.SetDefaults("stdp_synapse", {"Wmax": 50.0, "lambda": 0.02}),
    lambda: nest.SetDefaults("copied", {"receptor_type": 1}),
    lambda: nest.set(min_delay=1.0, max_delay=2.0),
    lambda: nest.set(dict_miss_is_error=False),
    lambda: nest.set(rng_type="jax"),
    lambda: nest.GetConnections(),
    lambda: nest.Disconnect(nest.GetConnections()[:1]),
    lambda: nest.Simulate(1.0),
)
NODES = st.one_of(st.integers(0, 3), st.integers(0, 3 * len(MODELS)))
"""Single nodes, then populations, of which the last one has two models; often the same."""
ACTIONS = st.lists(
    st.one_of(
        st.tuples(NODES, NODES, st.sampled_from(CONN_SPECS), SYN_SPECS),
        st.sampled_from(CHANGES),
    ),
    min_size=3,
    max_size=20,
)


def outcome(threads: int, actions: Sequence[Any]) -> tuple[list[str], dict[Any, Any], list[Any]]:
    """Return what each action raised, and all connections in the end."""
    nest.ResetKernel()
    nest.set(local_num_threads=threads, compute_backend="native")
    nest.CopyModel("static_synapse", "copied")
    populations = [nest.Create(model, 2) for model in MODELS]
    pairs = [node for population in populations for node in population]
    nodes = [*pairs, *populations, populations[0] + populations[1]]
    random = {make: make() for make in RANDOM}
    raised = []
    for action in actions:
        try:
            if callable(action):
                action()
            else:
                source, target, conn_spec, syn_spec = action
                if isinstance(syn_spec, dict):
                    syn_spec = {k: random.get(v, v) for k, v in syn_spec.items()}
                for flip in (0, 1):  # the other node of a model is connected in the same way
                    pre, post = (nodes[i ^ flip if i < len(pairs) else i] for i in (source, target))
                    nest.Connect(pre, post, conn_spec, syn_spec)
        except Exception as error:  # whatever it is
            raised.append(f"{type(error).__name__}: {error}")
        else:
            raised.append("")
    shown = nest.GetConnections().get()
    tables = {(t, i, c): table.columns for t, i, c, table in kernel.connections.tables()}
    stored = {(*k, n): c.array.tobytes() for k, columns in tables.items() for n, c in columns.items()}
    drawn: list[Any] = [random[make].GetValue() for make in RANDOM[:3]]
    drawn += [stream.tolist() for stream in kernel.streams.vp_specific]
    return raised, {key: repr(value) for key, value in shown.items()} | stored, [nest.min_delay, nest.max_delay, *drawn]


@pytest.mark.parametrize("threads", [1, 3])
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actions=ACTIONS)
@example(actions=[(0, 2, None, "cont_delay_synapse")] * 2)
@example(actions=[(0, 2, None, {"synapse_model": "stdp_synapse", "weight": RANDOM[0], "Wmax": 100.0})] * 2)
@example(actions=[(0, 8, None, {"weight": RANDOM[1]}), (6, 8, None, {"delay": RANDOM[1]})] * 2)
def test_patterns_make_the_same_connections(threads: int, actions: list[Any]) -> None:
    by_patterns = outcome(threads, actions)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Patterns, "find", lambda *_: None)
        patch.setattr(Patterns, "remember", lambda *_: None)
        assert outcome(threads, actions) == by_patterns


def test_connections_are_made_by_patterns(monkeypatch: pytest.MonkeyPatch) -> None:
    neurons = nest.Create("iaf_psc_alpha", 4)
    nest.Connect(neurons[0], neurons[1], "one_to_one", {"weight": 1.0, "delay": 1.5})
    monkeypatch.setattr(Connections, "connect", None)
    for i in range(3):
        nest.Connect(neurons[i], neurons[i + 1], "one_to_one", {"weight": float(i), "delay": 1.0 + i})
    found = nest.GetConnections()
    assert found.get(["source", "target", "weight", "delay"]) == {
        "source": [1, 1, 2, 3],
        "target": [2, 2, 3, 4],
        "weight": [1.0, 0.0, 1.0, 2.0],
        "delay": [1.5, 1.0, 2.0, 3.0],
    }
    assert (nest.min_delay, nest.max_delay) == (1.0, 3.0)
    nest.Connect(neurons[1:], neurons[1:], "one_to_one", {"weight": 2.0, "delay": 1.0})
    assert nest.GetConnections(neurons[1:], neurons[1:]).target == [3, 2, 4, 3, 4]
