"""Programs for a small stack machine, which evaluate random expressions inside compiled code."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

MAX_REDRAWS = 1000


class Program(NamedTuple):
    """Everything that `interpreter.evaluate` needs of an expression; may be an argument of compiled functions.

    Attributes
    ----------
    code : numpy.ndarray
        Instructions, one per row: operation, index of its first constant, integer, row of the saved variate.
    constants : numpy.ndarray
        Constants of all instructions.
    saved : numpy.ndarray
        Saved normal variates of one thread, one per row.
    stack : numpy.ndarray
        Work space; its first element holds the status, see `interpreter`.
    """

    code: np.ndarray
    constants: np.ndarray
    saved: np.ndarray
    stack: np.ndarray


class Code(NamedTuple):
    """The part of a program that does not depend on the thread.

    Attributes
    ----------
    code, constants : numpy.ndarray
        As in `Program`.
    stack_size : int
        Length of the work space.
    """

    code: np.ndarray
    constants: np.ndarray
    stack_size: int
