"""Adaptive integration of a block of neurons, as far as it does not depend on their equations; compiled code.

All neurons of a block try a step of their own size at the same time. Who has come to the end of a time step goes on
with the next one, without waiting for the others, until all have come to the end of the segment; who has, tries steps
of length zero. The method is that of `integrators.method`.

``states`` has the values of the first variable in all neurons of the block, then those of the next one: first the
integrated ones. ``work`` has rows of the same width for what the words below name. The number of equations is that of
the elements of a tuple, so that it is known when a function is compiled.
"""

from __future__ import annotations

import numpy as np

from jaxnest.compile.compiling import njit
from jaxnest.engine.layout import WIDTH
from jaxnest.engine.neurons.integrators.method import (
    SMALLEST_ERROR,
    error,
    fifth,
    fourth,
    next_step,
    second,
    sixth,
    solution,
    third,
)
from jaxnest.models.functions.rkf45 import TIMES
from jaxnest.random.numbers.compiling import compiled

TIME, TAKEN, END, WORST, BEFORE, FIRST, SPIKES, MOMENT, ACCEPTED, TABLES = range(10)
"""Time within the time step; step that is tried, where it ends and its error relative to the bound; first variable
before the time step; whether no step has been accepted yet; spikes so far; time of the derivatives that are evaluated;
whether the step was accepted."""
STEPS, BOUNDS, POINT, NEW, SLOPES = range(5)
"""From row `TABLES` on there are tables of one row per equation: the step that is tried, the bound of its error (an
absolute one, or the factor of a relative one), the point where derivatives are evaluated, the solution, and seven
tables of derivatives. The first two have equal rows, so that tables are gone through in one loop."""
N_DERIVATIVES = 7
N_TABLES = SLOPES + N_DERIVATIVES
AT_END = N_DERIVATIVES - 1
"""The derivatives at the end of the step."""


@njit(inline="always")
def _row(work: np.ndarray, place: int) -> np.ndarray:
    return work[place * WIDTH : (place + 1) * WIDTH]


@njit(inline="always")
def _table(work: np.ndarray, table: int, n: int) -> np.ndarray:
    return work[(TABLES + table * n) * WIDTH : (TABLES + (table + 1) * n) * WIDTH]


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
def set_bounds(work: np.ndarray, equations: tuple[int, ...], tolerance: np.ndarray) -> None:
    """Write down the bound of each neuron's error."""
    n = len(equations)
    bounds = _table(work, BOUNDS, n)
    for e in range(n):
        for j in range(WIDTH):
            bounds[e * WIDTH + j] = tolerance[j]


@compiled
def start(states: np.ndarray, work: np.ndarray, resolution: float, equations: tuple[int, ...], step: int) -> None:
    """Choose the step to try."""
    n = len(equations)
    kept, time, taken, end = _row(states, step), _row(work, TIME), _row(work, TAKEN), _row(work, END)
    for j in range(WIDTH):
        remaining = resolution - time[j]
        final = kept[j] > remaining
        h = remaining if final else kept[j]
        taken[j] = h
        end[j] = resolution if final else time[j] + h
    moment, worst = _row(work, MOMENT), _row(work, WORST)
    for j in range(WIDTH):
        moment[j] = time[j]
        worst[j] = SMALLEST_ERROR
    steps, point = _table(work, STEPS, n), _table(work, POINT, n)
    for e in range(n):
        for j in range(WIDTH):
            steps[e * WIDTH + j] = taken[j]
    for k in range(n * WIDTH):
        point[k] = states[k]


@compiled
def go_to_point(states: np.ndarray, work: np.ndarray, equations: tuple[int, ...], stage: int) -> None:
    """Find the point of the step where the derivatives number `stage` are evaluated."""
    n = len(equations)
    h, point, k0, k1 = (
        _table(work, STEPS, n),
        _table(work, POINT, n),
        _table(work, SLOPES, n),
        _table(work, SLOPES + 1, n),
    )
    k2, k3, k4 = _table(work, SLOPES + 2, n), _table(work, SLOPES + 3, n), _table(work, SLOPES + 4, n)
    if stage == 1:
        for m in range(n * WIDTH):
            point[m] = second(states[m], h[m], k0[m])
    elif stage == 2:
        for m in range(n * WIDTH):
            point[m] = third(states[m], h[m], k0[m], k1[m])
    elif stage == 3:
        for m in range(n * WIDTH):
            point[m] = fourth(states[m], h[m], k0[m], k1[m], k2[m])
    elif stage == 4:
        for m in range(n * WIDTH):
            point[m] = fifth(states[m], h[m], k0[m], k1[m], k2[m], k3[m])
    else:
        for m in range(n * WIDTH):
            point[m] = sixth(states[m], h[m], k0[m], k1[m], k2[m], k3[m], k4[m])
    for j in range(WIDTH):
        work[MOMENT * WIDTH + j] = work[TIME * WIDTH + j] + TIMES[stage - 1] * work[TAKEN * WIDTH + j]


@compiled
def solve(states: np.ndarray, work: np.ndarray, equations: tuple[int, ...]) -> None:
    """Find the solution at the end of the step."""
    n = len(equations)
    h, new = _table(work, STEPS, n), _table(work, NEW, n)
    k0, k2, k3 = _table(work, SLOPES, n), _table(work, SLOPES + 2, n), _table(work, SLOPES + 3, n)
    k4, k5 = _table(work, SLOPES + 4, n), _table(work, SLOPES + 5, n)
    for m in range(n * WIDTH):
        new[m] = solution(states[m], h[m], k0[m], k2[m], k3[m], k4[m], k5[m])
    for j in range(WIDTH):
        work[MOMENT * WIDTH + j] = work[END * WIDTH + j]


@compiled
def measure(work: np.ndarray, equations: tuple[int, ...], relative: bool) -> None:
    """Compare the error of each equation with its bound, which may be relative to the derivative at the end."""
    n = len(equations)
    h, bounds, ratio = _table(work, STEPS, n), _table(work, BOUNDS, n), _table(work, POINT, n)
    k0, k2, k3 = _table(work, SLOPES, n), _table(work, SLOPES + 2, n), _table(work, SLOPES + 3, n)
    k4, k5, end = _table(work, SLOPES + 4, n), _table(work, SLOPES + 5, n), _table(work, SLOPES + AT_END, n)
    for m in range(n * WIDTH):
        found = abs(error(h[m], k0[m], k2[m], k3[m], k4[m], k5[m]))
        ratio[m] = found / (bounds[m] * abs(h[m] * end[m]) + bounds[m] if relative else bounds[m])
    worst = _row(work, WORST)
    for e in range(n):
        for j in range(WIDTH):
            worst[j] = ratio[e * WIDTH + j] if ratio[e * WIDTH + j] > worst[j] else worst[j]


@compiled
def settle(states: np.ndarray, work: np.ndarray, resolution: float, equations: tuple[int, ...], step: int) -> None:
    """Accept steps or choose shorter ones."""
    n = len(equations)
    for j in range(WIDTH):
        work[ACCEPTED * WIDTH + j] = 0.0
        if work[TIME * WIDTH + j] >= resolution:
            continue
        taken, end, worst = work[TAKEN * WIDTH + j], work[END * WIDTH + j], work[WORST * WIDTH + j]
        h, accepted = next_step(worst, taken, end, resolution)
        if not accepted:
            states[step * WIDTH + j] = h
            continue
        states[step * WIDTH + j], work[TIME * WIDTH + j], work[ACCEPTED * WIDTH + j] = h, end, 1.0
        for e in range(n):
            states[e * WIDTH + j] = work[(TABLES + NEW * n + e) * WIDTH + j]
