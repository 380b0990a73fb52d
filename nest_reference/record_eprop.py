"""Record learning with e-prop: the simulations in ``tests/live/eprop_cases.py``.

Gradients are gathered over whole histories of neurons and applied with the spikes of later updates; only runs over
several updates, with threads and several runs, show their order.

Run it with a Python that has NEST; it writes one archive per simulation::

    python nest_reference/record_eprop.py nest_reference/eprop [--seed N] [--only NAME ...]
"""

from __future__ import annotations

from provenance import record_simulations

if __name__ == "__main__":
    record_simulations("eprop_cases.py", __doc__)
