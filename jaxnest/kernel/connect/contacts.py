"""The synaptic elements that connections take on both sides, counted as NEST counts them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from jaxnest import errors
from jaxnest.kernel.connect.loops.draws import Draws
from jaxnest.kernel.connect.rules import Process, Rule
from jaxnest.kernel.tables.node_table import NodeTable
from jaxnest.models.contract.elements import Elements, connect

if TYPE_CHECKING:
    from jaxnest.kernel.synapses.specification import SynapseSpec

ELEMENTS = "synaptic_elements"


class Contacts(NamedTuple):
    """Names of the synaptic elements that a connection takes of its source and of its target."""

    pre: str
    post: str


def contacts_of(specs: Sequence[SynapseSpec]) -> Contacts | None:
    """Return the elements that connections take, None if they take none.

    Raises
    ------
    KernelException
        If there are several specifications.
    BadProperty
        If one side is missing.
    """
    given = [spec.contacts for spec in specs if spec.contacts]
    if not given:
        return None
    if len(specs) > 1:
        raise errors.KernelException("Structural plasticity can only be used with a single syn_spec.")
    missing = [name for name in ("pre_synaptic_element", "post_synaptic_element") if name not in given[0]]
    if missing:
        raise errors.BadProperty(
            f"Structural plasticity requires both a pre- and postsynaptic element: {missing[0]} is missing."
        )
    return Contacts(given[0]["pre_synaptic_element"], given[0]["post_synaptic_element"])


def refuse_contacts(specs: Sequence[SynapseSpec], how: str) -> None:
    """Raise NotImplemented if connections take synaptic elements."""
    if any(spec.contacts for spec in specs):
        raise errors.NotImplemented(f"{how} cannot take synaptic elements (pre_synaptic_element, ...).")


def check_rule(rule: Rule, spec: SynapseSpec, n_threads: int) -> None:
    """Raise if a rule cannot take synaptic elements.

    Raises
    ------
    NotImplemented
        If only other rules can.
    KernelException
        If NEST comes to the end of arrays: it passes over too many of their values.
    """
    if rule.make_symmetric:
        raise errors.NotImplemented(
            "Symmetric connections are not supported in combination with structural plasticity."
        )
    if rule.needs_proxies:
        raise errors.NotImplemented(
            f"Connection rule '{rule.name}' is not implemented for structural plasticity: choose one_to_one or "
            "all_to_all."
        )
    has_arrays = any(isinstance(value, np.ndarray) for value in spec.values.values())
    if has_arrays and n_threads > 1 and rule.expected() > len(rule.targets) > 1:
        raise errors.KernelException(
            "Parameter values exhausted: with structural plasticity and several threads, arrays of values cannot be "
            f"used with '{rule.name}'."
        )


def element_rows(nodes: NodeTable, ids: np.ndarray, name: str) -> Iterator[tuple[int, np.ndarray]]:
    """Yield position in `ids` and words of the elements of this name, of all nodes that have them."""
    for _, store, positions in nodes.groups(ids):
        if ELEMENTS in store.quantities:
            mine: list[Elements] = store.columns[ELEMENTS][nodes.rows(ids[positions])].tolist()
            for position, elements in zip(positions.tolist(), mine, strict=True):
                row = elements.row(name)
                if row is not None:
                    yield position, row


def change(nodes: NodeTable, ids: np.ndarray, name: str, by: int) -> None:
    """Connect (`by` = 1) or disconnect (-1) one element of each node; ids may be repeated."""
    if not len(ids):
        return
    distinct, counts = np.unique(ids, return_counts=True)
    found = list(element_rows(nodes, distinct, name))
    if found:
        words = np.array([row for _, row in found])
        connect(words, counts[[position for position, _ in found]], by)
        for (_, row), new in zip(found, words, strict=True):
            row[:] = new


def count(nodes: NodeTable, rule: Rule, contacts: Contacts, process: Process, by: int, row: int | None) -> None:
    """Count the connections of a virtual process that a rule makes (`by` = 1) or removes (-1).

    As in NEST each process counts at its own nodes, at both ends of all pairs, up to the pair that is not possible.

    Parameters
    ----------
    row
        Which of the pairs whose target is on the process was the last one, None if all were possible.
    """
    pairs = rule.pairs(Process(0, 1, process.streams), Draws())
    end = len(pairs.source)
    if row is not None:
        end = int(np.flatnonzero(_on(process, nodes)(pairs.target))[row]) + 1
    for ids, name in ((pairs.source[:end], contacts.pre), (pairs.target[:end], contacts.post)):
        change(nodes, ids[_on(process, nodes)(ids)], name, by)


def _on(process: Process, nodes: NodeTable) -> Callable[[np.ndarray], Any]:
    """Return the function that tells which nodes are on a virtual process; devices are on all."""
    if process.n == 1:
        return lambda ids: np.ones(len(ids), np.bool_)
    return lambda ids: (ids % process.n == process.index) | ~nodes.has_proxies(ids)
