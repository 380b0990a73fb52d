"""Record synapses that a neuromodulator changes: ``tests/live/third_factor_cases.py``.

Their weights change when dopamine spikes are delivered, too, at the ends of intervals that depend on the delays.

Run it with a Python that has NEST; it writes one archive per simulation::

    python nest_reference/record_third_factor.py nest_reference/third_factor [--seed N] [--only NAME ...]
"""

from __future__ import annotations

from provenance import record_simulations

if __name__ == "__main__":
    record_simulations("third_factor_cases.py", __doc__)
