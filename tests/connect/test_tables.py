"""Tables of connections, delays and defaults: what the rest of the kernel relies on."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jaxnest as nest
from jaxnest.kernel.kernel import kernel
from jaxnest.kernel.settings.clock import Clock
from jaxnest.kernel.synapses.delays import LONGEST_DELAY, to_steps
from jaxnest.kernel.tables.columns import Column, joined_words

PIECES = st.lists(
    st.one_of(
        st.tuples(st.integers(0, 4), st.integers(0, 2)),
        st.lists(st.integers(0, 9), max_size=4).map(lambda values: (len(values), np.array(values, np.int64))),
    ),
    max_size=8,
)


@settings(max_examples=200, deadline=None)
@given(PIECES, st.booleans())
def test_columns_hold_what_was_appended(pieces: list[tuple[int, int | np.ndarray]], expand_early: bool) -> None:
    column, expected = Column(np.int32), []
    for n, values in pieces:
        column.append(n, values)
        expected += list(np.broadcast_to(values, n))
        if expand_early:
            assert column.array.tolist() == expected
    assert len(column) == len(expected)
    if column.uniform is not None:
        assert set(expected) <= {column.uniform}
    rows = np.arange(len(expected))[::-2]
    assert column.at(rows).tolist() == [expected[r] for r in rows]
    column.take(rows)
    assert column.array.tolist() == [expected[r] for r in rows]
    assert column.array.dtype == np.int32


@pytest.mark.parametrize("n", [10, 5000])
def test_columns_side_by_side(n: int) -> None:
    numbers, weights, same = Column(np.int32), Column(np.float64), Column(np.float64)
    numbers.append(n, np.arange(n) * 7)
    for weight in (1.5, -2.5):
        weights.append(n // 2, weight)
    same.append(n, 3.0)
    joined = joined_words([numbers, weights, same])
    if n == 10:
        assert joined is None  # so few weights are not stored as codes
        return
    assert joined is not None
    order = np.random.default_rng(1).permutation(n)
    joined.part(joined.words[order])
    assert np.array_equal(numbers.array, order * 7)
    assert np.array_equal(weights.at(np.arange(n)), np.where(order < n // 2, 1.5, -2.5))
    assert same.uniform == 3.0


@pytest.mark.parametrize("value", [-1, 2**31 - 1])
def test_columns_without_room_side_by_side(value: int) -> None:
    columns = [Column(np.int32), Column(np.int32)]
    for column in columns:
        column.append(3, np.array([1, 2, value]))
    assert joined_words(columns) is None


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 2)), min_size=1, max_size=6), st.booleans())
def test_columns_hold_values_of_many_in_a_row(stretches: list[tuple[int, int]], expand: bool) -> None:
    sizes, values = np.array(stretches).T
    expected = np.repeat(values, sizes).tolist()
    column = Column(np.float64)
    column.append(len(expected), np.arange(len(expected)))
    column.stretch(values, np.cumsum(sizes))
    assert column.read().tolist() == expected
    if expand:
        column.array[0] = expected[0] = 7.0
    rows = np.arange(len(expected))[::-2]
    assert column.at(rows).tolist() == [expected[r] for r in rows]
    column.append(2, 5.0)
    assert column.at(np.arange(len(column))).tolist() == [*expected, 5.0, 5.0]
    column.take(rows)
    assert column.array.tolist() == [expected[r] for r in rows]
    assert column.uniform is None


def test_constant_values_are_not_expanded() -> None:
    nodes = nest.Create("iaf_psc_alpha", 50)
    for _ in range(2):
        nest.Connect(nodes, nodes, {"rule": "fixed_indegree", "indegree": 40}, {"weight": 2.0, "delay": 1.5})
    kernel.connections.sort()
    ((_, _, _, table),) = kernel.connections.tables()
    assert (table.uniform("weight"), table.uniform("delay"), table.uniform("receptor")) == (2.0, 15, 0)
    assert table.uniform("source") is None
    assert (table.weight == 2.0).all()
    assert len(table.weight) == len(table) == kernel.connections.num_connections == 4000
    assert table.weight.flags.c_contiguous


def test_few_different_values_are_stored_as_codes() -> None:
    nodes = nest.Create("iaf_psc_alpha", 50)
    for weight in (2.0, -3.0, 2.0):
        nest.Connect(nodes, nodes, {"rule": "fixed_indegree", "indegree": 40}, {"weight": weight})
    before = nest.GetConnections().get(["source", "target", "weight"])
    kernel.connections.sort()
    ((_, _, _, table),) = kernel.connections.tables()
    after = nest.GetConnections().get(["source", "target", "weight"])
    assert sorted(zip(*before.values(), strict=True)) == sorted(zip(*after.values(), strict=True))
    assert table.columns["weight"]._pieces[0][1].codes.dtype == np.uint8
    nest.GetConnections()[7].weight = 11.0
    assert nest.GetConnections().get("weight")[:9] == [*after["weight"][:7], 11.0, after["weight"][8]]


def test_versions_tell_changes() -> None:
    nodes = nest.Create("iaf_psc_alpha", 3)
    versions = [(kernel.connections.version, kernel.connections.values_version)]

    def changed() -> tuple[bool, bool]:
        versions.append((kernel.connections.version, kernel.connections.values_version))
        return versions[-1][0] > versions[-2][0], versions[-1][1] > versions[-2][1]

    nest.Connect(nodes, nodes)
    assert changed()[0]
    connections = nest.GetConnections()
    changed()
    connections.weight = 3.0
    assert changed() == (False, True)
    nest.GetConnections()
    kernel.connections.sort()
    assert changed() == (False, False)
    nest.Disconnect(nodes[0], nodes[1])
    assert changed()[0]


def test_tables_by_category_and_thread() -> None:
    nest.local_num_threads = 2
    neurons = nest.Create("iaf_psc_alpha", 4)
    generator, recorder = nest.Create("poisson_generator"), nest.Create("spike_recorder")
    nest.Connect(generator, neurons)
    nest.Connect(neurons, recorder)
    nest.Connect(neurons, neurons)
    nest.Connect(generator, recorder)
    index = nest.GetDefaults("static_synapse", "synapse_modelid")
    for thread in range(2):
        mine = [i for i in range(1, 5) if i % 2 == thread]
        to_device = kernel.connections.table(thread, index, "to_device")
        from_device = kernel.connections.table(thread, index, "from_device")
        assert to_device is not None
        assert from_device is not None
        assert to_device.source.tolist() == mine
        assert from_device.target.tolist() == mine + [6] * (thread == 6 % 2)
    assert kernel.connections.table(0, 0, "neuron") is None
    assert [(t, c) for t, _, c, _ in kernel.connections.tables()] == [
        (t, c) for t in range(2) for c in ("neuron", "to_device", "from_device")
    ]


@given(st.floats(0.0, 1e5), st.sampled_from([0.1, 0.05, 0.25, 1.0, 2.0]))
def test_delays_are_rounded_half_up(ms: float, resolution: float) -> None:
    clock = Clock(round(resolution * 1000))
    assert to_steps(clock, np.array([ms]))[0] == clock.delay_steps(ms)


@pytest.mark.parametrize("ms", [math.nan, math.inf, -math.inf, -5.0])
def test_impossible_delays_are_below_one_step(ms: float) -> None:
    assert to_steps(Clock(), np.array([ms]))[0] == 0


def test_delays_that_nest_would_wrap_are_refused() -> None:
    nodes = nest.Create("iaf_psc_alpha", 2)
    nest.Connect(nodes, nodes, syn_spec={"delay": LONGEST_DELAY * 0.1})
    with pytest.raises(nest.NESTErrors.BadDelay, match=r"at most 209715\.1"):
        nest.Connect(nodes, nodes, syn_spec={"delay": (LONGEST_DELAY + 1) * 0.1})


def test_extrema_follow_all_delays_that_were_ever_used() -> None:
    nodes = nest.Create("iaf_psc_alpha", 2)
    assert (nest.min_delay, nest.max_delay) == (0.1, 0.1)
    nest.Connect(nodes[0], nodes[1], syn_spec={"delay": 2.0})
    assert (nest.min_delay, nest.max_delay) == (2.0, 2.0)
    nest.GetConnections().delay = 7.0
    assert (nest.min_delay, nest.max_delay) == (2.0, 7.0)


@pytest.mark.parametrize(
    ("resolutions", "delay"), [([0.3], 1.2), ([0.7], 1.4), ([2.0], 2.0), ([0.3, 0.1], 1.2), ([0.7, 0.25], 1.5)]
)
def test_default_delay_moves_to_the_grid(resolutions: list[float], delay: float) -> None:
    for resolution in resolutions:
        nest.resolution = resolution
    assert nest.GetDefaults("static_synapse", "delay") == pytest.approx(delay)
    nodes = nest.Create("iaf_psc_alpha", 2)
    nest.Connect(nodes, nodes)
    assert nest.min_delay == pytest.approx(delay)


def test_defaults_of_copies_are_their_own() -> None:
    nodes = nest.Create("iaf_psc_alpha", 2)
    nest.SetDefaults("static_synapse", {"weight": 3.0, "delay": 2.0})
    nest.CopyModel("static_synapse", "mine", {"weight": 5.0})
    nest.SetDefaults("static_synapse", {"delay": 1.5})
    nest.Connect(nodes[0], nodes[1], syn_spec="mine")
    found = nest.GetConnections()
    assert (found.weight, found.delay, found.synapse_model) == (5.0, 2.0, "mine")
    assert nest.GetDefaults("mine", "num_connections") == 1


def test_common_weight_is_that_of_the_model() -> None:
    nodes = nest.Create("iaf_psc_alpha", 2)
    nest.Connect(nodes, nodes, syn_spec="static_synapse_hom_w")
    nest.SetDefaults("static_synapse_hom_w", {"weight": 4.0})
    ((_, _, _, table),) = kernel.connections.tables()
    assert table.uniform("weight") == 4.0
    assert table.weight.tolist() == [4.0] * 4
    assert "weight" not in nest.GetConnections().get()


@pytest.mark.parametrize("change", ["nothing drawn", "refused", "no connections"])
def test_tables_are_sorted_after_a_connect_that_makes_nothing(change: str) -> None:
    """NEST erases removed connections at the end when tables are sorted, which any Connect brings about."""
    neurons = nest.Create("parrot_neuron", 4)
    nest.Connect(neurons, neurons)
    nest.GetConnections(neurons[3]).disconnect()
    if change == "nothing drawn":
        nest.Connect(neurons, neurons, {"rule": "pairwise_bernoulli", "p": 0.0})
    elif change == "refused":
        with pytest.raises(nest.NESTErrors.BadDelay):
            nest.Connect(neurons, neurons, syn_spec={"delay": 0.01})
    nest.GetConnections()
    nest.Connect(neurons[3], neurons[0])
    assert nest.GetConnections(neurons[3]).port == (16 if change == "no connections" else 12)
