"""Spatial networks: the names exist, the functions do not yet."""

from __future__ import annotations

from typing import Any, NoReturn

from jaxnest import errors

__all__ = [
    "CreateMask",
    "Displacement",
    "Distance",
    "DumpLayerConnections",
    "DumpLayerNodes",
    "FindCenterElement",
    "FindNearestElement",
    "GetPosition",
    "GetSourceNodes",
    "GetSourcePositions",
    "GetTargetNodes",
    "GetTargetPositions",
    "PlotLayer",
    "PlotProbabilityParameter",
    "PlotSources",
    "PlotTargets",
    "SelectNodesByMask",
]


def _missing(name: str) -> errors.NotImplemented:
    return errors.NotImplemented(f"{name}: spatial networks are not implemented yet.")


def CreateMask(masktype: str, specs: dict[str, Any], anchor: Any = None) -> NoReturn:
    """Make a region of space."""
    raise _missing("CreateMask")


def Displacement(from_arg: Any, to_arg: Any) -> NoReturn:
    """Return vectors between nodes."""
    raise _missing("Displacement")


def Distance(from_arg: Any, to_arg: Any) -> NoReturn:
    """Return distances between nodes."""
    raise _missing("Distance")


def DumpLayerConnections(source_layer: Any, target_layer: Any, synapse_model: str, outname: str) -> NoReturn:
    """Write connections to a file."""
    raise _missing("DumpLayerConnections")


def DumpLayerNodes(layer: Any, outname: str) -> NoReturn:
    """Write positions to a file."""
    raise _missing("DumpLayerNodes")


def FindCenterElement(layer: Any) -> NoReturn:
    """Return the node nearest to the center."""
    raise _missing("FindCenterElement")


def FindNearestElement(layer: Any, locations: Any, find_all: bool = False) -> NoReturn:
    """Return the nodes nearest to points."""
    raise _missing("FindNearestElement")


def GetPosition(nodes: Any) -> NoReturn:
    """Return positions of nodes."""
    raise _missing("GetPosition")


def GetSourceNodes(src_layer: Any, targets: Any, syn_model: str | None = None) -> NoReturn:
    """Return the sources of nodes."""
    raise _missing("GetSourceNodes")


def GetSourcePositions(src_layer: Any, targets: Any, syn_model: str | None = None) -> NoReturn:
    """Return the positions of sources."""
    raise _missing("GetSourcePositions")


def GetTargetNodes(sources: Any, tgt_layer: Any, syn_model: str | None = None) -> NoReturn:
    """Return the targets of nodes."""
    raise _missing("GetTargetNodes")


def GetTargetPositions(sources: Any, tgt_layer: Any, syn_model: str | None = None) -> NoReturn:
    """Return the positions of targets."""
    raise _missing("GetTargetPositions")


def PlotLayer(layer: Any, fig: Any = None, nodecolor: str = "b", nodesize: float = 20) -> NoReturn:
    """Draw nodes."""
    raise _missing("PlotLayer")


def PlotProbabilityParameter(
    source: Any,
    parameter: Any = None,
    mask: Any = None,
    edges: Any = [-0.5, 0.5, -0.5, 0.5],  # noqa: B006
    shape: Any = [100, 100],  # noqa: B006
    ax: Any = None,
    prob_cmap: str = "Greens",
    mask_color: str = "yellow",
) -> NoReturn:
    """Draw a connection probability."""
    raise _missing("PlotProbabilityParameter")


def PlotSources(
    src_layer: Any,
    tgt_nrn: Any,
    syn_type: str | None = None,
    fig: Any = None,
    mask: Any = None,
    probability_parameter: Any = None,
    tgt_color: str = "red",
    tgt_size: float = 50,
    src_color: str = "blue",
    src_size: float = 20,
    mask_color: str = "yellow",
    probability_cmap: str = "Greens",
) -> NoReturn:
    """Draw the sources of a node."""
    raise _missing("PlotSources")


def PlotTargets(
    src_nrn: Any,
    tgt_layer: Any,
    syn_type: str | None = None,
    fig: Any = None,
    mask: Any = None,
    probability_parameter: Any = None,
    src_color: str = "red",
    src_size: float = 50,
    tgt_color: str = "blue",
    tgt_size: float = 20,
    mask_color: str = "yellow",
    probability_cmap: str = "Greens",
) -> NoReturn:
    """Draw the targets of a node."""
    raise _missing("PlotTargets")


def SelectNodesByMask(layer: Any, anchor: Any, mask_obj: Any) -> NoReturn:
    """Return the nodes in a region."""
    raise _missing("SelectNodesByMask")
