"""Pictures of layers and of their connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from jaxnest.api.collections.node_collection import NodeCollection
from jaxnest.random.parameter import Parameter

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["PlotLayer", "PlotProbabilityParameter", "PlotSources", "PlotTargets"]


def PlotLayer(layer: NodeCollection, fig: Figure | None = None, nodecolor: Any = "b", nodesize: float = 20) -> Figure:
    """Draw all nodes of a collection where they are.

    Parameters
    ----------
    layer : NodeCollection
        Nodes with positions.
    fig : matplotlib.figure.Figure, optional
        Figure to draw into; a new one is made without it.
    nodecolor : color or list of colors
        Colour of the nodes.
    nodesize : float
        Size of the nodes.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    if not isinstance(layer, NodeCollection):
        raise TypeError("layer must be a NodeCollection.")
    where = layer.layer
    if where is None:
        raise TypeError("layer must be a NodeCollection with positions.")
    from jaxnest.spatial import drawing

    fig, axes = drawing.figure(fig, where.dimensions)
    points = where.at(layer.ids)
    if where.dimensions == 2:
        axes.scatter(*points.T, s=nodesize, facecolor=nodecolor)
        drawing.draw_extent(axes, where)
    else:
        axes.scatter(*points.T, s=nodesize, c=nodecolor)
    drawing.redraw()
    return fig


def PlotTargets(
    src_nrn: NodeCollection,
    tgt_layer: NodeCollection,
    syn_type: str | None = None,
    fig: Figure | None = None,
    mask: dict[str, Any] | None = None,
    probability_parameter: Parameter | None = None,
    src_color: Any = "red",
    src_size: float = 50,
    tgt_color: Any = "blue",
    tgt_size: float = 20,
    mask_color: Any = "yellow",
    probability_cmap: str = "Greens",
) -> Figure:
    """Draw the targets of a node.

    Parameters
    ----------
    src_nrn : NodeCollection
        A single node.
    tgt_layer : NodeCollection
        Where targets are searched.
    syn_type : str, optional
        Only connections of this synapse model.
    fig : matplotlib.figure.Figure, optional
        Figure to draw into; a new one is made without it.
    mask : dict, optional
        Draw this mask, given as in conn_spec, around the node.
    probability_parameter : Parameter, optional
        Draw this connection probability in the background.
    src_color, tgt_color, mask_color : color
        Colours of node, targets and mask.
    src_size, tgt_size : float
        Sizes of node and targets.
    probability_cmap : str
        Colour map of the probability.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    if not isinstance(src_nrn, NodeCollection) or len(src_nrn) != 1:
        raise TypeError("src_nrn must be a single element NodeCollection.")
    if not isinstance(tgt_layer, NodeCollection):
        raise TypeError("tgt_layer must be a NodeCollection.")
    from jaxnest.api.space.spatial_partners import GetTargetPositions

    partners = GetTargetPositions(src_nrn, tgt_layer, syn_type)[0]
    style = {"color": tgt_color, "size": tgt_size}, {"color": src_color, "size": src_size}
    background = {"mask": mask, "parameter": probability_parameter, "colors": (probability_cmap, mask_color)}
    return _plot_partners(src_nrn, tgt_layer, partners, fig, style, background)


def PlotSources(
    src_layer: NodeCollection,
    tgt_nrn: NodeCollection,
    syn_type: str | None = None,
    fig: Figure | None = None,
    mask: dict[str, Any] | None = None,
    probability_parameter: Parameter | None = None,
    tgt_color: Any = "red",
    tgt_size: float = 50,
    src_color: Any = "blue",
    src_size: float = 20,
    mask_color: Any = "yellow",
    probability_cmap: str = "Greens",
) -> Figure:
    """Draw the sources of a node.

    Parameters
    ----------
    src_layer : NodeCollection
        Where sources are searched.
    tgt_nrn : NodeCollection
        A single node.
    syn_type : str, optional
        Only connections of this synapse model.
    fig : matplotlib.figure.Figure, optional
        Figure to draw into; a new one is made without it.
    mask : dict, optional
        Draw this mask, given as in conn_spec, around the node.
    probability_parameter : Parameter, optional
        Draw this connection probability in the background.
    tgt_color, src_color, mask_color : color
        Colours of node, sources and mask.
    tgt_size, src_size : float
        Sizes of node and sources.
    probability_cmap : str
        Colour map of the probability.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    if not isinstance(tgt_nrn, NodeCollection) or len(tgt_nrn) != 1:
        raise TypeError("tgt_nrn must be a single element NodeCollection.")
    if not isinstance(src_layer, NodeCollection):
        raise TypeError("src_layer must be a NodeCollection.")
    from jaxnest.api.space.spatial_partners import GetSourcePositions

    partners = GetSourcePositions(src_layer, tgt_nrn, syn_type)[0]
    style = {"color": src_color, "size": src_size}, {"color": tgt_color, "size": tgt_size}
    background = {"mask": mask, "parameter": probability_parameter, "colors": (probability_cmap, mask_color)}
    return _plot_partners(tgt_nrn, src_layer, partners, fig, style, background)


def _plot_partners(
    node: NodeCollection,
    layer: NodeCollection,
    partners: list[list[float]],
    fig: Figure | None,
    style: tuple[dict[str, Any], dict[str, Any]],
    background: dict[str, Any],
) -> Figure:
    """Draw a node and its partners in a layer; `style` is that of the partners and that of the node."""
    from jaxnest.spatial import drawing

    where, home = layer.layer, node.layer
    if where is None or home is None:
        raise TypeError("Only nodes with positions can be drawn.")
    fig, axes = drawing.figure(fig, where.dimensions)
    if partners:
        axes.scatter(*np.transpose(partners), s=style[0]["size"], facecolor=style[0]["color"])
    place = home.at(node.ids)
    axes.scatter(*place.T, s=style[1]["size"], facecolor=style[1]["color"], alpha=0.4, zorder=-10)
    if where.dimensions == 2:
        mask, parameter = background["mask"], background["parameter"]
        if mask is not None or parameter is not None:
            low, high = where.center - where.extent, where.center + where.extent
            edges = [low[0], high[0], low[1], high[1]]
            cmap, mask_color = background["colors"]
            PlotProbabilityParameter(
                node, parameter, mask=mask, edges=edges, ax=axes, prob_cmap=cmap, mask_color=mask_color
            )
        drawing.draw_extent(axes, where)
    drawing.redraw()
    return fig


def PlotProbabilityParameter(
    source: NodeCollection,
    parameter: Parameter | None = None,
    mask: dict[str, Any] | None = None,
    edges: Any = [-0.5, 0.5, -0.5, 0.5],  # noqa: B006
    shape: Any = [100, 100],  # noqa: B006
    ax: Axes | None = None,
    prob_cmap: str = "Greens",
    mask_color: Any = "yellow",
) -> None:
    """Draw a connection probability, a mask, or both, around a node.

    Parameters
    ----------
    source : NodeCollection
        A single node.
    parameter : Parameter, optional
        The probability, which is drawn between 0 and 1.
    mask : dict, optional
        The mask, given as in conn_spec.
    edges : list of float
        Smallest and largest x, smallest and largest y of the picture.
    shape : list of int
        Number of points in x and y at which the probability is calculated.
    ax : matplotlib.axes.Axes, optional
        Axes to draw into; a new figure is made without them.
    prob_cmap : str
        Colour map of the probability.
    mask_color : color
        Colour of the mask.
    """
    if parameter is None and mask is None:
        raise ValueError("At least one of parameter or mask must be specified")
    from jaxnest.spatial import drawing

    axes: Any = drawing.new_axes() if ax is None else ax
    axes.set_xlim(*edges[:2])
    axes.set_ylim(*edges[2:])
    if parameter is not None:
        ys = np.linspace(edges[2], edges[3], shape[1])
        columns = [
            parameter.apply(source, [[x, y] for y in ys.tolist()])
            for x in np.linspace(edges[0], edges[1], shape[0]).tolist()
        ]
        drawing.draw_probability(axes, np.transpose(columns), edges, prob_cmap)
    if mask is not None:
        if source.layer is None:
            raise TypeError("Only nodes with positions can be drawn.")
        drawing.draw_mask(axes, mask, source.layer, source.layer.at(source.ids)[0], mask_color)
