"""Records membrane potentials at intervals."""

from __future__ import annotations

from jaxnest.models.contract.base import Quantity
from jaxnest.models.contract.device import Sampler, names
from jaxnest.models.contract.registry import register


@register
class voltmeter(Sampler):
    """A multimeter that records ``V_m`` unless told otherwise.

    References
    ----------
    NEST documentation, model ``voltmeter``.
    """

    parameters = {
        "record_from": Quantity(["V_m"], "", "Names of the recorded quantities", convert=names),
    }
