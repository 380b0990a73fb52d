"""Record what real NEST makes of the simulations of ``nest_reference/simulations``.

Each module there says what its simulations show that single models do not.

Run it with a Python that has NEST; it writes one archive for each simulation of a module::

    python -m nest_reference.record_simulations MODULE nest_reference/MODULE [--seed N] [--only NAME ...]
"""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path

import numpy as np

from nest_reference import provenance


def main() -> None:
    import nest

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("module")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=0, help="added to the seeds of all simulations")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="simulations to record")
    arguments = parser.parse_args()
    folder, seed = arguments.folder, arguments.seed
    nest.set(verbosity=nest.VerbosityLevel.ERROR)
    folder.mkdir(parents=True, exist_ok=True)
    cases = importlib.import_module(f"nest_reference.simulations.{arguments.module}").CASES
    files = {}
    for name in arguments.only or cases:
        nest.ResetKernel()
        archive = f"{name.replace(' ', '_')}.npz"
        np.savez_compressed(folder / archive, allow_pickle=False, **cases[name](nest, seed))
        files[archive] = provenance.settings(nest)
    provenance.write(nest, folder, files, seed=seed)


if __name__ == "__main__":
    main()
