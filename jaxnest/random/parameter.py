"""Parameters: random expressions with operators, as scripts use them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final

import numpy as np

from jaxnest import errors
from jaxnest.random.expressions.expression import Expression, Op, constant
from jaxnest.random.expressions.geometry import NO_GEOMETRY
from jaxnest.random.expressions.program import Program
from jaxnest.random.expressions.saved_normals import SAVED_NORMALS
from jaxnest.random.numbers.streams import RandomStreams


@final
class Hooks:
    """What `Parameter.GetValue` and `Parameter.apply` ask of the kernel.

    Attributes
    ----------
    streams : callable
        Returns the streams of the kernel; without a kernel those of NEST's default seed.
    geometry : callable or None
        Called with a node collection and either None or a list of positions; returns one row of
        `geometry.GEOMETRY_SIZE` numbers per node, or per connection from the only node to each of the positions.
    """

    def __init__(self) -> None:
        default = RandomStreams()
        self.streams: Callable[[], RandomStreams] = lambda: default
        self.geometry: Callable[[Any, Any], np.ndarray] | None = None


_HOOKS = Hooks()


def set_streams_provider(provider: Callable[[], RandomStreams]) -> None:
    """Say where `Parameter.GetValue` and `Parameter.apply` find the streams of the kernel.

    Parameters
    ----------
    provider : callable
        Returns the current streams.
    """
    _HOOKS.streams = provider


def set_geometry_provider(provider: Callable[[Any, Any], np.ndarray]) -> None:
    """Say where `Parameter.apply` finds the positions of nodes.

    Parameters
    ----------
    provider : callable
        See `Hooks.geometry`. It raises the errors that NEST raises for unsuitable nodes and positions.
    """
    _HOOKS.geometry = provider


class Parameter:
    """A value that is drawn, or calculated from places, each time it is needed.

    Parameters are made by `CreateParameter` and by the functions of `nest.random`, `nest.math`, `nest.logic`,
    `nest.spatial_distributions` and `nest.spatial`; arithmetic and comparisons make new ones.

    Parameters
    ----------
    expression : Expression
        What is evaluated.

    Raises
    ------
    TypeError
        If a script calls this instead of those functions.
    """

    __slots__ = ("__weakref__", "_expression")

    def __init__(self, expression: Expression) -> None:
        if not isinstance(expression, Expression):
            raise TypeError("A Parameter is made by CreateParameter and the functions of nest.random, nest.math...")
        self._expression = expression

    @property
    def expression(self) -> Expression:
        """What is evaluated."""
        return self._expression

    def __repr__(self) -> str:
        return f"Parameter({self.expression!r})"

    def __copy__(self) -> Parameter:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Parameter:
        return self

    def __add__(self, other: Any) -> Parameter:
        return self._with(Op.ADD, other)

    def __radd__(self, lhs: Any) -> Parameter:
        return self + lhs

    def __sub__(self, other: Any) -> Parameter:
        return self._with(Op.SUBTRACT, other)

    def __rsub__(self, lhs: Any) -> Parameter:
        return self * -1 + lhs

    def __pos__(self) -> Parameter:
        return self

    def __neg__(self) -> Parameter:
        return self * -1

    def __mul__(self, other: Any) -> Parameter:
        return self._with(Op.MULTIPLY, other)

    def __rmul__(self, lhs: Any) -> Parameter:
        return self * lhs

    def __truediv__(self, other: Any) -> Parameter:
        return self._with(Op.DIVIDE, other)

    def __rtruediv__(self, lhs: Any) -> Parameter:
        # NEST multiplies by the reciprocal, which is not always the same number as the quotient.
        return self**-1 * lhs

    def __pow__(self, exponent: Any) -> Parameter:
        return applied(Op.POWER, self, float(exponent))

    def __lt__(self, other: Any) -> Parameter:
        return self._with(Op.LESS, other)

    def __le__(self, other: Any) -> Parameter:
        return self._with(Op.LESS_EQUAL, other)

    def __eq__(self, other: Any) -> Parameter:
        return self._with(Op.EQUAL, other)

    def __ne__(self, other: Any) -> Parameter:
        return self._with(Op.NOT_EQUAL, other)

    def __ge__(self, other: Any) -> Parameter:
        return self._with(Op.GREATER_EQUAL, other)

    def __gt__(self, other: Any) -> Parameter:
        return self._with(Op.GREATER, other)

    def _with(self, op: Op, other: Any) -> Parameter:
        if isinstance(other, Parameter):
            operand = other.expression
        elif isinstance(other, int | float):
            operand = constant(other)
        else:
            raise NotImplementedError(f"a Parameter and a {type(other).__name__} cannot be combined")
        return Parameter(Expression(op, operands=(self.expression, operand)))

    def is_spatial(self) -> bool:
        """Return whether the value depends on places.

        Returns
        -------
        bool
            Whether it does.
        """
        return self.expression.is_spatial

    @property
    def is_integer(self) -> bool:
        """Whether the value may be used where an integer is expected."""
        return self.expression.is_integer

    def GetValue(self) -> float:
        """Draw a value from the stream that all processes share.

        Returns
        -------
        float
            The value.
        """
        streams = _HOOKS.streams()
        streams.begin_call()
        return self.value(streams.rank_synchronised)

    def apply(self, spatial_nc: Any, positions: Any = None) -> tuple[float, ...]:
        """Draw a value for each node, or for connections from a node to given positions.

        Parameters
        ----------
        spatial_nc : NodeCollection
            The nodes; a single one if there are positions.
        positions : list or tuple, optional
            Positions of targets.

        Returns
        -------
        tuple of float
            One value per node or position.
        """
        if positions is not None:
            _check_positions(spatial_nc, positions)
        streams = _HOOKS.streams()
        streams.begin_call()
        geometry = None if _HOOKS.geometry is None else _HOOKS.geometry(spatial_nc, positions)
        n = len(spatial_nc) if positions is None else len(positions)
        return tuple(self.values(streams.rank_synchronised, n, geometry=geometry).tolist())

    def value(self, stream: np.ndarray, thread: int = 0, geometry: np.ndarray | None = None) -> float:
        """Evaluate once.

        Parameters
        ----------
        stream : numpy.ndarray
            The random stream to draw from.
        thread : int
            The thread whose saved normal variates are used.
        geometry : numpy.ndarray, optional
            Row of a node or connection, see `geometry`.

        Returns
        -------
        float
            The value.
        """
        rows = None if geometry is None else geometry.reshape(1, -1)
        return float(self.values(stream, 1, thread, rows)[0])

    def values(self, stream: np.ndarray, n: int, thread: int = 0, geometry: np.ndarray | None = None) -> np.ndarray:
        """Evaluate several times, in order.

        Parameters
        ----------
        stream : numpy.ndarray
            The random stream to draw from.
        n : int
            How many values.
        thread : int
            The thread whose saved normal variates are used.
        geometry : numpy.ndarray, optional
            One row per node or connection, see `geometry`.

        Returns
        -------
        numpy.ndarray
            The values.
        """
        if self.expression.op is Op.CONSTANT:
            return np.full(n, self.expression.constants[0])
        from jaxnest.random.expressions.interpreter import evaluate_many

        out = np.empty(n)
        if n:
            program = self.compile(thread)
            evaluate_many(program, stream, NO_GEOMETRY if geometry is None else geometry, out)
            check(program)
        return out

    def compile(self, thread: int = 0) -> Program:
        """Translate the expression for use in compiled code, see `interpreter.evaluate`.

        Parameters
        ----------
        thread : int
            The thread whose saved normal variates are used.

        Returns
        -------
        Program
            The program. It holds as long as this Parameter lives and until further ones are made.
        """
        code, constants, stack_size = self.expression.code
        return Program(code, constants, SAVED_NORMALS.rows(thread), np.zeros(stack_size))


def applied(op: Op, parameter: Parameter, *constants: float) -> Parameter:
    """Return a function of one Parameter.

    Parameters
    ----------
    op : Op
        The function.
    parameter : Parameter
        Its argument.
    *constants : float
        Numbers that the function needs.

    Returns
    -------
    Parameter
        The new Parameter.
    """
    return Parameter(Expression(op, constants, (parameter.expression,)))


def check(program: Program) -> None:
    """Raise the error that the status of a program stands for.

    Parameters
    ----------
    program : Program
        The program, after its evaluation.
    """
    status = int(program.stack[0])
    if status:
        raise failure(status)


def failure(status: int) -> errors.KernelException:
    """Return the error that a status of `interpreter` stands for.

    Parameters
    ----------
    status : int
        Not zero.

    Returns
    -------
    KernelException
        The error.
    """
    return (
        errors.KernelException("Number of redraws exceeded limit of 1000"),
        errors.BadParameterValue("This Parameter has values only for connections between nodes with positions."),
        errors.KernelException("Node position parameter can only be used when connecting spatially distributed nodes."),
        errors.KernelException("Node position parameter: the node has no position."),
        errors.KernelException(
            "Spatial distance dimension must be within the defined number of dimensions for the nodes."
        ),
        errors.KernelException("Node position dimension must be within the defined number of dimensions for the node."),
    )[status - 1]


def _check_positions(nodes: Any, positions: Any) -> None:
    if len(nodes) != 1:
        raise ValueError("The NodeCollection must contain a single node ID only")
    if not isinstance(positions, list | tuple):
        raise TypeError("Positions must be a list or tuple of positions")
    for position in positions:
        if not isinstance(position, list | tuple | np.ndarray):
            raise TypeError("Each position must be a list or tuple")
        if len(position) != len(positions[0]):
            raise ValueError("All positions must have the same number of dimensions")
