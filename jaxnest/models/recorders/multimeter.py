"""Records state variables of nodes at intervals."""

from __future__ import annotations

from jaxnest.models.contract.device import Sampler
from jaxnest.models.contract.registry import register


@register
class multimeter(Sampler):
    """Recorder of the quantities that the nodes list as ``recordables``.

    Connect it to the nodes (not the other way round) after ``record_from``, ``interval`` and ``offset``
    have been set. The samples of the last min_delay become visible in the next run.

    References
    ----------
    NEST documentation, model ``multimeter``.
    """
