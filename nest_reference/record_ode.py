"""Record neurons with adaptive integration: the simulations in ``tests/live/ode_cases.py``.

Their solver keeps its step size from one time step to the next, so that every digit of the past matters. Traces show
what it makes of steep upstrokes, of several spikes in one step, and of resolutions other than 0.1 ms.

Run it with a Python that has NEST; it writes one archive per simulation::

    python nest_reference/record_ode.py nest_reference/ode [--seed N] [--only NAME ...]
"""

from __future__ import annotations

from provenance import record_simulations

if __name__ == "__main__":
    record_simulations("ode_cases.py", __doc__)
