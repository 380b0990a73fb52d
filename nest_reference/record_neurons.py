"""Record neurons with random parameters and random input: ``tests/live/neuron_cases.py``.

All nodes differ, so that few simulations compare many sets of parameters, also those that nobody would think of.

Run it with a Python that has NEST; it writes one archive per simulation::

    python nest_reference/record_neurons.py nest_reference/neurons [--seed N] [--only NAME ...]
"""

from __future__ import annotations

from provenance import record_simulations

if __name__ == "__main__":
    record_simulations("neuron_cases.py", __doc__)
