"""Record the dictionaries, names and answers of NEST's public interface, which scripts rely on to the last key.

Run with a Python that has NEST 3.10:

    python -m nest_reference.record_status [folder]

It writes into the folder (default: `nest_reference/status`):

- `nodes.json`, `defaults.json`: dictionaries of new nodes and of models, with 1 and 3 threads;
- `models.json`: the defaults of all models that NEST has;
- `kernel.json`: all kernel attributes, after import and after changes and a reset;
- `names.json`: the public names with their signatures;
- `sessions.json`: what each statement of `api_sessions.py` returns or raises.
"""

from __future__ import annotations

import inspect
import json
import sys
import warnings
from pathlib import Path
from typing import Any

import nest

from nest_reference import provenance
from nest_reference.api_sessions import SESSIONS
from nest_reference.status_cases import MODELS, SYNAPSES, outcome, written

FOLDER = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "status"


def save(name: str, content: Any) -> None:
    origin = {"nest_version": nest.build_info["version"], "script": Path(__file__).name}
    layout: dict[str, Any] = {"separators": (",", ":")} if name == "models" else {"indent": 1}
    text = json.dumps({"provenance": origin, "content": content}, **layout)
    (FOLDER / f"{name}.json").write_text(text + "\n")
    threads = [1, 3] if name in ("nodes", "defaults") else 1
    provenance.write(nest, FOLDER, {f"{name}.json": provenance.settings(nest, threads=threads)})


def dictionaries() -> tuple[dict[str, Any], dict[str, Any]]:
    nodes, defaults = {}, {}
    for threads in (1, 3):
        nest.ResetKernel()
        nest.local_num_threads = threads
        defaults |= {f"{name} {threads}": written(nest.GetDefaults(name)) for name in (*MODELS, *SYNAPSES)}
        for name in MODELS:
            nodes[f"{name} {threads}"] = written(nest.Create(name).get())
            defaults[f"{name} {threads} with nodes"] = written(nest.GetDefaults(name))
    return nodes, defaults


def all_defaults() -> dict[str, Any]:
    """Return the defaults of all models, node models first."""
    nest.ResetKernel()
    return {name: written(nest.GetDefaults(name)) for name in (*nest.node_models, *nest.synapse_models)}


def names() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in sorted(nest.__all__):
        try:
            item = getattr(nest, name)
        except Exception:  # a module or an entry that this build lacks
            found[name] = None
            continue
        try:
            found[name] = str(inspect.signature(item)) if callable(item) else None
        except ValueError:
            found[name] = None
    return found


def sessions() -> dict[str, list[tuple[str, str]]]:
    result = {}
    for name, text in SESSIONS.items():
        nest.ResetKernel()
        scope: dict[str, Any] = {}
        exec("import nest\nimport numpy as np", scope)
        result[name] = [(line, outcome(line, scope)) for line in text.strip().splitlines()]
    return result


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    nest.verbosity = nest.VerbosityLevel.QUIET
    FOLDER.mkdir(parents=True, exist_ok=True)
    save("kernel", written(nest.GetKernelStatus()))
    save("names", names())
    of_nodes, of_models = dictionaries()
    save("nodes", of_nodes)
    save("models", all_defaults())
    save("defaults", of_models)
    save("sessions", sessions())
