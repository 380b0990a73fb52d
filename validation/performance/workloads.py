"""The loads: which script with which options, and how long."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

SCRIPTS = Path(__file__).parent / "loads"


@final
@dataclass(frozen=True)
class Load:
    """A script, and how it is run.

    Parameters
    ----------
    script
        Name of the script in `loads/`.
    title
        Its name in the table.
    time_ms
        Biological duration of the measured run, where the load is one network. Other loads measure a session of
        small networks, or a whole process.
    options
        What the script's functions get.
    neurons
        Number of neurons, for the plot of the size sweep.
    usual
        Whether it runs unless loads are named.
    threads
        With how many threads it runs, whatever is asked for.
    whole
        Whether the duration of the whole process counts.
    cold
        Whether the caches of compiled programs are empty.
    at_least
        Which ratios, NEST over jaxnest, are to be reached.
    at_most
        Which values of jaxnest are to be kept, in seconds or bytes.
    """

    script: str
    title: str
    time_ms: float = 0.0
    options: dict[str, Any] = field(default_factory=dict)
    neurons: int = 0
    usual: bool = True
    threads: int | None = None
    whole: bool = False
    cold: bool = False
    at_least: dict[str, float] = field(default_factory=dict)
    at_most: dict[str, float] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """The script."""
        return SCRIPTS / f"{self.script}.py"


def _brunel(kind: str, neurons: int, time_ms: float, indegree: int | None = None, usual: bool = True) -> Load:
    title = f"Brunel, {kind} synapses, {neurons:,} neurons" + (f", {indegree} synapses each" if indegree else "")
    options: dict[str, Any] = {"model": f"iaf_psc_{kind}", "neurons": neurons}
    options |= {"indegree": indegree} if indegree else {}
    return Load("brunel", title, time_ms, options, neurons, usual)


def _synaptic(synapse: str, random: bool) -> Load:
    title = f"Brunel, 10,000 neurons, {synapse}" + (", random weights and delays" if random else "")
    options = {"model": "iaf_psc_alpha", "neurons": 10000, "synapse": synapse, "random": random}
    return Load("brunel", title, 100.0, options, at_least={"busy": 4.0})


def _strong(kind: str, rate: int) -> Load:
    title = f"Brunel, {kind} synapses, 12,500 neurons, noise of {rate} kHz"
    options = {"model": f"iaf_psc_{kind}", "neurons": 12500, "rate": 1e3 * rate, "recorded": 10000}
    return Load("brunel", title, 100.0, options, at_least={"busy": 10.0})


def _neurons(model: str, time_ms: float) -> Load:
    options = {"model": model, "neurons": 10000}
    goal = 4.0 if model in FASTER else 3.0
    return Load("neurons", f"10,000 {model}", time_ms, options, at_least={"busy": goal})


def _numbers(kind: str, time_ms: float) -> Load:
    options = {"kind": kind, "neurons": 1000}
    return Load("signals", f"1,000 lin_rate_ipn, {kind}", time_ms, options, at_least={"busy": 3.0})


SYNAPTIC = {
    "stdp": "stdp_synapse",
    "tsodyks": "tsodyks_synapse",
    "tsodyks2": "tsodyks2_synapse",
    "dopamine": "stdp_dopamine_synapse",
    "random": "static_synapse",
}
"""Synapses among the excitatory neurons of a balanced network."""
FASTER = ("hh_psc_alpha", "aeif_cond_exp", "iaf_cond_alpha")
UPDATED = {
    "hh_psc_alpha": 20.0,
    "aeif_cond_exp": 50.0,
    "iaf_cond_alpha": 50.0,
    "gif_cond_exp": 50.0,
    "glif_cond": 20.0,
    "iaf_psc_exp_multisynapse": 100.0,
}
"""Models of which 10,000 are advanced, and biological durations (ms)."""
SWEEP = {50: 5000.0, 500: 2000.0, 5000: 500.0, 12500: 200.0}
"""Sizes of the sweep, and biological durations (ms)."""

NETWORKS: dict[str, Load] = {
    **{f"brunel_{k}_{n}": _brunel(k, n, t) for k in ("alpha", "delta") for n, t in SWEEP.items()},
    "brunel_alpha_50000": _brunel("alpha", 50000, 100.0, 1000, usual=False),
    "brunel_alpha_5000_dense": _brunel("alpha", 5000, 500.0, 1000, usual=False),
    "cuba_4000": Load("brette", "CUBA, 4,000 neurons", 1000.0, {"kind": "cuba", "neurons": 4000}, 4000),
    "coba_4000": Load("brette", "COBA, 4,000 neurons", 500.0, {"kind": "coba", "neurons": 4000}, 4000),
    "hh_4000": Load("brette", "Hodgkin-Huxley, 4,000 neurons", 200.0, {"kind": "hh", "neurons": 4000}, 4000),
    "hpc_static": Load("hpc", "HPC benchmark, static, 1/10", 200.0, {"plastic": False, "scale": 0.1}, 1125),
    "hpc_stdp": Load("hpc", "HPC benchmark, STDP, 1/10", 200.0, {"plastic": True, "scale": 0.1}, 1125),
    "microcircuit_0.02": Load("microcircuit", "Microcircuit, 1/50", 500.0, {"scale": 0.02}, 1544),
    "microcircuit_0.1": Load("microcircuit", "Microcircuit, 1/10", 200.0, {"scale": 0.1}, 7717),
    "microcircuit_1": Load("microcircuit", "Microcircuit, full size", 100.0, {"scale": 1.0}, 77169, usual=False),
    **{f"brunel_{name}": _synaptic(synapse, name == "random") for name, synapse in SYNAPTIC.items()},
    **{f"strong_{k}_{n}": _strong(k, n) for k in ("alpha", "delta") for n in (80, 200)},
    **{f"neurons_{model}": _neurons(model, t) for model, t in UPDATED.items()},
    **{f"rates_{kind}": _numbers(kind, t) for kind, t in {"delayed": 50.0, "instantaneous": 20.0}.items()},
    "gap_junctions": Load(
        "signals", "Gap junctions, 500 neurons", 20.0, {"kind": "gap", "neurons": 500}, at_least={"busy": 3.0}
    ),
}
"""What takes long because it is large."""

MIXED = ["iaf_cond_exp", "aeif_cond_exp", "gif_psc_exp", "hh_psc_alpha", "stdp"]


def _whole(script: str, title: str, at_least: dict[str, float], **options: Any) -> Load:
    return Load(script, title, options=options, threads=1, whole=True, at_least=at_least)


def _many(count: int, kinds: list[str], time_ms: float, at_least: dict[str, float]) -> Load:
    title = f"{count} networks of 10, 11, ... neurons" + (f", {len(kinds)} kinds in turn" if len(kinds) > 1 else "")
    return _whole("many_networks", title, at_least, kinds=kinds, count=count, time_ms=time_ms)


def _steps(n: int) -> Load:
    goals = {f"step{k}": 0.5 for k in ("", "_set", "_current", "_rate", "_weight", "_connect", "_create")}
    return Load("steps", "Steps of 1 ms, 20 neurons", options={"steps": n}, threads=1, at_least=goals)


def _first(title: str, networks: list[str], at_most: dict[str, float] | None = None) -> Load:
    options = {"networks": networks}
    title = f"First use: {title}"
    return Load("first_use", title, options=options, threads=1, whole=True, cold=True, at_most=at_most or {})


CALLS = ("call_create", "call_connect", "call_get_status", "call_get_many", "call_set_many", "call_set_defaults")

SESSIONS: dict[str, Load] = {
    "import": _whole("importing", "Import", {"process": 0.8}),
    "startup": _whole("one_neuron", "One neuron", {"process": 0.8, "peak_memory": 0.8}),
    "networks_50": _many(50, ["iaf_psc_alpha"], 100.0, {"process": 0.5}),
    "networks_20": _many(20, MIXED, 100.0, {"process": 0.3}),
    "networks_300": _many(300, MIXED, 20.0, {"peak_memory": 0.7}),
    "steps": _steps(1000),
    "calls": Load("calls", "Single calls", threads=1, at_least=dict.fromkeys(CALLS, 0.5)),
    "threads_16": Load(
        "brunel",
        "125 neurons, more threads than processors",
        1000.0,
        {"model": "iaf_psc_alpha", "neurons": 125},
        threads=16,
        at_least={"seconds_per_biological_second": 1.0},
    ),  # fmt: skip
    "precise_20": Load(
        "precise",
        "20 neurons, precise spike times, delay 0.1 ms",
        1000.0,
        {"neurons": 20},
        threads=1,
        at_least={"seconds_per_biological_second": 0.5},
    ),  # fmt: skip
    "first_recurrent": _first("20 neurons, connections, noise", ["recurrent"], {"first_recurrent": 4.0}),
    "first_adaptive": _first("one adaptive neuron", ["adaptive"]),
    "first_plastic": _first("one plastic connection", ["plastic"]),
    "first_in_turn": _first(
        "one after another",
        ["recurrent", "neuron", "adaptive", "plastic"],
        {"first_recurrent": 4.0, "first_neuron": 1.5, "first_adaptive": 2.0, "first_plastic": 1.5},
    ),
}
"""What takes long because it is done often, or for the first time."""

CONNECT = ("spatial", "bernoulli", "total_number", "one_to_one", "all_to_all", "random_values", "arrays")
FIND = ("find_all", "find_source", "find_target", "find_model", "find_both")
READ = ("read_attribute", "read_several", "write_one", "write_array", "write_list")


def _connecting(n: int) -> Load:
    goals = {f"connect_{kind}": 3.0 for kind in CONNECT}
    return Load("connecting", f"Connect, {n:,} connections", options={"connections": n}, at_least=goals)


def _reading(n: int) -> Load:
    goals: dict[str, float] = dict.fromkeys((*FIND, *READ), 3.0)
    return Load("reading", f"Find and read {n:,} connections", options={"connections": n}, at_least=goals)


def _recorded(n: int) -> Load:
    goals: dict[str, float] = dict.fromkeys(("read_spikes", "record_samples", "read_samples"), 1.5)
    return Load("recorded", f"{n:,} events", options={"events": n}, at_least=goals)


def _synapses(model: str, goal: float, random: bool = False) -> Load:
    options = {"model": model, "neurons": 5000, "indegree": 1000, "random": random}
    title = f"5,000,000 synapses, {model}" + (", random weights" if random else "")
    return Load("synapses", title, 10.0, options, 5000, at_least={"bytes_per_synapse": goal, "prepare": 2.0})


TABLES: dict[str, Load] = {
    "connecting": _connecting(1_000_000),
    "reading": _reading(1_000_000),
    "recorded": _recorded(10_000_000),
    "synapses_static": _synapses("static_synapse", 3.0),
    "synapses_random": _synapses("static_synapse", 3.0, random=True),
    "synapses_stdp": _synapses("stdp_synapse", 2.5),
}
"""What takes long because there are many connections or events."""

GROUPS = {"networks": NETWORKS, "sessions": SESSIONS, "tables": TABLES}
LOADS = NETWORKS | SESSIONS | TABLES

QUICK: dict[str, Load] = {
    "brunel_alpha_50": _brunel("alpha", 50, 100.0),
    "brunel_delta_50": _brunel("delta", 50, 100.0),
    "cuba_100": Load("brette", "CUBA, 100 neurons", 50.0, {"kind": "cuba", "neurons": 100}, 100),
    "coba_100": Load("brette", "COBA, 100 neurons", 50.0, {"kind": "coba", "neurons": 100}, 100),
    "microcircuit_0.001": Load("microcircuit", "Microcircuit, 1/1000", 50.0, {"scale": 0.001}, 79),
    "import": SESSIONS["import"],
    "startup": SESSIONS["startup"],
    "networks_5": _many(5, ["iaf_psc_alpha", "stdp"], 20.0, {"process": 0.3}),
    "steps": _steps(20),
    "calls": SESSIONS["calls"],
    "precise_20": SESSIONS["precise_20"],
    "first_adaptive": SESSIONS["first_adaptive"],
    "connecting": _connecting(40_000),
    "reading": _reading(10_000),
    "recorded": _recorded(100_000),
}
"""Small versions, to see that everything works."""
