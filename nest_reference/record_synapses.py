"""Record plastic and stochastic synapses: the simulations in ``tests/live/synapse_cases.py``.

Weights depend on the pairs of spikes that a synapse sees, on the history that its target keeps, and on the order of
random draws, with delays, threads and changes between runs.

Run it with a Python that has NEST; it writes one archive per simulation::

    python nest_reference/record_synapses.py nest_reference/synapses [--seed N] [--only NAME ...]
"""

from __future__ import annotations

from provenance import record_simulations

if __name__ == "__main__":
    record_simulations("synapse_cases.py", __doc__)
