"""Spikes through synapses with functions of their own, in array operations.

In round `r` of a slice every source sends its spike number `r`, if it has so many. No connection gets more than one
spike in a round, so that all of them can be advanced together.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from jaxnest.compile.tracing import flow
from jaxnest.engine import archive_layout as words
from jaxnest.engine import layout
from jaxnest.engine.accelerated.functions import draws
from jaxnest.engine.accelerated.pure import add_to_ring
from jaxnest.engine.accelerated.synapses import weights
from jaxnest.engine.accelerated.synapses.histories import Event, rounds
from jaxnest.engine.accelerated.synapses.tables import KindSpec, SynapseSpec, chunk_of
from jaxnest.engine.plasticity.synapses import as_field, common_slices, state_names
from jaxnest.random.numbers.layout import KEY, SYNAPSES

Changing = dict[str, Any]
"""What delivery changes of a virtual process."""

CHANGED = ("ring", "archive", "reads", "synapses", "counters", "weight_events", "stream")


def deliver(
    spec: SynapseSpec, shard: Changing, constants: Any, times: Any, rasters: list[Any], clock: Any
) -> None:  # fmt: skip
    """Send the spikes of the previous slice, of all virtual processes, through the synapses of one.

    Constant weights were delivered before; here those are noted that are recorded.
    """
    if not (spec.kinds or spec.n_watched):
        return
    begins = clock[layout.FROM] == 0
    pairs = zip(rasters[::2], rasters[1::2], strict=True)
    raster = jnp.concatenate([jnp.where(begins & (c[layout.N_REGISTERED] > 0), r, 0) for r, c in pairs], axis=1)
    of_round, n_rounds = rounds(raster)
    first = clock[layout.ORIGIN] - clock[layout.MIN_DELAY]

    def send_round(carry: tuple[Any, Changing]) -> tuple[Any, Changing]:
        (r, state), (active, lag, copy) = carry, of_round(carry[0])
        turn = state["counters"][layout.N_TURNS] + jnp.arange(raster.shape[1]) * raster.shape[0] + lag
        spikes = {"active": active, "step": first + lag, "copy": copy, "turn": turn}
        for k, kind in enumerate(spec.kinds):
            state = _send_all(kind, k, state, constants["kinds"][k], times, spikes)
        if spec.n_watched:
            state = _note_constant(spec.n_watched, state, constants["watched"], spikes)
        return r + 1, state

    state = {name: shard[name] for name in CHANGED}
    _, state = lax.while_loop(lambda carry: carry[0] < n_rounds, send_round, (jnp.zeros((), n_rounds.dtype), state))
    state["counters"] = state["counters"].at[layout.N_TURNS].add(jnp.where(begins, raster.size, 0))
    shard |= state


def _send_all(kind: KindSpec, k: int, state: Changing, constant: Any, times: Any, spikes: Any) -> Changing:
    """Send one spike of some sources through all their synapses of a kind."""

    def send_some(state: Changing, entry: Any, column: Any, valid: Any) -> Changing:
        events = {name: spikes[name][column] for name in ("step", "copy", "turn")}
        events |= {"node": constant["node"][column], "valid": valid}
        return send(kind, k, state, constant, times, entry, events)

    return _some_at_once(kind.chunk, state, constant, spikes["active"], send_some)


def _note_constant(n: int, state: Changing, constant: Any, spikes: Any) -> Changing:
    """Let constant weights be recorded that one spike of some sources meets."""

    def note_some(state: Changing, entry: Any, column: Any, valid: Any) -> Changing:
        state, stamp = dict(state), spikes["step"][column] + 1
        weights.note(state, constant["connection"][entry], stamp, jnp.zeros(len(entry)), valid)
        return state

    return _some_at_once(chunk_of(n), state, constant, spikes["active"], note_some)


def _some_at_once(chunk: int, state: Changing, constant: Any, active: Any, act: Any) -> Changing:
    """Do something for all entries of those columns of the raster that are active, some entries at once."""
    count = jnp.where(active, constant["count"], 0)
    end = jnp.cumsum(count)

    def act_on_some(carry: tuple[Any, Changing]) -> tuple[Any, Changing]:
        done, state = carry
        place = done + jnp.arange(chunk, dtype=end.dtype)
        column = jnp.searchsorted(end, place, side="right", method="scan_unrolled")
        column = jnp.minimum(column, len(end) - 1)
        entry = constant["begin"][column] + place - (end[column] - count[column])
        valid = place < end[-1]
        return done + chunk, act(state, jnp.where(valid, entry, 0), column, valid)

    return lax.while_loop(lambda carry: carry[0] < end[-1], act_on_some, (jnp.zeros((), end.dtype), state))[1]


def modulate(spec: SynapseSpec, row: int, state: Changing, constants: Any, times: Any, step: Any) -> Changing:
    """Tell synapses what modulates them: those of the collector with a row in the archive."""
    for k, kind in enumerate(spec.kinds):
        if kind.model.modulate is None:
            continue
        constant, turn = constants["kinds"][k], state["counters"][layout.N_TURNS]

        def tell_some(
            n: Any, state: Changing, k: int = k, kind: KindSpec = kind, constant: Any = constant, turn: Any = turn
        ) -> Changing:
            place = n * kind.chunk + jnp.arange(kind.chunk)
            valid = (place < kind.n) & (constant["collector"][jnp.minimum(place, kind.n - 1)] == row)
            same = {"step": step, "turn": turn, "copy": 0, "node": 0}
            events = {name: jnp.broadcast_to(value, place.shape) for name, value in same.items()} | {"valid": valid}
            return send(kind, k, state, constant, times, jnp.where(valid, place, 0), events, modulated=True)

        state = lax.fori_loop(0, -(-kind.n // kind.chunk), tell_some, state)
    return state


def send(
    kind: KindSpec,
    k: int,
    state: Changing,
    constant: Any,
    times: Any,
    entry: Any,
    events: dict[str, Any],
    modulated: bool = False,
) -> Changing:
    """Send a spike through each of some synapses of a kind, all different ones, and return what has changed.

    The parameters are those of `passed`.
    """
    state, weight, sends, site, steps = passed(kind, k, state, constant, times, entry, events, modulated)
    if modulated:
        return state
    amount = jnp.where(site[:, layout.FLAGS] & layout.PLAIN > 0, 1.0, weight)
    lane = jnp.where(amount > 0, site[:, layout.LANE_POSITIVE], site[:, layout.LANE_NEGATIVE])
    amount = jnp.where((amount <= 0) & (site[:, layout.FLAGS] & layout.FLIP > 0), -amount, amount)
    state["ring"] = add_to_ring(state["ring"], events["step"] + steps, lane, jnp.where(sends, amount, 0.0))
    if kind.is_watched:
        weights.note(state, constant["connection"][entry], events["step"] + 1, weight, sends)
    return state


def passed(
    kind: KindSpec,
    k: int,
    state: Changing,
    constant: Any,
    times: Any,
    entry: Any,
    events: dict[str, Any],
    modulated: bool = False,
) -> tuple[Changing, Any, Any, Any, Any]:
    """Let a spike pass each of some synapses of a kind, all different ones.

    Parameters
    ----------
    k
        Which of the kinds it is.
    entry
        The synapses.
    events
        Per synapse: ``step``, ``copy``, ``turn`` and ``node`` of the spike, and whether there is one (``valid``).
    modulated
        There is no spike: the synapses are told what modulates them.

    Returns
    -------
    state, weight, sends, site, steps
        What has changed; and per synapse the weight of the spike, whether it goes on, its row of `sites`, and delay.
    """
    state, valid, row = dict(state), events["valid"], constant["row"][entry]
    site = constant["sites"][constant["place"][row]]
    steps = _at(constant["delay"], row)
    model, mine, post = kind.model, state["synapses"][k], site[:, layout.COLUMN].astype(jnp.int64)
    function = _modulated(model) if modulated else flow.traceable(model.send)
    values = _parameters(model, constant, mine, entry, row), _states(model, constant, mine, entry, row)
    if model.is_stochastic:
        events = events | {"identity": constant["identity"][row]}
    results = _results(model, function, values, times, state, steps, post, events)
    new, weight, sends, read, seen = results
    nowhere = jnp.arange(len(row), dtype=row.dtype)
    place = jnp.where(valid, row, len(constant["place"]) + nowhere)
    state["synapses"] = [*state["synapses"]]
    state["synapses"][k] = _stored(kind, mine, constant, entry, place, valid, new)
    _note_reading(kind, state, post, valid, read, seen, events["turn"])
    return state, weight, valid & sends, site, steps


def _at(values: Any, row: Any) -> Any:
    """Return values of some rows; a single value is that of all."""
    return values[row] if len(values) > 1 else jnp.broadcast_to(values[0], row.shape)


def _results(
    model: type[Any], function: Any, values: Any, times: Any, state: Changing, steps: Any, post: Any, events: Any
) -> tuple[Any, ...]:
    """Return what a function says for some synapses: states, weights, whether they send; and what it has read.

    Parameters
    ----------
    values
        What `_parameters` and `_states` say.
    steps, post
        Delays, and columns of the targets in the raster.
    """
    (p, p_axes), s = values
    per_step, per_tic, tics = times[words.MS_PER_STEP], times[words.MS_PER_TIC], times[words.TICS_PER_STEP]
    index, trace, pool = state["archive"]
    no_result = (0.0,) * (len(model.dynamic) + len(model.common_state))

    def one(p: Any, s: Any, steps: Any, post: Any, event: Any) -> Any:
        t, grid_delay = per_tic * ((event["step"] + 1) * tics), per_tic * (steps * tics)
        collector = jnp.asarray(getattr(p, model.modulator)).astype(jnp.int64) if model.modulator else -1
        with (
            flow.cells((jnp.int64(0), jnp.int64(0)), (0.0, False)) as (read, seen),
            _drawing(model, state["stream"], event) as stream,
        ):
            x = Event(
                t, steps * per_step, post, index, trace, pool, grid_delay, event["step"] + 1, False, per_step,
                event["turn"], read, seen, 0, stream, collector,
            )  # fmt: skip
            valid, nothing = event["valid"], (no_result, 0.0, False)
            new, weight, sends = flow.branch(valid, lambda: function(p, s, x), lambda: nothing, ())
            return tuple(jnp.asarray(a, jnp.float64) for a in new), weight * 1.0, sends, read.value, seen.value

    return jax.vmap(one, (p_axes, 0, 0, 0, 0))(p, s, steps, post, events)


@contextmanager
def _drawing(model: type[Any], stream: Any, event: Any) -> Iterator[Any]:
    """Yield what a synapse draws from at an event."""
    if not model.is_stochastic:
        yield None
        return
    with draws.drawing(draws.stream(stream[KEY]), 0) as (drawn, _):
        who = event["node"] | event["copy"].astype(jnp.int64) << 32
        draws.rekey(drawn, SYNAPSES, who, event["identity"], event["step"])
        yield drawn


def _modulated(model: type[Any]) -> Any:
    """Return the function of what modulates in the form of that of spikes."""
    function = flow.traceable(model.modulate)
    return lambda p, s, x: (function(p, s, x), 0.0, False)


def _parameters(model: type[Any], constant: Any, mine: Any, entry: Any, row: Any) -> tuple[Any, Any]:
    """Return what `p` is in functions of synapses, and which of it has a value for each synapse."""
    names = (*model.parameters, *common_slices(model))
    kind = namedtuple("Parameters", [as_field(name) for name in names])
    values, axes = {}, {}
    for name in model.parameters:
        column = constant["fixed"].get(name)
        column = mine["columns"][name] if column is None else column
        axes[name] = 0 if len(column) > 1 else None
        values[name] = column[row] if len(column) > 1 else column[0]
    group, several = constant["common_row"], len(constant["common_row"]) > 1
    group = group[entry] if several else group[0]
    for name, (begin, end) in common_slices(model).items():
        if name in model.common_state:
            value = mine["common"][group, model.common_state.index(name)]
        else:
            is_vector = name in model.common and model.common[name].is_vector
            value = constant["common"][group, begin:end] if is_vector else constant["common"][group, begin]
        values[name], axes[name] = value, 0 if several else None
    return kind(*(values[n] for n in names)), kind(*(axes[n] for n in names))


def _states(model: type[Any], constant: Any, mine: Any, entry: Any, row: Any) -> Any:
    """Return what `s` is in functions of synapses."""
    names = state_names(model)
    kind = namedtuple("State", [as_field(name) for name in names])
    values = []
    for name in names:
        if name in model.source_states:
            values.append(mine["of_source"][constant["state_row"][entry], model.source_states.index(name)])
        else:
            column = mine["columns"].get(name, constant["fixed"].get(name))
            values.append(_at(column, row))
    return kind(*values)


def _stored(kind: KindSpec, mine: Any, constant: Any, entry: Any, place: Any, valid: Any, new: Any) -> Any:
    """Return the states after some synapses, whose places these are, have new ones."""
    model, columns, of_source = kind.model, dict(mine["columns"]), mine["of_source"]
    values = dict(zip(model.dynamic, new, strict=False))
    for name in columns.keys() & set(model.dynamic):
        columns[name] = columns[name].at[place].set(values[name], mode="drop", unique_indices=True)
    if model.source_states:
        rows = jnp.where(valid & constant["advances"][entry], constant["state_row"][entry], len(of_source))
        advanced = jnp.stack([values[name] for name in model.source_states], axis=1)
        of_source = of_source.at[rows].set(advanced, mode="drop")
    common = mine["common"]
    if model.common_state:
        group = constant["common_row"][entry if len(constant["common_row"]) > 1 else jnp.zeros_like(entry)]
        changed = jnp.stack(new[len(model.dynamic) :], axis=1)
        common = common.at[jnp.where(valid, group, len(common))].set(changed, mode="drop")
    return {"columns": columns, "common": common, "of_source": of_source}


def _note_reading(kind: KindSpec, state: Changing, post: Any, valid: Any, read: Any, seen: Any, turn: Any) -> None:
    """Note which records of targets were read, and which trace was computed last in NEST's order."""
    if not kind.model.needs_archive:
        return
    index, trace, pool = state["archive"]
    (begin, end), (value, was_seen), reads = read, seen, state["reads"]
    of_potentials = kind.model.needs_voltages or kind.model.needs_predictions
    mine = index[index[post, words.VOLTAGES] + words.POTENTIATIONS if of_potentials else post]
    for k, change in ((begin, 1), (end, -1)):
        slot = mine[:, words.START] + ((mine[:, words.FIRST] + k) & (mine[:, words.CAPACITY] - 1))
        reads = reads.at[jnp.where(valid & (begin < end), slot, len(reads))].add(change, mode="drop")
    rows = jnp.where(valid & was_seen, post, len(trace))
    trace = trace.at[rows, words.SEEN_TURN].max(turn.astype(trace.dtype), mode="drop")
    last = trace[jnp.minimum(rows, len(trace) - 1), words.SEEN_TURN] == turn
    trace = trace.at[jnp.where(last, rows, len(trace)), words.SEEN].set(value, mode="drop")
    state["archive"], state["reads"] = (index, trace, pool), reads
