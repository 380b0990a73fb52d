"""Record connections that carry numbers: the simulations in ``tests/live/secondary_cases.py``.

Rates, gap junctions, diffusion and slow inward currents are exchanged once per slice, and, where they act without
delay, in repeated passes over it; their sums depend on the order of nodes, threads and passes.

Run it with a Python that has NEST; it writes one archive per simulation::

    python nest_reference/record_secondary.py nest_reference/secondary [--seed N] [--only NAME ...]
"""

from __future__ import annotations

from provenance import record_simulations

if __name__ == "__main__":
    record_simulations("secondary_cases.py", __doc__)
