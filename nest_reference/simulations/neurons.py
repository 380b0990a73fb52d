"""Neurons with random parameters and random input.

All nodes of a case have different parameters, so that one simulation compares as many sets as there are nodes, also
those that nobody would think of.
"""

from __future__ import annotations

import functools
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nest_reference.simulations import Arrays, Simulation

Random = np.random.RandomState

DURATIONS = (70.0, 0.3, 109.7)
INTERVAL = 20.0


@dataclass(frozen=True)
class Neuron:
    """How parameters and inputs of a model are drawn."""

    draw: Callable[[Random], dict[str, Any]]
    """Parameters of one node."""
    weights: Mapping[int, tuple[float, float]] = field(default_factory=lambda: {0: (-100.0, 200.0)})
    """Spike receptors, and the range of weights at each."""
    current: tuple[float, ...] = (-100.0, 300.0)
    """Range of the step of current."""
    current_receptors: tuple[int, ...] = (0,)
    current_device: str = "dc_generator"
    nodes: int = 60
    rate: float = 300.0
    """Mean rate of the input (1/s); each node gets four trains."""
    adaptive: bool = False
    """Integrated with adaptive steps."""
    drawing: bool = False
    """Draws random numbers; both back ends then agree bit for bit."""


NEURONS: dict[str, Neuron] = {}


def uniform(**ranges: tuple[float, float]) -> Callable[[Random], dict[str, Any]]:
    """Return a function that draws each parameter from its range."""
    return lambda random: {name: random.uniform(*limits) for name, limits in ranges.items()}


def together(*functions: Callable[[Random], dict[str, Any]]) -> Callable[[Random], dict[str, Any]]:
    """Return a function that draws from several functions, one after the other."""
    return lambda random: {k: value for function in functions for k, value in function(random).items()}


def receptors(low: int, high: int, **ranges: tuple[float, float]) -> Callable[[Random], dict[str, Any]]:
    """Return a function that draws vectors of a random common length."""

    def draw(random: Random) -> dict[str, Any]:
        n = random.randint(low, high + 1)
        return {name: random.uniform(*limits, n).tolist() for name, limits in ranges.items()}

    return draw


def flags(*names: str) -> Callable[[Random], dict[str, Any]]:
    """Return a function that draws flags."""
    return lambda random: {name: bool(random.randint(2)) for name in names}


MEMBRANE = {"C_m": (150.0, 400.0), "t_ref": (0.0, 4.0), "I_e": (-50.0, 150.0)}
POTENTIALS = {"V_th": (-56.0, -45.0), "V_reset": (-75.0, -57.0), "E_L": (-72.0, -62.0), "V_m": (-75.0, -50.0)}
SYNAPSES = {"tau_syn_ex": (0.2, 3.0), "tau_syn_in": (0.5, 5.0)}

mat = {
    "E_L": (-75.0, -60.0), "C_m": (80.0, 200.0), "tau_m": (4.5, 12.0), "tau_syn_ex": (0.5, 2.0), "V_m": (-75.0, -55.0),
    "tau_syn_in": (0.5, 4.0), "t_ref": (0.5, 4.0), "tau_1": (5.0, 15.0), "tau_2": (100.0, 300.0),
    "alpha_1": (5.0, 40.0), "alpha_2": (0.0, 4.0), "omega": (-60.0, -50.0), "I_e": (0.0, 300.0),
    "V_th_alpha_1": (0.0, 5.0),
}  # fmt: skip
NEURONS["mat2_psc_exp"] = Neuron(uniform(**mat))
NEURONS["amat2_psc_exp"] = Neuron(uniform(**mat, tau_v=(4.1, 4.4), beta=(-0.3, 0.3)))


def izhikevich(random: Random) -> dict[str, Any]:
    """Draw parameters around those of the published kinds of cells."""
    ranges = {"a": (0.02, 0.1), "b": (0.2, 0.25), "c": (-65.0, -50.0), "d": (2.0, 8.0), "I_e": (0.0, 8.0)}
    parameters = uniform(**ranges, V_m=(-70.0, -60.0), U_m=(-14.0, -10.0))(random)
    return parameters | flags("consistent_integration")(random)


NEURONS["izhikevich"] = Neuron(izhikevich, {0: (-2.0, 4.0)}, (-2.0, 5.0))


def glif(random: Random, conductance: str = "g") -> dict[str, Any]:
    """Draw one of the five kinds of GLIF neurons."""
    spikes, currents, voltage = (
        (False, False, False), (True, False, False), (False, True, False), (True, True, False), (True, True, True)
    )[random.randint(5)]  # fmt: skip
    n = random.randint(1, 4)
    parameters = uniform(
        C_m=(40.0, 100.0), t_ref=(0.5, 5.0), V_th=(-60.0, -45.0), E_L=(-80.0, -75.0), V_reset=(-85.0, -75.0),
        th_spike_add=(0.2, 3.0), th_spike_decay=(0.005, 0.1), voltage_reset_fraction=(0.1, 0.9), V_m=(-80.0, -65.0),
        voltage_reset_add=(2.0, 20.0), th_voltage_index=(-0.01, 0.01), th_voltage_decay=(0.02, 0.15),
    )(random)  # fmt: skip
    parameters |= {conductance: random.uniform(3.0, 15.0)}
    parameters |= {
        "spike_dependent_threshold": spikes,
        "after_spike_currents": currents,
        "adapting_threshold": voltage,
        "asc_init": [0.0] * n,
        "asc_decay": random.uniform(0.003, 0.2, n).tolist(),
        "asc_amps": random.uniform(-100.0, 5.0, n).tolist(),
        "asc_r": random.uniform(0.0, 1.0, n).tolist(),
    }
    if currents:
        parameters["ASCurrents"] = random.uniform(-10.0, 10.0, n).tolist()
    return parameters


PORTS = {1: (-100.0, 150.0), 2: (-100.0, 150.0)}
NEURONS["glif_psc"] = Neuron(together(glif, receptors(2, 3, tau_syn=(0.5, 8.0))), PORTS)
NEURONS["glif_psc_double_alpha"] = Neuron(
    together(glif, receptors(2, 2, tau_syn_fast=(0.5, 4.0), tau_syn_slow=(4.0, 9.0), amp_slow=(0.1, 0.9))), PORTS
)
NEURONS["glif_cond"] = Neuron(
    together(functools.partial(glif, conductance="g_m"), receptors(2, 3, tau_syn=(0.5, 8.0), E_rev=(-90.0, 10.0))),
    {1: (0.0, 15.0), 2: (0.0, 15.0)}, nodes=100, adaptive=True,
)  # fmt: skip

sfa, stc = {"tau_sfa": (10.0, 200.0), "q_sfa": (0.0, 4.0)}, {"tau_stc": (10.0, 200.0), "q_stc": (0.0, 20.0)}
NEURONS["pp_psc_delta"] = Neuron(
    together(
        uniform(tau_m=(5.0, 20.0), C_m=(100.0, 400.0), c_1=(0.0, 5.0), c_2=(0.5, 60.0), c_3=(0.1, 0.4)),
        lambda random: {"dead_time": float(random.choice([0.05, 1.0, 3.0])), "V_m": random.uniform(0.0, 5.0)},
        lambda random: {"t_ref_remaining": random.choice([0.0, 5.0]), "dead_time_shape": random.randint(1, 4)},
        flags("with_reset"), receptors(0, 2, **sfa),
    ),
    {0: (-2.0, 3.0)}, drawing=True,
)  # fmt: skip
NEURONS["pp_psc_delta without dead time"] = Neuron(
    together(
        uniform(c_1=(0.0, 5.0), c_2=(0.5, 60.0), c_3=(0.0, 0.1), dead_time=(0.0, 0.0)),
        flags("with_reset"), receptors(0, 2, **sfa),
    ),
    {0: (-2.0, 3.0)}, (-50.0, 50.0), drawing=True,
)  # fmt: skip
NEURONS["pp_psc_delta random dead time"] = Neuron(
    together(
        uniform(c_2=(5.0, 60.0), dead_time=(1.0, 5.0)),
        lambda random: {"dead_time_random": True, "dead_time_shape": random.randint(1, 4)},
    ),
    {0: (-2.0, 3.0)}, drawing=True,
)  # fmt: skip
gif = together(
    uniform(
        C_m=(60.0, 120.0), g_L=(3.0, 8.0), E_L=(-72.0, -62.0), V_reset=(-65.0, -50.0), V_T_star=(-50.0, -35.0),
        Delta_V=(0.3, 3.0), lambda_0=(0.5, 100.0), t_ref=(0.0, 5.0), V_m=(-72.0, -50.0), I_e=(0.0, 60.0),
    ),
    receptors(0, 3, **sfa), receptors(0, 2, **stc),
)  # fmt: skip
NEURONS["gif_psc_exp"] = Neuron(together(gif, uniform(tau_syn_ex=(0.5, 5.0), tau_syn_in=(1.0, 9.0))), drawing=True)
NEURONS["gif_psc_exp_multisynapse"] = Neuron(together(gif, receptors(2, 3, tau_syn=(0.5, 8.0))), PORTS, drawing=True)
NEURONS["gif_cond_exp"] = Neuron(
    together(gif, uniform(tau_syn_ex=(0.5, 5.0), tau_syn_in=(1.0, 9.0), gsl_error_tol=(1e-6, 1e-3))),
    {0: (-5.0, 8.0)}, adaptive=True, drawing=True,
)  # fmt: skip
NEURONS["gif_cond_exp_multisynapse"] = Neuron(
    together(gif, receptors(2, 3, tau_syn=(0.5, 8.0), E_rev=(-85.0, 0.0))),
    {1: (0.0, 8.0), 2: (0.0, 8.0)}, adaptive=True, drawing=True,
)  # fmt: skip


def compartments(random: Random) -> dict[str, Any]:
    """Draw parameters of three compartments."""
    ranges = {
        "C_m": (60.0, 160.0), "g_L": (4.0, 12.0), "E_L": (-72.0, -62.0), "E_ex": (-5.0, 5.0), "E_in": (-90.0, -70.0),
        "tau_syn_ex": (0.3, 3.0), "tau_syn_in": (1.0, 5.0), "I_e": (0.0, 80.0), "V_m": (-75.0, -55.0),
    }  # fmt: skip
    parameters: dict[str, Any] = {name: uniform(**ranges)(random) for name in ("soma", "proximal", "distal")}
    return parameters | uniform(
        g_sp=(1.0, 5.0), g_pd=(0.5, 3.0), t_ref=(0.0, 4.0), V_th=(-56.0, -50.0), V_reset=(-70.0, -58.0)
    )(random)


NEURONS["iaf_cond_alpha_mc"] = Neuron(
    compartments, dict.fromkeys(range(1, 7), (0.0, 25.0)), current_receptors=(7, 8, 9), nodes=100, adaptive=True
)
theta = {"theta": (-1.0, 1.0), "tau_m": (2.0, 10.0)}
binary = {"current": (0.5, 1.5), "current_device": "noise_generator", "drawing": True}
NEURONS["ginzburg_neuron"] = Neuron(uniform(**theta, c_1=(0.0, 0.1), c_2=(0.5, 1.0), c_3=(0.2, 2.0)), {}, **binary)
NEURONS["mcculloch_pitts_neuron"] = Neuron(uniform(**theta), {}, **binary)
NEURONS["erfc_neuron"] = Neuron(uniform(**theta, sigma=(0.3, 3.0)), {}, **binary)


def population(random: Random) -> dict[str, Any]:
    """Draw parameters of a population of neurons."""
    parameters = uniform(
        tau_m=(10.0, 30.0), C_m=(150.0, 400.0), t_ref=(1.0, 5.0), lambda_0=(5.0, 20.0), Delta_V=(1.0, 4.0),
        V_reset=(-5.0, 5.0), V_T_star=(5.0, 15.0), tau_syn_ex=(1.0, 5.0), tau_syn_in=(3.0, 9.0), I_e=(0.0, 300.0),
        V_m=(0.0, 5.0),
    )(random)  # fmt: skip
    parameters |= {"N": random.randint(5, 500), "len_kernel": int(random.choice([-1, 80, 200]))}
    return parameters | flags("BinoRand")(random) | receptors(1, 2, tau_sfa=(20.0, 100.0), q_sfa=(0.1, 2.0))(random)


NEURONS["gif_pop_psc_exp"] = Neuron(population, {0: (-50.0, 80.0)}, nodes=50, drawing=True)
NEURONS["iaf_psc_exp_htum"] = Neuron(
    uniform(
        **POTENTIALS, C_m=(150.0, 400.0), tau_m=(5.0, 20.0), tau_syn_ex=(0.5, 4.0), tau_syn_in=(0.5, 4.0),
        t_ref_abs=(0.5, 2.0), t_ref_tot=(2.0, 6.0), I_e=(100.0, 400.0),
    )
)  # fmt: skip
NEURONS["iaf_chs_2007"] = Neuron(
    together(
        uniform(V_reset=(1.0, 3.0), V_epsp=(0.3, 0.9), tau_epsp=(4.0, 10.0), tau_reset=(8.0, 20.0)),
        lambda random: {"V_noise": random.choice([0.0, 0.2]), "noise": random.normal(size=2000).tolist()},
    ),
    {0: (-1.0, 1.5)}, (), rate=100.0,
)  # fmt: skip
NEURONS["ht_neuron"] = Neuron(
    together(
        uniform(
            tau_m=(8.0, 20.0), theta_eq=(-55.0, -48.0), tau_theta=(1.0, 3.0), t_ref=(1.0, 3.0), g_KL=(0.8, 1.6),
            g_peak_AMPA=(0.05, 0.15), g_peak_h=(0.5, 2.0), g_peak_T=(0.5, 1.5), g_peak_NaP=(0.5, 1.5),
            V_m=(-75.0, -55.0), tau_decay_NMDA=(30.0, 60.0), tau_Mg_slow_NMDA=(10.0, 30.0), N_T=(1.5, 2.5),
            N_NaP=(2.0, 3.5),
        ),
        flags("instant_unblock_NMDA"), flags("equilibrate"),
    ),
    dict.fromkeys(range(1, 5), (0.0, 3.0)), (-3.0, 8.0), nodes=100, adaptive=True,
)  # fmt: skip
NEURONS["iaf_cond_alpha"] = Neuron(
    uniform(**MEMBRANE, **POTENTIALS, **SYNAPSES, g_L=(10.0, 20.0), E_in=(-90.0, -70.0)),
    {0: (-20.0, 30.0)}, nodes=100, adaptive=True,
)  # fmt: skip
NEURONS["iaf_cond_exp"] = Neuron(
    uniform(**MEMBRANE, **POTENTIALS, **SYNAPSES, g_L=(10.0, 20.0), E_in=(-90.0, -70.0)),
    {0: (-30.0, 50.0)}, nodes=100, adaptive=True,
)  # fmt: skip
aeif = {
    "C_m": (200.0, 350.0), "t_ref": (0.0, 3.0), "V_peak": (-5.0, 25.0), "V_reset": (-65.0, -50.0),
    "E_L": (-75.0, -65.0), "g_L": (20.0, 40.0), "a": (0.0, 8.0), "b": (20.0, 120.0), "Delta_T": (1.0, 4.0),
    "tau_w": (50.0, 200.0), "V_th": (-55.0, -48.0), "I_e": (300.0, 1000.0), "V_m": (-70.0, -55.0),
    "w": (0.0, 50.0), "gsl_error_tol": (1e-8, 1e-5),
}  # fmt: skip
NEURONS["aeif_cond_exp"] = Neuron(
    uniform(**aeif, tau_syn_ex=(0.3, 3.0), tau_syn_in=(0.5, 5.0)), {0: (-40.0, 60.0)}, nodes=100, adaptive=True
)
NEURONS["aeif_cond_beta_multisynapse"] = Neuron(
    together(uniform(**aeif), receptors(2, 3, E_rev=(-85.0, 0.0), tau_rise=(0.3, 2.0), tau_decay=(2.0, 10.0))),
    {1: (0.0, 15.0), 2: (0.0, 15.0)}, nodes=100, adaptive=True,
)  # fmt: skip
NEURONS["hh_psc_alpha"] = Neuron(
    uniform(
        C_m=(80.0, 150.0), t_ref=(0.0, 3.0), g_Na=(10000.0, 14000.0), g_K=(3000.0, 4500.0), g_L=(20.0, 40.0),
        V_m=(-70.0, -60.0), tau_syn_ex=(0.3, 3.0), tau_syn_in=(0.5, 4.0), I_e=(0.0, 700.0),
    ),
    {0: (-150.0, 200.0)}, nodes=100, adaptive=True,
)  # fmt: skip


def connect_inputs(nest: Any, spec: Neuron, nodes: Any, random: Random) -> None:
    """Connect random trains of spikes and steps of current to random receptors with random weights and delays."""
    n, ids = len(nodes), np.array(nodes.tolist())
    trains = nest.Create("spike_generator", 12) if spec.weights else nest.NodeCollection([])
    for train in trains if spec.weights else ():
        count = random.poisson(spec.rate * sum(DURATIONS) / 1000.0)
        train.spike_times = np.sort(np.round(random.randint(1, 10 * int(sum(DURATIONS)), count) * 0.1, 1)).tolist()
    for _ in range(4 if spec.weights else 0):
        ports = random.choice(list(spec.weights), n)
        weights = np.array([random.uniform(*spec.weights[port]) for port in ports])
        delays = np.round(random.randint(5, 30, n) * 0.1, 1)
        sources = np.array(trains.tolist())[random.randint(12, size=n)]
        nest.Connect(
            sources, ids, "one_to_one", {"weight": weights, "delay": delays, "receptor_type": ports.astype(int)}
        )
    if spec.current:
        parameters = (
            {"start": 20.0, "stop": 90.0} if spec.current_device == "dc_generator" else {"mean": 0.0, "std": 1.0}
        )
        device = nest.Create(spec.current_device, params=parameters)
        device.set({"amplitude": 1.0} if spec.current_device == "dc_generator" else {"mean": 0.5})
        for port in spec.current_receptors:
            weights = random.uniform(spec.current[0], spec.current[1], n)
            sources = np.full(n, device.tolist()[0])
            ports = np.full(n, port)
            nest.Connect(sources, ids, "one_to_one", {"weight": weights, "delay": np.ones(n), "receptor_type": ports})


def simulate(nest: Any, seed: int, name: str) -> Arrays:
    """Simulate all nodes of a case, and return what was recorded."""
    spec, random = NEURONS[name], Random(zlib.crc32(name.encode()) % 2**31 + seed)
    nest.set(rng_seed=1 + seed)
    nodes = nest.Create(name.partition(" ")[0], spec.nodes)
    nodes.set([spec.draw(random) for _ in range(spec.nodes)])
    connect_inputs(nest, spec, nodes, random)
    if not spec.weights:
        chosen = random.randint(spec.nodes, size=(spec.nodes, 8))
        for node, senders in zip(nodes, chosen, strict=True):
            weights = random.uniform(-1.0, 1.0, (1, 8)).tolist()
            senders = nest.NodeCollection(np.unique([nodes.tolist()[i] for i in senders]).tolist())
            nest.Connect(senders, node, syn_spec={"weight": [weights[0][: len(senders)]], "delay": 1.5})
    recorder = nest.Create("spike_recorder")
    nest.Connect(nodes, recorder)
    shared = sorted(set.intersection(*(set(node.recordables) for node in nodes)))
    meter = nest.Create("multimeter", params={"record_from": shared, "interval": INTERVAL})
    nest.Connect(meter, nodes)
    for duration in DURATIONS:
        nest.Simulate(duration)
    results = {f"meter_{key}": np.asarray(values) for key, values in meter.get("events").items()}
    results |= {f"spikes_{key}": np.asarray(values) for key, values in recorder.get("events").items()}
    return results


CASES: dict[str, Simulation] = {name: functools.partial(simulate, name=name) for name in NEURONS}
"""Simulations by name."""
