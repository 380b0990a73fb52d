"""Networks that exchange numbers: rate neurons, all to all, and neurons with gap junctions."""

from __future__ import annotations

from typing import Any

import numpy as np
from common import counted, main

DELAY, MEAN_WEIGHT = 1.0, 0.5
INHIBITION, EXCITATION, NOISE, GAP = -50.0, 300.0, 500.0, 0.3
RESOLUTION, INDEGREE, GAPS = 0.05, 50, 60


def build(nest: Any, kind: str, neurons: int) -> tuple[int, int]:
    """Build a network; `kind` is ``delayed`` or ``instantaneous`` for rates, ``gap`` for gap junctions."""
    return _gap(nest, neurons) if kind == "gap" else _rates(nest, kind, neurons)


def _rates(nest: Any, kind: str, neurons: int) -> tuple[int, int]:
    nest.use_wfr = False
    nodes = nest.Create("lin_rate_ipn", neurons, {"sigma": 0.1, "mu": 0.5, "tau": 10.0, "linear_summation": True})
    meter = nest.Create("multimeter", params={"record_from": ["rate"], "interval": 1.0})
    nest.Connect(meter, nodes[: min(100, neurons)])
    values: dict[str, Any] = {"synapse_model": f"rate_connection_{kind}", "weight": MEAN_WEIGHT / neurons}
    values |= {"delay": DELAY} if kind == "delayed" else {}
    return neurons, counted(nest, lambda: nest.Connect(nodes, nodes, "all_to_all", values))


def _gap(nest: Any, neurons: int) -> tuple[int, int]:
    """Build the network of NEST's example: inhibition, noise, and as many gap junctions (Hahne et al. 2015)."""
    nest.resolution = RESOLUTION
    nest.set(use_wfr=True, wfr_comm_interval=1.0, wfr_tol=1e-4, wfr_max_iterations=15, wfr_interpolation_order=3)
    nodes = nest.Create("hh_psc_alpha_gap", neurons)
    nodes.V_m = nest.random.uniform(-80.0, -40.0)
    recorder, noise = nest.Create("spike_recorder"), nest.Create("poisson_generator", params={"rate": NOISE})
    nest.Connect(noise, nodes, syn_spec={"weight": EXCITATION, "delay": DELAY})
    nest.Connect(nodes, recorder)
    pairs = np.random.default_rng(1).integers(1, neurons + 1, (neurons * GAPS // 2, 2))

    def connect() -> None:
        rule = {"rule": "fixed_indegree", "indegree": INDEGREE, "allow_autapses": False}
        nest.Connect(nodes, nodes, rule, {"weight": INHIBITION, "delay": DELAY})

    recurrent = counted(nest, connect)
    values = {"synapse_model": "gap_junction", "weight": GAP}
    for a, b in pairs.tolist():
        rule = {"rule": "one_to_one", "make_symmetric": True}
        nest.Connect(nest.NodeCollection([a]), nest.NodeCollection([b]), rule, values)
    return neurons, recurrent


if __name__ == "__main__":
    main(build)
