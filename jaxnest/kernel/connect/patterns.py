"""Connecting nodes as others of the same models were connected before, without checking everything anew."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, final

import numpy as np

from jaxnest import errors
from jaxnest.kernel.connect.rules import RULES
from jaxnest.kernel.synapses.delays import DelayLimits, steps_of
from jaxnest.kernel.tables.model_table import NamedModel
from jaxnest.kernel.tables.network import Network
from jaxnest.models.contract.detector import Detector
from jaxnest.models.contract.device import Sampler
from jaxnest.random.expressions.saved_normals import SAVED_NORMALS
from jaxnest.random.parameter import Parameter

PLAIN = (int, float, str, bool)
"""Types of values that can be compared."""
FREE = {"weight", "delay"}
"""Values that may differ between connections of one pattern."""
NUMBERS = (int, float, np.float64, np.float32, np.int64, np.int32, Parameter)
"""Types of these."""
WITHOUT_BOUNDS = {*FREE, "synapse_model", "receptor_type", "synapse_label"}
"""With values of other names, the model may have something to say about weights."""
MOST = 1000

End = tuple[int, NamedModel]
"""Id and model of a node."""


class Given(NamedTuple):
    """What a call says: specifications as scripts give them, and the model of all sources and that of all targets."""

    conn_spec: Any
    syn_spec: Any
    source: NamedModel | None
    target: NamedModel | None


@final
@dataclass(frozen=True)
class Pattern:
    """What connections of one kind have in common.

    Attributes
    ----------
    named
        The synapse model.
    category
        Which table they belong to.
    weight, delay
        The values (the delay in steps) where nothing is said of them.
    values
        All other columns except source and target.
    """

    named: NamedModel
    category: str
    weight: float | None
    delay: int
    values: Mapping[str, Any]


Found = tuple[Pattern, Any, Any]
"""A pattern, and weight and delay (in steps) of some connections; both may be random."""


@final
class Patterns:
    """The kinds of connections that were possible, under the present settings and defaults."""

    def __init__(self, network: Network, delays: DelayLimits) -> None:
        self._network = network
        self._delays = delays
        self._known: dict[Hashable, Pattern] = {}

    def forget(self) -> None:
        """Forget everything, since settings or defaults change."""
        self._known.clear()

    def find(self, given: Given) -> Found | None:
        """Return pattern, weight and delay of connections, or None if they may be none that are possible."""
        try:
            pattern = self._known.get(_key(given))
        except TypeError:  # values that cannot be compared
            return None
        if pattern is None:
            return None
        weight, delay, syn_spec, named = pattern.weight, pattern.delay, given.syn_spec, pattern.named
        if type(syn_spec) is dict:
            weight = syn_spec.get("weight", weight)
            if "delay" in syn_spec:
                delay = syn_spec["delay"]
                delay = delay if type(delay) is Parameter else steps_of(self._network.clock, delay)
        if self._network.synapse_models[named.name] is not named or not self._fits(weight, delay):
            return None
        if Parameter in (type(weight), type(delay)) and self._all_draw(given):
            return None
        return pattern, weight if weight is None or type(weight) is Parameter else float(weight), delay

    def _all_draw(self, given: Given) -> bool:
        """Return whether each virtual process draws random values, for its twin of the target."""
        return self._network.n_threads > 1 and given.target is not None and not given.target.model.has_proxies

    def _fits(self, weight: Any, delay: Any) -> bool:
        """True if these values are no special cases; random ones have to be drawn one after the other."""
        keyed = self._network.streams.is_keyed
        right_weight = not (keyed or weight.is_spatial()) if type(weight) is Parameter else weight == weight
        right_delay = not (keyed or delay.is_spatial()) if type(delay) is Parameter else self._delays.allow(delay)
        return right_weight and right_delay

    def draw(self, weight: Any, delay: Any, thread: int) -> tuple[Any, Any] | None:
        """Return random weight and delay of a connection, or None if they are special cases, and nothing is drawn."""
        stream = self._network.streams.vp_specific[thread]
        states = [stream, SAVED_NORMALS.rows(thread)]
        before = [state.copy() for state in states]
        try:
            if type(delay) is Parameter:
                delay = steps_of(self._network.clock, delay.value(stream, thread))
            if type(weight) is Parameter:
                weight = weight.value(stream, thread)
            if self._fits(weight, delay):
                return weight, delay
        except errors.KernelException:
            pass
        for state, former in zip(states, before, strict=True):
            state[:] = former
        return None

    def remember(self, given: Given, named: NamedModel, category: str, values: Mapping[str, Any]) -> None:
        """Remember the connections that a call has made, if others can be made like them."""
        if given.source is None or given.target is None:
            return
        model, source, target = named.model, given.source.model, given.target.model
        special = not model.has_delay or model.delay_shift != "" or model.needs_learning is not None
        special |= issubclass(source, Sampler) or target.receives_globally
        special |= bool(model.relations) and bool(_names(given.syn_spec) - FREE - {"synapse_model"})
        special |= not (_is_plain(given.conn_spec) and _is_plain(given.syn_spec))
        counted = any(m.receptor_vector is not None or issubclass(m, Detector) for m in (source, target))
        given_values = {"source", "target"} | (FREE & _names(given.syn_spec))
        shared = {k: v for k, v in values.items() if k not in given_values}
        if special or counted or not _is_certain(given.conn_spec) or any(map(np.ndim, shared.values())):
            return
        if len(self._known) == MOST:
            self.forget()
        rest = {k: v for k, v in shared.items() if k not in FREE}
        self._known[_key(given)] = Pattern(named, category, shared.get("weight"), shared.get("delay", 0), rest)


def _key(given: Given) -> Hashable:
    source, target = given.source, given.target
    if source is None or target is None:
        return None
    return _content(given.conn_spec), _content(given.syn_spec), source.model, target.model


def _content(specification: Any) -> Hashable:
    """Return what says whether specifications are of one pattern."""
    if type(specification) is not dict:
        return specification
    free = _free(specification)
    return (
        *specification,
        *map(type, specification.values()),
        *[value for key, value in specification.items() if key not in free],
    )


def _names(specification: Any) -> set[str]:
    """Return the names of the values that a specification gives."""
    return set(specification) if type(specification) is dict else set()


def _free(specification: dict[str, Any]) -> set[str]:
    """Return the names of values that may be others in specifications of the same pattern."""
    return FREE if specification.keys() <= WITHOUT_BOUNDS else set()


def _is_plain(specification: Any) -> bool:
    """True if there are no differences between specifications that their `_content` does not show."""
    if type(specification) is not dict:
        return specification is None or type(specification) is str
    free = _free(specification)
    return all(
        type(value) in NUMBERS if key in free else type(value) in PLAIN and (type(value) is not float or value != 0.0)
        for key, value in specification.items()
    )


def _is_certain(conn_spec: Any) -> bool:
    """True if a rule always connects two different nodes, and in one direction only."""
    name, options = rule_of(conn_spec)
    return not (RULES[name].draws or RULES[name].needs_proxies or options.get("make_symmetric"))


def rule_of(conn_spec: Any) -> tuple[str, dict[str, Any]]:
    """Return name and options of a rule that scripts have given."""
    if type(conn_spec) is not dict:
        return conn_spec or "all_to_all", {}
    options = dict(conn_spec)
    return options.pop("rule"), options
