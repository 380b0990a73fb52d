"""Record which connections a real NEST makes.

Run it with a Python that has NEST; it writes ``connections.npz``,
``queries.npz``, ``orders.npz`` and ``errors.json``::

    python nest_reference/record_connect.py nest_reference/connect --seeds 3 987654321

The tests read from here which networks and which mistakes they have to try.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

COLUMNS = ("source", "target", "synapse_id", "target_thread", "port", "receptor", "delay", "weight")
RNG_TYPES = ("mt19937", "mt19937_64", "Philox_32", "Philox_64", "Threefry_32", "Threefry_64")
NEURON = "iaf_psc_alpha"


def _random(n: Any) -> dict[str, Any]:
    return {"weight": n.random.normal(5.0, 2.0), "delay": n.random.uniform(1.0, 5.0)}


def _two(rule: dict[str, Any], values: Callable[[Any], Any] = _random, sizes: tuple[int, int] = (11, 9)) -> Any:
    """Connect two populations."""

    def connect(n: Any) -> None:
        pre, post = n.Create(NEURON, sizes[0]), n.Create(NEURON, sizes[1])
        n.Connect(pre, post, {k: v(n) if callable(v) else v for k, v in rule.items()}, values(n))

    return connect


def _one(rule: dict[str, Any], values: Callable[[Any], Any] = _random, size: int = 12) -> Any:
    """Connect a population, which is all there is, with itself."""

    def connect(n: Any) -> None:
        nodes = n.Create(NEURON, size)
        n.Connect(nodes, nodes, {k: v(n) if callable(v) else v for k, v in rule.items()}, values(n))

    return connect


def _nothing(_: Any) -> dict[str, Any]:
    return {"weight": 2.0, "delay": 1.5}


NO_AUTAPSES = {"allow_autapses": False}
DISTINCT = {"allow_autapses": False, "allow_multapses": False}
SYMMETRIC = {"make_symmetric": True, "allow_autapses": False}


def _arrays(rule: dict[str, Any], shape: tuple[int, ...]) -> Any:
    def values(_: Any) -> dict[str, Any]:
        n = int(np.prod(shape))
        return {
            "weight": np.arange(n).reshape(shape) + 0.5,
            "delay": (np.arange(n) % 40 + 10).reshape(shape) * 0.1,
        }

    return _two(rule, values, (6, 6))


def _collocated(n: Any) -> None:
    a, b = n.Create(NEURON, 4), n.Create("iaf_psc_exp_multisynapse", 5, {"tau_syn": [1.0, 2.0, 3.0]})
    n.CopyModel("static_synapse", "other")
    specs = n.CollocatedSynapses(
        {"weight": n.random.uniform(), "receptor_type": 1},
        {"weight": 7.0, "delay": n.random.uniform(1.0, 3.0), "receptor_type": n.random.uniform_int(3) + 1},
        {"synapse_model": "other", "weight": n.random.normal(), "receptor_type": 2},
    )
    n.Connect(a, b, {"rule": "fixed_indegree", "indegree": 3}, specs)
    n.Connect(a, b, "all_to_all", specs)


def _shared(n: Any) -> None:
    """Use one Parameter, with a saved normal variate, in several calls and for several values."""
    nodes = n.Create(NEURON, 5)
    p = n.random.normal(4.0, 0.5)
    values = {"weight": p, "delay": p}
    n.Connect(nodes, nodes, {"rule": "pairwise_bernoulli", "p": 0.3}, values)
    n.Connect(nodes, nodes, {"rule": "fixed_outdegree", "outdegree": 3}, values)
    n.Connect(nodes, nodes, {"rule": "fixed_total_number", "N": 7}, {"weight": p * 2.0 + p})


def _devices(n: Any) -> None:
    generators = n.Create("poisson_generator", 2)
    recorders, meters = n.Create("spike_recorder", 2), n.Create("multimeter", 2, {"record_from": ["V_m"]})
    neurons, parrots = n.Create(NEURON, 5), n.Create("parrot_neuron", 3)
    n.CopyModel("static_synapse", "other", {"weight": 3.0})
    n.Connect(generators, recorders + neurons + parrots, "all_to_all", {"weight": n.random.uniform(), "delay": 1.0})
    n.Connect(neurons + parrots, recorders, "all_to_all", {"weight": n.random.uniform()})
    n.Connect(neurons[:3], recorders, "all_to_all", {"synapse_model": "other"})
    n.Connect(meters, neurons, "all_to_all", {"weight": n.random.uniform()})
    n.Connect(parrots, neurons, {"rule": "fixed_indegree", "indegree": 2}, _random(n))


def _id_arrays(n: Any) -> None:
    nodes = n.Create(NEURON, 6)
    first = nodes[0].global_id
    pre, post = np.array([1, 1, 3, 6, 2, 1]) + first - 1, np.array([4, 4, 3, 1, 2, 4]) + first - 1
    values = {"weight": np.arange(6) + 0.5, "delay": np.arange(6) * 0.1 + 1.0, "receptor_type": np.zeros(6, int)}
    n.Connect(pre, post, "one_to_one", {"synapse_model": "static_synapse", **values})
    n.Connect(pre, post, "one_to_one")
    n.Connect(pre.tolist(), post.tolist(), "one_to_one", {"synapse_model": "static_synapse_hom_w"})


def _tripartite(primary: dict[str, Any], third: dict[str, Any], sizes: tuple[int, int, int]) -> Any:
    def connect(n: Any) -> None:
        pre, post, joining = (n.Create(NEURON, size) for size in sizes)
        n.CopyModel("static_synapse", "third")
        specs = {"primary": _random(n), "third_in": _random(n), "third_out": {"synapse_model": "third"} | _random(n)}
        n.TripartiteConnect(pre, post, joining, primary, {"rule": "third_factor_bernoulli_with_pool"} | third, specs)
        specs = {"third_out": {"weight": n.random.uniform()}}
        n.TripartiteConnect(pre, post, joining, primary, {"rule": "third_factor_bernoulli_with_pool"} | third, specs)

    return connect


def _many(multapses: int) -> Any:
    """So many multapses that it matters how they are sorted."""

    def connect(n: Any) -> None:
        nodes = n.Create(NEURON, 40)
        rule = {"rule": "fixed_indegree", "indegree": multapses}
        n.Connect(nodes, nodes, rule, {"weight": n.random.uniform()})
        n.GetConnections()
        n.Connect(nodes, nodes, rule, {"weight": n.random.uniform()})

    return connect


NETWORKS: dict[str, Callable[[Any], None]] = {
    "one_to_one": _two({"rule": "one_to_one"}, sizes=(7, 7)),
    "one_to_one, no autapses": _one({"rule": "one_to_one"} | NO_AUTAPSES),
    "one_to_one, symmetric": _two({"rule": "one_to_one", "make_symmetric": True}, _nothing, (7, 7)),
    "one_to_one, arrays": _arrays({"rule": "one_to_one"}, (6,)),
    "all_to_all": _two({"rule": "all_to_all"}),
    "all_to_all, no autapses": _one({"rule": "all_to_all"} | NO_AUTAPSES),
    "all_to_all, arrays": _arrays({"rule": "all_to_all"}, (6, 6)),
    "fixed_indegree": _two({"rule": "fixed_indegree", "indegree": 6}),
    "fixed_indegree, constant": _two({"rule": "fixed_indegree", "indegree": 6}, _nothing),
    "fixed_indegree, distinct": _one({"rule": "fixed_indegree", "indegree": 8} | DISTINCT),
    "fixed_indegree, random": _two({"rule": "fixed_indegree", "indegree": lambda n: n.random.uniform_int(7)}),
    "fixed_indegree, random, all": _one({"rule": "fixed_indegree", "indegree": lambda n: n.random.uniform(0.0, 9.0)}),
    "fixed_indegree, arrays": _arrays({"rule": "fixed_indegree", "indegree": 4}, (6, 4)),
    "fixed_outdegree": _two({"rule": "fixed_outdegree", "outdegree": 5}),
    "fixed_outdegree, distinct": _one({"rule": "fixed_outdegree", "outdegree": 8} | DISTINCT),
    "fixed_outdegree, random": _two({"rule": "fixed_outdegree", "outdegree": lambda n: n.random.uniform_int(7)}),
    "fixed_outdegree, arrays": _arrays({"rule": "fixed_outdegree", "outdegree": 4}, (6, 4)),
    "fixed_total_number, few": _two({"rule": "fixed_total_number", "N": 5}),
    "fixed_total_number, many": _two({"rule": "fixed_total_number", "N": 300}),
    "fixed_total_number, no autapses": _one({"rule": "fixed_total_number", "N": 60} | NO_AUTAPSES),
    "fixed_total_number, arrays": _arrays({"rule": "fixed_total_number", "N": 24}, (24,)),
    "pairwise_bernoulli": _two({"rule": "pairwise_bernoulli", "p": 0.3}),
    "pairwise_bernoulli, no autapses": _one({"rule": "pairwise_bernoulli", "p": 0.5} | NO_AUTAPSES),
    "pairwise_bernoulli, random": _two({"rule": "pairwise_bernoulli", "p": lambda n: n.random.uniform(0.0, 0.6)}),
    "pairwise_poisson": _two({"rule": "pairwise_poisson", "pairwise_avg_num_conns": 1.7}),
    "pairwise_poisson, large": _two({"rule": "pairwise_poisson", "pairwise_avg_num_conns": 14.5}, sizes=(3, 3)),
    "pairwise_poisson, random": _one(
        {"rule": "pairwise_poisson", "pairwise_avg_num_conns": lambda n: n.random.uniform(0.0, 2.0)} | NO_AUTAPSES
    ),
    "symmetric_pairwise_bernoulli": _one({"rule": "symmetric_pairwise_bernoulli", "p": 0.3} | SYMMETRIC, _nothing),
    "symmetric_pairwise_bernoulli, two": _two({"rule": "symmetric_pairwise_bernoulli", "p": 0.4} | SYMMETRIC, _nothing),
    "symmetric_pairwise_bernoulli, many": _one(
        {"rule": "symmetric_pairwise_bernoulli", "p": 0.4} | SYMMETRIC, _nothing, 60
    ),
    "collocated": _collocated,
    "shared Parameter": _shared,
    "devices": _devices,
    "arrays of ids": _id_arrays,
    "tripartite, random pool": _tripartite(
        {"rule": "pairwise_bernoulli", "p": 0.6}, {"p": 0.5, "pool_size": 3}, (7, 6, 5)
    ),
    "tripartite, whole pool": _tripartite({"rule": "fixed_indegree", "indegree": 4}, {"p": 0.7}, (7, 6, 5)),
    "tripartite, large population": _tripartite(
        {"rule": "fixed_outdegree", "outdegree": 4}, {"p": 0.7, "pool_size": 4, "pool_type": "random"}, (9, 8, 20)
    ),
    "tripartite, pool of one": _tripartite({"rule": "all_to_all"}, {"p": 0.4, "pool_size": 1}, (7, 6, 5)),
    "tripartite, blocks": _tripartite(
        {"rule": "fixed_total_number", "N": 20}, {"p": 0.7, "pool_size": 2, "pool_type": "block"}, (7, 4, 8)
    ),
    "tripartite, blocks of one": _tripartite(
        {"rule": "pairwise_poisson", "pairwise_avg_num_conns": 1.0},
        {"p": 0.7, "pool_size": 1, "pool_type": "block"},
        (7, 8, 4),
    ),
    "sorting 2 x 400": _many(10),
    "sorting 2 x 1200": _many(30),
}


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


ALL_ENGINES = ("fixed_indegree", "fixed_outdegree, distinct", "fixed_total_number, many", "pairwise_poisson, large")


def settings(seeds: list[int]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name of a network and the kernel attributes that it is built with."""
    first, *others = seeds
    for name in NETWORKS:
        for threads in (1, 2, 4):
            yield name, {"rng_seed": first, "local_num_threads": threads}
        for seed in others:
            yield name, {"rng_seed": seed, "local_num_threads": 2}
        yield name, {"rng_seed": first, "local_num_threads": 2, "use_compressed_spikes": False}
    for name in ALL_ENGINES:
        for rng_type in RNG_TYPES:
            yield name, {"rng_seed": first, "local_num_threads": 2, "rng_type": rng_type}


def label(name: str, attributes: dict[str, Any]) -> str:
    """Return what a recording is called: the network, and the attributes as JSON."""
    return f"{name}; {json.dumps(attributes)}"


def table(nest: Any, name: str, attributes: dict[str, Any]) -> np.ndarray:
    """Build a network and return its connections, one column for each of `COLUMNS`.

    A last row has numbers drawn afterwards from the streams of serial code and of the first virtual process.
    """
    nest.ResetKernel()
    nest.set(**attributes)
    NETWORKS[name](nest)
    found = nest.GetConnections()
    values = found.get()
    n = len(found)
    rows = np.array([values.get(c, [0.0] * n) if n > 1 else [values.get(c, 0.0)] for c in COLUMNS], float).T
    # Threads enter their connections in any order.
    rows = rows[np.lexsort((rows[:, COLUMNS.index("target_thread")], rows[:, COLUMNS.index("synapse_id")]))]
    threads = attributes["local_num_threads"]
    drawn = [nest.random.uniform().GetValue()]
    drawn += [nest.Create(NEURON, params={"I_e": nest.random.uniform()}).I_e for _ in range(threads)]
    rest = np.zeros(len(COLUMNS))
    rest[: len(drawn)] = drawn
    return np.vstack([rows, rest])


def record(nest: Any, seeds: list[int]) -> dict[str, np.ndarray]:
    """Return all tables by label."""
    return {label(name, attributes): table(nest, name, attributes) for name, attributes in settings(seeds)}


QUERIES: dict[str, Callable[[Any], Any]] = {
    "all": lambda n: n.GetConnections(),
    "from generators": lambda n: n.GetConnections(n.NodeCollection(range(1, 3))),
    "from neurons": lambda n: n.GetConnections(n.NodeCollection(range(7, 12))),
    "from generators, meters and neurons": lambda n: n.GetConnections(n.NodeCollection([1, 2, 5, 6, 7, 8, 9, 10, 11])),
    "to recorders": lambda n: n.GetConnections(target=n.NodeCollection(range(3, 5))),
    "to neurons": lambda n: n.GetConnections(target=n.NodeCollection(range(7, 15))),
    "to recorders and neurons": lambda n: n.GetConnections(
        target=n.NodeCollection([3, 4, 7, 8, 9, 10, 11, 12, 13, 14])
    ),
    "neurons to neurons": lambda n: n.GetConnections(n.NodeCollection(range(7, 15)), n.NodeCollection(range(7, 15))),
    "generators to recorders": lambda n: n.GetConnections(n.NodeCollection(range(1, 3)), n.NodeCollection(range(3, 5))),
    "all to all": lambda n: n.GetConnections(n.GetNodes(), n.GetNodes()),
    "of one model": lambda n: n.GetConnections(synapse_model="other"),
    "of one model, from neurons": lambda n: n.GetConnections(n.NodeCollection(range(8, 15)), synapse_model="other"),
    "of a model without connections": lambda n: n.GetConnections(synapse_model="static_synapse_hpc"),
    "with a label": lambda n: n.GetConnections(synapse_label=3),
    "with no label": lambda n: n.GetConnections(synapse_label=-1),
    "part": lambda n: n.GetConnections()[3:-7:2],
}


def query(nest: Any, name: str, threads: int) -> np.ndarray:
    """Return the connections that a query finds, as in `table`."""
    nest.ResetKernel()
    nest.set(local_num_threads=threads)
    _devices(nest)
    labelled = {"synapse_model": "static_synapse_lbl", "synapse_label": nest.random.uniform_int(4)}
    nest.Connect(nest.NodeCollection(range(7, 15)), nest.NodeCollection(range(7, 12)), syn_spec=labelled)
    found = QUERIES[name](nest)
    if name == "part" and threads > 1:  # threads enter their connections in any order
        return np.zeros((0, len(COLUMNS)))
    values = [found.get(c) for c in COLUMNS]
    rows = np.array([v if isinstance(v, list | tuple) else [v] for v in values], float).T
    return rows[np.lexsort((rows[:, COLUMNS.index("target_thread")], rows[:, COLUMNS.index("synapse_id")]))]


def keys_to_sort() -> Iterator[tuple[str, np.ndarray]]:
    """Yield names and sources of connections, in patterns that sorting treats differently."""
    for n in (23, 30, 200, 999, 1000, 4000):
        for spread in (1, 7, 300, 40000):
            i = np.arange(n)
            scrambled = (i * 2654435761 % 2**32) * spread // 2**32 + 1
            yield f"scrambled {n} {spread}", scrambled
            yield f"sorted halves {n} {spread}", np.append(np.sort(scrambled[: n // 2]), np.sort(scrambled[n // 2 :]))
            yield f"saw {n} {spread}", i % spread + 1
            yield f"descending {n} {spread}", np.sort(scrambled)[::-1]


def record_orders(nest: Any) -> dict[str, np.ndarray]:
    """Return the order in which connections are after GetConnections, as positions in the order of creation."""
    orders = {}
    for name, keys in keys_to_sort():
        nest.ResetKernel()
        nest.Create("parrot_neuron", int(keys.max()))
        values = {"synapse_model": "static_synapse", "weight": np.arange(len(keys), dtype=float)}
        nest.Connect(keys, np.ones_like(keys), "one_to_one", values)
        orders[name] = np.array(nest.GetConnections().weight, np.int16)
    return orders


def main() -> None:
    import nest

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", required=True)
    arguments = parser.parse_args()
    folder = arguments.folder
    folder.mkdir(parents=True, exist_ok=True)
    nest.verbosity = nest.VerbosityLevel.ERROR
    tables = record(nest, arguments.seeds)
    np.savez_compressed(folder / "connections.npz", **tables)  # type: ignore[arg-type]
    queries = {f"{name}; {threads}": query(nest, name, threads) for name in QUERIES for threads in (1, 2, 3)}
    np.savez_compressed(folder / "queries.npz", **queries)  # type: ignore[arg-type]
    np.savez_compressed(folder / "orders.npz", **record_orders(nest))  # type: ignore[arg-type]
    mistakes = {name: name_of_error(make, nest) for name, make in MISTAKES.items()}
    (folder / "errors.json").write_text(json.dumps(mistakes, indent=1) + "\n", encoding="utf-8")
    provenance = {"nest": nest.__version__, "seeds": arguments.seeds, "tables": len(tables)}
    (folder / "provenance.json").write_text(json.dumps(provenance, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
