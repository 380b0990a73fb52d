"""Connecting nodes, and finding and removing connections."""

from __future__ import annotations

from typing import Any

import numpy as np

from jaxnest import errors
from jaxnest.api import connection_arguments as arguments
from jaxnest.api.collections.node_collection import NodeCollection, only_model
from jaxnest.api.collections.synapse_collection import SynapseCollection
from jaxnest.api.collections.types import Mask
from jaxnest.kernel.connect.connection_query import Query
from jaxnest.kernel.connect.patterns import Given
from jaxnest.kernel.connect.spatial_connecting import Population
from jaxnest.kernel.kernel import kernel
from jaxnest.kernel.tables.values import datum

__all__ = ["Connect", "Disconnect", "GetConnections", "TripartiteConnect"]


def Connect(
    pre: Any, post: Any, conn_spec: Any = None, syn_spec: Any = None, return_synapsecollection: bool = False
) -> SynapseCollection | None:
    """Connect nodes.

    Parameters
    ----------
    pre, post : NodeCollection or array of int
        Sources and targets. Arrays of ids may contain an id repeatedly; they are connected one to one.
    conn_spec : str or dict, optional
        The rule, or a dictionary with the rule and its options: ``all_to_all`` (default), ``one_to_one``,
        ``fixed_indegree`` (option ``indegree``), ``fixed_outdegree`` (``outdegree``), ``fixed_total_number``
        (``N``), ``pairwise_bernoulli`` and ``symmetric_pairwise_bernoulli`` (``p``), ``pairwise_poisson``
        (``pairwise_avg_num_conns``). All rules have ``allow_autapses``, ``allow_multapses`` and
        ``make_symmetric``.
    syn_spec : str, dict or CollocatedSynapses, optional
        The synapse model, or a dictionary with ``synapse_model``, ``weight``, ``delay`` (ms),
        ``receptor_type`` and parameters of the model. Values are numbers, random expressions, or
        arrays, which some rules accept.
    return_synapsecollection : bool
        Return all connections from `pre` to `post`.

    Returns
    -------
    SynapseCollection or None
        The connections, if asked for.

    Raises
    ------
    IllegalConnection, UnknownReceptorType
        If source, target and synapse model do not fit together.
    BadProperty, TypeMismatch, UnaccessedDictionaryEntry
        If a specification is wrong. Connections made before an offending one remain.

    Examples
    --------
    >>> import jaxnest as nest
    >>> neurons = nest.Create("iaf_psc_alpha", 10)
    >>> rule = {"rule": "fixed_indegree", "indegree": 3}
    >>> nest.Connect(neurons, neurons, rule, {"weight": nest.random.normal(20.0, 2.0), "delay": 1.5})
    >>> nest.num_connections
    30
    """
    ends = arguments.single_nodes(pre, post)
    if ends is None or not kernel.connections.connect_one(*ends, conn_spec, syn_spec):
        pre, post, arrays = arguments.populations(pre, post, conn_spec)
        if arrays:
            _connect_arrays(pre, post, conn_spec, syn_spec, return_synapsecollection)
            return None
        _connect(pre, post, conn_spec, syn_spec)
    return GetConnections(pre, post) if return_synapsecollection else None


def _connect(pre: NodeCollection, post: NodeCollection, given_conn_spec: Any, given_syn_spec: Any) -> None:
    given = Given(given_conn_spec, given_syn_spec, only_model(pre), only_model(post))
    known = kernel.connections.patterns.find(given)
    if known is not None and kernel.connections.connect_few(known, pre.ids, post.ids, given_conn_spec):
        return
    conn_spec, specs = _specifications(given_conn_spec, given_syn_spec, len(pre), len(post))
    if arguments.is_spatial(conn_spec, specs):
        _connect_spatial(pre, post, conn_spec, specs)
    else:
        kernel.connections.connect(pre.ids, post.ids, conn_spec, specs, given)


def _specifications(
    conn_spec: Any, syn_spec: Any, n_sources: int, n_targets: int
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return specifications in terms that the kernel knows."""
    conn_spec = arguments.connection_spec(conn_spec)
    if "rule" not in conn_spec:
        raise KeyError("rule")
    specs = arguments.synapse_specs(syn_spec)
    if len(specs) == 1:
        specs = [arguments.flattened(specs[0], conn_spec, n_sources, n_targets)]
    return conn_spec, specs


def _connect_arrays(pre: np.ndarray, post: np.ndarray, conn_spec: Any, syn_spec: Any, returns: bool) -> None:
    _, specs = _specifications(conn_spec, syn_spec, len(pre), len(post))
    if returns:
        raise ValueError("SynapseCollection cannot be returned when connecting two arrays of node IDs")
    if len(specs) > 1:
        raise TypeError("Arrays of node IDs cannot be connected with CollocatedSynapses.")
    for wrong, right in (("weights", "weight"), ("delays", "delay")):
        if wrong in specs[0]:
            raise ValueError(f"To specify {wrong}, use '{right}' in syn_spec.")
    try:
        kernel.connections.connect_arrays(pre, post, arguments.array_values(specs[0], len(pre)))
    except errors.UnaccessedDictionaryEntry as error:
        raise errors.BadParameter(str(error)) from None


def _connect_spatial(
    pre: NodeCollection, post: NodeCollection, conn_spec: dict[str, Any], specs: list[dict[str, Any]]
) -> None:
    if pre.spatial is None or pre.layer is None:
        raise TypeError("Presynaptic NodeCollection must have spatial information")
    if post.spatial is None or post.layer is None:
        raise TypeError("Postsynaptic NodeCollection must have spatial information")
    arguments.check_spatial(conn_spec, specs)
    mask = conn_spec.get("mask")
    if isinstance(mask, Mask):
        conn_spec["mask"] = mask.region
    sources, targets = Population(pre.ids, pre.layer), Population(post.ids, post.layer)
    kernel.connections.connect_spatial(sources, targets, conn_spec, specs)


def TripartiteConnect(
    pre: NodeCollection,
    post: NodeCollection,
    third: NodeCollection,
    conn_spec: Any,
    third_factor_conn_spec: Any,
    syn_specs: Any = None,
) -> None:
    """Connect nodes, and a third population (such as astrocytes) to some of the connected pairs.

    Parameters
    ----------
    pre, post, third : NodeCollection
        Sources, targets, and the third population.
    conn_spec : dict
        Rule and options of the primary connections, as in `Connect`.
    third_factor_conn_spec : dict
        ``{"rule": "third_factor_bernoulli_with_pool", "p": ..., "pool_size": ..., "pool_type": ...}``: each
        primary connection is joined with probability ``p`` by a node from the target's pool, which is
        ``"random"`` or a ``"block"``.
    syn_specs : dict, optional
        Synapse specifications of the projections ``"primary"``, ``"third_in"`` (from `pre` to `third`) and
        ``"third_out"`` (from `third` to `post`).

    Raises
    ------
    TypeError
        If a population is no NodeCollection.
    ValueError
        If a synapse specification has arrays.
    IllegalConnection, BadProperty
        As in `Connect`.
    """
    for nodes, which in ((pre, "Presynaptic"), (post, "Postsynaptic"), (third, "Third-factor")):
        if not isinstance(nodes, NodeCollection):
            raise TypeError(f"{which} nodes must be a NodeCollection")
    specs = arguments.third_factor_specs(syn_specs)
    kernel.connections.connect_tripartite(
        (pre.ids, post.ids, third.ids),
        arguments.connection_spec(conn_spec),
        arguments.connection_spec(third_factor_conn_spec),
        specs,
    )


def GetConnections(
    source: NodeCollection | None = None,
    target: NodeCollection | None = None,
    synapse_model: str | None = None,
    synapse_label: int | None = None,
) -> SynapseCollection:
    """Return connections.

    Parameters
    ----------
    source, target : NodeCollection, optional
        Only connections from these sources, and to these targets.
    synapse_model : str, optional
        Only connections of this model.
    synapse_label : int, optional
        Only connections with this label.

    Returns
    -------
    SynapseCollection
        The connections, by synapse model, virtual process and source.

    Raises
    ------
    TypeError
        If nodes are not given as a NodeCollection.
    UnknownSynapseType
        If there is no such synapse model.
    """
    for nodes, name in ((source, "source"), (target, "target")):
        if nodes is not None and not isinstance(nodes, NodeCollection):
            raise TypeError(f"{name} must be NodeCollection.")
    if synapse_model is not None and not isinstance(synapse_model, str):
        raise errors.TypeMismatch(f"synapse_model has to be a string, not {synapse_model!r}.")
    if synapse_label is not None and (
        isinstance(synapse_label, bool) or not isinstance(synapse_label, int | np.integer)
    ):
        raise errors.TypeMismatch(f"synapse_label has to be an integer, not {synapse_label!r}.")
    query = Query(
        kernel.connections,
        None if source is None else source.ids,
        None if target is None else target.ids,
        None if synapse_model is None else kernel.synapse_models[synapse_model].index,
        None if synapse_label in (None, -1) else int(datum("synapse_label", synapse_label)),
    )
    found = query.run()
    kernel.connections.handed_out = True
    return SynapseCollection(found)


def Disconnect(*args: Any, conn_spec: Any = None, syn_spec: Any = None) -> None:
    """Remove connections.

    Parameters
    ----------
    args : SynapseCollection, or two NodeCollection
        The connections, or sources and targets.
    conn_spec : str or dict, optional
        With nodes: which pairs, ``one_to_one`` (default) or ``all_to_all``.
    syn_spec : str or dict, optional
        With nodes: the synapse model, ``static_synapse`` by default.

    Raises
    ------
    InexistentConnection
        If a pair is not connected, or one of its nodes is a device.
    TypeError, ValueError
        If the arguments do not fit together.
    """
    if len(args) == 1 and isinstance(args[0], SynapseCollection):
        if conn_spec is not None or syn_spec is not None:
            raise ValueError("When disconnecting with a SynapseCollection, conn_spec and syn_spec cannot be specified")
        args[0].disconnect()
        return
    if len(args) != 2 or not all(isinstance(nodes, NodeCollection) for nodes in args):
        raise TypeError("Arguments must be either a SynapseCollection or two NodeCollections")
    conn_spec = {"rule": "one_to_one"} if conn_spec is None else arguments.connection_spec(conn_spec)
    kernel.connections.disconnect_pairs(args[0].ids, args[1].ids, conn_spec, arguments.synapse_specs(syn_spec)[0])
