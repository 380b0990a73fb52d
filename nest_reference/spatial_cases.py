"""Networks in space, questions about them, and mistakes, for `record_spatial.py` and the tests.

Everything takes the module of a simulator, NEST or jaxnest, as its argument.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

NEURON = "iaf_psc_alpha"
Build = Callable[[Any], Any]


# -- layers ----------------------------------------------------------------------------------------


def free(n: Any, size: int = 150, wrap: bool = False, model: str = NEURON, dimensions: int = 2) -> Any:
    """Return nodes at random positions; more than a leaf of a tree can hold."""
    positions = n.spatial.free(n.random.uniform(-0.5, 0.5), extent=[1.1] * dimensions, edge_wrap=wrap)
    return n.Create(model, size, positions=positions)


def grid(n: Any, shape: Any = (13, 11), wrap: bool = False, **where: Any) -> Any:
    """Return nodes on a grid."""
    return n.Create(NEURON, positions=n.spatial.grid(list(shape), edge_wrap=wrap, **where))


def values(n: Any) -> dict[str, Any]:
    """Return random weights and delays."""
    return {"weight": n.random.normal(5.0, 2.0), "delay": n.random.uniform(1.0, 5.0)}


def gaussian(n: Any) -> Any:
    """Return a kernel that depends on the distance."""
    return n.spatial_distributions.gaussian(n.spatial.distance, std=0.15)


# -- masks -----------------------------------------------------------------------------------------

MASKS: dict[str, dict[str, Any]] = {
    "circle": {"circular": {"radius": 0.2}},
    "circle with center": {"circular": {"radius": 0.2, "anchor": [0.1, -0.05]}},
    "circle with anchor": {"circular": {"radius": 0.2}, "anchor": [-0.2, 0.3]},
    "rectangle": {"rectangular": {"lower_left": [-0.1, -0.2], "upper_right": [0.3, 0.15]}},
    "rotated rectangle": {
        "rectangular": {"lower_left": [-0.1, -0.2], "upper_right": [0.3, 0.15], "azimuth_angle": 35.0}
    },
    "doughnut": {"doughnut": {"inner_radius": 0.12, "outer_radius": 0.3}},
    "ellipse": {"elliptical": {"major_axis": 0.7, "minor_axis": 0.3}},
    "rotated ellipse": {
        "elliptical": {"major_axis": 0.7, "minor_axis": 0.3, "azimuth_angle": 60.0, "anchor": [0.1, 0.05]}
    },
}
MASKS_3D: dict[str, dict[str, Any]] = {
    "sphere": {"spherical": {"radius": 0.35}},
    "box": {"box": {"lower_left": [-0.3, -0.2, -0.1], "upper_right": [0.3, 0.4, 0.5]}},
    "rotated box": {
        "box": {
            "lower_left": [-0.3, -0.2, -0.1],
            "upper_right": [0.3, 0.4, 0.5],
            "azimuth_angle": 40.0,
            "polar_angle": 25.0,
        }
    },
    "ellipsoid": {
        "ellipsoidal": {
            "major_axis": 0.9,
            "minor_axis": 0.5,
            "polar_axis": 0.6,
            "azimuth_angle": 40.0,
            "polar_angle": 25.0,
        }
    },
}


RULES: dict[str, dict[str, Any]] = {
    "bernoulli": {"rule": "pairwise_bernoulli", "p": gaussian},
    "bernoulli on source": {"rule": "pairwise_bernoulli", "p": gaussian, "use_on_source": True},
    "poisson": {"rule": "pairwise_poisson", "pairwise_avg_num_conns": gaussian},
    "indegree": {"rule": "fixed_indegree", "indegree": 3, "p": gaussian},
    "outdegree": {"rule": "fixed_outdegree", "outdegree": 3, "p": gaussian},
}
PLAIN_RULES: dict[str, dict[str, Any]] = {
    "bernoulli": {"rule": "pairwise_bernoulli", "p": 0.1},
    "bernoulli without p": {"rule": "pairwise_bernoulli"},
    "indegree": {"rule": "fixed_indegree", "indegree": 3},
    "outdegree": {"rule": "fixed_outdegree", "outdegree": 3},
}
DISTINCT = {"allow_autapses": False, "allow_multapses": False}


def _filled(n: Any, rule: dict[str, Any]) -> dict[str, Any]:
    return {k: v(n) if callable(v) else v for k, v in rule.items()}


def _two(rule: dict[str, Any], wrap: bool, spec: Build = values) -> Build:
    """Connect a large layer with a small one, in the direction in which the large one is searched."""

    def build(n: Any) -> None:
        large, small = free(n, wrap=wrap), free(n, 12, wrap=not wrap)
        pre, post = (small, large) if rule["rule"] == "fixed_outdegree" else (large, small)
        n.Connect(pre, post, _filled(n, rule), spec(n))

    return build


def _one(rule: dict[str, Any], wrap: bool = False, spec: Build = values) -> Build:
    """Connect a layer with itself."""

    def build(n: Any) -> None:
        nodes = free(n, 120, wrap=wrap)
        n.Connect(nodes, nodes, _filled(n, rule), spec(n))

    return build


def _on_grid(rule: dict[str, Any], wrap: bool, **where: Any) -> Build:
    def build(n: Any) -> None:
        large, small = grid(n, wrap=wrap, **where), grid(n, (3, 4), **where)
        n.Connect(large, small, _filled(n, rule), values(n))

    return build


def _in_space(rule: dict[str, Any], wrap: bool) -> Build:
    def build(n: Any) -> None:
        large, small = free(n, 180, wrap, dimensions=3), free(n, 12, dimensions=3)
        pre, post = (small, large) if rule["rule"] == "fixed_outdegree" else (large, small)
        n.Connect(pre, post, _filled(n, rule), values(n))

    return build


# -- special cases ---------------------------------------------------------------------------------


def _positions_in_values(n: Any) -> None:
    nodes = free(n, 30, wrap=True)
    s = n.spatial
    weight = s.source_pos.x * 10.0 + s.target_pos.y + s.distance.x * 100.0 + n.random.uniform(0.0, 0.01)
    delay = 1.0 + s.distance * 2.0 + s.distance.y + n.random.exponential(0.5)
    n.Connect(nodes, nodes, {"rule": "pairwise_bernoulli", "p": 0.2}, {"weight": weight, "delay": delay})


def _kernels(n: Any) -> None:
    nodes = free(n, 40)
    s, d = n.spatial, n.spatial_distributions
    for p in (
        d.exponential(s.distance, beta=0.1),
        d.gaussian(s.distance, mean=0.3, std=0.1),
        d.gaussian2D(s.distance.x, s.distance.y, 0.1, 0.2, 0.1, 0.3, 0.4),
        d.gamma(s.distance, kappa=2.0, theta=0.05) * 0.05,
        d.gabor(s.target_pos.x - s.source_pos.x, s.target_pos.y - s.source_pos.y, 30.0, 0.8, 0.2, 0.3, 20.0),
        n.logic.conditional(s.distance < 0.2, n.random.uniform(0.0, 0.5), 0.01),
    ):
        n.Connect(nodes, nodes, {"rule": "pairwise_bernoulli", "p": p}, {"weight": n.random.lognormal()})


def _random_degrees(n: Any) -> None:
    a, b = free(n, 110), free(n, 12)
    number = n.random.normal(3.0, 1.0)
    masked = {"mask": MASKS["circle"]}
    n.Connect(a, b, {"rule": "fixed_indegree", "indegree": number, "p": gaussian(n)}, values(n))
    n.Connect(a, b, {"rule": "fixed_indegree", "indegree": n.random.uniform(0.0, 5.0)} | masked, values(n))
    n.Connect(a, b, {"rule": "fixed_indegree", "indegree": n.spatial.target_pos.x * 4.0 + 2.5} | masked, values(n))
    n.Connect(a, b, {"rule": "fixed_indegree", "indegree": n.spatial.pos.y * 4.0 + 2.5}, {"weight": n.spatial.distance})
    n.Connect(b, a, {"rule": "fixed_outdegree", "outdegree": number} | masked, values(n))
    n.Connect(
        b, a, {"rule": "fixed_outdegree", "outdegree": n.spatial.pos.x * 4.0 + 2.5}, {"weight": n.spatial.distance}
    )


def _collocated(n: Any) -> None:
    a, b = free(n, 110), free(n, 12)
    n.CopyModel("static_synapse", "other", {"weight": 3.0})
    shared = n.random.normal(4.0, 0.5)
    specs = n.CollocatedSynapses(
        {"weight": shared, "delay": n.random.uniform(1.0, 3.0)},
        {"synapse_model": "other", "weight": shared * n.spatial.distance},
        {"synapse_model": "other", "delay": shared},
    )
    for name, rule in RULES.items():
        # The candidates have to be more than the specifications for fixed_outdegree in NEST.
        pre, post, mask = (b, a, "doughnut") if name == "outdegree" else (a, b, "circle")
        n.Connect(pre, post, _filled(n, rule) | {"mask": MASKS[mask]}, specs)


def _one_after_the_other(n: Any) -> None:
    """Connect the same layers by several rules: trees and lists of candidates are kept from one call to the next."""
    a, b = free(n, 130), free(n, 125, wrap=True)
    few = {"weight": n.random.uniform()}
    listed = {"rule": "fixed_indegree", "indegree": 1, "p": 1.0}
    treed = {"rule": "fixed_outdegree", "outdegree": 1}
    searched = {"rule": "fixed_indegree", "indegree": 1, "mask": MASKS["circle"]}
    spatial = {"weight": n.spatial.distance}
    for pre, post, rule, spec in (
        (a, a, treed | {"p": 1.0}, few),
        (a, a, listed, few),
        (b, b, searched, few),
        (b, b, listed, few),
        (b, b, treed, spatial),
        (a, b, listed, few),
        (b, a, treed, spatial),
        (a, b, {"rule": "pairwise_bernoulli", "p": 0.02, "mask": MASKS["circle"]}, few),
        (a, b, {"rule": "pairwise_bernoulli", "p": 0.01, "use_on_source": True}, few),
    ):
        n.Connect(pre, post, rule, spec)
    n.SelectNodesByMask(a, [0.0, 0.0], n.CreateMask("circular", {"radius": 0.3}))
    n.Connect(a, b, listed, few)


def _slices(n: Any) -> None:
    a, b = free(n, 160), grid(n, (5, 5))
    rule = {"rule": "fixed_indegree", "indegree": 2, "p": gaussian(n)}
    n.Connect(a[20:], b[::3], rule | {"mask": MASKS["circle"]}, values(n))
    n.Connect(b[2:], a[::9], rule, values(n))
    n.Connect(a[3], b[3:9], {"rule": "pairwise_bernoulli", "p": 0.9, "use_on_source": True}, values(n))


def _devices(n: Any) -> None:
    neurons = free(n, 20)
    generators = free(n, 5, model="poisson_generator")
    recorders = n.Create("spike_recorder", positions=n.spatial.free([[0.1, 0.2], [-0.3, 0.1]], extent=[1.2, 1.2]))
    rule = {"rule": "pairwise_bernoulli", "p": 0.5, "use_on_source": True}
    n.Connect(generators, neurons, rule | {"use_on_source": False}, {"weight": n.random.uniform()})
    n.Connect(
        generators, neurons, {"rule": "fixed_outdegree", "outdegree": 3, "p": 1.0}, {"weight": n.random.uniform()}
    )
    n.Connect(neurons, recorders, rule)
    n.Connect(neurons, recorders, {"rule": "pairwise_poisson", "pairwise_avg_num_conns": n.spatial.distance})


def _masks_of_a_grid(n: Any) -> None:
    a, b = grid(n, (12, 10)), grid(n, (12, 10), wrap=True)
    plain = {"mask": {"grid": {"shape": [3, 2]}}}
    moved = {"mask": {"grid": {"shape": [4, 3]}, "anchor": [1, 2]}}
    for nodes in (a, b):
        n.Connect(nodes[::7], nodes[::3], {"rule": "pairwise_bernoulli"} | plain, {"weight": n.random.uniform()})
        n.Connect(nodes, nodes[::11], {"rule": "pairwise_bernoulli", "use_on_source": True} | moved)
        n.Connect(nodes, nodes[::11], {"rule": "fixed_indegree", "indegree": 2} | moved)
        n.Connect(nodes, nodes, {"rule": "fixed_outdegree", "outdegree": 1} | plain)


def _networks() -> dict[str, Build]:
    cases: dict[str, Build] = {}
    for wrap in (False, True):
        edges = ", joined edges" if wrap else ""
        for name, rule in RULES.items():
            cases[f"{name}{edges}"] = _two(rule, wrap)
            cases[f"{name} in circle{edges}"] = _two(rule | {"mask": MASKS["circle"]}, wrap)
            cases[f"{name} in sphere{edges}"] = _in_space(rule | {"mask": MASKS_3D["sphere"]}, wrap)
            cases[f"{name} on a grid{edges}"] = _on_grid(rule, wrap, extent=[2.0, 1.5], center=[0.2, 0.1])
        for name, rule in PLAIN_RULES.items():
            cases[f"{name}, no kernel, in rectangle{edges}"] = _two(rule | {"mask": MASKS["rectangle"]}, wrap)
        for name, mask in MASKS.items():
            cases[f"{name}{edges}"] = _two(RULES["indegree"] | {"mask": mask}, wrap)
            cases[f"{name} of targets{edges}"] = _two(RULES["bernoulli"] | {"mask": mask}, wrap)
        for name, mask in MASKS_3D.items():
            cases[f"{name}{edges}"] = _in_space(RULES["indegree"] | {"mask": mask}, wrap)
            cases[f"{name} of targets{edges}"] = _in_space(RULES["bernoulli"] | {"mask": mask}, wrap)
        cases[f"oversized{edges}"] = _two(
            RULES["indegree"] | {"mask": {"circular": {"radius": 0.8}}, "allow_oversized_mask": True}, wrap
        )
    for name, rule in RULES.items():
        cases[f"{name}, no autapses"] = _one(rule | {"allow_autapses": False, "mask": MASKS["circle"]})
    for name in ("indegree", "outdegree"):
        cases[f"{name}, distinct"] = _one(RULES[name] | DISTINCT)
        cases[f"{name}, no kernel, distinct"] = _one(PLAIN_RULES[name] | DISTINCT | {"mask": MASKS["circle"]}, True)
    return cases


NETWORKS: dict[str, Build] = _networks() | {
    "positions in values": _positions_in_values,
    "kernels": _kernels,
    "random degrees": _random_degrees,
    "collocated": _collocated,
    "one after the other": _one_after_the_other,
    "slices": _slices,
    "devices": _devices,
    "masks of a grid": _masks_of_a_grid,
}
