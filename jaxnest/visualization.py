"""Drawings of networks as graphs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jaxnest as nest
from jaxnest.extras import needed

__all__ = ["plot_network"]


def plot_network(nodes: Any, filename: str, ext_conns: bool = False, plot_modelnames: bool = False) -> None:
    """Draw nodes and the connections that leave them; needs pydot and graphviz.

    Parameters
    ----------
    nodes
        NodeCollection of the nodes to draw.
    filename
        Where to write the drawing; the name ends in ``.pdf`` or ``.png``.
    ext_conns, plot_modelnames
        Not implemented, as in NEST.
    """
    if not isinstance(nodes, nest.NodeCollection):
        raise TypeError("nodes must be a 'NodeCollection'.")
    if len(nodes) == 0:
        raise ValueError("nodes must at least contain one node.")
    for name, wanted in (("ext_conns", ext_conns), ("plot_modelnames", plot_modelnames)):
        if wanted:
            raise NotImplementedError(name)
    kind = Path(filename).suffix
    if kind not in (".pdf", ".png"):
        raise ValueError("Filename must end in '.png' or '.pdf'.")
    pydot = needed("pydot", "Drawings of networks")

    connections = nest.GetConnections(nodes)
    graph = pydot.Dot(rankdir="LR", ranksep="5")
    for source, target in zip(connections.sources(), connections.targets(), strict=True):
        graph.add_edge(pydot.Edge(str(source), str(target)))
    graph.write(filename, format=kind[1:])
