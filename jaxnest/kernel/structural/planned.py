"""Which connections structural plasticity makes: the kernel attribute ``structural_plasticity_synapses``."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from jaxnest import errors
from jaxnest.kernel.connect.contacts import Contacts, contacts_of
from jaxnest.kernel.connect.rules.base import flag
from jaxnest.kernel.synapses.defaults import default_delay
from jaxnest.kernel.synapses.specification import CONTACTS, SynapseSpec, parse
from jaxnest.kernel.tables.model_table import ModelTable, NamedModel
from jaxnest.kernel.tables.network import Network
from jaxnest.models.contract.synapse import DEFAULT_SYNAPSE

OPTIONS = ("allow_autapses", "allow_multapses")


@final
@dataclass
class Planned:
    """Connections of one kind.

    Attributes
    ----------
    name
        The name under which scripts describe them.
    spec
        Synapse model and values.
    contacts
        The synaptic elements that they take.
    options
        `OPTIONS`. As in NEST, connections between the same nodes are made in any case.
    used
        How many values of arrays are used up.
    """

    name: str
    spec: SynapseSpec
    contacts: Contacts
    options: Mapping[str, bool]
    used: int = 0

    def status(self) -> dict[str, Any]:
        """Return what scripts see."""
        return {
            **self.options,
            "post_synaptic_element": self.contacts.post,
            "pre_synaptic_element": self.contacts.pre,
            "synapse_model": self.spec.named.name,
        }


def planned(models: ModelTable, given: Mapping[str, Any], free_delays: bool) -> Iterator[Planned]:
    """Yield the connections that a script describes, in alphabetic order.

    Parameters
    ----------
    models
        The synapse models.
    given
        For each name a synapse specification with `CONTACTS` and `OPTIONS`.
    free_delays
        Whether the specifications may have delays: the user has set the extrema.

    Raises
    ------
    TypeMismatch, UnknownSynapseType, BadProperty
        If a description is wrong.
    """
    options = dict.fromkeys(OPTIONS, True)
    for name in sorted(given):
        if not isinstance(given[name], dict):
            raise errors.TypeMismatch(
                f"'{name}' in structural_plasticity_synapses has to be a dictionary, not {given[name]!r}."
            )
        description = {"synapse_model": DEFAULT_SYNAPSE, **given[name]}
        # in NEST, options stay as they are for the synapses that follow
        options = {key: flag(description, key, options[key]) for key in OPTIONS}
        spec = parse(models, description, misses_are_errors=False)
        contacts = contacts_of([spec])
        if contacts is None:
            raise errors.BadProperty(f"pre_synaptic_element and/or post_synaptic_elements is missing. ('{name}')")
        if "delay" in spec.values and not free_delays:
            raise errors.BadProperty(
                "Structural Plasticity: to use different delays for synapses you must specify the min and max delay "
                f"in the kernel parameters. ('{name}')"
            )
        _warn_of_unknown(name, description, spec)
        yield Planned(name, spec, contacts, options)


def contacts_with(synapses: Sequence[Planned], named: NamedModel) -> Contacts | None:
    """Return the elements that connections of a synapse model take, of the last description with this model."""
    found = [one.contacts for one in synapses if one.spec.named is named]
    return found[-1] if found else None


def default_delays(synapses: Sequence[Planned], network: Network) -> tuple[int, int] | None:
    """Return the shortest and longest default delay of the connections that are made."""
    chosen = [one.spec.named for one in synapses if "delay" not in one.spec.values]
    delays = [default_delay(named, network.clock) for named in chosen]
    return (min(delays), max(delays)) if delays else None


def _warn_of_unknown(name: str, description: Mapping[str, Any], spec: SynapseSpec) -> None:
    known = {*CONTACTS, "synapse_model", *spec.values}
    unknown = [key for key in description if key not in known]
    if unknown:
        hint = errors.nearest(unknown[0], (*OPTIONS, *CONTACTS, "synapse_model"))
        warnings.warn(
            f"Ignored, as by NEST: {', '.join(unknown)} in structural_plasticity_synapses['{name}'].{hint}",
            stacklevel=2,
        )
