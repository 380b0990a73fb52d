"""What scripts say about places: arrangements of nodes, and Parameters of positions and distances."""

from __future__ import annotations

from abc import ABC
from collections.abc import Sequence
from typing import Any, ClassVar, final

import numpy as np

from jaxnest.random.creation import create_parameter
from jaxnest.random.parameter import Parameter


@final
class DistanceParameter(Parameter):
    """The distance from source to target; its attributes are the distances along one axis."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(create_parameter("distance", {}).expression)

    @property
    def x(self) -> Parameter:
        """Distance along the first axis."""
        return self.n(1)

    @property
    def y(self) -> Parameter:
        """Distance along the second axis."""
        return self.n(2)

    @property
    def z(self) -> Parameter:
        """Distance along the third axis."""
        return self.n(3)

    @staticmethod
    def n(dimension: int) -> Parameter:
        """Return the distance along an axis.

        Parameters
        ----------
        dimension : int
            1, 2 or 3; 0 for the distance in space.

        Returns
        -------
        Parameter
            Object that yields the values.
        """
        return create_parameter("distance", {"dimension": dimension})


distance = DistanceParameter()
"""Distance from source to target; ``distance.x`` and so on along one axis."""


class Coordinates(ABC):
    """Position of one end of a connection."""

    endpoint: ClassVar[int]
    x: ClassVar[Parameter]
    y: ClassVar[Parameter]
    z: ClassVar[Parameter]

    def __init_subclass__(cls) -> None:
        """Make the Parameters of the coordinates."""
        cls.x, cls.y, cls.z = cls.n(0), cls.n(1), cls.n(2)

    @classmethod
    def n(cls, dimension: int) -> Parameter:
        """Return a coordinate; the first one is number 0.

        Parameters
        ----------
        dimension : int
            Number of the coordinate.

        Returns
        -------
        Parameter
            Object that yields the values.
        """
        return create_parameter("position", {"dimension": dimension, "synaptic_endpoint": cls.endpoint})


@final
class pos(Coordinates):
    """Position of a node, as ``pos.x``, ``pos.y`` and ``pos.z``."""

    endpoint = 0


@final
class source_pos(Coordinates):
    """Position of the source of a connection, as ``source_pos.x``, ``source_pos.y`` and ``source_pos.z``."""

    endpoint = 1


@final
class target_pos(Coordinates):
    """Position of the target of a connection, as ``target_pos.x``, ``target_pos.y`` and ``target_pos.z``."""

    endpoint = 2


@final
class grid:
    """Nodes on a regular grid.

    Node after node, the last coordinate changes fastest; y runs downwards.

    Parameters
    ----------
    shape : list of int
        Number of nodes in each of two or three dimensions.
    center : list of float, optional
        Middle of the layer, the origin by default.
    extent : list of float, optional
        Size of the layer, 1 in each dimension by default.
    edge_wrap : bool
        Whether opposite edges are joined.
    """

    def __init__(self, shape: Any, center: Any = None, extent: Any = None, edge_wrap: bool = False) -> None:
        self.shape = shape
        self.center = center
        self.extent = extent
        self.edge_wrap = edge_wrap


@final
class free:
    """Nodes at given or random positions.

    Parameters
    ----------
    pos : list of positions, Parameter, or list of Parameter
        Positions of two or three coordinates; or what each coordinate, or all of them, are drawn from.
    extent : list of float, optional
        Size of the layer around the middle of the positions. By default it is just large enough, in whole
        numbers. A single node needs it.
    edge_wrap : bool
        Whether opposite edges are joined.
    num_dimensions : int, optional
        Number of dimensions, if `pos` is one Parameter and there is no `extent`.

    Raises
    ------
    TypeError, ValueError
        If the arguments do not fit together.
    """

    def __init__(
        self, pos: Any, extent: Any = None, edge_wrap: bool = False, num_dimensions: int | None = None
    ) -> None:
        lengths = [] if extent is None else np.atleast_1d(np.asarray(extent, object))
        if len(lengths) and num_dimensions:
            raise TypeError("extent and number of dimensions cannot be specified at the same time")
        self.pos: Any
        if isinstance(pos, list | tuple | np.ndarray):
            if num_dimensions:
                raise TypeError("number of dimensions cannot be specified when using an array of positions")
            self.pos = RandomPositions(list(pos)) if all(isinstance(p, Parameter) for p in pos) else pos
        elif isinstance(pos, Parameter):
            dimensions = len(lengths) or num_dimensions
            if not dimensions:
                raise TypeError(
                    "could not infer number of dimensions. Set num_dimensions or extent when using Parameter as pos"
                )
            self.pos = RandomPositions([pos] * dimensions)
        else:
            raise TypeError("pos must be either an array of positions, or a Parameter")
        self.extent = extent
        self.edge_wrap = edge_wrap


@final
class RandomPositions:
    """One Parameter for each coordinate.

    Parameters
    ----------
    parameters : sequence of Parameter
        Two or three of them.
    """

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        if not 2 <= len(parameters) <= 3:
            raise ValueError("Number of dimensions must be 2 or 3")
        self.parameters = tuple(parameters)
