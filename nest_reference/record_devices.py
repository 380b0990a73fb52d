"""Record what real NEST makes of stimulators and detectors: ``nest_reference/simulations/devices.py``.

Stimulators draw for each target in the order of nodes, steps and targets, in time windows and in several runs;
detectors count by rules of their own at the edges of bins.

Run it with a Python that has NEST::

    python -m nest_reference.record_devices nest_reference/devices [--seed N ...]

For each seed (by default those of `SEEDS`) it writes `seed_<seed>.npz` with the results of all cases under
``case/name``. ``defaults.json`` has what GetDefaults says of the models, and ``mistakes.json`` what NEST says to
settings that it refuses.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np

from nest_reference import provenance
from nest_reference.simulations import Arrays, devices, run

SEEDS = (0, 4000)


def record(nest: Any, seed: int) -> Arrays:
    """Return the results of all simulations."""
    return {f"{name}/{k}": v for name, case in devices.CASES.items() for k, v in run(nest, case, seed).items()}


def main() -> None:
    import nest

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, nargs="*", default=SEEDS)
    arguments = parser.parse_args()
    folder, files = arguments.folder, {}
    nest.verbosity = nest.VerbosityLevel.ERROR
    folder.mkdir(parents=True, exist_ok=True)
    for seed in arguments.seed:
        np.savez_compressed(folder / f"seed_{seed}.npz", **record(nest, seed))  # pyright: ignore[reportArgumentType]
        files[f"seed_{seed}.npz"] = provenance.settings(
            nest, rng_seed=f"{seed} and more", resolution=[0.1, 0.5], threads=[1, 2]
        )
    for name, content in (("defaults", devices.all_defaults(nest)), ("mistakes", devices.all_mistakes(nest))):
        text = json.dumps(content, indent=1, sort_keys=True)
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")
        files[f"{name}.json"] = provenance.settings(nest)
    provenance.write(nest, folder, files)


if __name__ == "__main__":
    main()
