"""The models, and what a model of your own is made of (see ``docs/own_models.md``)."""

from jaxnest.models import ops
from jaxnest.models.contract.base import (
    ArchivingNeuron,
    Neuron,
    Quantity,
    Relation,
    hidden,
    not_negative,
    positive,
)
from jaxnest.models.contract.registry import register, register_synapse
from jaxnest.models.contract.state import State
from jaxnest.models.quantities.checks import Check, within

__all__ = [
    "ArchivingNeuron",
    "Check",
    "Neuron",
    "Quantity",
    "Relation",
    "State",
    "hidden",
    "not_negative",
    "ops",
    "positive",
    "register",
    "register_synapse",
    "within",
]
