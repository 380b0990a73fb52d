"""The arrays that compiled code reads, for networks of five neurons whose layout can be worked out by hand.

Neurons with vector instructions lie in blocks of 16: channel `c` of the neuron at position `p` is lane ``16 * c + p``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import jaxnest as nest
from jaxnest.engine import archive_layout as words
from jaxnest.engine.layout import ALIKE, ASCENDING, DIFFERENT, FIRST_REDIRECTED, PLAIN
from jaxnest.engine.plan.buffers import Buffers
from jaxnest.engine.plan.plan import Plan
from jaxnest.engine.precise.precise_spikes import PreciseSpikes
from jaxnest.kernel.kernel import kernel
from jaxnest.models.histories import learning_history, voltage_history


def session() -> Any:
    """The session of the network after Prepare."""
    session = kernel.simulation._session
    assert session is not None
    return session


def plan() -> Plan:
    """The layout of the network."""
    nest.Prepare()
    return session()._plan


def equal(found: np.ndarray, expected: Any) -> bool:
    return np.asarray(found).tolist() == expected


def connect(neurons: Any, *connections: tuple[int, int, float, float], **spec: Any) -> None:
    """Make connections one by one: number of source and target, weight, delay."""
    for source, target, weight, delay in connections:
        nest.Connect(
            neurons[source - 1], neurons[target - 1], syn_spec={"weight": weight, "delay": delay, **spec}
        )  # fmt: skip


def test_connections_are_grouped_by_source() -> None:
    neurons = nest.Create("iaf_psc_exp", 5)
    connect(neurons, (2, 1, 10.0, 2.0), (1, 2, 5.0, 1.0), (1, 3, 5.0, 1.0), (2, 4, -20.0, 1.5), (5, 5, 7.0, 1.0))
    found = plan()
    assert (found.min_delay, found.max_delay, found.n_slots) == (10, 20, 30)
    table = found.delivery[0]
    # groups: source 1 (connections 0 and 1), 2 (2 and 3), 5 (4); node 0 is none, 6 is behind the last one
    assert equal(table.group_start, [0, 0, 1, 2, 2, 2, 3])
    assert equal(table.connection_start, [0, 2, 4, 5])
    # delays differ in the network; those of sources 1 and 5 are alike, and so are their weights
    assert equal(table.group_constant, [0, 1, 0, 1])
    assert equal(table.lane, [1, 2, 0, 16 + 3, 4])  # the negative weight goes to the second channel
    assert equal(table.weight, [5.0, 5.0, 10.0, -20.0, 7.0])
    assert equal(table.delay, [10, 10, 20, 15, 10])
    assert equal(table.value_start, [0, 2, 4, 0])
    owner, row = table.home(np.arange(5))
    assert equal(owner, [0] * 5)
    assert equal(table.tables[0][1].at("target", row), [2, 3, 1, 4, 5])


def test_groups_whose_connections_are_alike_store_one_weight_and_one_delay() -> None:
    neurons = nest.Create("iaf_psc_exp", 5)
    nest.Connect(neurons[0], neurons, syn_spec={"weight": 3.0, "delay": 1.0})
    nest.Connect(neurons[3], neurons[1:3], syn_spec={"weight": -4.0, "delay": 1.0})
    table = plan().delivery[0]
    assert equal(table.group_constant, [1, 1, 1])  # the first entry: all delays of the network are equal
    assert equal(table.lane, [0, 1, 2, 3, 4, 16 + 1, 16 + 2])
    assert (table.weight.tolist(), table.delay.tolist(), table.value_start.tolist()) == (
        [3.0, -4.0],
        [10],
        [0, 1, 0],
    )
    table.spread()
    assert equal(table.weight, [3.0] * 5 + [-4.0] * 2)
    assert equal(table.delay, [10] * 7)
    assert equal(table.value_start, [0, 5, 0])


def test_virtual_processes_have_the_connections_to_their_neurons() -> None:
    nest.local_num_threads = 2
    neurons = nest.Create("iaf_psc_exp", 5)
    nest.Connect(neurons[1], neurons, syn_spec={"weight": [[1.0], [2.0], [3.0], [4.0], [5.0]], "delay": 1.0})
    nest.Connect(neurons[4], neurons[:2], syn_spec={"weight": 7.0, "delay": 1.0})
    found = plan()
    assert [shard.emitters[shard.emitters > 0].tolist() for shard in found.shards] == [[2, 4], [1, 3, 5]]
    even, odd = found.delivery
    for table in (even, odd):  # all sources are known everywhere: 2 is the first group, 5 the second
        assert equal(table.group_start, [0, 0, 0, 1, 1, 1, 2])
    assert (even.connection_start.tolist(), odd.connection_start.tolist()) == ([0, 2, 3], [0, 3, 4])
    assert (even.lane.tolist(), odd.lane.tolist()) == ([0, 1, 0], [0, 1, 2, 0])  # of the targets 2 4 2 and 1 3 5 1
    assert (even.weight.tolist(), odd.weight.tolist()) == ([2.0, 4.0, 7.0], [1.0, 3.0, 5.0, 7.0])


def test_plastic_connections_lie_table_by_table() -> None:
    neurons = nest.Create("iaf_psc_exp", 5)
    nest.CopyModel("stdp_synapse", "other", {"weight": -1.0, "Wmax": -5.0, "tau_plus": 15.0})
    connect(neurons, (3, 2, 3.0, 1.5), (1, 2, 1.0, 1.0), (1, 3, 2.0, 1.0), synapse_model="stdp_synapse")
    connect(neurons, (1, 4, 4.0, 1.0))
    nest.Connect(neurons[1], neurons[4], syn_spec="other")
    table = plan().delivery[0]
    # four groups: the static and the plastic connections of source 1, then those of 2 and 3
    assert equal(table.group_start, [0, 0, 2, 3, 4, 4, 4])
    assert equal(table.connection_start, [0, 1, 3, 4, 5])
    assert (table.lane.tolist(), table.weight.tolist()) == ([3], [4.0])  # only static connections have lanes there
    plasticity = table.plasticity
    assert plasticity is not None
    assert plasticity.dynamics == ("stdp_synapse",)  # a copy has the functions of what it is a copy of
    # kind, first connection, row of the model's common properties, first row of source states and distance of rows
    assert equal(plasticity.groups, [[0, 0, 0, 0, 0], [1, 0, 0, 0, 0], [1, 3, 1, 2, 0], [1, 2, 0, 1, 0]])
    (synapses,) = plasticity.synapses
    assert equal(synapses.place, [1, 2, 1, 4])  # targets 2, 3, 2 of the model and 5 of its copy; one receptor each
    assert equal(synapses.delay, [10, 10, 15, 10])
    assert equal(synapses.columns["weight"], [1.0, 2.0, 3.0, -1.0])
    assert equal(synapses.columns["tau_plus"], [20.0, 20.0, 20.0, 15.0])
    assert equal(synapses.columns["Wmax"], [100.0, 100.0, 100.0, -5.0])
    assert equal(synapses.columns["lambda"], [0.01])  # the same everywhere, and it never changes
    assert synapses.of_source.shape == (3, len(synapses.model.source_states))  # once for each source of each table
    # column of the raster, lanes for positive and for other weights, flags
    assert equal(synapses.sites, [[p, p, 16 + p, 0] for p in range(5)])
    assert [(home.first, home.n, home.size.tolist()) for home in synapses.homes] == [(0, 3, [2, 1]), (3, 1, [1])]


def test_source_states_that_differ_have_a_row_for_each_connection() -> None:
    neurons = nest.Create("iaf_psc_exp", 5)
    spec = {"synapse_model": "tsodyks2_synapse", "weight": 2.0, "delay": 1.0}
    nest.Connect(neurons[0], neurons[1:4], syn_spec=spec)
    nest.Connect(neurons[4], neurons[:2], syn_spec=spec | {"u": [[0.25], [0.75]]})
    plasticity = plan().delivery[0].plasticity
    assert plasticity is not None
    (synapses,) = plasticity.synapses
    u = synapses.model.source_states.index("u")
    assert equal(plasticity.groups[:, 1:], [[0, 0, 0, 0], [3, 0, 1, 1]])
    assert equal(synapses.of_source[:, u], [0.5, 0.25, 0.75])  # source 1 shares a row, source 5 has two


def test_connections_of_devices_are_sorted_by_device() -> None:
    neurons = nest.Create("iaf_psc_exp", 5)
    noise = nest.Create("poisson_generator", 2, {"rate": 100.0})
    current, recorder = nest.Create("dc_generator"), nest.Create("spike_recorder")
    nest.Connect(noise[1], neurons[3], syn_spec={"weight": -2.0, "delay": 1.0})
    nest.Connect(noise[0], neurons, syn_spec={"weight": 3.0, "delay": 1.5})
    nest.Connect(noise[1], recorder, syn_spec={"delay": 1.0})
    nest.Connect(noise[1], neurons[1], syn_spec={"weight": 2.0, "delay": 1.2})
    nest.Connect(current, neurons[4], syn_spec={"weight": 0.5, "delay": 2.0})
    nest.Connect(current, neurons[2], syn_spec={"weight": 0.5, "delay": 2.0})
    nest.Connect(neurons[2], recorder)
    found = plan()
    spikes, currents, _ = found.device_tables[0]
    assert equal(spikes.start, [0, 5, 8])
    assert equal(spikes.lane_positive, [0, 1, 2, 3, 4, 3, -1, 1])  # -1: the first recorder
    assert equal(spikes.lane_negative, [16, 17, 18, 19, 20, 19, -1, 17])
    assert equal(spikes.weight, [3.0] * 5 + [-2.0, 1.0, 2.0])
    assert equal(spikes.delay, [15] * 5 + [10, 10, 12])
    assert equal(spikes.alike, [ASCENDING, DIFFERENT])
    assert equal(spikes.identity, [1, 2, 3, 4, 5, 4, int(recorder.global_id), 2])
    assert equal(currents.start, [0, 2])
    assert equal(currents.lane_positive, [2 * 16 + 4, 2 * 16 + 2])  # the third channel, in the order of creation
    assert equal(currents.alike, [ALIKE])
    assert equal(found.recorders, [int(recorder.global_id)])
    assert equal(np.flatnonzero(found.recorded[0]), [2])


def test_rates_and_gap_junctions_are_products_of_rows_and_factors() -> None:
    rates, gaps = nest.Create("lin_rate_ipn", 3), nest.Create("hh_psc_alpha_gap", 2)
    connect(rates, (1, 3, 2.0, 1.5), (3, 1, -3.0, 1.0), synapse_model="rate_connection_delayed")
    spec = {"synapse_model": "rate_connection_instantaneous", "weight": 0.5}
    nest.Connect(rates[1], rates[0], syn_spec=spec)
    rule = {"rule": "one_to_one", "make_symmetric": True}
    nest.Connect(gaps[0], gaps[1], rule, {"synapse_model": "gap_junction", "weight": 4.0})
    secondary = plan().secondary
    assert secondary is not None
    # rows: 0 holds ones, 1-3 delayed rates, 4-6 instantaneous ones, then four components of two potentials
    assert [list(places.values()) for places in secondary.first_row[0]] == [[1, 4], [7]]
    assert (secondary.n_rows, secondary.iterates) == (1 + 3 + 3 + 4 * 2, True)
    assert secondary.signals.shape == (15, 10)
    assert equal(secondary.signals[:, 0], [1.0] + [0.0] * 14)
    delayed, immediate = secondary.delayed[0], secondary.immediate[0]
    assert equal(delayed.row, [1, 3])
    assert equal(delayed.factor, [2.0, -3.0])
    assert equal(delayed.lane, [2, 3])  # three neurons side by side: channel 0 of the third, channel 1 of the first
    assert equal(delayed.offset, [15 - 10, 0])
    # the lanes of potentials begin behind 4 channels of 3 neurons; their fourth channel is the sum of conductances
    first = 4 * 3 + 3 * 2
    to_second = [first + 1 + 2 * k for k in range(5)]
    to_first = [first + 2 * k for k in range(5)]
    assert equal(immediate.row, [0, 7, 9, 11, 13, 0, 8, 10, 12, 14, 5])
    assert equal(immediate.factor, [4.0] * 10 + [0.5])
    assert equal(immediate.lane, [*to_second, *to_first, 2 * 3])
    assert not immediate.offset.any()
    assert equal(secondary.iterated_lanes[0], [*range(6, 12), *range(18, 28)])


def test_neurons_with_precise_spikes_have_queues() -> None:
    neurons, parrots = nest.Create("iaf_psc_exp_ps", 3), nest.Create("parrot_neuron_ps", 2)
    noise = nest.Create("poisson_generator_ps", params={"rate": 10.0})
    nest.Connect(noise, parrots, syn_spec={"delay": 1.5})
    nest.Connect(noise, neurons[1], syn_spec={"weight": 2.0, "delay": 1.0})
    nest.Connect(parrots[0], neurons[2], syn_spec={"delay": 1.0})
    found = plan()
    assert found.redirections is not None
    redirected = found.redirections[0]
    assert equal(redirected.node, [4, 5, 2])
    assert equal(redirected.delay, [15, 15, 10])
    assert equal(redirected.counts, [1, 1, 0])  # parrots repeat spikes whatever their weight
    (table,) = (t for t in found.device_tables[0] if t is not None)
    assert equal(table.lane_positive, [-1 - FIRST_REDIRECTED - k for k in range(3)])
    assert equal(table.flags, [PLAIN, PLAIN, 0])
    precise = PreciseSpikes(found.shards[0], 6)
    # two channels of three neurons and of two parrots; spikes are the first one
    assert equal(precise.node_of_lane, [1, 2, 3, 0, 0, 0, 4, 5, 0, 0])
    assert equal(precise.queue_of_node, [-1, 0, 1, 2, 3, 4, -1])
    assert precise.first_queue == {0: 0, 1: 3}


def archive() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Index, traces and pool of the only virtual process."""
    (buffers,) = session()._buffers
    assert isinstance(buffers, Buffers)
    return buffers.archive.arrays


def test_neurons_remember_spikes_for_the_synapses_that_read_them() -> None:
    parrots = nest.Create("parrot_neuron", 5)
    train = nest.Create("spike_generator", params={"spike_times": [1.0, 3.0]})
    nest.Connect(train, parrots[1:3], syn_spec={"delay": 1.0})
    spec = {"synapse_model": "stdp_synapse", "receptor_type": 1}
    connect(parrots, (1, 2, 1.0, 1.0), (1, 3, 1.0, 1.0), (4, 2, 1.0, 2.0), **spec)
    nest.Prepare()
    nest.Run(10.0)
    index, trace, pool = archive()
    assert equal(index[:, words.INCOMING], [0, 2, 1, 0, 0])
    assert equal(index[:, words.LENGTH], [0, 2, 2, 0, 0])
    assert equal(index[1:3, words.START], [0, words.SMALLEST_RING])
    assert equal(index[1:3, words.CAPACITY], [words.SMALLEST_RING] * 2)
    assert equal(trace[:, words.LAST], [-1.0, 4.0, 4.0, -1.0, -1.0])
    for row in (0, words.SMALLEST_RING):
        assert equal(pool[row : row + 2, words.TIME], [2.0, 4.0])
        assert equal(pool[row : row + 2, words.RECORD_TRACE], [1.0, 1.0 + math.exp(-2.0 / 20.0)])
        assert equal(pool[row : row + 2, words.RECORD_TRIPLET], [1.0, 1.0 + math.exp(-2.0 / 110.0)])
        assert equal(pool[row : row + 2, words.READ], [0.0, 0.0])
    nest.Cleanup()


def test_rows_of_potentials_and_collectors_follow_those_of_neurons() -> None:
    clopath, neurons = nest.Create("aeif_psc_delta_clopath", 2), nest.Create("iaf_psc_delta", 3)
    transmitter = nest.Create("volume_transmitter")
    nest.SetDefaults("stdp_dopamine_synapse", {"volume_transmitter": transmitter})
    nest.Connect(neurons[0], clopath, syn_spec={"synapse_model": "clopath_synapse"})
    nest.Connect(neurons[1], neurons[2], syn_spec={"synapse_model": "stdp_dopamine_synapse"})
    nest.Connect(neurons[0], transmitter)
    (shard,) = plan().shards
    assert equal(shard.emitters, [1, 2, 3, 4, 5] + [0] * 13)  # two that are advanced one by one, and a block
    assert shard.collector_rows == {6: 18}
    assert shard.voltage_rows == {0: 19}
    assert shard.first_source_row == 19 + words.VOLTAGE_ROWS * 2
    index, _, pool = archive()
    assert len(index) == 19 + words.VOLTAGE_ROWS * 2
    assert equal(index[:5, words.INCOMING], [1, 1, 0, 0, 1])
    assert equal(index[:2, words.VOLTAGES], [19, 22])
    assert equal(index[18, [words.LENGTH, words.INCOMING]], [1, 0])  # a spike of multiplicity 0 at time 0
    assert not pool[index[18, words.START]].any()


def test_rows_for_learning_follow_those_of_neurons() -> None:
    nest.resolution = 1.0
    inputs, neurons = nest.Create("parrot_neuron", 2), nest.Create("eprop_iaf_bsshslm_2020", 2)
    readout = nest.Create("eprop_readout_bsshslm_2020")
    spec = {"synapse_model": "eprop_synapse_bsshslm_2020", "delay": 1.0}
    nest.Connect(inputs, neurons, syn_spec=spec)
    nest.Connect(neurons, readout, syn_spec=spec)
    found = plan()
    (shard,) = found.shards
    assert equal(shard.emitters, [1, 2, 3, 4, 5])
    assert shard.learning_rows == {1: 5, 2: 5 + words.LEARNING_ROWS * 2}
    assert shard.first_source_row == 5 + words.LEARNING_ROWS * 3
    plasticity = found.delivery[0].plasticity
    assert plasticity is not None
    assert equal(plasticity.sources, [1, 2, 3, 4])
    assert equal(plasticity.source_row, [0, 14, 15, 16, 17, 0, 0])
    assert len(archive()[0]) == 18


def test_rows_of_other_histories_have_no_word_of_what_grows_or_decays_in_all_rows() -> None:
    numbers = set(voltage_history.CONSTANTS) | {
        value for name, value in vars(learning_history).items() if name.isupper() and type(value) is int
    }  # fmt: skip
    everywhere = {words.CALCIUM, words.CALCIUM_TIME, words.CALCIUM_TAU, words.N_ELEMENTS, words.ELEMENTS_AT}
    assert {learning_history.RATE, learning_history.F_TARGET} <= numbers
    assert not numbers & everywhere
    assert max(numbers | everywhere) < words.TRACE_WORDS
