"""Networks in the SONATA format are those that one makes by hand, row by row."""

from __future__ import annotations

import inspect
import json
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jaxnest as nest

h5py = pytest.importorskip("h5py")

N_CELLS, N_INPUTS, N_INNER, N_OUTER = 12, 4, 90, 30
CELL_TYPES = {
    7: ("iaf_psc_alpha", {"C_m": 200.0, "V_th": -60.0}),
    3: ("iaf_psc_alpha", {"C_m": 100.0, "I_e": 300.0}),
    9: ("iaf_psc_exp", {"C_m": 150.0}),
}
INNER_TYPES = {
    100: {"synapse_model": "static_synapse", "delay": 1.5},
    20: {"synapse_model": "tsodyks2_synapse", "delay": 2.0, "U": 0.4, "tau_rec": 120.0},
    31: {"synapse_model": "static_synapse", "delay": 0.5},
    4: {"synapse_model": "tsodyks2_synapse", "delay": 1.0},
}
OUTER_TYPES = {
    1: {"synapse_model": "static_synapse", "weight": 400.0},
    2: {"synapse_model": "static_synapse", "weight": 250.0},
}

Network = dict[str, Any]


def described(models: int) -> Network:
    """Return a network as lists: neurons of one or two models, spikes of the inputs, edges in their order."""
    random = np.random.default_rng(5)
    kinds = [kind for kind in CELL_TYPES if models > 1 or CELL_TYPES[kind][0] == "iaf_psc_alpha"]
    inner = {
        "source": random.integers(N_CELLS, size=N_INNER),
        "target": random.integers(N_CELLS, size=N_INNER),
        "kind": random.choice(list(INNER_TYPES), N_INNER),
        "weight": random.normal(150.0, 100.0, N_INNER),
    }
    outer = {
        "source": random.integers(N_INPUTS, size=N_OUTER),
        "target": random.integers(N_CELLS, size=N_OUTER),
        "kind": random.choice(list(OUTER_TYPES), N_OUTER),
        "delay": random.choice([0.3, 1.1, 2.0], N_OUTER),
    }
    return {
        "cells": np.sort(random.choice(kinds, N_CELLS)) if models > 1 else random.choice(kinds, N_CELLS),
        "types": {kind: CELL_TYPES[kind] for kind in kinds},
        "spikes": np.sort(random.uniform(1.0, 90.0, (40, 1)), axis=0).ravel(),
        "senders": random.integers(N_INPUTS, size=40),
        "inner": inner,
        "outer": outer,
    }


def by_hand(nest: Any, network: Network, threads: int) -> dict[str, Any]:
    """Make the network with public functions, one row after the other."""
    nest.ResetKernel()
    nest.set(resolution=0.1, total_num_virtual_procs=threads)
    cells = []
    for kind in network["cells"]:
        model, parameters = network["types"][kind]
        cells += nest.Create(model, 1, parameters).tolist()
    inputs = []
    for sender in range(4):
        times = [t for t, s in zip(network["spikes"], network["senders"]) if s == sender]  # noqa: B905
        injector = nest.Create("spike_train_injector", 1, {"spike_times": times, "allow_offgrid_times": True})
        inputs += injector.tolist()
    for edges, sources, types in ((network["inner"], cells, "inner_types"), (network["outer"], inputs, "outer_types")):
        for row, (source, target, kind) in enumerate(zip(edges["source"], edges["target"], edges["kind"])):  # noqa: B905
            spec = dict(network[types][kind])
            spec.update({key: edges[key][row] for key in ("weight", "delay") if key in edges})
            pre, post = nest.NodeCollection([sources[source]]), nest.NodeCollection([cells[target]])
            nest.Connect(pre, post, "one_to_one", spec)
    return found(nest, cells)


def found(nest: Any, cells: list[int]) -> dict[str, Any]:
    """Return all connections, and the spikes of a run."""
    table = nest.GetConnections().get(["source", "target", "synapse_model", "weight", "delay", "target_thread"])
    threads = table["target_thread"]  # NEST finds connections of several threads in any order
    order = sorted(range(len(threads)), key=lambda row: threads[row])
    recorder = nest.Create("spike_recorder")
    nest.Connect(nest.NodeCollection(cells), recorder)
    nest.Simulate(100.0)
    events = recorder.get("events")
    return {
        "connections": [[str(table[key][row]) for row in order] for key in sorted(table)],
        "times": [float(t) for t in events["times"]],
        "senders": [int(s) for s in events["senders"]],
    }


def plain(network: Network) -> Network:
    """Return a description that can be written as JSON, keys of types aside."""

    def simple(item: Any) -> Any:
        if isinstance(item, dict):
            return {key: simple(value) for key, value in item.items()}
        return item.tolist() if isinstance(item, np.ndarray) else item

    return simple(network | {"inner_types": INNER_TYPES, "outer_types": OUTER_TYPES})


def table(path: Path, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
    path.write_text("\n".join(" ".join(map(str, row)) for row in [tuple(columns), *rows]) + "\n")


def write_nodes(folder: Path, network: Network) -> None:
    with h5py.File(folder / "cells.h5", "w") as file:
        file["nodes/cells/node_type_id"] = network["cells"].astype(np.uint64)
    with h5py.File(folder / "inputs.h5", "w") as file:
        file["nodes/inputs/node_type_id"] = np.full(N_INPUTS, 5)
    rows: list[tuple[Any, ...]] = []
    for kind, (model, parameters) in network["types"].items():
        rows.append((kind, "point_neuron", f"nest:{model}", f"{kind}.json"))
        (folder / f"{kind}.json").write_text(json.dumps(parameters))
    table(folder / "cells.csv", ["node_type_id", "model_type", "model_template", "dynamics_params"], rows)
    table(folder / "inputs.csv", ["node_type_id", "model_type"], [(5, "virtual")])
    with h5py.File(folder / "spikes.h5", "w") as file:
        file["spikes/inputs/node_ids"], file["spikes/inputs/timestamps"] = network["senders"], network["spikes"]


def write_edges(folder: Path, name: str, edges: dict[str, np.ndarray], sources: str) -> None:
    with h5py.File(folder / f"{name}.h5", "w") as file:
        for key, population in (("source", sources), ("target", "cells")):
            file[f"edges/{name}/{key}_node_id"] = edges[key].astype(np.uint64)
            file[f"edges/{name}/{key}_node_id"].attrs["node_population"] = population
        file[f"edges/{name}/edge_type_id"] = edges["kind"].astype(np.uint32)
        file.create_group(f"edges/{name}/0")
        for key, dataset in (("weight", "syn_weight"), ("delay", "delay")):
            if key in edges:
                file[f"edges/{name}/0/{dataset}"] = edges[key]


def write(folder: Path, network: Network) -> None:
    """Write all files."""
    write_nodes(folder, network)
    write_edges(folder, "inner", network["inner"], "cells")
    write_edges(folder, "outer", network["outer"], "inputs")
    rows: list[tuple[Any, ...]] = []
    for kind, spec in INNER_TYPES.items():
        rest = {key: value for key, value in spec.items() if key not in ("synapse_model", "delay")}
        (folder / f"inner{kind}.json").write_text(json.dumps(rest | {"of_other_simulators": "exp2syn"}))
        rows.append((kind, "*", spec["synapse_model"], spec["delay"], f"inner{kind}.json"))
    columns = ["edge_type_id", "source_query", "model_template", "delay", "dynamics_params"]
    table(folder / "inner.csv", columns, rows)
    rows = [(kind, spec["weight"], spec["synapse_model"]) for kind, spec in OUTER_TYPES.items()]
    table(folder / "outer.csv", ["edge_type_id", "syn_weight", "model_template"], rows)
    (folder / "circuit.json").write_text(json.dumps(configuration()))
    run = {"manifest": {"$BASE_DIR": "."}, "target_simulator": "NEST", "run": {"tstop": 100.0, "dt": 0.1}}
    inputs = {"trains": {"input_file": "$BASE_DIR/spikes.h5", "node_set": "inputs"}}
    (folder / "simulation.json").write_text(json.dumps(run | {"inputs": inputs}))


def configuration() -> dict[str, Any]:
    files = {
        "nodes": [{"nodes_file": f"$NET/{n}.h5", "node_types_file": f"$NET/{n}.csv"} for n in ("cells", "inputs")],
        "edges": [{"edges_file": f"$NET/{n}.h5", "edge_types_file": f"${{NET}}/{n}.csv"} for n in ("inner", "outer")],
    }
    return {
        "manifest": {"$NET": "$BASE_DIR/.", "$BASE_DIR": "${configdir}"},
        "components": {"point_neuron_models_dir": "$NET", "synaptic_models_dir": "$NET"},
        "networks": files,
        "target_simulator": "NEST",
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, described(1))
    return tmp_path


def loaded(folder: Path) -> nest.SonataNetwork:
    return nest.SonataNetwork(folder / "circuit.json", str(folder / "simulation.json"))


def built(folder: Path, threads: int, size: int | None) -> dict[str, Any]:
    nest.ResetKernel()
    nest.total_num_virtual_procs = threads
    populations = loaded(folder).BuildNetwork(size)
    assert {name: len(nodes) for name, nodes in populations.items()} == {"cells": N_CELLS, "inputs": N_INPUTS}
    return found(nest, populations["cells"].tolist())


@pytest.mark.parametrize("models", [1, 2])
@pytest.mark.parametrize("threads", [1, 3])
def test_networks_are_those_made_by_hand(models: int, threads: int, tmp_path: Path) -> None:
    network = described(models)
    write(tmp_path, network)
    expected = by_hand(nest, plain(network), threads)
    assert len(expected["times"]) > 30
    for size in (None, 1, 7, N_INNER):
        assert built(tmp_path, threads, size) == expected


SCRIPT = """
import json, sys
import nest
nest.verbosity = nest.VerbosityLevel.ERROR
network, threads = json.loads(sys.argv[1])
for key in ("types", "inner_types", "outer_types"):
    network[key] = {int(kind): entry for kind, entry in network[key].items()}
print("RESULT " + json.dumps(by_hand(nest, network, threads)))
"""


@pytest.mark.nest
def test_networks_are_those_of_nest(nest_python: str, tmp_path: Path) -> None:
    network = described(2)
    write(tmp_path, network)
    functions = "from typing import Any\nNetwork = dict\n" + inspect.getsource(found) + inspect.getsource(by_hand)
    command = [nest_python, "-c", functions + SCRIPT, json.dumps([plain(network), 2])]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("RESULT "))
    assert built(tmp_path, 2, 16) == json.loads(line.removeprefix("RESULT "))


def test_the_configuration_is_shown_and_followed(folder: Path) -> None:
    network = loaded(folder)
    assert nest.resolution == 0.1
    assert network.config["networks"]["nodes"][0]["nodes_file"] == f"{folder}/cells.h5"
    assert network.config["inputs"]["trains"]["input_file"] == f"{folder}/spikes.h5"
    assert network.node_collections == {}
    assert network.Create() is network.node_collections
    network.Connect()
    assert nest.num_connections == N_INNER + N_OUTER
    network.Simulate()
    assert nest.biological_time == 100.0


def test_values_that_nobody_gives_are_defaults(folder: Path) -> None:
    with h5py.File(folder / "outer.h5", "a") as file:
        del file["edges/outer/0/delay"]
    network = loaded(folder)
    nest.SetDefaults("static_synapse", {"delay": 3.5})
    populations = network.BuildNetwork()
    assert set(nest.GetConnections(populations["inputs"]).delay) == {3.5}


def test_spikes_may_be_in_one_group_for_all(folder: Path) -> None:
    expected = built(folder, 1, None)
    with h5py.File(folder / "spikes.h5", "a") as file:
        for name, dataset in list(file["spikes/inputs"].items()):
            file[f"spikes/{'gids' if name == 'node_ids' else name}"] = dataset[:]
        del file["spikes/inputs"]
    assert built(folder, 1, None) == expected


def change(path: Path, **entries: Any) -> None:
    content = json.loads(path.read_text())
    for key, value in entries.items():
        if value is None:
            del content[key]
        else:
            content[key] = value
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("entries", "error", "text"),
    [
        ({"target_simulator": "NEURON"}, ValueError, "'NEST', not 'NEURON'"),
        ({"target_simulator": None}, KeyError, "target_simulator"),
        ({"manifest": None}, KeyError, "manifest"),
        ({"run": None}, KeyError, "run"),
        ({"run": {"tstop": 5.0}}, ValueError, "'dt'"),
        ({"run": {"dt": -1.0}}, nest.NESTError, "Resolution"),
        ({"manifest": {"$A": "$B/a", "$B": "$A/b"}}, ValueError, "refers to itself"),
    ],
)
def test_wrong_configurations(folder: Path, entries: dict[str, Any], error: type[Exception], text: str) -> None:
    change(folder / "simulation.json", **entries)
    if entries == {"target_simulator": None}:
        change(folder / "circuit.json", **entries)
    with pytest.raises(error, match=text):
        loaded(folder)


def test_configurations_are_files(folder: Path) -> None:
    with pytest.raises(TypeError, match="path"):
        nest.SonataNetwork({"run": {}})  # type: ignore[arg-type]
    with pytest.raises(FileNotFoundError, match=r"nothing\.json"):
        nest.SonataNetwork(folder / "nothing.json")
    (folder / "circuit.json").write_text("{")
    with pytest.raises(ValueError, match="line 1"):
        loaded(folder)


def test_steps_come_in_their_order(folder: Path) -> None:
    network = loaded(folder)
    with pytest.raises(RuntimeError, match="created before"):
        network.Connect()
    with pytest.raises(RuntimeError, match="built before"):
        network.Simulate()
    for size, error in ((0, ValueError), (-3, ValueError), (2.0, TypeError), ("5", TypeError)):
        with pytest.raises(error, match="hdf5_hyperslab_size"):
            network.BuildNetwork(size)  # type: ignore[arg-type]
    assert nest.network_size == 0
    network.BuildNetwork()
    del network.config["run"]["tstop"]
    with pytest.raises(ValueError, match="'tstop'"):
        network.Simulate()
    network.config["run"]["duration"] = 5.0
    network.Simulate()
    assert nest.biological_time == 5.0


def rewrite(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change_text(folder: Path) -> None:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new))

    return change_text


def drop(name: str, item: str) -> Callable[[Path], None]:
    def change_file(folder: Path) -> None:
        with h5py.File(folder / name, "a") as file:
            del file[item]

    return change_file


def put(name: str, item: str, value: Any) -> Callable[[Path], None]:
    def change_file(folder: Path) -> None:
        with h5py.File(folder / name, "a") as file:
            if item in file:
                del file[item]
            file[item] = value

    return change_file


def remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def rename_population(folder: Path) -> None:
    with h5py.File(folder / "inner.h5", "a") as file:
        file["edges/inner/source_node_id"].attrs["node_population"] = "others"


def nameless_population(folder: Path) -> None:
    with h5py.File(folder / "inner.h5", "a") as file:
        del file["edges/inner/source_node_id"].attrs["node_population"]


@pytest.mark.parametrize(
    ("mistake", "error", "text"),
    [
        (remove("cells.csv"), FileNotFoundError, r"cells\.csv"),
        (remove("cells.h5"), FileNotFoundError, r"cells\.h5"),
        (remove("7.json"), FileNotFoundError, r"7\.json"),
        (rewrite("cells.csv", "model_type", "kind"), KeyError, "model_type"),
        (rewrite("cells.csv", "3 point_neuron", "3 virtual"), ValueError, "one model type"),
        (rewrite("cells.csv", "point_neuron", "biophysical"), ValueError, "biophysical"),
        (rewrite("cells.csv", "model_template", "model"), ValueError, "'model_template'"),
        (rewrite("cells.csv", "dynamics_params", "params"), ValueError, "'dynamics_params'"),
        (rewrite("cells.csv", "\n3 ", "\n33 "), KeyError, "3"),
        (rewrite("cells.csv", "iaf_psc_alpha", "iaf_psc_omega"), nest.NESTErrors.UnknownModelName, "iaf_psc_omega"),
        (rewrite("7.json", "C_m", "c_m"), nest.NESTErrors.UnaccessedDictionaryEntry, "c_m"),
        (drop("cells.h5", "nodes"), KeyError, "nodes"),
        (drop("cells.h5", "nodes/cells/node_type_id"), KeyError, "node_type_id"),
        (rewrite("simulation.json", '"node_set": "inputs"', '"node_set": "others"'), ValueError, "'inputs'"),
        (drop("spikes.h5", "spikes/inputs/node_ids"), ValueError, "'gids' or 'node_ids'"),
        (drop("spikes.h5", "spikes/inputs/timestamps"), KeyError, "timestamps"),
        (put("spikes.h5", "spikes/gids", [1]), ValueError, "there are both"),
        (remove("spikes.h5"), FileNotFoundError, r"spikes\.h5"),
    ],
)
def test_mistakes_about_nodes(mistake: Callable[[Path], None], error: type[Exception], text: str, folder: Path) -> None:
    mistake(folder)
    with pytest.raises(error, match=text):
        loaded(folder).Create()


@pytest.mark.parametrize(
    ("mistake", "error", "text"),
    [
        (remove("inner.csv"), FileNotFoundError, r"inner\.csv"),
        (remove("inner.h5"), FileNotFoundError, r"inner\.h5"),
        (remove("inner20.json"), FileNotFoundError, r"inner20\.json"),
        (rewrite("inner.csv", "model_template", "model"), ValueError, "'model_template'"),
        (rewrite("inner.csv", "edge_type_id", "id"), KeyError, "edge_type_id"),
        (rewrite("inner.csv", "static_synapse", "statical"), nest.NESTErrors.UnknownComponent, "statical"),
        (rewrite("inner.csv", "1.5", "soon"), nest.NESTErrors.TypeMismatch, "'delay'"),
        (rewrite("inner.csv", "\n31 ", "\n32 "), IndexError, "edge type 31"),
        (rewrite("inner20.json", "0.4", "[]"), nest.NESTErrors.BadProperty, "'U'"),
        (rewrite("inner20.json", "0.4", "true"), nest.NESTErrors.BadProperty, "'U'"),
        (rewrite("inner20.json", "0.4", '"0.4"'), nest.NESTErrors.BadProperty, "'U'"),
        (rewrite("inner20.json", "0.4", "[[0.4]]"), nest.NESTErrors.BadProperty, "'U'"),
        (rewrite("inner20.json", "0.4", '[0.4, "1"]'), TypeError, "'U'"),
        (rewrite("inner20.json", "0.4", "null"), AttributeError, "'U'"),
        (rewrite("inner20.json", "0.4", "[null]"), AttributeError, "'U'"),
        (rewrite("inner20.json", "0.4", '[0.4], "delay": [1.0]'), nest.NESTErrors.TypeMismatch, "'delay'"),
        (rewrite("inner20.json", "0.4", "4.0"), nest.NESTErrors.BadProperty, "U"),
        (drop("inner.h5", "edges"), nest.NESTErrors.KernelException, "group 'edges'"),
        (drop("inner.h5", "edges/inner/edge_type_id"), nest.NESTErrors.KernelException, "'edge_type_id'"),
        (put("inner.h5", "edges/inner/edge_type_id", [4, 4]), nest.NESTErrors.KernelException, "2 elements"),
        (put("inner.h5", "edges/inner/0/delay", [1.0]), nest.NESTErrors.KernelException, "1 elements"),
        (put("inner.h5", "edges/inner/1/delay", [1.0]), nest.NESTErrors.NotImplemented, "one group"),
        (drop("inner.h5", "edges/inner/0"), nest.NESTErrors.NotImplemented, "has 0"),
        (put("inner.h5", "edges/0", [1.0]), nest.NESTErrors.KernelException, "group '0'"),
        (rename_population, IndexError, "population 'others'"),
        (nameless_population, nest.NESTErrors.KernelException, "node_population"),
        (rewrite("inner.csv", "1.5", "-1.5"), nest.NESTErrors.BadDelay, "delay"),
    ],
)
def test_mistakes_about_edges(mistake: Callable[[Path], None], error: type[Exception], text: str, folder: Path) -> None:
    mistake(folder)
    network = loaded(folder)
    network.Create()
    with pytest.raises(error, match=text):
        network.Connect()
    with pytest.raises(RuntimeError, match="built before"):
        network.Simulate()


def by_target(pairs: Iterable[tuple[int, float]]) -> dict[int, list[float]]:
    values: dict[int, list[float]] = {}
    for target, value in pairs:
        values.setdefault(target, []).append(value)
    return {target: sorted(values[target]) for target in sorted(values)}


@pytest.mark.parametrize("size", [None, 3])
@pytest.mark.parametrize("threads", [1, 2])
def test_edges_take_the_values_of_lists_in_turn_on_each_virtual_process(
    threads: int, size: int | None, folder: Path
) -> None:
    uses = np.linspace(0.1, 0.9, N_INNER).tolist()
    rewrite("inner20.json", "0.4", json.dumps(uses))(folder)
    nest.ResetKernel()
    nest.total_num_virtual_procs = threads
    cells = loaded(folder).BuildNetwork(size)["cells"].tolist()
    left = [iter(uses) for _ in range(threads)]
    edges = described(1)["inner"]
    targets = [cells[target] for target in edges["target"][edges["kind"] == 20]]
    found = nest.GetConnections(synapse_model="tsodyks2_synapse")
    listed = [c for c in zip(found.target, found.U, found.tau_rec, strict=True) if c[2] == 120.0]
    assert by_target((target, U) for target, U, _ in listed) == by_target(
        (target, next(left[target % threads])) for target in targets
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [("[0.4, 1, true]", {0.4, 1.0}), ("[1, 0.4, 0.7]", {0.0, 1.0}), ("[true, 0.9, false]", {0.0, 1.0})],
)
def test_the_first_value_of_a_list_decides_whether_it_has_integers(
    given: str, expected: set[float], folder: Path
) -> None:
    values = given.strip("[]") + "".join(f", {given.strip('[]').split(',')[0]}" for _ in range(N_INNER))
    rewrite("inner20.json", "0.4", f"[{values}]")(folder)
    loaded(folder).BuildNetwork()
    found = nest.GetConnections(synapse_model="tsodyks2_synapse")
    listed = {c[0] for c in zip(found.U, found.tau_rec, strict=True) if c[1] == 120.0}
    assert listed <= expected
    assert len(listed) > 1


@pytest.mark.parametrize("threads", [1, 2])
def test_lists_of_edge_types_have_to_be_long_enough(threads: int, folder: Path) -> None:
    edges = described(1)["inner"]
    rewrite("inner20.json", "0.4", "[0.2, 0.3]")(folder)
    nest.ResetKernel()
    nest.total_num_virtual_procs = threads
    network = loaded(folder)
    cells = network.Create()["cells"].tolist()
    with pytest.raises(nest.NESTErrors.KernelException, match="Parameter values exhausted"):
        network.Connect()
    made = 0
    for thread in range(threads):
        mine = np.flatnonzero(np.array(cells)[edges["target"]] % threads == thread)
        of_type = np.flatnonzero(edges["kind"][mine] == 20)
        made += int(of_type[2]) if len(of_type) > 2 else len(mine)
    assert nest.num_connections == made < N_INNER


def test_edges_end_at_nodes_of_their_populations(folder: Path) -> None:
    with h5py.File(folder / "inner.h5", "a") as file:
        file["edges/inner/target_node_id"][5] = N_CELLS
    with pytest.raises(nest.NESTErrors.UnknownNode, match=f"node {N_CELLS} of a population of {N_CELLS}"):
        loaded(folder).BuildNetwork()
