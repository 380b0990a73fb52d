"""Record neurons whose spikes lie between the points of the grid: ``tests/live/precise_cases.py``.

Times of spikes and the order in which they are handled inside a step depend on each other; only whole networks show
both.

Run it with a Python that has NEST; it writes one archive per simulation::

    python nest_reference/record_precise.py nest_reference/precise [--seed N] [--only NAME ...]
"""

from __future__ import annotations

from provenance import record_simulations

if __name__ == "__main__":
    record_simulations("precise_cases.py", __doc__)
