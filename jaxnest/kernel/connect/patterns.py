"""Connecting one node to another as nodes of the same models were connected before, without checking all anew."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from jaxnest.kernel.connect.connection_checks import DeviceRules
from jaxnest.kernel.connect.delays import DelayLimits, steps_of
from jaxnest.kernel.connect.rules import RULES
from jaxnest.kernel.tables.connection_table import FROM_DEVICE, SINGLE, TO_DEVICE
from jaxnest.kernel.tables.model_table import NamedModel
from jaxnest.kernel.tables.network import Network
from jaxnest.models.contract.detector import Detector
from jaxnest.models.contract.device import Sampler

PLAIN = (int, float, str, bool)
"""Types of values that can be compared."""
FREE = ("weight", "delay")
"""Values that may differ between connections of one pattern."""
NUMBERS = (int, float, np.float64, np.float32, np.int64, np.int32)
"""Types of these."""
WITHOUT_BOUNDS = {*FREE, "synapse_model", "receptor_type", "synapse_label"}
"""With values of other names, the model may have something to say about weights."""
MOST = 1000

End = tuple[int, NamedModel]
"""Id and model of a node."""


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
        The values (the delay in steps) of those that say nothing else.
    values
        All other columns except source and target.
    """

    named: NamedModel
    category: str
    weight: float | None
    delay: int
    values: Mapping[str, Any]


@final
class Patterns:
    """The kinds of single connections that were possible, under the present settings and defaults."""

    def __init__(self, network: Network, delays: DelayLimits, devices: DeviceRules) -> None:
        self._network = network
        self._delays = delays
        self._devices = devices
        self._known: dict[Hashable, Pattern] = {}

    def forget(self) -> None:
        """Forget everything, since settings or defaults change."""
        self._known.clear()

    def find(
        self, source: End, target: End, conn_spec: Any, syn_spec: Any
    ) -> tuple[Pattern, tuple[int, int, float | None, int]] | None:
        """Return the pattern of a connection and its own values, or None if it may be none that is possible."""
        try:
            pattern = self._known.get((_content(conn_spec), _content(syn_spec), source[1].model, target[1].model))
        except TypeError:  # values that cannot be compared
            return None
        if pattern is None or source[0] == target[0]:
            return None
        weight, delay = pattern.weight, pattern.delay
        if type(syn_spec) is dict:
            weight = syn_spec.get("weight", weight)
            if "delay" in syn_spec:
                delay = steps_of(self._network.clock, syn_spec["delay"])
        named = pattern.named
        fits = (
            weight == weight
            and self._delays.allow(delay)
            and self._network.synapse_models[named.name] is named
            and (pattern.category != FROM_DEVICE or self._devices.bind(source[0], named))
        )
        return (pattern, (source[0], target[0], weight, delay)) if fits else None

    def remember(
        self, ends: tuple[End, End], specifications: tuple[Any, Any], named: NamedModel, category: str, values: Any
    ) -> None:
        """Remember the only connection that a call has made, if others can be made like it."""
        model, (source, target) = named.model, (end[1].model for end in ends)
        special = not model.has_delay or model.delay_shift or model.needs_learning or issubclass(source, Sampler)
        counted = any(m.receptor_vector is not None or issubclass(m, Detector) for m in (source, target))
        if special or counted or not all(map(_is_plain, specifications)) or not _is_certain(specifications[0]):
            return
        shared = {k: v.item() if isinstance(v, np.ndarray) else v for k, v in values.items()}
        pattern = Pattern(
            named,
            category,
            shared.get("weight"),
            shared["delay"],
            {k: v for k, v in shared.items() if k not in SINGLE},
        )
        if len(self._known) == MOST:
            self.forget()
        self._known[*map(_content, specifications), source, target] = pattern


def thread_of(pattern: Pattern, source: End, target: End, n_threads: int) -> int:
    """Return the virtual process that has a connection."""
    of_source = pattern.category == TO_DEVICE and source[1].model.has_proxies
    return (source if of_source else target)[0] % n_threads


def _content(specification: Any) -> Hashable:
    """Return what says whether specifications are of one pattern."""
    if type(specification) is not dict:
        return specification
    free = FREE if specification.keys() <= WITHOUT_BOUNDS else ()
    return (
        *specification,
        *map(type, specification.values()),
        *[value for key, value in specification.items() if key not in free],
    )


def _is_plain(specification: Any) -> bool:
    """True if there are no differences between specifications that their `_content` does not show."""
    if type(specification) is not dict:
        return specification is None or type(specification) is str
    return all(
        type(value) in (NUMBERS if key in FREE else PLAIN) and (key in FREE or type(value) is not float or value != 0.0)
        for key, value in specification.items()
    )


def _is_certain(conn_spec: Any) -> bool:
    """True if a rule always connects two different nodes, and in one direction only."""
    options = conn_spec if type(conn_spec) is dict else {"rule": conn_spec or "all_to_all"}
    rule = RULES[options["rule"]]
    return not (rule.draws or rule.needs_proxies or options.get("make_symmetric"))
