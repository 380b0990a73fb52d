"""What the preparation of a run computes and begins, and what changes until it ends; the numbers are NEST's."""

from __future__ import annotations

from typing import Any

import pytest

import jaxnest as nest

BACKENDS = pytest.mark.parametrize("backend", ["native"])

CHANGES = {
    "iaf_psc_exp_ps": ("tau_m", 12.5, -62.10620282450279, -66.99709135952808, [13.229465, 26.338214]),
    "iaf_psc_alpha_ps": ("tau_syn_ex", 2.5, -55.494443082456954, -56.281409081753644, [9.793966, 20.423246]),
    "aeif_psc_delta_clopath": ("V_peak", 36.0, -22.866838272763953, -24.836413140483852, [2.1, 12.3, 24.0]),
    "hh_cond_beta_gap_traub": (
        *("tau_decay_ex", 6.5, -41.16745813984687, -39.83302235533773),
        [4.3, 6.9, 9.4, 12.3, 15.1, 17.9, 20.8, 23.8, 26.6, 29.5],
    ),
    "hh_cond_exp_traub": (
        *("t_ref", 4.5, -76.24620950226515, -71.73751278775919),
        [2.7, 5.2, 7.6, 10.2, 15.8, 22.3, 28.6],
    ),
    "gif_psc_exp": ("lambda_0", 900.0, -54.49214706826299, -47.50772056085354, [7.6, 15.9, 24.5]),
    "ignore_and_fire": ("rate", 400.0, None, None, [12.6, 15.1, 17.6, 20.1, 22.6, 25.1, 27.6]),
}
"""Models that read some parameters at once and others when a run is prepared, each in its own way: the parameter, its
new value, the potential 10 ms later and after another run of 10 ms, and the spikes."""


def spikes(recorder: Any) -> list[tuple[int, float]]:
    """Return senders and times of all events."""
    events = recorder.events
    return [(s, round(t, 3)) for s, t in zip(events["senders"].tolist(), events["times"].tolist(), strict=True)]


@BACKENDS
def test_what_is_computed_from_parameters_follows_when_the_next_run_is_prepared(backend: str) -> None:
    nest.compute_backend = backend
    neuron = nest.Create("iaf_psc_alpha", params={"I_e": 300.0})
    nest.Prepare()
    nest.Run(10.0)
    neuron.tau_m = 5.0
    nest.Run(10.0)
    nest.Cleanup()
    nest.Simulate(10.0)
    nest.Simulate(10.0)
    assert neuron.V_m == pytest.approx(-63.91985119278759, abs=0.0)


@BACKENDS
def test_generators_follow_when_the_next_run_is_prepared(backend: str) -> None:
    nest.compute_backend = backend
    generator = nest.Create("poisson_generator", params={"rate": 1000.0})
    parrot, recorder = nest.Create("parrot_neuron"), nest.Create("spike_recorder")
    nest.Connect(generator, parrot)
    nest.Connect(parrot, recorder)
    with nest.RunManager():
        nest.Run(20.0)
        generator.rate = 5000.0
        nest.Run(20.0)
    before = recorder.n_events
    nest.Simulate(200.0)
    assert recorder.n_events - before == 974


@pytest.mark.parametrize("model", CHANGES)
def test_what_a_model_reads_at_once(model: str) -> None:
    name, value, within, after, times = CHANGES[model]
    nest.set(compute_backend="native", rng_seed=3)
    neuron = nest.Create(model)
    has_potential = "V_m" in neuron.get()
    if has_potential:
        neuron.I_e = 450.0
    recorder = nest.Create("spike_recorder")
    train = [1.0, 3.0, 5.0, 7.0, 11.3, 13.0, 17.0, 21.0, 23.0, 27.0]
    between = {"spike_times": [1.25, 4.75, 11.35, 13.05, 17.75, 22.25], "precise_times": True}
    for params, weight in (
        ({"spike_times": train}, 40.0),
        (between if model.endswith("_ps") else {"spike_times": [2.5]}, 90.0),
    ):
        nest.Connect(nest.Create("spike_generator", params=params), neuron, syn_spec={"weight": weight})
    nest.Connect(neuron, recorder)
    with nest.RunManager():
        nest.Run(10.0)
        neuron.set({name: value})
        nest.Run(10.0)
        assert not has_potential or neuron.V_m == within
    nest.Simulate(10.0)
    assert not has_potential or neuron.V_m == after
    assert recorder.events["times"] == pytest.approx(times, abs=1e-6)


def test_a_generator_that_changes_before_the_first_run_keeps_what_was_prepared() -> None:
    """The integral of the rate up to the second preparation is that of the parameters at the first one."""
    nest.compute_backend = "native"
    generator = nest.Create("sinusoidal_gamma_generator", params={"rate": 800.0})
    parrots, recorder = nest.Create("parrot_neuron", 3), nest.Create("spike_recorder")
    nest.Connect(generator, parrots)
    nest.Connect(parrots, recorder)
    nest.Prepare()
    generator.order = 3.0
    nest.Run(20.0)
    nest.Cleanup()
    nest.Simulate(20.0)
    assert [spike for spike in spikes(recorder) if 20.0 < spike[1] < 24.0] == [
        *((2, 20.7), (3, 21.0), (3, 21.4), (2, 22.7), (2, 23.0), (4, 22.3), (2, 23.5), (3, 23.8), (4, 23.4)),
    ]


@BACKENDS
def test_a_sample_due_in_the_first_step_is_passed_over(backend: str) -> None:
    """Of each meter and target: in the step after the preparation that begins to sample, if there is an offset."""
    nest.compute_backend = backend
    neurons = nest.Create("iaf_psc_alpha", 2)
    meters = [nest.Create("voltmeter", params={"interval": 1.0, "offset": 0.1}) for _ in range(2)]
    nest.Connect(meters[0], neurons[:1])
    nest.Simulate(2.0)
    nest.Connect(meters[0], neurons[1:])
    nest.Connect(meters[1], neurons[:1])
    nest.Simulate(2.0)
    nest.Simulate(2.0)
    times = spikes(meters[0])
    assert sorted(times) == [(1, 1.1), (1, 2.1), (1, 3.1), (1, 4.1), (2, 3.1), (2, 4.1)]
    assert meters[1].events["times"].tolist() == pytest.approx([3.1, 4.1])


@pytest.mark.parametrize("backend", ["native", "jax"])
@pytest.mark.parametrize(
    ("interval", "delay", "changes", "expected"),
    [
        (0.3, 2.0, [(0.3, True), (0.5, False), (1.2, False)], "0.3 0.9 1 1.2 1.5 1.8 2.1 2.4 2.7 3 3.3 3.6 3.9"),
        (0.5, 2.0, [(5.5, True), (0.5, True), (1.3, False)], "0.5 1 1.5 2 2.5 3 3.5 4 7.4 7.5 7.6 8 8.5 9 9.5 10"),
        (0.5, 2.0, [(5.5, True), (1.0, False)], "0.5 1 1.5 2 2.5 3 3.5 4 4.5 5 5.5 7 7.5 8 8.5 9 9.5 10"),
        (
            *(0.1, 2.0, [(1.3, True), (1.0, None), (1.0, False), (1.0, None)]),
            " ".join(f"{k / 10:g}" for k in [*range(1, 14), *range(34, 41), *range(44, 81)]),
        ),
        (
            *(0.2, 1.0, [(2.0, True), (0.7, False), (1.3, False)]),
            "0.2 0.4 0.6 0.8 1 1.2 1.4 1.6 1.8 2 2.8 2.9 3 3.1 3.2 3.3 3.4 3.6 3.8 4 4.2 4.4 4.6 4.8 5",
        ),
    ],
)
def test_samples_of_nodes_that_are_frozen_inside_a_slice(
    backend: str, interval: float, delay: float, changes: list[tuple[float, bool | None]], expected: str
) -> None:
    """Nodes make up for samples as fast as they can; some get lost. The values are NEST's."""
    nest.compute_backend = backend
    neurons = nest.Create("iaf_psc_alpha", 2, {"I_e": 400.0})
    meter = nest.Create("multimeter", params={"record_from": ["V_m"], "interval": interval})
    nest.Connect(neurons, neurons, syn_spec={"delay": delay})
    nest.Connect(meter, neurons, syn_spec={"delay": delay})
    for duration, frozen in changes:
        nest.Simulate(duration)
        if frozen is not None:
            neurons[0].frozen = frozen
    nest.Simulate(2.0 * delay)
    events = meter.events
    mine = events["times"][events["senders"] == neurons[0].global_id]
    assert " ".join(f"{time:g}" for time in mine.tolist()) == expected


@BACKENDS
def test_a_target_signal_shows_what_arrived_last(backend: str) -> None:
    """A generator that comes after the readout neurons acts on them when they have done the step."""
    nest.set(compute_backend=backend, resolution=1.0, eprop_update_interval=40.0, eprop_learning_window=40.0)
    readouts, generators = nest.Create("eprop_readout_bsshslm_2020", 2), nest.Create("step_rate_generator", 2)
    for k in range(2):
        values = [0.5 * (k + 1), 1.0 * (k + 1), 2.0 * (k + 1)]
        generators[k].set(amplitude_times=[1.0, 20.0, 84.0], amplitude_values=values)
    synapse = {"synapse_model": "rate_connection_delayed", "delay": 1.0, "receptor_type": 2}
    nest.Connect(generators, readouts, "one_to_one", synapse)
    nest.Simulate(84.0)
    assert readouts.target_signal == (2.0, 4.0)
    assert readouts.error_signal == (-1.0, -2.0)
    nest.Simulate(1.0)
    assert readouts.target_signal == (2.0, 4.0)


@pytest.mark.parametrize("delay", [0.5, 3.0])
def test_delays_of_connections_that_are_made_before_the_first_run(delay: float) -> None:
    """They count, although the run is prepared; NEST's extrema are the same, but its buffers keep their lengths."""
    parrots, recorder = nest.Create("parrot_neuron", 2), nest.Create("spike_recorder")
    generator = nest.Create("spike_generator", params={"spike_times": [1.0, 2.0, 7.0]})
    nest.Connect(generator, parrots[0])
    nest.Connect(parrots[1], recorder)
    nest.Prepare()
    nest.Connect(parrots[0], parrots[1], syn_spec={"delay": delay})
    nest.GetConnections()
    assert (nest.min_delay, nest.max_delay) == (min(delay, 1.0), max(delay, 1.0))
    nest.Run(4.0)
    nest.Run(8.0)
    nest.Cleanup()
    assert (nest.min_delay, nest.max_delay) == (min(delay, 1.0), max(delay, 1.0))
    assert recorder.get("events", "times").tolist() == [t + 1.0 + delay for t in (1.0, 2.0, 7.0)]
    with pytest.raises(nest.NESTErrors.BadDelay):
        nest.Connect(parrots[0], parrots[1], syn_spec={"delay": 0.2})
