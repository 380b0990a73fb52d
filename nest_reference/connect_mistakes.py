"""Mistakes in connecting nodes, and in finding, reading, changing and removing connections.

`record_connect.py` records which errors a real NEST raises for them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

NEURON = "iaf_psc_alpha"


def _pair(
    values: Any = None, rule: Any = None, pre: str = NEURON, post: str = NEURON, sizes: tuple[int, int] = (2, 2)
) -> Any:
    """Connect nodes of two models."""

    def connect(n: Any) -> None:
        given = {k: v(n) if callable(v) else v for k, v in values.items()} if isinstance(values, dict) else values
        n.Connect(n.Create(pre, sizes[0]), n.Create(post, sizes[1]), rule, given)

    return connect


def _rule(name: str, **options: Any) -> Any:
    return lambda n: _self(n, {"rule": name} | {k: v(n) if callable(v) else v for k, v in options.items()})


def _self(n: Any, rule: Any = None, values: Any = None) -> Any:
    nodes = n.Create(NEURON, 2)
    n.Connect(nodes, nodes, rule, values)
    return nodes


def _set(**values: Any) -> Any:
    def change(n: Any) -> None:
        _self(n)
        n.GetConnections().set(**values)

    return change


def _get(*arguments: Any, size: int | None = None) -> Any:
    def read(n: Any) -> None:
        _self(n)
        n.GetConnections()[:size].get(*arguments)

    return read


def _defaults(model: str = "static_synapse", **values: Any) -> Any:
    return lambda n: n.SetDefaults(model, {k: v(n) if callable(v) else v for k, v in values.items()})


def _disconnect(times: int = 1, **arguments: Any) -> Any:
    def remove(n: Any) -> None:
        nodes = _self(n)
        for _ in range(times):
            n.Disconnect(nodes, nodes, **arguments)

    return remove


def _two_models(pre: str, post: str) -> Any:
    def connect(n: Any) -> None:
        a, b = n.Create(pre), n.Create(post)
        n.CopyModel("static_synapse", "other")
        n.Connect(a, b)
        n.Connect(a, b, syn_spec="other")

    return connect


def _after_limits(**values: Any) -> Any:
    def connect(n: Any) -> None:
        n.set(min_delay=0.5, max_delay=2.0)
        _self(n, None, values or None)

    return connect


def _after_run(*, connected: bool, **values: Any) -> Any:
    def connect(n: Any) -> None:
        nodes = _self(n) if connected else n.Create(NEURON, 2)
        n.Simulate(1.0)
        n.Connect(nodes, nodes, syn_spec=values or None)

    return connect


def _tripartite_mistake(third: dict[str, Any], primary: Any = None, specs: Any = None) -> Any:
    def connect(n: Any) -> None:
        pre, post, joining = (n.Create(NEURON, size) for size in (4, 6, 3))
        rule = {"rule": "third_factor_bernoulli_with_pool"} | third
        n.TripartiteConnect(pre, post, joining, primary or {"rule": "all_to_all"}, rule, specs)

    return connect


_RECORD = {"record_from": ["V_m"]}

MISTAKES: dict[str, Callable[[Any], Any]] = {
    "recorder as source": _pair(pre="spike_recorder"),
    "neuron to meter": _pair(post="multimeter"),
    "neuron to weight recorder": _pair(post="weight_recorder"),
    "neuron to generator": _pair(post="poisson_generator"),
    "generator to generator": _pair(pre="poisson_generator", post="poisson_generator"),
    "current to recorder": _pair(pre="dc_generator", post="spike_recorder"),
    "current to parrot": _pair(pre="dc_generator", post="parrot_neuron"),
    "current to second receptor": _pair({"receptor_type": 1}, pre="dc_generator"),
    "meter to recorder": _pair(pre="multimeter", post="spike_recorder"),
    "meter to parrot": _pair(pre="multimeter", post="parrot_neuron"),
    "meter to receptor": _pair({"receptor_type": 1}, pre="multimeter"),
    "meter, hpc": _pair("static_synapse_hpc", pre="multimeter"),
    "unknown recordable": lambda n: n.Connect(n.Create("multimeter", params={"record_from": ["V"]}), n.Create(NEURON)),
    "meter twice": lambda n: [
        n.Connect(m, x) for m, x in [(n.Create("multimeter", params=_RECORD), n.Create(NEURON))] * 2
    ],
    "generator, two models": _two_models("poisson_generator", NEURON),
    "current, two models": _two_models("dc_generator", NEURON),
    "neuron, two models": _two_models(NEURON, "spike_recorder"),
    "meter, two models": _two_models("multimeter", "spike_recorder"),
    "receptor": _pair({"receptor_type": 5}),
    "receptor, negative": _pair({"receptor_type": -1}),
    "receptor, float": _pair({"receptor_type": 1.0}),
    "receptor, real expression": _pair({"receptor_type": lambda n: n.random.uniform()}),
    "receptor, integer expression": _pair({"receptor_type": lambda n: n.random.uniform_int(1)}),
    "receptor, floats": _pair({"receptor_type": [[0.0, 0.0], [0.0, 0.0]]}),
    "receptor of recorder": _pair({"receptor_type": 1}, post="spike_recorder"),
    "receptor 0 of multisynapse": _pair(post="iaf_psc_exp_multisynapse"),
    "receptor 3 of multisynapse": _pair({"receptor_type": 3}, post="iaf_psc_exp_multisynapse"),
    "device as target of a rule": _pair(rule={"rule": "fixed_indegree", "indegree": 1}, post="spike_recorder"),
    "device as source of a rule": _pair(rule={"rule": "fixed_indegree", "indegree": 1}, pre="poisson_generator"),
    "no sources": lambda n: n.Connect(n.NodeCollection([]), n.Create(NEURON)),
    "no targets": lambda n: n.Connect(n.Create(NEURON), n.NodeCollection([])),
    "unknown synapse": _pair("static_synaps"),
    "synapse is a number": _pair({"synapse_model": 1}),
    "unknown value": _pair({"foo": 1}),
    "weights": _pair({"weights": 1.0}),
    "label of unlabelled": _pair({"synapse_label": 1}),
    "label, float": _pair({"synapse_model": "static_synapse_lbl", "synapse_label": 1.0}),
    "label, negative": _pair({"synapse_model": "static_synapse_lbl", "synapse_label": -2}),
    "common weight": _pair({"synapse_model": "static_synapse_hom_w", "weight": 2.0}),
    "weight recorder": _pair({"weight_recorder": 1}),
    "number of connections": _pair({"num_connections": 1}),
    "weight, bool": _pair({"weight": True}),
    "weight, text": _pair({"weight": "a"}),
    "weight, None": _pair({"weight": None}),
    "weight, NaN": _pair({"weight": float("nan")}),
    "weight, list": _pair({"weight": [1.0, 2.0]}),
    "weight, list of wrong length": _pair({"weight": [1.0]}, "one_to_one"),
    "weight, matrix of wrong shape": _pair({"weight": [[1.0, 2.0]]}),
    "weight, matrix": _pair({"weight": [[1.0, 2.0]]}, "one_to_one"),
    "weights of indegree": _pair({"weight": [[1.0]]}, {"rule": "fixed_indegree", "indegree": 2}),
    "weights of bernoulli": _pair({"weight": [[1.0]]}, {"rule": "pairwise_bernoulli", "p": 0.5}),
    "weights of total number": _pair({"weight": [1.0]}, {"rule": "fixed_total_number", "N": 2}),
    "delay, zero": _pair({"delay": 0.0}),
    "delay, below half a step": _pair({"delay": 0.049}),
    "delay, half a step": _pair({"delay": 0.05}),
    "delay, negative": _pair({"delay": -1.0}),
    "delay, infinite": _pair({"delay": float("inf")}),
    "delay, NaN": _pair({"delay": float("nan")}),
    "delay, int": _pair({"delay": 2}),
    "delay, random": _pair({"delay": lambda n: n.random.uniform(-2.0, -1.0)}),
    "delay below minimum": _after_limits(delay=0.4),
    "delay just below minimum": _after_limits(delay=0.45),
    "delay above maximum": _after_limits(delay=2.1),
    "default delay": _after_limits(),
    "delay after run": _after_run(connected=True, delay=2.0),
    "same delay after run": _after_run(connected=True, delay=1.0),
    "default delay after run": _after_run(connected=False),
    "exhausted expression": _pair({"weight": lambda n: n.math.redraw(n.random.uniform(), 2.0, 3.0)}),
    "unknown rule": lambda n: _self(n, "one_to_on"),
    "no rule": lambda n: _self(n, {"indegree": 1}),
    "no rule, values": lambda n: _self(n, {"indegree": 1}, {"weight": 1.0}),
    "rule is a number": lambda n: _self(n, 5),
    "syn_spec is a number": lambda n: _self(n, None, 5),
    "unknown option": _rule("all_to_all", foo=1),
    "autapses, int": _rule("all_to_all", allow_autapses=1),
    "autapses, text": _rule("all_to_all", allow_autapses="a"),
    "one_to_one, sizes": lambda n: n.Connect(n.Create(NEURON, 2), n.Create(NEURON, 3), "one_to_one"),
    "one_to_one, symmetric, random": lambda n: _self(
        n, {"rule": "one_to_one", "make_symmetric": True}, {"weight": n.random.uniform()}
    ),
    "all_to_all, symmetric": _rule("all_to_all", make_symmetric=True),
    "indegree, symmetric": _rule("fixed_indegree", indegree=1, make_symmetric=True),
    "indegree, missing": _rule("fixed_indegree"),
    "indegree, float": _rule("fixed_indegree", indegree=1.0),
    "indegree, bool": _rule("fixed_indegree", indegree=True),
    "indegree, text": _rule("fixed_indegree", indegree="a"),
    "indegree, negative": _rule("fixed_indegree", indegree=-1),
    "indegree, too large": _rule("fixed_indegree", indegree=3, allow_multapses=False),
    "indegree, zero": _rule("fixed_indegree", indegree=0),
    "outdegree, missing": _rule("fixed_outdegree"),
    "outdegree, negative": _rule("fixed_outdegree", outdegree=-1),
    "outdegree, too large": _rule("fixed_outdegree", outdegree=3, allow_multapses=False),
    "N, missing": _rule("fixed_total_number"),
    "N, negative": _rule("fixed_total_number", N=-1),
    "N, random": _rule("fixed_total_number", N=lambda n: n.random.uniform_int(3)),
    "N, no multapses": _rule("fixed_total_number", N=2, allow_multapses=False),
    "N, too many": _rule("fixed_total_number", N=5, allow_multapses=False),
    "p, missing": _rule("pairwise_bernoulli"),
    "p, too large": _rule("pairwise_bernoulli", p=2.0),
    "p, bool": _rule("pairwise_bernoulli", p=True),
    "p, text": _rule("pairwise_bernoulli", p="a"),
    "mean, missing": _rule("pairwise_poisson"),
    "mean, negative": _rule("pairwise_poisson", pairwise_avg_num_conns=-1.0),
    "mean, no multapses": _rule("pairwise_poisson", pairwise_avg_num_conns=1.0, allow_multapses=False),
    "symmetric p, missing": _rule("symmetric_pairwise_bernoulli"),
    "symmetric p, one": _rule("symmetric_pairwise_bernoulli", p=1.0, allow_autapses=False, make_symmetric=True),
    "symmetric p, random": _rule("symmetric_pairwise_bernoulli", p=lambda n: n.random.uniform()),
    "symmetric p, autapses": _rule("symmetric_pairwise_bernoulli", p=0.5, make_symmetric=True),
    "symmetric p, multapses": _rule(
        "symmetric_pairwise_bernoulli", p=0.5, make_symmetric=True, allow_autapses=False, allow_multapses=False
    ),
    "symmetric p, not symmetric": _rule("symmetric_pairwise_bernoulli", p=0.5, allow_autapses=False),
    "ids, unknown": lambda n: _self(n) and n.Connect([1, 9], [1, 1], "one_to_one"),
    "ids, lengths": lambda n: _self(n) and n.Connect([1, 1], [1], "one_to_one"),
    "ids, floats": lambda n: _self(n) and n.Connect([1.0, 1.0], [1.0, 2.0], "one_to_one"),
    "ids, other rule": lambda n: _self(n) and n.Connect([1, 1], [1, 1], "all_to_all"),
    "ids, scalar weight": lambda n: _self(n) and n.Connect([1, 1], [1, 1], "one_to_one", {"weight": 1.0}),
    "ids, weights": lambda n: _self(n) and n.Connect([1, 1], [1, 1], "one_to_one", {"weights": [1.0, 1.0]}),
    "ids, short weights": lambda n: _self(n) and n.Connect([1, 1], [1, 1], "one_to_one", {"weight": [1.0]}),
    "ids, receptor": lambda n: _self(n) and n.Connect([1, 1], [1, 1], "one_to_one", {"receptor_type": [0.5, 0.5]}),
    "ids, unknown value": lambda n: _self(n) and n.Connect([1, 1], [1, 1], "one_to_one", {"foo": [0.5, 0.5]}),
    "ids, collection": lambda n: n.Connect([1, 1], [1, 1], "one_to_one", None, _self(n) is not None),
    "tripartite, p": _tripartite_mistake({"p": 2.0}),
    "tripartite, pool size": _tripartite_mistake({"pool_size": 4}),
    "tripartite, pool size 0": _tripartite_mistake({"pool_size": 0}),
    "tripartite, pool type": _tripartite_mistake({"pool_type": "a"}),
    "tripartite, blocks": _tripartite_mistake({"pool_type": "block", "pool_size": 2}),
    "tripartite, primary rule": _tripartite_mistake({}, {"rule": "a"}),
    "tripartite, third rule": _tripartite_mistake({"rule": "a"}),
    "tripartite, symmetric": _tripartite_mistake({}, {"rule": "all_to_all", "make_symmetric": True}),
    "tripartite, list": _tripartite_mistake({}, None, {"primary": {"weight": [1.0]}}),
    "tripartite, unknown value": _tripartite_mistake({}, None, {"third_in": {"foo": 1.0}}),
    "find, list": lambda n: n.GetConnections([1]),
    "find, synapse": lambda n: n.GetConnections(synapse_model="foo"),
    "find, label": lambda n: n.GetConnections(synapse_label=1.0),
    "get, unknown": _get("foo"),
    "get, unknown, one": _get("foo", size=1),
    "get, unknown, list": _get(["foo"]),
    "get, number": _get(5),
    "index": lambda n: _self(n) and n.GetConnections()[4],
    "index, list": lambda n: _self(n) and n.GetConnections()[[0, 1]],
    "compare": lambda n: n.GetConnections() == 5,
    "hash": lambda n: hash(n.GetConnections()),
    "set, unknown": _set(foo=1),
    "set, source": _set(source=1),
    "set, receptor": _set(receptor=1),
    "set, delay": _set(delay=0.0),
    "set, short list": _set(weight=[1.0, 2.0]),
    "set, long list": _set(weight=[1.0] * 9),
    "set, text": _set(weight="a"),
    "set, bool": _set(weight=True),
    "set, None": _set(weight=None),
    "set, dictionaries": lambda n: _self(n) and n.GetConnections().set([{"weight": 1.0}]),
    "set, both": lambda n: _self(n) and n.GetConnections().set({"weight": 1.0}, weight=2.0),
    "set, nothing": lambda n: _self(n) and n.GetConnections().set(),
    "set, number": lambda n: _self(n) and n.GetConnections().set(5),
    "set, Parameter": lambda n: _self(n) and n.GetConnections().set(weight=n.random.uniform()),
    "defaults, unknown": _defaults(foo=1),
    "defaults, delay": _defaults(delay=0.0),
    "defaults, weight": _defaults(weight="a"),
    "defaults, receptor": _defaults(receptor_type=1.0),
    "defaults, negative receptor": _defaults(receptor_type=-1),
    "defaults, size": _defaults(sizeof=1),
    "defaults, recorder": _defaults(weight_recorder=1),
    "defaults, two recorders": _defaults(weight_recorder=lambda n: n.Create("weight_recorder", 2)),
    "disconnect": _disconnect(),
    "disconnect twice": _disconnect(2),
    "disconnect, all": _disconnect(conn_spec="all_to_all"),
    "disconnect, rule": _disconnect(conn_spec="foo"),
    "disconnect, random rule": _disconnect(conn_spec={"rule": "fixed_indegree", "indegree": 1}),
    "disconnect, synapse": _disconnect(syn_spec="foo"),
    "disconnect, option": _disconnect(conn_spec={"rule": "one_to_one", "foo": 1}),
    "disconnect, one argument": lambda n: n.Disconnect(n.Create(NEURON)),
    "disconnect, specification": lambda n: n.Disconnect(n.GetConnections(), conn_spec="one_to_one"),
    "disconnect, device": lambda n: n.Disconnect(n.Create("poisson_generator"), n.Create(NEURON)),
}


def name_of_error(make: Callable[[Any], Any], namespace: Any) -> str:
    """Return the name of the class of the error that a mistake leads to, with the number of connections it left."""
    namespace.ResetKernel()
    try:
        make(namespace)
    except Exception as error:
        return f"{type(error).__name__}, {namespace.num_connections} connections"
    return f"none, {namespace.num_connections} connections"
