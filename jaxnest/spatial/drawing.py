"""Drawing of layers and masks with matplotlib."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from jaxnest.extras import needed

from .layer import Layer

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

_MASK_STYLE = {"ec": "black", "alpha": 0.2, "lw": 2}


def _pyplot() -> Any:
    return needed("matplotlib.pyplot", "Drawings of layers")


def figure(fig: Figure | None, dimensions: int) -> tuple[Figure, Any]:
    """Return the figure, or a new one, and its axes."""
    if fig is not None:
        return fig, fig.gca()
    new: Figure = _pyplot().figure()
    return new, new.add_subplot(111, **({"projection": "3d"} if dimensions == 3 else {}))


def new_axes() -> Any:
    """Return the axes of a new figure."""
    return _pyplot().subplots()[1]


def redraw() -> None:
    """Show changes if matplotlib is interactive."""
    _pyplot().draw_if_interactive()


def draw_extent(axes: Any, layer: Layer) -> None:
    """Draw the outline of a layer, and show a little more than that."""
    from matplotlib.patches import Rectangle

    low, size = layer.lower_left, layer.extent
    axes.add_patch(Rectangle(tuple(low), *size, fc="none", ec="0.5", lw=1, zorder=1))
    high, margin = low + size, 0.05 * size
    axes.set(
        aspect="equal",
        xlim=(low[0] - margin[0], high[0] + margin[0]),
        ylim=(low[1] - margin[1], high[1] + margin[1]),
        xticks=(),
        yticks=(),
    )


def draw_probability(axes: Any, values: np.ndarray, edges: Any, cmap: str) -> None:
    """Draw a probability, given in rows of equal y, with a colour bar."""
    values = np.clip(values, 0.0, 1.0)
    image = axes.imshow(values, extent=edges, origin="lower", cmap=cmap, vmin=0.0, vmax=1.0)
    _pyplot().colorbar(image, ax=axes, fraction=0.046, pad=0.04)


def draw_mask(axes: Any, mask: Mapping[str, Any], layer: Layer, position: np.ndarray, color: Any) -> None:
    """Draw a mask around a position, repeatedly if the layer has joined edges."""
    anchor = np.array(mask.get("anchor", [0.0, 0.0]), np.float64)
    turns = (0, 1, -1) if layer.edge_wrap else (0,)
    for i in turns:
        for j in turns:
            place = position + anchor + layer.extent * (i, j)
            patch = _patch(mask, place, color)
            patch.set_zorder(0.5)
            axes.add_patch(patch)


def _patch(mask: Mapping[str, Any], place: np.ndarray, color: Any) -> Patch:
    """Return a mask at a place.

    Raises
    ------
    ValueError
        If there is no picture of this kind of mask.
    """
    from matplotlib import patches

    style = _MASK_STYLE | {"fc": color}
    if "circular" in mask:
        specs = mask["circular"]
        return patches.Circle(place + specs.get("anchor", 0.0), radius=specs["radius"], **style)
    if "doughnut" in mask:
        specs = mask["doughnut"]
        outer, inner = specs["outer_radius"], specs["inner_radius"]
        return patches.Annulus(place + specs.get("anchor", 0.0), outer, outer - inner, **style)
    if "rectangular" in mask:
        specs = mask["rectangular"]
        low, high = np.array(specs["lower_left"]), np.array(specs["upper_right"])
        angle = specs.get("azimuth_angle", 0.0)
        return patches.Rectangle(tuple(place + low), *(high - low), angle=angle, rotation_point="center", **style)
    if "elliptical" in mask:
        specs = mask["elliptical"]
        axes = specs["major_axis"], specs["minor_axis"]
        return patches.Ellipse(place + specs.get("anchor", 0.0), *axes, angle=specs.get("azimuth_angle", 0.0), **style)
    raise ValueError(f"Mask type cannot be plotted: {', '.join(k for k in mask if k != 'anchor')}.")
