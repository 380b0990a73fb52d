"""Record which connections a real NEST makes, by every rule, with several seeds, generators and numbers of threads.

All columns of the tables have to be the same, since plasticity, delivery and later draws depend on every one of them.

Run it with a Python that has NEST; it writes ``connections.npz``,
``queries.npz``, ``orders.npz`` and ``errors.json``::

    python -m nest_reference.record_connect nest_reference/connect --seeds 3 987654321

The tests read from here which networks and which mistakes they have to try.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from nest_reference import provenance
from nest_reference.connect_mistakes import MISTAKES, name_of_error

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
    used = provenance.settings(nest, rng_seed=arguments.seeds, rng_type=list(RNG_TYPES), threads=[1, 2, 4])
    plain = provenance.settings(nest)
    asked = plain | {"threads": [1, 2, 3]}
    files = {"connections.npz": used, "queries.npz": asked, "orders.npz": plain, "errors.json": plain}
    provenance.write(nest, folder, files, seeds=arguments.seeds)


if __name__ == "__main__":
    main()
