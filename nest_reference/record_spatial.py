"""Record which networks in space a real NEST makes, and what it says about them.

Run it with a Python that has NEST; it writes ``networks.npz``, ``answers.json`` and ``errors.json``.
Layers, masks and kernels are tried with one and with two threads, since who draws what depends on them::

    python -m nest_reference.record_spatial nest_reference/spatial --seeds 3

The tests read from here and from `spatial_cases` what they have to try.
"""

from __future__ import annotations

import argparse
import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from nest_reference import provenance
from nest_reference.connect_mistakes import name_of_error
from nest_reference.spatial_cases import NETWORKS
from nest_reference.spatial_mistakes import MISTAKES
from nest_reference.spatial_questions import QUESTIONS

COLUMNS = ("source", "target", "synapse_id", "target_thread", "port", "receptor", "delay", "weight")


def settings(seeds: list[int]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name of a network and the kernel attributes that it is built with."""
    for seed in seeds:
        for name in NETWORKS:
            for threads in (1, 2):
                yield name, {"rng_seed": seed, "local_num_threads": threads}


def label(name: str, attributes: dict[str, Any]) -> str:
    """Return what a recording is called: the network, and the attributes as JSON."""
    return f"{name}; {json.dumps(attributes)}"


def table(nest: Any, name: str, attributes: dict[str, Any]) -> np.ndarray:
    """Build a network and return its connections, one column for each of `COLUMNS`.

    The last row has sums of all distances and positions, and numbers drawn afterwards.
    """
    nest.ResetKernel()
    nest.set(**attributes)
    with contextlib.suppress(nest.NESTErrors.KernelException):  # a mask may be empty; what was made before remains
        NETWORKS[name](nest)
    found = nest.GetConnections()
    values = found.get(COLUMNS) if len(found) else dict.fromkeys(COLUMNS, [])
    rows = np.array([np.atleast_1d(values[c]) for c in COLUMNS], float).T
    # Threads enter their connections in any order.
    rows = rows[np.lexsort((rows[:, COLUMNS.index("target_thread")], rows[:, COLUMNS.index("synapse_id")]))]
    rest = np.zeros(len(COLUMNS))
    distances = np.atleast_1d(found.distance if len(found) else [])
    rest[0] = np.sum(np.sort(distances[~np.isnan(distances)]))
    rest[1] = nest.random.uniform().GetValue()
    threads = attributes["local_num_threads"]
    rest[2 : 2 + threads] = np.atleast_1d(nest.Create("iaf_psc_alpha", threads, {"I_e": nest.random.uniform()}).I_e)
    return np.vstack([rows, rest])


def answer(nest: Any, question: str) -> Any:
    """Ask a question and return the answer as JSON has it."""
    nest.ResetKernel()
    nest.rng_seed = 12
    return json.loads(json.dumps(QUESTIONS[question](nest), default=_plain))


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return str(value)


def error(nest: Any, mistake: str) -> str:
    """Return the name of the error that a mistake has."""
    return name_of_error(MISTAKES[mistake], nest)


def main() -> None:
    """Record everything in a folder."""
    import nest

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[3])
    arguments = parser.parse_args()
    nest.verbosity = nest.VerbosityLevel.FATAL
    tables = {label(*setting): table(nest, *setting) for setting in settings(arguments.seeds)}
    arguments.folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(arguments.folder / "networks.npz", allow_pickle=False, **tables)
    documents = {
        "answers": {name: answer(nest, name) for name in QUESTIONS},
        "errors": {name: error(nest, name) for name in MISTAKES},
    }
    for name, document in documents.items():
        text = json.dumps(document, indent=1, sort_keys=True)
        (arguments.folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    used = provenance.settings(nest, rng_seed=arguments.seeds, threads=[1, 2])
    asked = provenance.settings(nest, rng_seed=12, threads=1)
    files = {"networks.npz": used, "answers.json": asked, "errors.json": asked}
    provenance.write(nest, arguments.folder, files, seeds=arguments.seeds)


if __name__ == "__main__":
    main()
