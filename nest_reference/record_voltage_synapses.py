"""Record voltage-dependent synapses: the simulations in ``tests/live/voltage_cases.py``.

Their weights depend on a history of filtered potentials, which is stored under conditions that only a whole run
shows.

Run it with a Python that has NEST; it writes one archive per simulation::

    python nest_reference/record_voltage_synapses.py nest_reference/voltage_synapses [--seed N] [--only NAME ...]
"""

from __future__ import annotations

from provenance import record_simulations

if __name__ == "__main__":
    record_simulations("voltage_cases.py", __doc__)
