"""Record the statistics of a balanced network in a real NEST for ten seeds.

Run it with a Python that has NEST::

    python nest_reference/record_statistics.py nest_reference/statistics
"""

from __future__ import annotations

import datetime
import hashlib
import json
import platform
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import statistics_cases as cases

SEEDS = range(1, 11)


def main(folder: str) -> None:
    import nest

    nest.set(verbosity=nest.VerbosityLevel.ERROR)
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    arrays = {f"{s}/{k}": v for s in SEEDS for k, v in cases.measures(*cases.simulate(nest, s)).items()}
    np.savez_compressed(place / "brunel.npz", allow_pickle=False, **arrays)
    provenance = {
        "NEST": nest.__version__,
        "platform": platform.platform(),
        "seeds": list(SEEDS),
        "threads": 1,
        "date": datetime.date.today().isoformat(),
        "sha256": hashlib.sha256((place / "brunel.npz").read_bytes()).hexdigest(),
    }
    (place / "provenance.json").write_text(json.dumps(provenance, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
