"""Record networks of more than a thousand neurons: ``tests/live/network_cases.py``.

What small networks show of neurons and synapses has to hold where many of them are computed together, too: one rounding
that grew would change the spikes of the whole network.

Run it with a Python that has NEST; it writes one archive per network::

    python nest_reference/record_networks.py nest_reference/networks [--seed N] [--only NAME ...]
"""

from __future__ import annotations

from provenance import record_simulations

if __name__ == "__main__":
    record_simulations("network_cases.py", __doc__)
