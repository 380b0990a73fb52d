"""Record what a real NEST makes of the simulations in ``tests/live/eprop_cases.py``.

Run it with a Python that has NEST; it writes one archive per simulation::

    python nest_reference/record_eprop.py nest_reference/eprop
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import platform
from pathlib import Path
from typing import Any

import numpy as np

CASES = Path(__file__).parents[1] / "tests" / "live" / "eprop_cases.py"


def load_cases() -> Any:
    """Return the module with the simulations."""
    spec = importlib.util.spec_from_file_location("eprop_cases", CASES)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0, help="added to the seeds of all simulations")
    arguments = parser.parse_args()
    folder = arguments.folder
    import nest

    nest.set(verbosity=nest.VerbosityLevel.ERROR)
    folder.mkdir(parents=True, exist_ok=True)
    cases = load_cases()
    cases.SEED = arguments.seed
    for name, case in cases.CASES.items():
        nest.ResetKernel()
        np.savez_compressed(folder / f"{name}.npz", allow_pickle=False, **case(nest))
    provenance = {"NEST": nest.__version__, "platform": platform.platform(), "seed": arguments.seed}
    (folder / "provenance.json").write_text(json.dumps(provenance, indent=2) + "\n")


if __name__ == "__main__":
    main()
