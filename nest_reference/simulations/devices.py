"""Simulations with every stimulator and detector.

Stimulators draw for each target in the order of nodes, steps and targets, in time windows and in several runs;
detectors count by rules of their own at the edges of bins.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from nest_reference.simulations import Arrays, Simulation, events

CASES: dict[str, Simulation] = {}
"""Simulations by name; values of keys that begin with ``meter`` may differ in the last digits between back ends."""


STIMULATORS: dict[str, dict[str, Any]] = {
    "inhomogeneous_poisson_generator": {
        "rate_times": [3.0, 20.0, 40.0],
        "rate_values": [2000.0, 50000.0, 300000.0],
    },
    "sinusoidal_poisson_generator": {"rate": 5000.0, "amplitude": 7000.0, "frequency": 25.0, "phase": 30.0},
    "sinusoidal_gamma_generator": {"rate": 500.0, "amplitude": 300.0, "frequency": 20.0, "phase": 70.0, "order": 2.6},
    "gamma_sup_generator": {"rate": 80.0, "gamma_shape": 3, "n_proc": 1000},
    "ppd_sup_generator": {
        "rate": 100.0,
        "dead_time": 2.0,
        "n_proc": 700,
        "relative_amplitude": 0.6,
        "frequency": 30.0,
    },
    "mip_generator": {"rate": 900.0, "p_copy": 0.6},
    "pulsepacket_generator": {"pulse_times": [40.0, 21.0, 22.0, 3.0], "activity": 40, "sdev": 0.7},
    "poisson_generator_ps": {"rate": 800.0, "dead_time": 0.5},
    "poisson_generator": {"rate": 4000.0},
    "spike_generator": {
        "spike_times": [1.0, 3.0, 3.0, 14.0, 20.0, 40.0],
        "spike_multiplicities": [1, 1, 2, 3, 0, 1],
        "spike_weights": [1.0, 2.0, -3.0, 1.5, 1.0, 1.0],
    },
}


def stimulated(nest: Any, seed: int, model: str, threads: int, spans: tuple[float, ...], **extra: Any) -> Arrays:
    """A generator and a competitor for its random stream onto recorders, parrots and neurons."""
    nest.resolution = extra.pop("resolution", 0.1)
    nest.set(local_num_threads=threads, rng_seed=seed)
    competitor = nest.Create("poisson_generator", params={"rate": 3000.0})
    generators = nest.Create(model, 2, STIMULATORS[model] | extra)
    neurons = nest.Create("iaf_psc_exp", 3, {"V_th": [-50.0, -60.0, -55.0]})
    parrots = nest.Create("parrot_neuron", 3)
    direct = nest.Create("spike_recorder", 2)
    recorder, meter = nest.Create("spike_recorder"), nest.Create("voltmeter", params={"interval": 1.0})
    nest.Connect(competitor, neurons, syn_spec={"weight": 10.0})
    nest.Connect(generators, neurons, syn_spec={"weight": 20.0, "delay": 1.5})
    nest.Connect(generators[:1], parrots)
    nest.Connect(generators, direct)
    nest.Connect(neurons + parrots, recorder)
    nest.Connect(meter, neurons)
    for span in spans:
        nest.Simulate(span)
    return events(first=direct[0], second=direct[1], spikes=recorder, meter=meter)


for _model in STIMULATORS:
    CASES[_model] = lambda nest, seed, m=_model: stimulated(nest, seed + 21, m, 1, (60.0,))
    CASES[f"{_model}_two_threads"] = lambda nest, seed, m=_model: stimulated(nest, seed + 5, m, 2, (60.0,))
    CASES[f"{_model}_window"] = lambda nest, seed, m=_model: stimulated(
        nest, seed + 77, m, 1, (60.0,), start=5.0, stop=40.0, origin=2.0
    )
    CASES[f"{_model}_chunks"] = lambda nest, seed, m=_model: stimulated(
        nest, seed + 8, m, 1, (10.3, 0.4, 19.4, 12.0), start=3.0, stop=41.0
    )
    CASES[f"{_model}_coarse"] = lambda nest, seed, m=_model: stimulated(nest, seed + 9, m, 2, (60.0,), resolution=0.5)


def changed(nest: Any, seed: int, model: str, changes: dict[str, Any]) -> Arrays:
    """New targets and other parameters between two runs."""
    nest.rng_seed = seed + 99
    generator = nest.Create(model, params=STIMULATORS[model])
    first, second = nest.Create("spike_recorder", 2)
    neuron = nest.Create("iaf_psc_alpha")
    meter = nest.Create("voltmeter", params={"interval": 0.1})
    nest.Connect(generator, first)
    nest.Connect(generator, neuron, syn_spec={"weight": 10.0})
    nest.Connect(meter, neuron)
    nest.Simulate(20.0)
    if model != "poisson_generator_ps":
        nest.Connect(generator, second)
    nest.Simulate(10.0)
    generator.set(changes)
    nest.Simulate(30.0)
    return events(first=first, second=second, meter=meter)


CHANGES: dict[str, dict[str, Any]] = {
    "inhomogeneous_poisson_generator": {"rate_times": [35.0], "rate_values": [1000.0]},
    "sinusoidal_poisson_generator": {"rate": 900.0, "frequency": 60.0},
    "sinusoidal_gamma_generator": {"rate": 900.0, "frequency": 60.0, "order": 3.0},
    "gamma_sup_generator": {"rate": 30.0},
    "ppd_sup_generator": {"rate": 120.0},
    "mip_generator": {"rate": 2000.0, "p_copy": 0.3},
    "pulsepacket_generator": {"sdev": 2.0, "pulse_times": [30.5, 47.0]},
    "poisson_generator_ps": {"rate": 2000.0},
    "spike_generator": {"spike_times": [22.0, 33.0], "spike_weights": [], "spike_multiplicities": [1, 2]},
}
for _model, _changes in CHANGES.items():
    CASES[f"{_model}_changed"] = lambda nest, seed, m=_model, c=_changes: changed(nest, seed, m, c)
CASES["poisson_generator_ps_later"] = lambda nest, seed: changed(nest, seed, "poisson_generator_ps", {"start": 45.0})


def shared(nest: Any, seed: int, model: str, threads: int) -> Arrays:
    """A generator that sends the same train to all its targets, as a neuron does."""
    nest.set(local_num_threads=threads, rng_seed=seed + 31)
    nest.CopyModel(model, "shared", {"individual_spike_trains": False})
    competitor = nest.Create("poisson_generator", params={"rate": 3000.0})
    generators = nest.Create("shared", 3, STIMULATORS[model])
    parrots = nest.Create("parrot_neuron", 4)
    recorder, meter = nest.Create("spike_recorder"), nest.Create("multimeter", params={"record_from": ["rate"]})
    nest.Connect(competitor, parrots)
    nest.Connect(generators, parrots, {"rule": "fixed_indegree", "indegree": 2}, {"delay": 1.5})
    nest.Connect(generators + parrots, recorder)
    nest.Connect(meter, generators[:1])
    nest.Simulate(40.0)
    nest.Simulate(15.5)
    return events(spikes=recorder, meter=meter)


for _model in ("sinusoidal_poisson_generator", "sinusoidal_gamma_generator"):
    for _threads in (1, 2):
        CASES[f"shared_{_model}_{_threads}"] = lambda nest, seed, m=_model, t=_threads: shared(nest, seed, m, t)


def injected(nest: Any, threads: int) -> Arrays:
    """Spike train injectors with synapses of two models."""
    nest.local_num_threads = threads
    train = {"spike_times": [1.0, 2.0, 2.0, 7.3, 11.0], "spike_multiplicities": [1, 3, 1, 2, 1]}
    injectors = nest.Create("spike_train_injector", 3, train | {"stop": 10.0})
    injectors[2].set({"spike_times": [3.3, 12.0], "spike_multiplicities": [2, 1], "start": 3.3, "stop": 1e3})
    parrots, neuron = nest.Create("parrot_neuron", 2), nest.Create("iaf_psc_alpha")
    recorder, meter = nest.Create("spike_recorder"), nest.Create("voltmeter", params={"interval": 0.1})
    nest.CopyModel("static_synapse", "other")
    nest.Connect(injectors, parrots, syn_spec={"delay": 1.3})
    nest.Connect(injectors, neuron, syn_spec={"synapse_model": "other", "weight": [[300.0, 100.0, -50.0]]})
    nest.Connect(injectors + parrots, recorder)
    nest.Connect(meter, neuron)
    nest.Simulate(13.5)
    injectors[0].set({"origin": 14.0, "stop": 1e3})
    nest.Simulate(20.0)
    return events(spikes=recorder, meter=meter)


for _threads in (1, 2):
    CASES[f"injected_{_threads}"] = lambda nest, seed, t=_threads: injected(nest, t)


def precise(nest: Any) -> Arrays:
    """Precise spike times reach recorders; a neuron bound to the grid gets the spikes at the ends of steps."""
    train = {"spike_times": [1.0, 1.03, 1.07, 2.22, 7.3], "precise_times": True}
    generator = nest.Create("spike_generator", params=train)
    recorder, steps = nest.Create("spike_recorder"), nest.Create("spike_recorder", params={"time_in_steps": True})
    neuron, meter = nest.Create("iaf_psc_alpha"), nest.Create("voltmeter", params={"interval": 0.1})
    nest.Connect(generator, recorder)
    nest.Connect(generator, steps)
    nest.Connect(generator, neuron, syn_spec={"weight": 100.0})
    nest.Connect(meter, neuron)
    nest.Simulate(20.0)
    return events(spikes=recorder, steps=steps, meter=meter) | {"read": np.array(generator.spike_times)}


CASES["precise"] = lambda nest, seed: precise(nest)


def shifted(nest: Any) -> Arrays:
    """Spikes at the present time are moved to the next step; times off the grid are rounded up."""
    train = {"spike_times": [0.0, 4.0], "shift_now_spikes": True}
    generators = nest.Create("spike_generator", 2, train)
    recorder = nest.Create("spike_recorder")
    nest.Connect(generators, recorder)
    nest.Simulate(10.0)
    generators[0].set({"spike_times": [10.0, 10.04, 12.0005], "allow_offgrid_times": True})
    nest.Simulate(10.0)
    return events(spikes=recorder) | {"read": np.array(generators[0].spike_times)}


CASES["shifted"] = lambda nest, seed: shifted(nest)


def diluted(nest: Any, seed: int, **window: Any) -> Arrays:
    """A spike dilutor that gets spikes from a neuron and from a generator."""
    nest.rng_seed = seed + 17
    source = nest.Create("poisson_generator", params={"rate": 5000.0})
    parrot = nest.Create("parrot_neuron")
    dilutor = nest.Create("spike_dilutor", params={"p_copy": 0.4, **window})
    parrots = nest.Create("parrot_neuron", 3)
    recorder, direct = nest.Create("spike_recorder"), nest.Create("spike_recorder")
    nest.Connect(source, parrot)
    nest.Connect(parrot, dilutor, syn_spec={"delay": 1.7, "weight": 3.0})
    nest.Connect(source, dilutor, syn_spec={"delay": 1.2})
    nest.Connect(dilutor, parrots)
    nest.Connect(dilutor, direct)
    nest.Connect(parrots, recorder)
    nest.Simulate(30.5)
    nest.Simulate(20.0)
    return events(spikes=recorder, direct=direct)


CASES["diluted"] = diluted
CASES["diluted_window"] = lambda nest, seed: diluted(nest, seed, start=5.0)


def rates(nest: Any) -> Arrays:
    """What the generators report as their rate."""
    sines = [nest.Create(m, params=STIMULATORS[m]) for m in list(STIMULATORS)[1:3]]
    step = {"amplitude_times": [5.0, 12.0, 30.0], "amplitude_values": [3.0, -2.0, 8.0], "start": 10.0, "stop": 31.0}
    generators = [*sines, nest.Create("step_rate_generator", params=step)]
    result = {}
    for i, generator in enumerate(generators):
        meter = nest.Create("multimeter", params={"record_from": ["rate"], "interval": 0.1})
        nest.Connect(meter, generator)
        result[f"meter{i}"] = meter
    nest.Simulate(40.0)
    nest.Simulate(5.0)
    return events(**result) | {"meter_y": np.array([sines[0].y_0, sines[0].y_1])}


CASES["rates"] = lambda nest, seed: rates(nest)

HISTOGRAMS = ("n_events", "histogram", "histogram_correction", "count_histogram", "covariance", "count_covariance")


def readings(detector: Any, prefix: str = "") -> Arrays:
    """Return everything that a detector has counted."""
    status = detector.get()
    return {prefix + key: np.asarray(status[key]) for key in HISTOGRAMS if key in status}


def correlated(nest: Any, seed: int, model: str, threads: int, **parameters: Any) -> Arrays:
    """Detectors of correlations that listen to neurons and generators."""
    nest.set(local_num_threads=threads, rng_seed=seed + 4)
    mip = nest.Create("mip_generator", params={"rate": 300.0, "p_copy": 0.5})
    noise = nest.Create("poisson_generator", params={"rate": 200.0})
    parrots = nest.Create("parrot_neuron", 4)
    detectors = nest.Create(model, 2, parameters)
    nest.Connect(mip, parrots, syn_spec={"delay": 2.0})
    for port in (0, 1):
        sources = parrots[2 * port : 2 * port + 2]
        nest.Connect(sources, detectors, syn_spec={"weight": 1.5 - port, "receptor_type": port, "delay": 3.0})
    nest.Connect(noise, detectors, syn_spec={"weight": 0.3, "receptor_type": 1})
    nest.Connect(parrots, parrots, "one_to_one", {"delay": 1.2, "weight": 2.0})
    nest.Simulate(10.0)
    first = readings(detectors[0], "early_")
    nest.Simulate(7.5)
    if "n_events" in first and model == "correlation_detector":
        detectors[1].n_events = [0, 0]
    nest.Simulate(50.0)
    return first | readings(detectors[0], "late_") | readings(detectors[1], "other_")


BINS = {"delta_tau": 0.3, "tau_max": 6.0, "start": 2.0, "Tstart": 5.0, "Tstop": 40.0}
for _threads in (1, 2):
    CASES[f"correlation_{_threads}"] = lambda nest, seed, t=_threads: correlated(
        nest, seed, "correlation_detector", t, **BINS
    )
    CASES[f"correlomatrix_{_threads}"] = lambda nest, seed, t=_threads: correlated(
        nest, seed, "correlomatrix_detector", t, N_channels=3, **BINS
    )
CASES["correlation_default"] = lambda nest, seed: correlated(nest, seed, "correlation_detector", 1)


def binary(nest: Any, seed: int, threads: int, resolution: float = 0.1) -> Arrays:
    """Detectors of binary signals, which are made of single and double spikes."""
    nest.resolution = resolution
    nest.local_num_threads = threads
    random = np.random.default_rng(seed + 3)
    generators = nest.Create("spike_generator", 6)
    for generator in generators:
        times = np.unique(np.round(np.cumsum(random.exponential(3.0, 12)) + 1.0, 0))
        switches = np.where(np.arange(len(times)) % 2 == 0, 2, 1)
        generator.set({"spike_times": times, "spike_multiplicities": switches})
    detector = nest.Create("correlospinmatrix_detector", params={"N_channels": 6, "delta_tau": 0.5, "tau_max": 3.0})
    for port, generator in enumerate(generators):
        nest.Connect(generator, detector, syn_spec={"receptor_type": port})
    nest.Simulate(20.0)
    nest.Simulate(40.5)
    return readings(detector)


CASES["binary_1"] = lambda nest, seed: binary(nest, seed, 1)
CASES["binary_coarse"] = lambda nest, seed: binary(nest, seed, 2, 0.5)


def spins(nest: Any, seed: int, threads: int) -> Arrays:
    """A spin detector that has its turn between its sources, in runs that end inside of slices."""
    nest.local_num_threads = threads
    random = np.random.default_rng(seed + 5)
    before, detector, after = (
        nest.Create("spike_generator", 4),
        nest.Create("spin_detector"),
        nest.Create("spike_generator", 4),
    )
    for generator in before + after:
        times = np.unique(np.round(np.cumsum(random.exponential(0.8, 30)) + 0.5, 1))
        generator.set({"spike_times": times, "spike_multiplicities": random.integers(1, 3, len(times))})
    twice = nest.Create("spike_generator", 2, {"spike_times": [1.0, 1.0, 2.0, 3.3, 3.3, 5.0, 5.0, 7.1]})
    parrot = nest.Create("parrot_neuron")
    nest.Connect(twice, parrot, syn_spec={"delay": 1.3})
    nest.Connect(before + after + twice + parrot, detector)
    for span in (7.3, 0.4, 12.0, 5.0):
        nest.Simulate(span)
    return events(spins=detector)


CASES["spins_1"] = lambda nest, seed: spins(nest, seed, 1)
CASES["spins_2"] = lambda nest, seed: spins(nest, seed, 2)


def soft(nest: Any, seed: int, threads: int) -> Arrays:
    """Neurons with a soft threshold share the random stream with generators."""
    nest.set(local_num_threads=threads, rng_seed=seed + 12)
    noise = nest.Create("poisson_generator", params={"rate": 8000.0})
    neurons = nest.Create("iaf_psc_exp", 5, {"I_e": 300.0, "delta": [1.0, 0.0, 3.0, 1e-11, 0.5], "rho": 20.0})
    late = nest.Create("poisson_generator", params={"rate": 500.0})
    recorder, meter = nest.Create("spike_recorder"), nest.Create("voltmeter", params={"interval": 0.1})
    nest.Connect(noise, neurons, syn_spec={"weight": 20.0})
    nest.Connect(late, neurons, syn_spec={"weight": 90.0})
    nest.Connect(neurons, neurons, syn_spec={"weight": -10.0, "delay": 1.5})
    nest.Connect(neurons, recorder)
    nest.Connect(meter, neurons)
    nest.Simulate(50.0)
    neurons[1].delta = 2.0
    neurons[0].frozen = True
    nest.Simulate(50.3)
    nest.Simulate(20.0)
    return events(spikes=recorder, meter=meter)


CASES["soft_1"] = lambda nest, seed: soft(nest, seed, 1)
CASES["soft_2"] = lambda nest, seed: soft(nest, seed, 2)


MODELS = (*list(STIMULATORS)[:8], "spike_dilutor", "step_rate_generator", "spike_train_injector")
MODELS += ("correlation_detector", "correlomatrix_detector", "correlospinmatrix_detector", "spin_detector")

MISTAKES: list[tuple[str, dict[str, Any]]] = [
    ("inhomogeneous_poisson_generator", {"rate_times": [1.0, 2.0]}),
    ("inhomogeneous_poisson_generator", {"rate_times": [1.0, 2.0], "rate_values": [1.0]}),
    ("inhomogeneous_poisson_generator", {"rate_times": [2.0, 1.0], "rate_values": [1.0, 2.0]}),
    ("inhomogeneous_poisson_generator", {"rate_times": [0.0], "rate_values": [1.0]}),
    ("inhomogeneous_poisson_generator", {"rate_times": [1.05], "rate_values": [1.0]}),
    ("sinusoidal_poisson_generator", {"individual_spike_trains": False}),
    ("sinusoidal_gamma_generator", {"individual_spike_trains": True}),
    ("sinusoidal_gamma_generator", {"order": 0.5}),
    ("sinusoidal_gamma_generator", {"rate": 1.0, "amplitude": 2.0}),
    ("sinusoidal_gamma_generator", {"amplitude": -2.0}),
    ("gamma_sup_generator", {"gamma_shape": 0}),
    ("gamma_sup_generator", {"rate": -1.0}),
    ("gamma_sup_generator", {"n_proc": 0}),
    ("gamma_sup_generator", {"n_proc": 1.5}),
    ("ppd_sup_generator", {"dead_time": -1.0}),
    ("ppd_sup_generator", {"rate": 100.0, "dead_time": 10.0}),
    ("ppd_sup_generator", {"rate": -1.0}),
    ("ppd_sup_generator", {"n_proc": 0}),
    ("ppd_sup_generator", {"relative_amplitude": 1.5}),
    ("mip_generator", {"rate": -1.0}),
    ("mip_generator", {"p_copy": 1.5}),
    ("spike_dilutor", {"p_copy": -0.5}),
    ("pulsepacket_generator", {"activity": -1}),
    ("pulsepacket_generator", {"sdev": -1.0}),
    ("poisson_generator_ps", {"dead_time": -1.0}),
    ("poisson_generator_ps", {"rate": -1.0}),
    ("poisson_generator_ps", {"rate": 500.0, "dead_time": 3.0}),
    ("step_rate_generator", {"amplitude_times": [1.0]}),
    ("step_rate_generator", {"amplitude_times": [1.0], "amplitude_values": []}),
    ("step_rate_generator", {"amplitude_times": [0.0], "amplitude_values": [1.0]}),
    ("step_rate_generator", {"amplitude_times": [2.0, 1.0], "amplitude_values": [1.0, 2.0]}),
    ("spike_train_injector", {"spike_times": [2.0, 1.0]}),
    ("spike_train_injector", {"spike_times": [0.0]}),
    ("spike_train_injector", {"spike_times": [1.05]}),
    ("spike_train_injector", {"spike_times": [1.0], "spike_multiplicities": [1, 2]}),
    ("spike_train_injector", {"precise_times": True, "allow_offgrid_times": True}),
    ("spike_train_injector", {"spike_weights": [1.0]}),
    ("spike_train_injector", {"label": "x"}),
    ("spike_generator", {"precise_times": True, "shift_now_spikes": True}),
    ("correlation_detector", {"n_events": [1, 0]}),
    ("correlation_detector", {"histogram": [1.0]}),
    ("correlation_detector", {"delta_tau": 0.25}),
    ("correlation_detector", {"delta_tau": 0.3}),
    ("correlomatrix_detector", {"N_channels": 0}),
    ("correlomatrix_detector", {"delta_tau": 0.2, "tau_max": 2.0}),
    ("correlomatrix_detector", {"n_events": [0]}),
    ("correlospinmatrix_detector", {"delta_tau": -0.1}),
    ("correlospinmatrix_detector", {"tau_max": -1.0}),
    ("correlospinmatrix_detector", {"Tstop": -1.0}),
    ("spin_detector", {"n_events": 1}),
]
"""Settings that NEST refuses."""


def all_defaults(nest: Any) -> dict[str, dict[str, str]]:
    """Return what GetDefaults says, as text."""
    nest.ResetKernel()
    return {model: {k: _text(v) for k, v in nest.GetDefaults(model).items()} for model in MODELS}


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return str({k: _text(v) for k, v in sorted(value.items())})
    return f"{value.dtype} {value.shape} {value.tolist()}" if isinstance(value, np.ndarray) else repr(value)


def all_mistakes(nest: Any) -> list[tuple[str, str]]:
    """Return name and text of the error that each mistake leads to."""
    found = []
    for model, parameters in MISTAKES:
        nest.ResetKernel()
        try:
            nest.Create(model, params=parameters)
        except Exception as error:
            found.append((type(error).__name__, str(error)))
        else:
            found.append(("", ""))
    return found
