"""Record what real NEST makes of the simulations with stimulators and detectors in `tests/live/device_cases.py`.

Stimulators draw for each target in the order of nodes, steps and targets, in time windows and in several runs;
detectors count by rules of their own at the edges of bins.

Run it with a Python that has NEST::

    python nest_reference/record_devices.py nest_reference/devices [--seed N ...]

For each seed (by default those of `SEEDS`) it writes `seed_<seed>.npz` with the results of all cases under
``case/name``, and an entry ``provenance``, which is JSON. ``defaults.json`` has what GetDefaults says of the models,
and ``mistakes.json`` what NEST says to settings that it refuses.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

HERE = Path(__file__).parent
SCRIPT = HERE.parent / "tests" / "live" / "device_cases.py"
SEEDS = (0, 4000)


def load_cases() -> ModuleType:
    spec = importlib.util.spec_from_file_location("device_cases", SCRIPT)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def record(nest: Any, cases: ModuleType, seed: int) -> dict[str, np.ndarray]:
    """Return the results of all cases."""
    found = {f"{name}/{k}": v for name in cases.CASES for k, v in cases.run(nest, name, seed).items()}
    provenance = {
        "nest_version": nest.build_info["version"],
        "seed": seed,
        "script": SCRIPT.relative_to(HERE.parent).as_posix(),
        "sha256": hashlib.sha256(SCRIPT.read_bytes()).hexdigest(),
    }
    return found | {"provenance": np.array(json.dumps(provenance))}


def main() -> None:
    import nest
    import provenance

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, nargs="*", default=SEEDS)
    arguments = parser.parse_args()
    folder, files = arguments.folder, {}
    nest.verbosity = nest.VerbosityLevel.ERROR
    cases = load_cases()
    folder.mkdir(parents=True, exist_ok=True)
    for seed in arguments.seed:
        np.savez_compressed(folder / f"seed_{seed}.npz", **record(nest, cases, seed))  # pyright: ignore[reportArgumentType]
        files[f"seed_{seed}.npz"] = provenance.settings(
            nest, rng_seed=f"{seed} and more", resolution=[0.1, 0.5], threads=[1, 2]
        )
    for name, content in (("defaults", cases.all_defaults(nest)), ("mistakes", cases.all_mistakes(nest))):
        text = json.dumps(content, indent=1, sort_keys=True)
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")
        files[f"{name}.json"] = provenance.settings(nest)
    provenance.write(nest, folder, files)


if __name__ == "__main__":
    main()
