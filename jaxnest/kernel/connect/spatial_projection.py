"""Specifications of connections between layers, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from jaxnest import errors
from jaxnest.kernel.connect.rules.base import flag
from jaxnest.kernel.tables.values import is_random
from jaxnest.random.creation import create_parameter
from jaxnest.random.parameter import Parameter
from jaxnest.spatial.masks import create_region
from jaxnest.spatial.regions import Region

RULES = ("pairwise_bernoulli", "pairwise_poisson", "fixed_indegree", "fixed_outdegree")
"""The rules that take positions into account."""


@final
@dataclass
class Projection:
    """A connection specification, checked.

    Attributes
    ----------
    rule
        Name of the rule.
    mask
        Region in which partners are searched, or None.
    kernel
        Probability or mean number of connections, or None.
    number
        Number of connections of each node, or None.
    use_on_source
        Whether mask and distances belong to the layer of the sources.
    """

    rule: str
    mask: Region | None
    kernel: Any
    number: Any
    use_on_source: bool
    allow_autapses: bool
    allow_multapses: bool
    allow_oversized_mask: bool

    @staticmethod
    def parse(conn_spec: Mapping[str, Any]) -> Projection:
        """Check a connection specification.

        Raises
        ------
        TypeMismatch, BadProperty, UnaccessedDictionaryEntry, AttributeError, KeyError
            If options are wrong, unknown or missing.
        """
        options = dict(conn_spec)
        rule = options.pop("rule")
        use_on_source = bool(options.pop("use_on_source", False))
        degree = {"fixed_indegree": "indegree", "fixed_outdegree": "outdegree"}.get(rule)
        number = None
        if degree:
            number = _number(degree, options.pop(degree))
        mask = None
        if "mask" in options:
            mask = options.pop("mask")
            mask = mask if isinstance(mask, Region) else create_region(mask)
        projection = Projection(
            rule,
            mask,
            _kernel(options),
            number,
            use_on_source,
            flag(options, "allow_autapses", True),
            flag(options, "allow_multapses", True),
            flag(options, "allow_oversized_mask", False),
        )
        if options:
            raise errors.UnaccessedDictionaryEntry(
                f"Unaccessed elements in conn_spec: {', '.join(options)}. Rule '{rule}' does not know them."
            )
        if rule == "pairwise_poisson" and projection.kernel is None:
            raise IndexError("Rule 'pairwise_poisson' needs 'pairwise_avg_num_conns' in conn_spec.")
        return projection


def _kernel(options: dict[str, Any]) -> Parameter | None:
    """Take the kernel out of the specification."""
    for key in ("p", "pairwise_avg_num_conns"):
        if key not in options:
            continue
        value = options.pop(key)
        if value is None:
            raise AttributeError(f"'{key}' in conn_spec has to be a number or a Parameter, not None.")
        if is_random(value):
            return value
        if isinstance(value, str) or not isinstance(value, int | float | np.number):
            raise errors.BadProperty(f"'{key}' in conn_spec has to be a number or a Parameter, not {value!r}.")
        return create_parameter("constant", {"value": float(value)})
    return None


def _number(key: str, value: Any) -> Any:
    if is_random(value):
        return value
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise errors.TypeMismatch(f"{key} has to be an integer or a Parameter, not {value!r}.")
    if value < 0:
        raise errors.BadProperty(f"Number of connections cannot be less than zero. ({key} = {value})")
    return int(value)
