"""What Connect and its relatives accept, brought into one form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from jaxnest import errors
from jaxnest.api.collections import units
from jaxnest.api.collections.node_collection import NodeCollection, only_node
from jaxnest.api.collections.types import CollocatedSynapses
from jaxnest.kernel.connect.patterns import End
from jaxnest.kernel.connect.spatial_projection import RULES as SPATIAL_RULES
from jaxnest.kernel.kernel import kernel
from jaxnest.models.contract.synapse import DEFAULT_SYNAPSE
from jaxnest.random.parameter import Parameter

SPATIAL_CONN_KEYS = (
    "mask",
    "allow_multapses",
    "allow_autapses",
    "rule",
    "indegree",
    "outdegree",
    "p",
    "pairwise_avg_num_conns",
    "use_on_source",
    "allow_oversized_mask",
)
"""Entries of conn_spec that spatial connections may have."""
SPATIAL_SYN_KEYS = ("weight", "delay", "synapse_model", "synapse_label", "receptor_type")
"""Entries of syn_spec that spatial connections may have."""


def connection_spec(conn_spec: Any) -> dict[str, Any]:
    """Return the connection specification as a dictionary with a rule."""
    if conn_spec is None:
        return {"rule": "all_to_all"}
    if isinstance(conn_spec, str):
        return {"rule": conn_spec}
    if not isinstance(conn_spec, dict):
        raise TypeError(f"conn_spec must be a string or dict, not {type(conn_spec).__name__}")
    return dict(conn_spec)


def single_nodes(pre: Any, post: Any) -> tuple[End, End] | None:
    """Return source and target if both are collections of one node."""
    if type(pre) is not NodeCollection or type(post) is not NodeCollection:
        return None
    source, target = only_node(pre), only_node(post)
    return None if source is None or target is None else (source, target)


def populations(pre: Any, post: Any, conn_spec: Any) -> tuple[Any, Any, bool]:
    """Return sources and targets, and whether they are arrays of ids to be connected one by one.

    Raises
    ------
    ValueError, TypeError
        If the nodes are no collections, and no equally long arrays of ids for rule ``one_to_one``.
    """
    rule = conn_spec.get("rule", "all_to_all") if isinstance(conn_spec, dict) else conn_spec
    one_to_one = isinstance(rule, str) and rule == "one_to_one"

    def collected(nodes: Any) -> Any:
        if isinstance(nodes, NodeCollection) or one_to_one or len(set(nodes)) < len(nodes):
            return nodes
        return NodeCollection(nodes)

    pre, post = collected(pre), collected(post)
    if isinstance(pre, NodeCollection) and isinstance(post, NodeCollection):
        return pre, post, False
    if len(pre) != len(post):
        raise ValueError(
            "If 'pre' or 'post' contain non-unique IDs, then they must have the same length, "
            f"but there are {len(pre)} sources and {len(post)} targets."
        )
    pre, post = np.asarray(pre), np.asarray(post)
    for name, ids in (("pre", pre), ("post", post)):
        if not np.issubdtype(ids.dtype, np.integer):
            raise TypeError(f"'{name}' node IDs must be integers.")
    if not (pre.ndim == 1 and post.ndim == 1):
        raise ValueError("Sources and targets must be 1-dimensional arrays")
    if not one_to_one:
        raise ValueError("When connecting two arrays with non-unique IDs, `conn_spec` must be 'one_to_one'.")
    return pre, post, True


def synapse_specs(syn_spec: Any) -> list[dict[str, Any]]:
    """Return one or several synapse specifications as dictionaries with a synapse model and without units."""
    if isinstance(syn_spec, CollocatedSynapses):
        return [_with_model(s) for s in syn_spec.syn_specs]
    return [_with_model(syn_spec)]


def _with_model(syn_spec: Any) -> dict[str, Any]:
    if syn_spec is None:
        return {"synapse_model": DEFAULT_SYNAPSE}
    if isinstance(syn_spec, str):
        return {"synapse_model": syn_spec}
    if not isinstance(syn_spec, dict):
        raise TypeError(f"syn_spec must be a string, dict or CollocatedSynapses object, not {type(syn_spec).__name__}")
    spec = {"synapse_model": DEFAULT_SYNAPSE, **syn_spec}
    name = spec["synapse_model"]
    if not isinstance(name, str):
        raise TypeError("'synapse_model' must be specified by a 'str'.")
    if not units.in_use() or name not in kernel.synapse_models:
        return spec
    model = kernel.synapse_models[name].model
    return units.strip_all(spec, lambda key: units.of_synapse(model, key))


def flattened(spec: Mapping[str, Any], conn_spec: Mapping[str, Any], n_sources: int, n_targets: int) -> dict[str, Any]:
    """Return a synapse specification with arrays in the order of creation.

    Raises
    ------
    ValueError
        If an array has the wrong shape for the rule.
    TypeError
        If the rule takes no such arrays.
    """
    result = dict(spec)
    for key, value in spec.items():
        if not isinstance(value, list | tuple | np.ndarray | np.generic):
            continue
        array = np.asarray(value)
        if array.ndim in (1, 2):
            _check_shape(key, array, conn_spec, n_sources, n_targets)
            result[key] = array.ravel()
    return result


def _check_shape(key: str, array: np.ndarray, conn_spec: Mapping[str, Any], n_sources: int, n_targets: int) -> None:
    rule = conn_spec["rule"]
    shapes = {
        "one_to_one": (n_sources,),
        "fixed_total_number": (conn_spec.get("N", array.shape[0]),),
        "all_to_all": (n_targets, n_sources),
        "fixed_indegree": (n_targets, conn_spec.get("indegree")),
        "fixed_outdegree": (n_sources, conn_spec.get("outdegree")),
    }
    shape = shapes.get(rule)
    if shape is None or len(shape) != array.ndim:
        kind, rules = (
            ("One-dimensional", "'one_to_one' or 'fixed_total_number'")
            if array.ndim == 1
            else ("Two-dimensional", "'all_to_all', 'fixed_indegree' or 'fixed_outdegree'")
        )
        raise TypeError(
            f"'{key}' has the wrong type. {kind} parameter arrays can only be used in conjunction with rule {rules}."
        )
    if array.shape != shape:
        wanted, given = ("x".join(str(n) for n in s) for s in (shape, array.shape))
        axes = {
            "all_to_all": " (n_target x n_sources)",
            "fixed_indegree": " (n_target x indegree)",
            "fixed_outdegree": " (n_sources x outdegree)",
        }.get(rule, "")
        raise ValueError(
            f"'{key}' has to be an array of dimension {wanted}{axes}, a scalar or a dictionary; it has {given}."
        )


def is_spatial(conn_spec: Mapping[str, Any], specs: list[dict[str, Any]]) -> bool:
    """True if positions of nodes decide which connections are made, or their values."""
    values = [*conn_spec.values(), *(v for spec in specs for v in spec.values())]
    if any(isinstance(v, Parameter) and v.is_spatial() for v in values):
        return True
    rule = str(conn_spec["rule"])
    return (
        "mask" in conn_spec
        or "use_on_source" in conn_spec
        or ("p" in conn_spec and "pairwise_bernoulli" not in rule)
        or ("pairwise_avg_num_conns" in conn_spec and "pairwise_poisson" not in rule)
    )


def check_spatial(conn_spec: Mapping[str, Any], specs: list[dict[str, Any]]) -> None:
    """Check that spatial connections know the rule and all entries of the specifications.

    Raises
    ------
    ValueError
        If they do not.
    KeyError
        If the rule needs a number that is missing.
    """
    for spec, known, name in (
        (conn_spec, SPATIAL_CONN_KEYS, "conn_spec"),
        *((s, SPATIAL_SYN_KEYS, "syn_spec") for s in specs),
    ):
        for key in spec:
            if key not in known:
                hint = errors.nearest(key, (k for k in known if k not in spec))
                raise ValueError(f"'{key}' is not allowed in {name} when connecting with mask or kernel.{hint}")
    rule = conn_spec["rule"]
    if rule not in SPATIAL_RULES:
        raise ValueError(
            "When using kernel or mask, the only possible connection rules are "
            f"{', '.join(SPATIAL_RULES)}; not {rule!r}."
        )
    if rule != "pairwise_bernoulli" and "use_on_source" in conn_spec:
        raise ValueError("'use_on_source' can only be set when using 'pairwise_bernoulli'.")
    if rule.startswith("fixed") and rule.removeprefix("fixed_") not in conn_spec:
        raise KeyError(rule.removeprefix("fixed_"))


def third_factor_specs(syn_specs: Any) -> dict[str, list[dict[str, Any]]]:
    """Return the synapse specifications of the three projections of TripartiteConnect.

    Raises
    ------
    ValueError
        If a value is a list.
    """
    syn_specs = {} if syn_specs is None else syn_specs
    result = {role: synapse_specs(syn_specs.get(role)) for role in ("primary", "third_in", "third_out")}
    for role, specs in result.items():
        for spec in specs:
            for key, value in spec.items():
                if isinstance(value, list | tuple | np.ndarray):
                    raise ValueError(
                        f"Tripartite connections do not accept parameter lists, but 'syn_specs[{role}][{key}]' is one."
                    )
    return result


def array_values(specs: Mapping[str, Any], n: int) -> dict[str, Any]:
    """Return the values of connections between arrays of ids.

    Raises
    ------
    TypeError
        If weights or delays are no one-dimensional arrays.
    BadParameter
        If receptors or labels are no integers.
    """
    result = dict(specs)
    for key, value in specs.items():
        if key == "synapse_model":
            continue
        array = np.asarray(value)
        if key in ("weight", "delay"):
            if array.ndim != 1:
                raise TypeError(f"{key}s must be a 1-dimensional NumPy array")
            result[key] = array.astype(np.float64)
        else:
            array = np.broadcast_to(array, n)
            if key in ("receptor_type", "synapse_label"):
                if (array != array.astype(np.int64)).any():
                    raise errors.BadParameter(f"Expected integer value for {key}, but got double.")
                array = array.astype(np.int64)
            result[key] = array
    return result
