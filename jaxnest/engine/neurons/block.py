"""What the parts of a loop over blocks of neurons have in common; compiled code."""

from __future__ import annotations

import functools
from collections import namedtuple
from dataclasses import dataclass
from typing import Any, final

from jaxnest.compile.compiling import njit
from jaxnest.compile.intrinsics import array, block_loader, block_storer
from jaxnest.compile.late import float64
from jaxnest.engine.functions.recorders import NOTE_WORDS, STATE, STATE_STEP, VARIABLE_STEP, VARIABLES, record_all
from jaxnest.engine.layout import WIDTH
from jaxnest.models.contract.state import state_class

ROW_BYTES = 8 * WIDTH

lean = njit(error_model="numpy", nogil=True, _nrt=False)  # without reference counts, which cost more than a step
disjoint = njit(error_model="numpy", nogil=True, _nrt=False, disjoint=True)  # of arrays that do not overlap


@final
@dataclass(frozen=True)
class Block:
    """What the parts of a loop have in common: sizes, and functions between columns and named tuples."""

    model: type[Any]
    variables: tuple[str, ...]
    silent: frozenset[str]
    """Channels and states that are 0 all the time."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the input channels."""
        return self.model.inputs(0)

    def rows(self, names: tuple[str, ...], zero: frozenset[str] | tuple[str, ...]) -> tuple[int | None, ...]:
        """Return the row of each name, None where it is always 0."""
        return tuple(None if name in zero else k for k, name in enumerate(names))

    @functools.cached_property
    def load_variables(self) -> Any:
        """Function of variables and column."""
        kind = namedtuple("Variables", self.variables)
        return block_loader(kind, self.rows(self.variables, self.model.switches), WIDTH)

    @functools.cached_property
    def state(self) -> Any:
        """The named tuple of the state."""
        return state_class(self.model)

    @functools.cached_property
    def load_state(self) -> Any:
        """Function of states and column."""
        return block_loader(self.state, self.rows(self.model.dynamic, self.silent), WIDTH)

    @functools.cached_property
    def load_inputs(self) -> Any:
        """Function of inputs and column."""
        return block_loader(namedtuple("Inputs", self.inputs), self.rows(self.inputs, self.silent), WIDTH)

    def storer(self, names: tuple[str, ...]) -> Any:
        """Return the function that writes new values of these states."""
        rows = tuple(None if name in self.silent else self.model.dynamic.index(name) for name in names)
        return block_storer(rows, WIDTH)

    @functools.cached_property
    def clear_inputs(self) -> Any:
        """Function of inputs, column and as many zeros as there are inputs."""
        return block_storer(self.rows(self.inputs, self.silent), WIDTH)


@lean
def copy_row(to: int, place: int, n: int) -> None:
    """Copy a row of numbers from one address to another."""
    mine, theirs = array(to, n, float64), array(place, n, float64)
    for j in range(n):
        mine[j] = theirs[j]


@lean
def sample(samples: Any, lag: int, first: int, j: int, states: Any, variables: Any, recorders: Any) -> None:
    """Note the recordables of neuron `j` of a block."""
    note = recorders[len(recorders) - NOTE_WORDS :]
    note[VARIABLES], note[VARIABLE_STEP] = variables.ctypes.data + 8 * j, ROW_BYTES
    note[STATE], note[STATE_STEP] = states.ctypes.data + 8 * j, ROW_BYTES
    out = samples.ctypes.data + 8 * (lag * samples.shape[1] * samples.shape[2] + first + j)
    record_all(recorders, out, 8 * samples.shape[2])
