"""The draw loops of the connection rules in space; compiled code.

As in `loops`, everything is drawn from one stream in NEST's order, loops do not allocate, and they stop when
their buffers are full (`progress`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from jaxnest.kernel.connect.loops.loops import FAILED, PENDING, ROW, SOURCE, TARGET, round_half_away
from jaxnest.kernel.connect.loops.programs import Programs, draw_row, value
from jaxnest.random.expressions.geometry import CONNECTION, DIMENSIONS, DISPLACEMENT, DISTANCE, KIND, NODE
from jaxnest.random.expressions.geometry import SOURCE as SOURCE_POSITION
from jaxnest.random.expressions.geometry import TARGET as TARGET_POSITION
from jaxnest.random.expressions.interpreter import DONE
from jaxnest.random.expressions.plain import Bundle, evaluate_plain, measure
from jaxnest.random.numbers.distributions import discrete, discrete_set
from jaxnest.random.numbers.engines import compiled, drand, ulrand
from jaxnest.random.numbers.keyed import turn_to
from jaxnest.random.numbers.poisson import poisson, poisson_set_mean
from jaxnest.spatial.containment import CompiledRegion
from jaxnest.spatial.tree import Tree, WorkSpace, search

_ORIGIN = np.zeros(3)


class Candidates(NamedTuple):
    """Among whom partners are searched.

    Attributes
    ----------
    ids, tree
        The nodes in visiting order, see `Pool`.
    region
        Where they have to be, relative to the node that they are partners of.
    found, work
        Work space: indices of those found, and what a search needs.
    """

    ids: np.ndarray
    tree: Tree
    region: CompiledRegion
    found: np.ndarray
    work: WorkSpace


class Drivers(NamedTuple):
    """The nodes for which partners are searched, in the order in which they take their turns.

    Attributes
    ----------
    ids, positions
        Ids, and positions with three coordinates.
    """

    ids: np.ndarray
    positions: np.ndarray


class Space(NamedTuple):
    """How distances are measured, and where expressions find them.

    Attributes
    ----------
    period
        Extent in dimensions with joined edges, otherwise zero.
    dimensions
        Two or three.
    geometry
        The row that all expressions look at.
    """

    period: np.ndarray
    dimensions: int
    geometry: np.ndarray


class Kernel(NamedTuple):
    """How likely partners are.

    Attributes
    ----------
    given
        Whether there is a kernel; all are equally likely without.
    plain
        Whether the kernel draws nothing, so that it may be evaluated for all candidates at once.
    programs
        The expression.
    values, displacements, distances, stack
        Work space: what the kernel is for each candidate, and what it takes to find out, see `Bundle`.
    """

    given: bool
    plain: bool
    programs: Programs
    values: np.ndarray
    displacements: np.ndarray
    distances: np.ndarray
    stack: np.ndarray


class Values(NamedTuple):
    """What weights, delays and the like take that draw nothing: they are evaluated for many connections at once.

    Attributes
    ----------
    plain
        Whether all are of that kind.
    chosen
        Work space: indices of the partners of a node.
    displacements, distances, stack
        Work space, see `Bundle`.
    """

    plain: bool
    chosen: np.ndarray
    displacements: np.ndarray
    distances: np.ndarray
    stack: np.ndarray


class Limits(NamedTuple):
    """What a rule asks for.

    Attributes
    ----------
    number
        Number of connections of a node, negative if an expression draws it.
    masked
        Whether there is a mask.
    autapses, multapses
        Whether they are allowed.
    """

    number: int
    masked: bool
    autapses: bool
    multapses: bool


@compiled
def relate(space, source, target):
    """Note where source and target of a connection are."""
    geometry = space.geometry
    geometry[KIND] = CONNECTION
    geometry[DIMENSIONS] = space.dimensions
    square = 0.0
    for i in range(space.dimensions):
        displacement = target[i] - source[i]
        if space.period[i] != 0.0:
            turns = displacement * (1.0 / space.period[i])
            whole = np.trunc(turns)
            if abs(turns - whole) >= 0.5:
                whole += 1.0 if turns > 0.0 else -1.0
            displacement -= space.period[i] * whole
        geometry[DISPLACEMENT + i] = displacement
        square += displacement * displacement
        geometry[SOURCE_POSITION + i] = source[i]
        geometry[TARGET_POSITION + i] = target[i]
    geometry[DISTANCE] = np.sqrt(square)


@compiled
def _locate(space, position):
    """Note where a single node is."""
    space.geometry[KIND] = NODE
    space.geometry[DIMENSIONS] = space.dimensions
    for i in range(3):
        space.geometry[SOURCE_POSITION + i] = position[i]


@compiled
def _evaluate_plain(candidates, n, place, is_source, space, kernel):
    """Evaluate a kernel that draws nothing for all candidates."""
    bundle = Bundle(place, is_source, kernel.displacements, kernel.distances, kernel.stack)
    positions, found, programs = candidates.tree.positions, candidates.found, kernel.programs
    measure(bundle, positions, found, n, space.period, space.dimensions)
    evaluate_plain(bundle, programs.code, programs.constants, positions, found, n, kernel.values)


@compiled
def _evaluate_values(candidates, n, place, space, programs, values, drawn, row):
    """Evaluate what draws nothing for the last `n` connections before a row, all to one target."""
    if n == 0 or programs.n_own == 0:
        return
    bundle = Bundle(place, False, values.displacements, values.distances, values.stack)
    positions, chosen = candidates.tree.positions, values.chosen
    measure(bundle, positions, chosen, n, space.period, space.dimensions)
    for e in range(programs.n_own):
        code = programs.code[programs.bounds[e, 0] : programs.bounds[e, 1]]
        constants = programs.constants[programs.bounds[e, 2] :]
        evaluate_plain(bundle, code, constants, positions, chosen, n, drawn[e, row - n : row])


@compiled
def _choose(stream, candidates, n, node, kernel, autapses, chosen, source, target, row):
    """Decide about all pairs of a target; without branches, which processors could not predict."""
    m = 0
    for s in range(n):
        k = candidates.found[s]
        other = candidates.ids[k]
        if not autapses and other == node:
            continue
        source[row], target[row], chosen[m] = other, node, k
        accepted = 1 if drand(stream) < kernel.values[s] else 0
        row += accepted
        m += accepted
    return row


@compiled
def _accepts(stream, positions, space, place, kernel, s, k):
    """Decide about one pair, the candidate `s` with index `k`, and note where the nodes are if that is asked for."""
    if kernel.plain:
        return drand(stream) < kernel.values[s]
    relate(space, positions[k], place)
    if not kernel.given:
        return True
    u = drand(stream)
    p = value(kernel.programs, 0, stream)
    return kernel.programs.failure[0] == DONE and u < p


@compiled
def bernoulli(stream, candidates, targets, space, kernel, autapses, programs, values, buffers, progress):
    """Decide pair by pair; without a kernel all pairs are connected, and nothing is drawn for that."""
    source, target, _, drawn = buffers
    found, positions = candidates.found, candidates.tree.positions
    row = 0
    for t in range(progress[TARGET], len(targets.ids)):
        place, n_chosen, first = targets.positions[t], 0, row
        if progress[SOURCE] == 0:
            turn_to(stream, targets.ids[t])
        n = search(candidates.tree, candidates.region, place, candidates.work, found)
        if kernel.plain:
            _evaluate_plain(candidates, n, place, False, space, kernel)
        if kernel.plain and values.plain and progress[SOURCE] == 0 and n < len(source) - row:
            row = _choose(stream, candidates, n, targets.ids[t], kernel, autapses, values.chosen, source, target, row)
            _evaluate_values(candidates, row - first, place, space, programs, values, drawn, row)
            continue
        for s in range(progress[SOURCE], n):
            if row == len(source):
                _evaluate_values(candidates, n_chosen, place, space, programs, values, drawn, row)
                progress[TARGET], progress[SOURCE], progress[ROW] = t, s, row
                return
            node = candidates.ids[found[s]]
            if not autapses and node == targets.ids[t]:
                continue
            if not _accepts(stream, positions, space, place, kernel, s, found[s]):
                if kernel.programs.failure[0] != DONE:
                    _evaluate_values(candidates, n_chosen, place, space, programs, values, drawn, row)
                    progress[TARGET], progress[ROW], progress[FAILED] = t, row, 1
                    return
                continue
            source[row], target[row] = node, targets.ids[t]
            row += 1
            if values.plain:
                values.chosen[n_chosen] = found[s]
                n_chosen += 1
                continue
            if kernel.plain:
                relate(space, positions[found[s]], place)
            draw_row(programs, stream, target[row - 1], drawn, row - 1)
            if programs.failure[0] != DONE:
                progress[TARGET], progress[ROW], progress[FAILED] = t, row, 1
                return
        _evaluate_values(candidates, n_chosen, place, space, programs, values, drawn, row)
        progress[SOURCE] = 0
    progress[TARGET], progress[ROW] = len(targets.ids), row


@compiled
def multiple(stream, candidates, targets, space, kernel, autapses, programs, distribution, buffers, progress):
    """Draw a number of connections pair by pair; each target has a new Poisson distribution."""
    source, target, _, drawn = buffers
    found, positions = candidates.found, candidates.tree.positions
    row = 0
    for t in range(progress[TARGET], len(targets.ids)):
        place = targets.positions[t]
        if progress[SOURCE] == 0 and progress[PENDING] < 0:
            turn_to(stream, targets.ids[t])
            distribution[:] = 0.0
        n = search(candidates.tree, candidates.region, place, candidates.work, found)
        if kernel.plain:
            _evaluate_plain(candidates, n, place, False, space, kernel)
        for s in range(progress[SOURCE], n):
            node = candidates.ids[found[s]]
            if not autapses and node == targets.ids[t]:
                continue
            relate(space, positions[found[s]], place)
            k = progress[PENDING]
            if k < 0:
                if row == len(source):
                    progress[TARGET], progress[SOURCE], progress[ROW] = t, s, row
                    return
                mean = kernel.values[s] if kernel.plain else value(kernel.programs, 0, stream)
                if kernel.programs.failure[0] != DONE:
                    progress[TARGET], progress[ROW], progress[FAILED] = t, row, 1
                    return
                poisson_set_mean(distribution, mean)
                k = np.int64(poisson(stream, distribution))
            progress[PENDING] = -1
            for j in range(k):
                if row == len(source):
                    progress[TARGET], progress[SOURCE], progress[PENDING], progress[ROW] = t, s, k - j, row
                    return
                source[row], target[row] = node, targets.ids[t]
                draw_row(programs, stream, target[row], drawn, row)
                row += 1
                if programs.failure[0] != DONE:
                    progress[TARGET], progress[ROW], progress[FAILED] = t, row, 1
                    return
        progress[SOURCE] = 0
    progress[TARGET], progress[ROW] = len(targets.ids), row


@compiled
def _finds_enough(candidates, n, node, number, limits):
    """Return whether a node finds as many partners as it needs, whatever their probabilities."""
    found, ids = candidates.found, candidates.ids
    if n == 0 or (not limits.multapses and n < number):
        return False
    return limits.autapses or n > 1 or ids[found[0]] != node


@compiled
def _enough(candidates, n, node, number, kernel, limits):
    """Return whether a node can have as many of the partners that it finds as it needs."""
    if not _finds_enough(candidates, n, node, number, limits):
        return False
    found, ids = candidates.found, candidates.ids
    ignores_autapses = limits.autapses or (limits.masked and not kernel.given)
    total = 0.0
    for i in range(n):
        total += kernel.values[i] if kernel.given else 1.0
    possible = 0
    for i in range(n):
        likely = not kernel.given or kernel.values[i] > 0.0 or (not total > 0.0 and i == 0)
        if likely and (ignores_autapses or ids[found[i]] != node):
            possible += 1
    return number <= 0 or possible >= (1 if limits.multapses else number)


@compiled
def _drawn_number(stream, place, space, numbers):
    """Draw how many connections a node has."""
    _locate(space, place)
    return max(round_half_away(value(numbers, 0, stream)), 0)


@compiled
def _evaluate_incoming(stream, candidates, n, place, space, kernel):
    """Evaluate the kernel for all possible sources of a target."""
    if kernel.plain:
        _evaluate_plain(candidates, n, place, False, space, kernel)
    elif kernel.given:
        for i in range(n):
            relate(space, candidates.tree.positions[candidates.found[i]], place)
            kernel.values[i] = value(kernel.programs, 0, stream)
            if kernel.programs.failure[0] != DONE:
                return


@compiled
def indegrees(
    stream, candidates, targets, space, limits, numbers, kernel, programs, cumulative, used, buffers, progress
):
    """Draw sources target by target; `used` marks the sources that a target has."""
    source, target, _, drawn = buffers
    found, positions = candidates.found, candidates.tree.positions
    row = 0
    for t in range(progress[TARGET], len(targets.ids)):
        node, place = targets.ids[t], targets.positions[t]
        if programs.last_row >= 0 and row > programs.last_row:
            break
        if progress[PENDING] < 0:
            turn_to(stream, node)
        k = limits.number if progress[PENDING] < 0 else progress[PENDING]
        if k < 0:
            if limits.masked:
                relate(space, _ORIGIN, place)
                k = max(round_half_away(value(numbers, 0, stream)), 0)
            else:
                k = _drawn_number(stream, place, space, numbers)
            if numbers.failure[0] != DONE:
                progress[TARGET], progress[ROW], progress[FAILED] = t, row, 1
                return
        progress[PENDING] = -1
        if row + k > len(source) and programs.last_row < 0:
            progress[TARGET], progress[PENDING], progress[ROW] = t, k, row
            return
        n = search(candidates.tree, candidates.region, place, candidates.work, found)
        if limits.masked or _finds_enough(candidates, n, node, k, limits):
            _evaluate_incoming(stream, candidates, n, place, space, kernel)
        failed = kernel.programs.failure[0] != DONE
        if failed or not _enough(candidates, n, node, k, kernel, limits):
            progress[TARGET], progress[ROW], progress[FAILED] = t, row, 1
            return
        if kernel.given:
            discrete_set(cumulative[:n], kernel.values[:n])
        checks_autapses = not limits.autapses and (kernel.given or not limits.masked)
        while k > 0 and (programs.last_row < 0 or row <= programs.last_row):
            i = discrete(stream, cumulative[:n]) if kernel.given else np.int64(ulrand(stream, n))
            other = candidates.ids[found[i]]
            if (not limits.multapses and used[i] == t) or (checks_autapses and other == node):
                continue
            used[i] = t
            relate(space, positions[found[i]], place)
            source[row], target[row] = other, node
            draw_row(programs, stream, target[row], drawn, row)
            row += 1
            k -= 1
            if programs.failure[0] != DONE:
                progress[TARGET], progress[ROW], progress[FAILED] = t, row, 1
                return
    progress[TARGET], progress[ROW] = len(targets.ids), row


@compiled
def _on_thread(programs, saved):
    """Return expressions with the saved variates of another thread."""
    return Programs(
        programs.code,
        programs.constants,
        saved,
        programs.stack,
        programs.bounds,
        programs.geometry,
        programs.failure,
        programs.n_own,
        programs.last_row,
        programs.n_last,
        programs.probability,
        programs.population,
        programs.pools,
        programs.pool_of,
    )


@compiled
def _evaluate_outgoing(stream, candidates, n, place, space, kernel, saved):
    """Evaluate the kernel for all possible targets of a source, each with the variates of its own thread."""
    if kernel.plain:
        _evaluate_plain(candidates, n, place, True, space, kernel)
        return
    for i in range(n):
        kernel.values[i] = 1.0
        if kernel.given and kernel.programs.failure[0] == DONE:
            k = candidates.found[i]
            relate(space, place, candidates.tree.positions[k])
            programs = _on_thread(kernel.programs, saved[candidates.ids[k] % len(saved)])
            kernel.values[i] = value(programs, 0, stream)


@compiled
def _draw_values(stream, candidates, n, programs, specification, saved, drawn, row):
    """Evaluate all expressions for one connection, each with the variates of a thread that its specification says."""
    for e in range(programs.n_own):
        thread = candidates.ids[candidates.found[min(specification[e], n - 1)]] % len(saved)
        drawn[e, row] = value(_on_thread(programs, saved[thread]), e, stream)
        if programs.failure[0] != DONE:
            return


@compiled
def outdegrees(
    stream,
    candidates,
    sources,
    spaces,
    limits,
    numbers,
    kernel,
    programs,
    specification,
    saved,
    cumulative,
    used,
    buffers,
    progress,
):
    """Draw targets source by source.

    The kernel is measured in the first of the `spaces`, weights and delays in the second. `specification` says to
    which synapse specification an expression belongs, which decides whose saved normal variates it uses (`saved`).
    """
    source, target, _, drawn = buffers
    found, positions, threads = candidates.found, candidates.tree.positions, len(saved)
    row = 0
    for s in range(progress[SOURCE], len(sources.ids)):
        if programs.last_row >= 0 and row > programs.last_row:
            break
        node, place = sources.ids[s], sources.positions[s]
        n = search(candidates.tree, candidates.region, place, candidates.work, found)
        k = progress[PENDING]
        if k < 0:
            turn_to(stream, node)
            _evaluate_outgoing(stream, candidates, n, place, spaces[0], kernel, saved)
            k = limits.number
            if k < 0 and kernel.programs.failure[0] == DONE:
                k = _drawn_number(stream, place, spaces[0], _on_thread(numbers, saved[node % threads]))
        progress[PENDING] = -1
        failed = kernel.programs.failure[0] != DONE or numbers.failure[0] != DONE
        if failed or not _enough(candidates, n, node, k, kernel, limits):
            progress[SOURCE], progress[ROW], progress[FAILED] = s, row, 1
            return
        if row + k > len(source) and programs.last_row < 0:
            progress[SOURCE], progress[PENDING], progress[ROW] = s, k, row
            return
        discrete_set(cumulative[:n], kernel.values[:n])
        while k > 0 and (programs.last_row < 0 or row <= programs.last_row):
            i = discrete(stream, cumulative[:n])
            other = candidates.ids[found[i]]
            if (not limits.multapses and used[i] == s) or (not limits.autapses and other == node):
                continue
            used[i] = s
            relate(spaces[1], place, positions[found[i]])
            source[row], target[row] = node, other
            _draw_values(stream, candidates, n, programs, specification, saved, drawn, row)
            if programs.failure[0] != DONE:
                progress[SOURCE], progress[ROW], progress[FAILED] = s, row, 1
                return
            row += 1
            k -= 1
    progress[SOURCE], progress[ROW] = len(sources.ids), row
