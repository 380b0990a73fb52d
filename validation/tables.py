"""What is compared as a whole: connections, spatial networks, random numbers, errors, names and signatures."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

import jaxnest as nest
from jaxnest.random.numbers.streams import RandomStreams
from nest_reference import model_cases, random_cases, record_api, record_connect, record_spatial, status_cases
from validation.comparison import Report
from validation.networks import ask
from validation.places import REFERENCE

OTHER_SIGNATURES = {
    "Parameter": "only functions of nest.random and CreateParameter make parameters",
    "server": "NEST has this module only where Flask is installed",
    "SynapseCollection": "an empty collection can be made without an argument, too",
    "ll_api.KernelAttribute": "attributes are declared in a table; the class is internal to NEST",
    "set_communicator": "takes the communicator that NEST with MPI takes",
    "visualization": "NEST has this module only where pydot is installed",
}
"""Public names whose arguments differ from NEST's, with the reason."""

SCRIPTS: dict[str, Any] = {"connect": record_connect, "spatial": record_spatial}


def recorded(report: Report) -> None:
    """Compare with everything that is recorded."""
    signatures(report)
    for name, script in SCRIPTS.items():
        connections(report, name, script, REFERENCE / name)
    random_parameters(report, REFERENCE / "random")
    defaults(report)
    queries(report)
    answers(report)


def defaults(report: Report) -> None:
    """Compare the status dictionaries of all models."""
    expected = json.loads((REFERENCE / "status" / "models.json").read_text(encoding="utf-8"))["content"]
    nest.ResetKernel()
    for name in (*nest.node_models, *nest.synapse_models):
        left_out = model_cases.UNDEFINED.get(name, ())
        ours, theirs = (
            {key: value for key, value in status.items() if key not in left_out}
            for status in (status_cases.written(nest.GetDefaults(name)), expected[name])
        )
        different = sorted(key for key in {*ours, *theirs} if ours.get(key) != theirs.get(key))
        report.check("status dictionaries", "models", "both", "defaults", name, not different, ", ".join(different))


def queries(report: Report) -> None:
    """Compare what GetConnections finds, with one to three threads."""
    with np.load(REFERENCE / "connect" / "queries.npz") as archive:
        for label, expected in archive.items():
            name, _, threads = label.rpartition("; ")
            right = np.array_equal(record_connect.query(nest, name, int(threads)), expected)
            report.check("connect", "queries", "both", "all columns", label, right, "not the same connections")


def answers(report: Report) -> None:
    """Compare what functions for networks in space return."""
    expected = json.loads((REFERENCE / "spatial" / "answers.json").read_text(encoding="utf-8"))
    for question, answer in expected.items():
        right = record_spatial.answer(nest, question) == answer
        report.check("spatial", "questions", "both", "answers", question, right, "another answer")


def live(report: Report, python: str, seed: int) -> None:
    """Compare with a live NEST and seeds of one's own."""
    for name in (*SCRIPTS, "random"):
        with tempfile.TemporaryDirectory() as folder:
            ask(python, f"record_{name}", folder, "--seeds", str(seed), *([str(seed + 1)] if name != "spatial" else []))
            if name == "random":
                random_parameters(report, Path(folder), f", seed {seed}")
            else:
                connections(report, name, SCRIPTS[name], Path(folder), f", seed {seed}")


def signatures(report: Report) -> None:
    """Compare public names and their arguments."""
    recorded = json.loads((REFERENCE / "api" / "signatures.json").read_text(encoding="utf-8"))["signatures"]
    found = record_api.signatures(nest)
    for name, expected in recorded.items():
        if name not in OTHER_SIGNATURES:
            got = found.get(name, "nothing")
            report.check(
                "interface", "public names", "both", "signature", name, got == expected, f"{got}, NEST {expected}"
            )


def connections(report: Report, section: str, script: Any, folder: Path, suffix: str = "") -> None:
    """Compare all columns of all connections of the recorded networks."""
    name = "connections.npz" if section == "connect" else "networks.npz"
    with np.load(folder / name) as archive:
        for label, expected in archive.items():
            network, _, attributes = label.partition("; ")
            if network in script.NETWORKS:
                found = script.table(nest, network, json.loads(attributes))
                right = np.array_equal(found, expected, equal_nan=True)
                report.check(section + suffix, "connections", "both", "all columns", label, right, "not the same table")
    mistakes = json.loads((folder / "errors.json").read_text(encoding="utf-8"))
    for mistake, expected in mistakes.items():
        if section == "connect":
            got = script.name_of_error(script.MISTAKES[mistake], nest)
        else:
            got = script.error(nest, mistake)
        report.check(section + suffix, "mistakes", "both", "class of error", mistake, got == expected, f"{got}")


def random_parameters(report: Report, folder: Path, suffix: str = "") -> None:
    """Compare values of parameter expressions, for nodes and from the common stream."""
    names = ("random", "math", "logic", "spatial_distributions", "CreateParameter")
    namespace = SimpleNamespace(**{name: getattr(nest, name) for name in names})
    with np.load(folder / "parameters.npz") as archive:
        arrays = dict(archive)
    for name, make in random_cases.PARAMETERS.items():
        for seed in arrays["seeds"].tolist():
            for threads in random_cases.THREADS:
                label = f"{name} {seed} {threads}"
                right = drawn(make(namespace), RandomStreams(seed, n_threads=threads)) == arrays[label].tolist()
                report.check("random" + suffix, "parameters", "both", "values", label, right, "other values")


def drawn(parameter: Any, streams: RandomStreams) -> list[float]:
    """Draw as nodes on all threads and GetValue do."""
    n = streams.n_threads
    values = [parameter.value(streams.vp_specific[i % n], i % n) for i in range(1, 8)]
    values += [parameter.value(streams.rank_synchronised) for _ in range(3)]
    return values + [parameter.value(streams.vp_specific[i % n], i % n) for i in range(8, 14)]
