"""Record what real NEST makes of the simulations in `tests/live/cases.py`: small networks of the commonest models.

They show that many parts work together: Brunel's network with spike trains for three models and one or two threads,
noise from several generators, currents, and weights that are recorded.

Run it with a Python that has NEST::

    python nest_reference/record_cases.py [folder [case ...]]

Each case becomes `<folder>/<case>.npz` (folder: `nest_reference/cases`), with what the recorders held. Its entry
``provenance`` is JSON: version of NEST, seed, type of random numbers, resolution, threads, hash of the script.
"""

from __future__ import annotations

import hashlib
import json
import runpy
import sys
from pathlib import Path

import nest
import numpy as np
import provenance

HERE = Path(__file__).parent
SCRIPT = HERE.parent / "tests" / "live" / "cases.py"


def record(folder: Path, name: str) -> None:
    """Simulate one case and write what it returns."""
    nest.ResetKernel()
    arrays = runpy.run_path(str(SCRIPT))["CASES"][name](nest)
    content = {
        "nest_version": nest.build_info["version"],
        "rng_seed": nest.rng_seed,
        "rng_type": nest.rng_type,
        "resolution": nest.resolution,
        "local_num_threads": nest.local_num_threads,
        "biological_time": nest.biological_time,
        "script": SCRIPT.relative_to(HERE.parent).as_posix(),
        "sha256": hashlib.sha256(SCRIPT.read_bytes()).hexdigest(),
    }
    np.savez_compressed(folder / f"{name}.npz", provenance=np.array(json.dumps(content)), **arrays)
    provenance.write(nest, folder, {f"{name}.npz": provenance.settings(nest)})


def main(folder: str = str(HERE / "cases"), *names: str) -> None:
    nest.verbosity = nest.VerbosityLevel.ERROR
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name in names or runpy.run_path(str(SCRIPT))["CASES"]:
        record(Path(folder), name)


if __name__ == "__main__":
    main(*sys.argv[1:])
