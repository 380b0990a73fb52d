"""Adaptive quadrature with extrapolation: QAGS of QUADPACK, in the order of operations of the GNU Scientific Library.

The interval with the largest error is bisected until the sum of the errors is small enough. As soon as the smallest
intervals would be bisected, the sequence of sums is extrapolated (epsilon algorithm).

References
----------
Piessens, de Doncker-Kapenga, Ueberhuber & Kahaner (1983), QUADPACK, Springer.
"""

from __future__ import annotations

import math

import numpy as np

from jaxnest.compile.compiling import njit
from jaxnest.numerics.error_functions import erfcx

EPSILON = 2.220446049250313e-16
LARGEST = 1.7976931348623157e308
SMALLEST = 2.2250738585072014e-308
RELATIVE_ERROR = 1.49e-8
MOST_INTERVALS = 1000
NODES = np.array([
    0.995657163025808080735527280689003, 0.973906528517171720077964012084452, 0.930157491355708226001207180059508,
    0.865063366688984510732096688423493, 0.780817726586416897063717578345042, 0.679409568299024406234327365114874,
    0.562757134668604683339000099272694, 0.433395394129247190799265943165784, 0.294392862701460198131126603103866,
    0.148874338981631210884826001129720,
])  # fmt: skip
GAUSS = np.array([
    0.066671344308688137593568809893332, 0.149451349150580593145776339657697, 0.219086362515982043995534934228163,
    0.269266719309996355091226921569469, 0.295524224714752870173892994651338,
])  # fmt: skip
KRONROD = np.array([
    0.011694638867371874278064396062192, 0.032558162307964727478818972459390, 0.054755896574351996031381300244580,
    0.075039674810919952767043140916190, 0.093125454583697605535065465083366, 0.109387158802297641899210590325805,
    0.123491976262065851077958109831074, 0.134709217311473325928054001771707, 0.142775938577060080797094273138717,
    0.147739104901338491374841515972068, 0.149445554002916905664936468389821,
])  # fmt: skip
"""Nodes and weights of the Gauss-Kronrod rule of 10 and 21 points."""


LOWER, UPPER, VALUE, ERROR = range(4)
LEVEL, ORDER = range(2)
SIZE, RANK, CURRENT, DEEPEST = range(4)
"""Words of the arrays that describe the intervals; RANK is the place of the present interval in the order of errors."""

compiled = njit(cache=True, error_model="numpy", nogil=True)


@compiled
def rule(a: float, b: float) -> tuple[float, float, float, float]:
    """Return integral, error, and the integrals of the absolute value and of the distance from the mean."""
    center, half = 0.5 * (a + b), 0.5 * (b - a)
    middle = erfcx(center)
    gauss, kronrod = 0.0, middle * KRONROD[10]
    absolute = abs(kronrod)
    left, right = np.empty(10), np.empty(10)
    for j in range(10):
        k = 2 * j + 1 if j < 5 else 2 * (j - 5)
        left[k], right[k] = erfcx(center - half * NODES[k]), erfcx(center + half * NODES[k])
        both = left[k] + right[k]
        if j < 5:
            gauss += GAUSS[j] * both
        kronrod += KRONROD[k] * both
        absolute += KRONROD[k] * (abs(left[k]) + abs(right[k]))
    mean = kronrod * 0.5
    distance = KRONROD[10] * abs(middle - mean)
    for k in range(10):
        distance += KRONROD[k] * (abs(left[k] - mean) + abs(right[k] - mean))
    error = (kronrod - gauss) * half
    absolute, distance = absolute * abs(half), distance * abs(half)
    return kronrod * half, _rescaled(error, absolute, distance), absolute, distance


@compiled
def _rescaled(error: float, absolute: float, distance: float) -> float:
    """Return the estimate of the error."""
    error = abs(error)
    if distance != 0.0 and error != 0.0:
        scale = math.pow(200 * error / distance, 1.5)
        error = distance * scale if scale < 1 else distance
    if absolute > SMALLEST / (50 * EPSILON) and 50 * EPSILON * absolute > error:
        error = 50 * EPSILON * absolute
    return error


@compiled
def _sort(intervals: np.ndarray, places: np.ndarray, state: np.ndarray) -> None:
    """Keep the intervals in the order of their errors, after one was halved."""
    order, errors = places[ORDER], intervals[ERROR]
    last, rank = state[SIZE] - 1, state[RANK]
    worst = order[rank]
    if last < 2:
        order[0], order[1] = 0, 1
        state[CURRENT] = worst
        return
    while rank > 0 and errors[worst] > errors[order[rank - 1]]:
        order[rank] = order[rank - 1]
        rank -= 1
    top = last if last < MOST_INTERVALS // 2 + 2 else MOST_INTERVALS - last + 1
    i = rank + 1
    while i < top and errors[worst] < errors[order[i]]:
        order[i - 1] = order[i]
        i += 1
    order[i - 1] = worst
    k = top - 1
    while k > i - 2 and errors[last] >= errors[order[k]]:
        order[k + 1] = order[k]
        k -= 1
    order[k + 1] = last
    state[CURRENT], state[RANK] = order[rank], rank


@compiled
def _halve(
    intervals: np.ndarray,
    places: np.ndarray,
    state: np.ndarray,
    middle: float,
    values: tuple[float, float, float, float],
) -> None:
    """Replace the present interval by its halves, whose integrals and errors are given."""
    area1, error1, area2, error2 = values
    old, new = state[CURRENT], state[SIZE]
    level = places[LEVEL, old] + 1
    a, b = intervals[LOWER, old], intervals[UPPER, old]
    first, second = (new, old) if error2 > error1 else (old, new)
    for k, low, high, area, error in ((first, a, middle, area1, error1), (second, middle, b, area2, error2)):
        intervals[LOWER, k], intervals[UPPER, k] = low, high
        intervals[VALUE, k], intervals[ERROR, k] = area, error
        places[LEVEL, k] = level
    state[SIZE] += 1
    state[DEEPEST] = max(state[DEEPEST], level)
    _sort(intervals, places, state)


@compiled
def _next_large(places: np.ndarray, state: np.ndarray) -> bool:
    """Go on to the interval with the largest error among those that are not the smallest; False if there is none."""
    last = state[SIZE] - 1
    bound = MOST_INTERVALS + 1 - last if last > 1 + MOST_INTERVALS // 2 else last
    for _ in range(state[RANK], bound + 1):
        state[CURRENT] = places[ORDER, state[RANK]]
        if places[LEVEL, state[CURRENT]] < state[DEEPEST]:
            return True
        state[RANK] += 1
    return False


@compiled
def _extrapolate(table: np.ndarray, n: int, recent: np.ndarray, calls: int) -> tuple[float, float, int, int]:
    """Apply the epsilon algorithm to `n` + 1 sums; return limit, error, number of sums kept, and number of calls."""
    result, error = table[n], LARGEST
    if n < 2:
        return result, error, n + 1, calls
    final, n_new = n, n // 2
    table[n + 2] = table[n]
    table[n] = LARGEST
    for i in range(n_new):
        k = n - 2 * i
        res = table[k + 2]
        e0, e1, e2 = table[k - 2], table[k - 1], res
        delta2, delta3 = e2 - e1, e1 - e0
        error2, error3 = abs(delta2), abs(delta3)
        close2 = error2 <= max(abs(e2), abs(e1)) * EPSILON
        close3 = error3 <= max(abs(e1), abs(e0)) * EPSILON
        if close2 and close3:
            return res, max(error2 + error3, 5 * EPSILON * abs(res)), n + 1, calls
        e3 = table[k]
        table[k] = e1
        delta1 = e1 - e3
        if abs(delta1) <= max(abs(e1), abs(e3)) * EPSILON or close2 or close3:
            final = 2 * i
            break
        ss = (1 / delta1 + 1 / delta2) - 1 / delta3
        if abs(ss * e1) <= 0.0001:
            final = 2 * i
            break
        res = e1 + 1 / ss
        table[k] = res
        total = error2 + abs(res - e2) + error3
        if total <= error:
            error, result = total, res
    if final == 49:
        final = 48
    first = n % 2
    for i in range(n_new + 1):
        table[first + 2 * i] = table[first + 2 * i + 2]
    if n != final:
        for i in range(final + 1):
            table[i] = table[n - final + i]
    if calls < 3:
        recent[calls] = result
        error = LARGEST
    else:
        error = abs(result - recent[2]) + abs(result - recent[1]) + abs(result - recent[0])
        recent[0], recent[1], recent[2] = recent[1], recent[2], result
    return result, max(error, 5 * EPSILON * abs(result)), final + 1, calls + 1


@compiled
def integrate_erfcx(a: float, b: float) -> float:
    """Return the integral of exp(x^2) erfc(x) from `a` to `b`, both of them not negative."""
    area, error, absolute, distance = rule(a, b)
    tolerance = RELATIVE_ERROR * abs(area)
    if error <= 100 * EPSILON * absolute and error > tolerance:
        return area
    if (error <= tolerance and error != distance) or error == 0.0:
        return area
    return _refine(a, b, area, error)


@compiled
def _bisect(intervals: np.ndarray, places: np.ndarray, state: np.ndarray) -> tuple[float, float, float, int, bool]:
    """Halve the present interval.

    Returns
    -------
    tuple
        How much the integral changes, the errors of the halves together and of the whole, 0 or 1 or 2 for the kind of
        roundoff that was noticed (2: the error grew, which alone is harmless at first), and whether the halves are too
        small.
    """
    k = state[CURRENT]
    low, high, old, old_error = intervals[LOWER, k], intervals[UPPER, k], intervals[VALUE, k], intervals[ERROR, k]
    middle = 0.5 * (low + high)
    area1, error1, _, distance1 = rule(low, middle)
    area2, error2, _, distance2 = rule(middle, high)
    both, both_error = area1 + area2, error1 + error2
    roundoff = 0
    if distance1 != error1 and distance2 != error2:
        if abs(old - both) <= 1.0e-5 * abs(both) and both_error >= 0.99 * old_error:
            roundoff += 1
        if both_error > old_error:
            roundoff += 2
    smallest = (1 + 100 * EPSILON) * (abs(middle) + 1000 * SMALLEST)
    _halve(intervals, places, state, middle, (area1, error1, area2, error2))
    return both, both_error, old_error, roundoff, abs(low) <= smallest and abs(high) <= smallest


@compiled
def _refine(a: float, b: float, area: float, errors: float) -> float:
    """Halve intervals until the integral is accurate enough; `area` and `errors` are those of the whole."""
    intervals, places = np.zeros((4, MOST_INTERVALS)), np.zeros((2, MOST_INTERVALS), np.int64)
    state, table, recent = np.zeros(4, np.int64), np.zeros(52), np.zeros(3)
    intervals[:, 0] = a, b, area, errors
    state[SIZE] = 1
    n, calls, in_vain = 1, 0, 0
    table[0] = area
    limit, limit_error, tolerated, large_errors, correction = area, LARGEST, 0.0, 0.0, 0.0
    rounded, problem = np.zeros(3, np.int64), 0
    extrapolating, gave_up = False, False
    for iteration in range(2, MOST_INTERVALS + 1):
        level, old = places[LEVEL, state[CURRENT]] + 1, intervals[VALUE, state[CURRENT]]
        both, both_error, old_error, roundoff, too_small = _bisect(intervals, places, state)
        errors = errors + both_error - old_error
        area = area + both - old
        tolerance = RELATIVE_ERROR * abs(area)
        rounded[int(extrapolating)] += roundoff % 2
        rounded[2] += iteration > 10 and roundoff > 1
        if rounded[0] + rounded[1] >= 10 or rounded[2] >= 20:
            problem = 2
        if too_small:
            problem = 4
        if errors <= tolerance:
            return _total(intervals, state)
        if problem or iteration >= MOST_INTERVALS - 1:
            problem = problem or 1
            break
        if iteration == 2:
            large_errors, tolerated = errors, tolerance
            table[n] = area
            n += 1
            continue
        if gave_up:
            continue
        large_errors += -old_error
        if level < state[DEEPEST]:
            large_errors += both_error
        if not extrapolating:
            if places[LEVEL, state[CURRENT]] < state[DEEPEST]:
                continue
            extrapolating = True
            state[RANK] = 1
        if rounded[1] < 5 and large_errors > tolerated and _next_large(places, state):
            continue
        table[n] = area
        guess, guess_error, n, calls = _extrapolate(table, n, recent, calls)
        in_vain += 1
        problem = 5 if in_vain > 5 and limit_error < 0.001 * errors else problem
        if guess_error < limit_error:
            in_vain, limit, limit_error, correction = 0, guess, guess_error, large_errors
            tolerated = RELATIVE_ERROR * abs(guess)
        if limit_error <= tolerated or problem == 5:
            break
        gave_up = gave_up or n == 1
        state[RANK], state[CURRENT] = 0, places[ORDER, 0]
        extrapolating, large_errors = False, errors
    worse = _is_worse(limit, limit_error + correction * (rounded[1] >= 5), area, errors, problem > 0 or rounded[1] >= 5)
    return _total(intervals, state) if worse or limit_error == LARGEST else limit


@compiled
def _is_worse(limit: float, limit_error: float, area: float, errors: float, doubtful: bool) -> bool:
    """Return whether the extrapolated limit is less reliable than the sum of all intervals."""
    if not doubtful:
        return False
    if limit != 0.0 and area != 0.0:
        return limit_error / abs(limit) > errors / abs(area)
    return limit_error > errors


@compiled
def _total(intervals: np.ndarray, state: np.ndarray) -> float:
    total = 0.0
    for k in range(state[SIZE]):
        total += intervals[VALUE, k]
    return total
