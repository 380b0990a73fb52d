"""Adaptive integration of a block of neurons, as far as it does not depend on their equations; compiled code.

All neurons of a block try a step of their own size at the same time. Who has come to the end of a time step goes on with
the next one, without waiting for the others, until all have come to the end of the segment: those that have, try steps
of length zero. Sums and products come in the order of `integrators.scalar`.

``states`` has the values of the first variable in all neurons of the block, then those of the next one: first the
integrated ones. ``work`` has rows of the same width for what its words below name. The number of equations is that of the
elements of a tuple, so that it is known when a function is compiled.
"""

from __future__ import annotations

import math

import numba
import numpy as np

from jaxnest.engine.shard import WIDTH
from jaxnest.models.rkf45 import (
    ERROR,
    LARGEST_GROWTH,
    SAFETY,
    SMALL,
    SMALLEST_SHRINKAGE,
    SOLUTION,
    STAGES,
    TIMES,
    TOO_LARGE,
)
from jaxnest.random.compiling import compiled

TIME, TAKEN, END, WORST, BEFORE, FIRST, SPIKES, MOMENT, ACCEPTED, POINT = range(10)
"""Time within the time step; step that is tried, where it ends and its error relative to the bound; first variable before
the time step; whether no step has been accepted yet; spikes so far; time of the derivatives that are evaluated;
whether the step was accepted. From `POINT` on one row per equation for each of: the point where derivatives are
evaluated, the solution, and seven derivatives."""
N_DERIVATIVES = 7
AT_END = N_DERIVATIVES - 1
"""The derivatives at the end of the step."""
_NEGLIGIBLE = 0.99 * (SAFETY / LARGEST_GROWTH) ** 6
"""Below this error the step grows as much as it may."""
_SMALLEST_ERROR = 2.2250738585072014e-308


@numba.njit(inline="always")
def _row(work: np.ndarray, place: int) -> np.ndarray:
    return work[place * WIDTH : (place + 1) * WIDTH]


@compiled
def begin(states: np.ndarray, work: np.ndarray, resolution: float, step: int, j: int) -> None:
    """Begin a time step of one neuron; `step` is the row of the states that has the step size of the integrator."""
    work[TIME * WIDTH + j] = work[SPIKES * WIDTH + j] = 0.0
    work[FIRST * WIDTH + j] = 1.0
    work[BEFORE * WIDTH + j] = states[j]
    if not states[step * WIDTH + j] > 0.0:
        states[step * WIDTH + j] = resolution


@compiled
def keep_tolerance(states: np.ndarray, variables: np.ndarray, kept: int, wanted: int) -> None:
    """Keep the tolerance that the integrator began with, in row `kept` of the states."""
    mine, wish = _row(states, kept), _row(variables, wanted)
    for j in range(WIDTH):
        mine[j] = mine[j] if mine[j] > 0.0 else wish[j]


@compiled
def start(states: np.ndarray, work: np.ndarray, resolution: float, equations: tuple[int, ...], step: int) -> None:
    """Choose the step to try."""
    n = len(equations)
    kept = _row(states, step)
    for j in range(WIDTH):
        t = work[TIME * WIDTH + j]
        remaining = resolution - t
        final = kept[j] > remaining
        h = remaining if final else kept[j]
        work[TAKEN * WIDTH + j] = h
        work[END * WIDTH + j] = resolution if final else t + h
        work[MOMENT * WIDTH + j] = t
        work[WORST * WIDTH + j] = _SMALLEST_ERROR
    for k in range(n * WIDTH):
        work[POINT * WIDTH + k] = states[k]


@compiled
def go_to_point(states: np.ndarray, work: np.ndarray, equations: tuple[int, ...], stage: int) -> None:
    """Find the point of the step where the derivatives number `stage` are evaluated."""
    n = len(equations)
    h, first = _row(work, TAKEN), POINT + 2 * n
    for e in range(first, first + n):
        y, point = _row(states, e - first), _row(work, e - 2 * n)
        k0, k1, k2, k3, k4 = (
            _row(work, e), _row(work, e + n), _row(work, e + 2 * n), _row(work, e + 3 * n), _row(work, e + 4 * n)
        )  # fmt: skip
        if stage == 1:  # the library multiplies the weight with the step first
            for j in range(WIDTH):
                point[j] = y[j] + STAGES[0][0] * h[j] * k0[j]
        elif stage == 2:
            w = STAGES[1]
            for j in range(WIDTH):
                point[j] = y[j] + h[j] * (w[0] * k0[j] + w[1] * k1[j])
        elif stage == 3:
            w = STAGES[2]
            for j in range(WIDTH):
                point[j] = y[j] + h[j] * (w[0] * k0[j] + w[1] * k1[j] + w[2] * k2[j])
        elif stage == 4:
            w = STAGES[3]
            for j in range(WIDTH):
                point[j] = y[j] + h[j] * (w[0] * k0[j] + w[1] * k1[j] + w[2] * k2[j] + w[3] * k3[j])
        else:
            w = STAGES[4]
            for j in range(WIDTH):
                point[j] = y[j] + h[j] * (w[0] * k0[j] + w[1] * k1[j] + w[2] * k2[j] + w[3] * k3[j] + w[4] * k4[j])
    for j in range(WIDTH):
        work[MOMENT * WIDTH + j] = work[TIME * WIDTH + j] + TIMES[stage - 1] * h[j]


@compiled
def solve(states: np.ndarray, work: np.ndarray, equations: tuple[int, ...]) -> None:
    """Find the solution at the end of the step."""
    n = len(equations)
    h, first, w = _row(work, TAKEN), POINT + 2 * n, SOLUTION
    for e in range(first, first + n):
        y, new, k0, k2 = _row(states, e - first), _row(work, e - n), _row(work, e), _row(work, e + 2 * n)
        k3, k4, k5 = _row(work, e + 3 * n), _row(work, e + 4 * n), _row(work, e + 5 * n)
        for j in range(WIDTH):
            new[j] = y[j] + h[j] * (w[0] * k0[j] + w[2] * k2[j] + w[3] * k3[j] + w[4] * k4[j] + w[5] * k5[j])
    for j in range(WIDTH):
        work[MOMENT * WIDTH + j] = work[END * WIDTH + j]


@compiled
def measure(work: np.ndarray, equations: tuple[int, ...], tolerance: np.ndarray, relative: bool) -> None:
    """Compare the error of each equation with its bound, which may be relative to the derivative at the end."""
    n = len(equations)
    h, worst, first, w = _row(work, TAKEN), _row(work, WORST), POINT + 2 * n, ERROR
    for e in range(first, first + n):
        k0, k2, k3 = _row(work, e), _row(work, e + 2 * n), _row(work, e + 3 * n)
        k4, k5, end = _row(work, e + 4 * n), _row(work, e + 5 * n), _row(work, e + AT_END * n)
        for j in range(WIDTH):
            bound = tolerance[j] * abs(h[j] * end[j]) + tolerance[j] if relative else tolerance[j]
            total = w[0] * k0[j] + w[2] * k2[j] + w[3] * k3[j] + w[4] * k4[j] + w[5] * k5[j]
            ratio = abs(h[j] * total) / bound
            worst[j] = ratio if ratio > worst[j] else worst[j]


@compiled
def settle(states: np.ndarray, work: np.ndarray, resolution: float, equations: tuple[int, ...], step: int) -> None:
    """Accept steps or choose shorter ones."""
    n = len(equations)
    for j in range(WIDTH):
        work[ACCEPTED * WIDTH + j] = 0.0
        if work[TIME * WIDTH + j] >= resolution:
            continue
        taken, end, worst = work[TAKEN * WIDTH + j], work[END * WIDTH + j], work[WORST * WIDTH + j]
        h = taken
        if worst > TOO_LARGE:
            h = max(SAFETY / math.pow(worst, 0.2), SMALLEST_SHRINKAGE) * taken
            if abs(h) < abs(taken) and end + h != end:
                states[step * WIDTH + j] = h
                continue
            h = taken
        elif worst < _NEGLIGIBLE:
            h = LARGEST_GROWTH * taken
        elif worst < SMALL:
            h = max(1.0, min(SAFETY / math.pow(worst, 1.0 / 6.0), LARGEST_GROWTH)) * taken
        states[step * WIDTH + j], work[TIME * WIDTH + j], work[ACCEPTED * WIDTH + j] = h, end, 1.0
        for e in range(n):
            states[e * WIDTH + j] = work[(POINT + n + e) * WIDTH + j]
