"""What NEST refuses in Connect and its relatives, when it does, and what is left then. All values are NEST's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import jaxnest as nest

E = nest.NESTErrors

BERNOULLI, INDEGREE = {"rule": "pairwise_bernoulli", "p": 0.8}, {"rule": "fixed_indegree", "indegree": 2}
INSTANTANEOUS, DIFFUSION, HOMOGENEOUS = (
    {"synapse_model": name}
    for name in ("rate_connection_instantaneous", "diffusion_connection", "static_synapse_hom_w")
)
LATER, AT_FIRST = (
    [0.6243658394931167, 0.8528827025606274],
    ((0.1, 0.1), [0.30375272291830463, 0.7582227630103001]),
)
"""The weights that are drawn after some connections; the delays and weights where none was drawn before."""


def limits() -> tuple[float, float, int]:
    return nest.min_delay, nest.max_delay, nest.num_connections


@pytest.mark.parametrize(
    ("syn_spec", "error", "expected"),
    [
        ({"delay": 2.6, "receptor_type": 3}, E.UnknownReceptorType, (2.6, 2.6, 0)),
        ({"delay": [2.0, 3.0, 4.0, 0.5], "receptor_type": [0, 0, 0, 1]}, E.UnknownReceptorType, (0.5, 4.0, 3)),
        ({"delay": [2.0, 3.0, 0.01, 7.0]}, E.BadDelay, (2.0, 3.0, 2)),
        ({"delay": 2.6, "synapse_model": "clopath_synapse"}, E.NotImplemented, (0.1, 0.1, 0)),
        (
            {"delay": [2.0, 3.0, 4.0, 7.0], "synapse_model": "tsodyks_synapse", "U": [0.1, 0.1, -1.0, 0.1]},
            E.BadProperty,
            (2.0, 4.0, 2),
        ),
        ({"receptor_type": 1}, E.UnknownReceptorType, (1.0, 1.0, 0)),
    ],
)
def test_delays_of_failed_connects(syn_spec: dict[str, Any], error: type[Exception], expected: Any) -> None:
    nodes = nest.Create("iaf_psc_alpha", 4)
    with pytest.raises(error):
        nest.Connect(nodes, nodes, "one_to_one", syn_spec)
    assert limits() == expected


@pytest.mark.parametrize(
    ("target", "space", "conn_spec", "syn_spec", "error", "delays", "weights"),
    [
        ("iaf_psc_alpha", True, INDEGREE, INSTANTANEOUS | {"delay": 0.5}, E.BadProperty, (0.1, 0.1), LATER),
        ("iaf_psc_alpha", True, BERNOULLI, {"synapse_model": "gap_junction", "delay": 2.0}, E.BadProperty, *AT_FIRST),
        ("siegert_neuron", True, BERNOULLI, DIFFUSION, E.IllegalConnection, (1.0, 1.0), LATER),
        ("siegert_neuron", False, BERNOULLI, DIFFUSION | {"weight": 2.0}, E.BadProperty, (1.0, 1.0), LATER),
        (
            "iaf_psc_alpha",
            True,
            BERNOULLI,
            {"synapse_model": "eprop_synapse", "delay": 3.0},
            E.NotImplemented,
            (0.1, 0.1),
            LATER,
        ),
        ("iaf_psc_alpha", False, BERNOULLI | {"x": 1}, HOMOGENEOUS | {"weight": 2.0}, E.NotImplemented, *AT_FIRST),
        ("iaf_psc_alpha", False, BERNOULLI | {"x": 1}, HOMOGENEOUS | {"y": 2}, E.UnaccessedDictionaryEntry, *AT_FIRST),
    ],
)
def test_connections_that_cannot_have_what_is_given(
    target: str,
    space: bool,
    conn_spec: dict[str, Any],
    syn_spec: dict[str, Any],
    error: type[Exception],
    delays: tuple[float, float],
    weights: list[float],
) -> None:
    """They are refused one by one: random numbers are drawn until then."""
    nest.rng_seed = 5
    layout: dict[str, Any] = {"positions": nest.spatial.grid([2, 2])} if space else {"n": 4}
    sources, targets = nest.Create("parrot_neuron", **layout), nest.Create(target, **layout)
    with pytest.raises(error):
        nest.Connect(sources, targets, conn_spec, syn_spec)
    assert limits() == (*delays, 0)
    others = nest.Create("iaf_psc_alpha", 2)
    nest.Connect(others, others, {"rule": "fixed_indegree", "indegree": 1}, {"weight": nest.random.uniform(0.0, 1.0)})
    assert sorted(nest.GetConnections(others).weight) == weights


def test_delay_of_a_device_that_refuses() -> None:
    nodes, generator = nest.Create("iaf_psc_alpha", 4), nest.Create("poisson_generator")
    nest.Connect(generator, nodes, syn_spec={"delay": 2.6})
    with pytest.raises(E.IllegalConnection):
        nest.Connect(generator, nodes, syn_spec={"synapse_model": "static_synapse_hom_w", "delay": 6.6})
    assert limits() == (2.6, 6.6000000000000005, 4)


def test_a_device_does_not_remember_what_failed_before() -> None:
    nodes, generator = nest.Create("iaf_psc_alpha", 2), nest.Create("poisson_generator")
    with pytest.raises(E.BadDelay):
        nest.Connect(generator, nodes, syn_spec={"delay": 0.01})
    nest.Connect(generator, nodes, syn_spec="static_synapse_hom_w")


@pytest.mark.parametrize(
    ("rule", "raises"),
    [
        ({"rule": "pairwise_bernoulli", "p": 0.0}, False),
        ({"rule": "pairwise_bernoulli", "p": 1.0}, True),
        ({"rule": "pairwise_poisson", "pairwise_avg_num_conns": 1e-9}, False),
        ({"rule": "pairwise_poisson", "pairwise_avg_num_conns": 2.0}, True),
        ({"rule": "fixed_total_number", "N": 0}, False),
        ({"rule": "fixed_total_number", "N": 3}, True),
        ({"rule": "fixed_outdegree", "outdegree": 0}, False),
        ({"rule": "fixed_outdegree", "outdegree": 1}, True),
        ({"rule": "fixed_indegree", "indegree": 0}, False),
        ({"rule": "fixed_indegree", "indegree": 2}, True),
    ],
)
@pytest.mark.parametrize("threads", [1, 3])
def test_rules_to_devices_fail_when_a_pair_is_drawn(rule: dict[str, Any], raises: bool, threads: int) -> None:
    nest.set(local_num_threads=threads)
    nodes, recorder = nest.Create("iaf_psc_alpha", 4), nest.Create("spike_recorder")
    if raises:
        with pytest.raises(E.IllegalConnection, match="Cannot use rule"):
            nest.Connect(nodes, recorder, rule)
    else:
        nest.Connect(nodes, recorder, rule)
    assert nest.num_connections == 0


RULES = [
    {"rule": "all_to_all"},
    {"rule": "fixed_indegree", "indegree": 3, "allow_multapses": False},
    {"rule": "pairwise_bernoulli", "p": 0.4},
    {"rule": "pairwise_poisson", "pairwise_avg_num_conns": 1.5},
    {"rule": "fixed_total_number", "N": 20},
    {"rule": "fixed_outdegree", "outdegree": 3},
]


AFTER = [
    (10, 0.42564776699124673),
    (4, 0.5714643598978096),
    (5, 0.6156796618801977),
    (3, 0.7862610903776862),
    (10, 0.6001108526939761),
    (21, 0.49978332715273527),
]
"""How many connections NEST makes before one fails, and the next number that it draws."""


@pytest.mark.parametrize(("rule", "expected"), list(zip(RULES, AFTER, strict=True)))
def test_streams_stand_where_a_connect_has_failed(rule: dict[str, Any], expected: Any) -> None:
    """Nothing is drawn for connections behind the one that is refused."""
    nodes = nest.Create("iaf_psc_alpha", 8)
    with pytest.raises(E.BadDelay):
        nest.Connect(nodes, nodes, rule, {"delay": nest.random.uniform(0.0, 0.4), "weight": nest.random.normal()})
    made = nest.num_connections
    nest.Connect(nodes, nodes, "one_to_one", {"synapse_model": "tsodyks_synapse", "weight": nest.random.uniform()})
    assert (made, nest.GetConnections(synapse_model="tsodyks_synapse").weight[0]) == expected


def test_tripartite_failure() -> None:
    pre, post = nest.Create("aeif_cond_alpha_astro", 4), nest.Create("iaf_psc_alpha", 4)
    astrocytes = nest.Create("astrocyte_lr_1994", 2)
    rule, third = {"rule": "pairwise_bernoulli", "p": 1.0}, {"rule": "third_factor_bernoulli_with_pool", "p": 1.0}
    with pytest.raises(E.IllegalConnection):
        nest.TripartiteConnect(pre, post, astrocytes, rule, third, {"third_out": "sic_connection"})
    assert nest.num_connections == 1


def test_resolution_above_the_shortest_delay() -> None:
    nest.SetKernelStatus({"min_delay": 0.1, "max_delay": 2.0})
    with pytest.raises(E.BadDelay, match="0.1 ms"):
        nest.resolution = 0.2
    assert (nest.resolution, nest.min_delay, nest.max_delay) == (0.2, 0.2, 2.0)
    assert nest.GetDefaults("static_synapse", "delay") == 2.0
    nest.ResetKernel()
    nest.SetKernelStatus({"min_delay": 0.5, "max_delay": 2.0})
    nest.resolution = 0.3
    assert (nest.min_delay, nest.max_delay) == (0.3, 2.1)


def test_collections_of_another_network() -> None:
    old, old_layer = nest.Create("iaf_psc_alpha", 3), nest.Create("iaf_psc_alpha", positions=nest.spatial.grid([2, 2]))
    nest.ResetKernel()
    new = nest.Create("parrot_neuron", 9)
    layer = nest.Create("iaf_psc_alpha", positions=nest.spatial.grid([2, 2]))
    third = {"rule": "third_factor_bernoulli_with_pool"}
    for call in (
        lambda: nest.Connect(old, new),
        lambda: nest.Connect(new, old),
        lambda: nest.Connect(old_layer, layer, {"rule": "pairwise_bernoulli", "p": 1.0, "use_on_source": True}),
        lambda: nest.GetConnections(old),
        lambda: nest.GetConnections(target=old),
        lambda: nest.GetTargetNodes(old_layer, layer),
        lambda: nest.GetSourcePositions(layer, old_layer),
        lambda: nest.TripartiteConnect(new, new, old, {"rule": "all_to_all"}, third),
        lambda: nest.Disconnect(old, new[:3]),
        lambda: list(old),
    ):
        with pytest.raises(E.KernelException, match="ResetKernel"):
            call()
    assert nest.num_connections == 0
    assert str(old) == "NodeCollection(metadata=None, model=iaf_psc_alpha, size=3, first=1, last=3)"


def test_nodes_as_parameters() -> None:
    neurons, recorders = nest.Create("parrot_neuron", 3), nest.Create("weight_recorder", 2)
    for wrong in (neurons[0], nest.Create("spike_recorder"), recorders):
        with pytest.raises(E.BadProperty, match="weight_recorder"):
            nest.SetDefaults("static_synapse", {"weight_recorder": wrong})
    nest.SetDefaults("static_synapse", {"weight_recorder": recorders[1]})
    assert nest.GetDefaults("static_synapse", "weight_recorder") == recorders[1]
    recorder = recorders[0]
    for senders, error in (([99], E.UnknownNode), ([-1], E.UnknownNode), ([], E.TypeMismatch), ([1.0], E.TypeMismatch)):
        with pytest.raises(error):
            recorder.senders = senders
    recorder.senders = neurons[::2]
    assert str(recorder.senders) == str(neurons[::2])


def test_names_that_nest_ignores() -> None:
    with pytest.warns(UserWarning, match="gamma_shape"):
        nest.CopyModel("noise_generator", "copy", {"gamma_shape": 2.0, "mean": 3.0})
    assert nest.GetDefaults("copy", "mean") == 3.0
    with pytest.raises(E.UnaccessedDictionaryEntry):
        nest.Create("noise_generator", params={"gamma_shape": 2.0})
    with pytest.raises(E.UnaccessedDictionaryEntry):
        nest.CopyModel("iaf_psc_alpha", "other", {"gamma_shape": 2.0})
    with pytest.raises(E.UnaccessedDictionaryEntry):
        nest.Create("spike_recorder", params={"precision": 3})  # of files and the screen
    nest.Create("spike_recorder", params={"precision": 3, "record_to": "ascii"})


def test_removed_connections_take_part_in_sorts() -> None:
    nodes = nest.Create("iaf_psc_alpha", 4)
    nest.Connect(nodes, nodes)
    nest.GetConnections().disconnect()
    nest.Connect(nodes, nodes)
    targets = [4, 3, 2, 1, 3, 1, 2, 4, 1, 2, 3, 4, 1, 2, 4, 3]
    assert nest.GetConnections().target == targets
    nest.ResetKernel()
    nodes = nest.Create("iaf_psc_alpha", 5)
    nest.Connect(nodes, nodes)
    nest.Disconnect(nodes[:3], nodes[1:4], conn_spec={"rule": "one_to_one"})
    nest.Connect(nodes[1:4], nodes)
    found = nest.GetConnections(nodes[:2])
    assert found.target == [5, 4, 1, 3, 5, 1, 5, 4, 2, 2, 3, 1, 4]
    assert found.port == sorted(found.port)


def test_handles_stay_valid_when_others_are_removed() -> None:
    nodes = nest.Create("iaf_psc_alpha", 3)
    nest.Connect(nodes, nodes, syn_spec={"weight": np.arange(9.0).reshape(3, 3)})
    found = nest.GetConnections()
    weights = found.weight
    found[2].disconnect()
    nest.Simulate(1.0)
    assert [found[i].get("weight") for i in range(9)] == weights  # as in NEST, the removed one can still be read


def mixed() -> Any:
    nodes = nest.Create("iaf_psc_alpha", 2)
    for model in ("stdp_synapse", "static_synapse", "static_synapse_hom_w"):
        nest.Connect(nodes, nodes, syn_spec=model)
    return nest.GetConnections()


def test_values_that_some_models_know() -> None:
    found = mixed()
    found.Wmax = 50.0
    assert nest.GetConnections(synapse_model="stdp_synapse").Wmax == [50.0] * 4
    with pytest.raises(E.UnaccessedDictionaryEntry, match="wmax.*Wmax"):
        found.set(Wmax=60.0, wmax=1.0)
    assert nest.GetConnections(synapse_model="stdp_synapse").Wmax == [60.0] * 4
    found.weight = 7.0
    assert nest.GetConnections(synapse_model="static_synapse").weight == [7.0] * 4
    with pytest.raises(E.UnaccessedDictionaryEntry):  # the fifth connection shares its weight
        found.set([{"weight": 3.0}] * 12)
    assert nest.GetConnections(synapse_model="static_synapse").weight == [3.0] * 4
    assert nest.GetConnections(synapse_model="stdp_synapse").weight == [7.0] * 4
    with pytest.raises(E.TypeMismatch):  # lists are distributed if the first connection knows the name
        found.Wmax = [1.0] * 12


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ([[1.0, 2.0], [3.0, 4.0]], E.TypeMismatch),
        (np.ones((2, 2)), TypeError),
        ([1.0, None], TypeError),
        ([None], AttributeError),
        (range(1, 3), AttributeError),
        (np.array([True, False]), AttributeError),
        ([1, 2**70], OverflowError),
        (1.0, E.TypeMismatch),
    ],
)
def test_values_of_vectors(value: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        nest.Create("spike_generator", params={"spike_times": value})
    with pytest.raises(error):
        nest.Create("iaf_psc_exp_multisynapse", params={"tau_syn": value})


def test_integers_in_vectors() -> None:
    train = {"spike_times": [1.0, 2.0]}
    for fractions in ([1.5, 1.0], [1.0, 2.0], np.array([1.0, 2.0])):
        with pytest.raises(E.TypeMismatch):
            nest.Create("spike_generator", params={**train, "spike_multiplicities": fractions})
    numbers = nest.Create("spike_generator", params={**train, "spike_multiplicities": [1, 2]}).spike_multiplicities
    assert numbers.dtype == np.int64
    with pytest.warns(UserWarning, match="cut to integers"):
        weights = nest.Create("spike_generator", params={**train, "spike_weights": [1, 1.5]}).spike_weights
    assert weights.tolist() == [1.0, 1.0]


def test_labels() -> None:
    nodes = nest.Create("iaf_psc_alpha", 2)
    nest.Connect(nodes, nodes, syn_spec={"synapse_model": "static_synapse_lbl", "synapse_label": 3})
    nest.Connect(nodes, nodes)
    assert [len(nest.GetConnections(synapse_label=label)) for label in (-5, -1, 0, 3)] == [0, 8, 0, 4]


def test_numbers_of_receptors_in_defaults() -> None:
    """States have as many entries from the first run on."""
    nest.SetDefaults(
        "aeif_cond_beta_multisynapse", {"E_rev": [0.0, -85.0], "tau_rise": [0.7, 1.0], "tau_decay": [0.7, 2.9]}
    )
    neuron = nest.Create("aeif_cond_beta_multisynapse")
    generator = nest.Create("spike_generator", params={"spike_times": [2.0]})
    nest.Connect(generator, neuron, syn_spec={"receptor_type": 2, "weight": 1.0})
    nest.Simulate(20.0)
    assert neuron.V_m == -70.66565977560643


FROM_NEST = {
    ("poisson_generator", 1): ((0.1, 0.1), [1.653482, 1.539772, 1.534069, 1.742637]),
    ("poisson_generator", 2): ((0.1, 0.1), [1.653482, 1.534069, 1.170688, 1.914275]),
    ("iaf_psc_alpha", 1): ((2.8, 2.8), [1.653482, 1.539772, 1.534069, 1.742637]),
    ("iaf_psc_alpha", 2): ((2.2, 2.8), [1.653482, 1.534069, 1.170688, 1.914275]),
}
"""Source and number of threads -> extrema of delays, and weights that are drawn later."""


@pytest.mark.parametrize("target", ["multimeter", "poisson_generator"])
@pytest.mark.parametrize(("source", "threads"), FROM_NEST)
def test_global_receivers_refuse_devices_before_a_delay_counts(source: str, threads: int, target: str) -> None:
    """Each virtual process ends at its first pair, also where the source lives elsewhere."""
    delays, weights = FROM_NEST[source, threads]
    nest.local_num_threads = threads
    sources, targets = nest.Create(source, 2), nest.Create(target, 2)
    drawn = {"delay": nest.random.uniform(2.0, 3.0), "weight": nest.random.uniform(1.0, 2.0)}
    what = "global receiver" if source == "poisson_generator" else "does not support spike input"
    with pytest.raises(nest.NESTErrors.IllegalConnection, match=what):
        nest.Connect(sources, targets, syn_spec=drawn)
    neurons = nest.Create("iaf_psc_alpha", 2)
    assert (nest.min_delay, nest.max_delay) == pytest.approx(delays)
    nest.Connect(neurons, neurons, syn_spec={"weight": nest.random.uniform(1.0, 2.0)})
    assert nest.GetConnections(neurons, neurons).weight == pytest.approx(weights, abs=1e-6)


@pytest.mark.parametrize("individual", [True, False])
@pytest.mark.parametrize("model", ["sinusoidal_poisson_generator", "sinusoidal_gamma_generator"])
def test_meters_record_from_generators_of_shared_trains_too(model: str, individual: bool) -> None:
    nest.SetDefaults(model, {"individual_spike_trains": individual})
    nest.Connect(nest.Create("multimeter", params={"record_from": ["rate"]}), nest.Create(model))
    assert nest.num_connections == 1


@pytest.mark.parametrize("model", ["iaf_cond_alpha_mc", "ht_neuron", "pp_cond_exp_mc_urbanczik"])
def test_synapses_without_receptors_reach_the_first_one(model: str) -> None:
    """Its number is 1 there, but that of its port is 0."""
    source, target = nest.Create("parrot_neuron"), nest.Create(model)
    nest.Connect(source, target, syn_spec={"synapse_model": "static_synapse_hpc", "receptor_type": 1})
    with pytest.raises(nest.NESTErrors.IllegalConnection):
        nest.Connect(source, target, syn_spec={"synapse_model": "static_synapse_hpc", "receptor_type": 2})
    assert nest.num_connections == 1


@pytest.mark.parametrize("value", ["text", True, {}, {"a": 1}, [1.0, 2.0]])
def test_values_of_unknown_parameters_do_not_matter(value: Any) -> None:
    neurons = nest.Create("parrot_neuron", 2)
    with pytest.raises(E.UnaccessedDictionaryEntry):
        nest.Connect(neurons, neurons, "one_to_one", {"weight": 2.0, "nonsense": value})


@pytest.mark.parametrize("model", ["glif_psc", "iaf_psc_alpha_multisynapse", "iaf_psc_alpha"])
def test_rates_are_no_spikes(model: str) -> None:
    generator = nest.Create("step_rate_generator")
    with pytest.raises(E.IllegalConnection):
        nest.Connect(generator, nest.Create(model))


@pytest.mark.parametrize("value", [1.5, 2.0, "2", True, float("nan"), 1 << 31])
@pytest.mark.parametrize("name", ["n", "a"])
def test_release_sites_are_integers(name: str, value: Any) -> None:
    neurons = nest.Create("parrot_neuron", 2)
    nest.Connect(neurons, neurons, syn_spec={"synapse_model": "quantal_stp_synapse"})
    error = IndexError if value == 1 << 31 else RuntimeError
    with pytest.raises(error):
        nest.SetDefaults("quantal_stp_synapse", {name: value})
    with pytest.raises(error):
        nest.GetConnections()[0].set({name: value})


@pytest.mark.parametrize("threads", [1, 2])
def test_devices_use_one_synapse_model_on_each_thread(threads: int) -> None:
    nest.local_num_threads = threads
    nest.CopyModel("static_synapse", "other")
    neurons, device = nest.Create("iaf_psc_alpha", 4), nest.Create("dc_generator")
    nest.Connect(device, neurons[0])
    if threads == 2:
        nest.Connect(device, neurons[1], syn_spec="other")
        nest.Connect(device, neurons[3], syn_spec="other")
    for refused, model in ((2, "other"), (3, "static_synapse")):
        if model == "other" or threads == 2:
            with pytest.raises(nest.NESTErrors.IllegalConnection, match="the same synapse type"):
                nest.Connect(device, neurons[refused], syn_spec=model)
    assert nest.num_connections == (3 if threads == 2 else 1)


@pytest.mark.parametrize(
    ("device", "refused", "taken"),
    [
        ("step_rate_generator", "static_synapse", "rate_connection_delayed"),
        ("step_rate_generator", "stdp_synapse", "rate_connection_delayed"),
        ("poisson_generator", "rate_connection_delayed", "static_synapse"),
        ("dc_generator", "sic_connection", "static_synapse"),
        ("spike_generator", "diffusion_connection", "static_synapse"),
        ("poisson_generator", "eprop_synapse", "static_synapse"),
        ("poisson_generator", "stdp_synapse", None),
        ("spike_generator", "tsodyks_synapse", None),
        ("dc_generator", "bernoulli_synapse", None),
    ],
)
def test_devices_remember_synapse_models_that_were_refused_if_they_were_asked(
    device: str, refused: str, taken: str | None
) -> None:
    source = nest.Create(device)
    target = nest.Create("lin_rate_ipn" if device == "step_rate_generator" else "iaf_psc_alpha")
    with pytest.raises(E.IllegalConnection):
        nest.Connect(source, target, syn_spec=refused)
    if taken is None:
        with pytest.raises(E.IllegalConnection, match="the same synapse type"):
            nest.Connect(source, target)
    else:
        nest.Connect(source, target, syn_spec=taken)


def test_generators_of_rates_use_several_synapse_models() -> None:
    nest.CopyModel("rate_connection_delayed", "other")
    source, target = nest.Create("step_rate_generator"), nest.Create("lin_rate_ipn")
    for model in ("rate_connection_delayed", "other"):
        nest.Connect(source, target, syn_spec=model)
    assert nest.num_connections == 2


SPIKE_DEVICES = (
    *("poisson_generator", "poisson_generator_ps", "spike_generator", "mip_generator", "gamma_sup_generator"),
    *("ppd_sup_generator", "sinusoidal_poisson_generator", "sinusoidal_gamma_generator"),
    *("inhomogeneous_poisson_generator", "dc_generator", "ac_generator", "step_current_generator", "noise_generator"),
)


@pytest.mark.parametrize("synapse", ["stdp_synapse", "tsodyks_synapse", "bernoulli_synapse", "jonke_synapse"])
@pytest.mark.parametrize("device", [*SPIKE_DEVICES, "pulsepacket_generator", "spike_dilutor", "spike_train_injector"])
def test_devices_and_plastic_synapses(device: str, synapse: str) -> None:
    source, target = nest.Create(device), nest.Create("iaf_psc_alpha")
    if device in ("spike_train_injector", "pulsepacket_generator", "spike_dilutor"):
        nest.Connect(source, target, syn_spec=synapse)
        assert nest.num_connections == 1
    else:
        with pytest.raises(E.IllegalConnection):
            nest.Connect(source, target, syn_spec=synapse)


@pytest.mark.parametrize("device", ["poisson_generator", "pulsepacket_generator", "dc_generator"])
@pytest.mark.parametrize("target", ["eprop_iaf", "iaf_psc_alpha"])
def test_devices_and_synapses_of_eprop(device: str, target: str) -> None:
    source, neuron = nest.Create(device), nest.Create(target)
    spec = {"synapse_model": "eprop_synapse", "delay": nest.resolution}
    if target == "eprop_iaf" and device != "dc_generator":
        nest.Connect(source, neuron, syn_spec=spec)
        return
    with pytest.raises(E.IllegalConnection):
        nest.Connect(source, neuron, syn_spec=spec)
