"""Record the statistics of a balanced network in a real NEST for ten seeds.

Where a last digit decides about a spike, or random numbers are drawn in another way, results agree in distribution
only; ten seeds say how far apart NEST is from itself.

Run it with a Python that has NEST::

    python -m nest_reference.record_statistics nest_reference/statistics

"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from nest_reference import provenance
from nest_reference import statistics_cases as cases

SEEDS = range(1, 11)


def main(folder: str) -> None:
    import nest

    nest.set(verbosity=nest.VerbosityLevel.ERROR)
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    arrays = {f"{s}/{k}": v for s in SEEDS for k, v in cases.measures(*cases.simulate(nest, s)).items()}
    np.savez_compressed(place / "brunel.npz", allow_pickle=False, **arrays)
    provenance.write(nest, place, {"brunel.npz": provenance.settings(nest, rng_seed=list(SEEDS))})


if __name__ == "__main__":
    main(*sys.argv[1:])
