"""Record what a real NEST makes of the simulations in ``tests/live/neuron_cases.py``.

Run it with a Python that has NEST; it writes one archive per case::

    python nest_reference/record_neurons.py nest_reference/neurons
"""

from __future__ import annotations

import argparse
import json
import platform
import runpy
from pathlib import Path
from typing import Any

import numpy as np

CASES = Path(__file__).parents[1] / "tests" / "live" / "neuron_cases.py"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0, help="added to the seeds of all simulations")
    parser.add_argument("names", nargs="*", help="cases to record (default: all)")
    arguments = parser.parse_args()
    import nest  # pyright: ignore[reportMissingImports]

    nest.set(verbosity=nest.VerbosityLevel.ERROR)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    cases: dict[str, Any] = runpy.run_path(str(CASES))
    simulate = cases["simulate"]
    simulate.__globals__["SEED"] = arguments.seed
    for name in arguments.names or cases["NEURONS"]:
        nest.ResetKernel()
        np.savez_compressed(
            arguments.folder / f"{name.replace(' ', '_')}.npz", allow_pickle=False, **simulate(nest, name)
        )
    provenance = {"NEST": nest.__version__, "platform": platform.platform(), "seed": arguments.seed}
    (arguments.folder / "provenance.json").write_text(json.dumps(provenance, indent=2) + "\n")


if __name__ == "__main__":
    main()
