"""The loads: which script with which options, and how long."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, final

SCRIPTS = Path(__file__).parent / "loads"


@final
@dataclass(frozen=True)
class Load:
    """One network.

    Parameters
    ----------
    script
        Name of the script in `loads/`.
    title
        Its name in the table.
    time_ms
        Biological duration of the measured run.
    options
        What the script's `build` gets.
    neurons
        Number of neurons, for the plot of the size sweep.
    usual
        Whether it runs unless loads are named.
    serial
        Whether it runs with one thread only.
    """

    script: str
    title: str
    time_ms: float
    options: dict[str, Any] = field(default_factory=dict)
    neurons: int = 0
    usual: bool = True
    serial: bool = False

    @property
    def path(self) -> Path:
        """The script."""
        return SCRIPTS / f"{self.script}.py"


def _brunel(kind: str, neurons: int, time_ms: float, indegree: int | None = None, usual: bool = True) -> Load:
    title = f"Brunel, {kind} synapses, {neurons:,} neurons" + (f", {indegree} synapses each" if indegree else "")
    options: dict[str, Any] = {"model": f"iaf_psc_{kind}", "neurons": neurons}
    options |= {"indegree": indegree} if indegree else {}
    return Load("brunel", title, time_ms, options, neurons, usual)


SWEEP = {50: 5000.0, 500: 2000.0, 5000: 500.0, 12500: 200.0}
"""Sizes of the sweep, and biological durations (ms)."""

LOADS: dict[str, Load] = {
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
    "startup": Load("one_neuron", "One neuron, whole process", 1000.0, {}, 1, serial=True),
    "calls": Load("calls", "Single calls", 0.0, serial=True),
}

QUICK: dict[str, Load] = {
    "brunel_alpha_50": _brunel("alpha", 50, 100.0),
    "brunel_delta_50": _brunel("delta", 50, 100.0),
    "cuba_100": Load("brette", "CUBA, 100 neurons", 50.0, {"kind": "cuba", "neurons": 100}, 100),
    "coba_100": Load("brette", "COBA, 100 neurons", 50.0, {"kind": "coba", "neurons": 100}, 100),
    "microcircuit_0.001": Load("microcircuit", "Microcircuit, 1/1000", 50.0, {"scale": 0.001}, 79),
    "startup": LOADS["startup"],
    "calls": LOADS["calls"],
}
"""Small versions, to see that everything works."""
