"""Mistakes in making layers and masks, and in connecting layers, for `record_spatial.py` and the tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

NEURON = "iaf_psc_alpha"
Ask = Callable[[Any], Any]
CIRCLE = {"circular": {"radius": 1.0}}
BERNOULLI = {"rule": "pairwise_bernoulli", "p": 1.0}


def _grid(n: Any, wrap: bool = True) -> Any:
    return n.Create(NEURON, positions=n.spatial.grid([4, 3], extent=[4.0, 3.0], edge_wrap=wrap))


def _free(n: Any, size: int = 8, dimensions: int = 2) -> Any:
    return n.Create(NEURON, size, positions=n.spatial.free(n.random.uniform(), extent=[1.5] * dimensions))


def _create(*args: Any, free: bool = False, n_nodes: int = 1, params: Any = None, **kwargs: Any) -> Ask:
    def create(n: Any) -> None:
        given = [a(n) if callable(a) else a for a in args]
        n.Create(NEURON, n_nodes, params, positions=getattr(n.spatial, "free" if free else "grid")(*given, **kwargs))

    return create


def _mask(kind: str, anchor: Any = None, **specs: Any) -> Ask:
    return lambda n: n.CreateMask(kind, specs, anchor=anchor)


def _connect(rule: dict[str, Any], spec: Any = None, layers: Callable[[Any], tuple[Any, Any]] | None = None) -> Ask:
    def connect(n: Any) -> None:
        a, b = layers(n) if layers else (_grid(n), _grid(n))
        n.Connect(a, b, {k: v(n) if callable(v) else v for k, v in rule.items()}, spec(n) if callable(spec) else spec)

    return connect


def _recorders(n: Any) -> tuple[Any, Any]:
    return _free(n), n.Create("spike_recorder", positions=n.spatial.grid([2, 2]))


def _ask(question: str) -> Ask:
    """Return a question in terms of a grid ``g``, nodes ``f`` without positions, a mask ``m`` and the module ``n``."""

    def ask(n: Any) -> None:
        names = {
            "n": n,
            "g": _grid(n),
            "f": n.Create(NEURON, 3),
            "t": n.Create(NEURON, positions=n.spatial.grid([2] * 3)),
        }
        eval(question, names | {"m": n.CreateMask("circular", {"radius": 1.0}), "np": np})

    return ask


_INDEGREE = {"rule": "fixed_indegree", "indegree": 1, "mask": CIRCLE}
_MASKED = BERNOULLI | {"mask": CIRCLE}
MISTAKES: dict[str, Ask] = {
    "one coordinate": _create([[0.0], [1.0]], free=True),
    "four coordinates": _create([[0.0] * 4, [1.0] * 4], free=True),
    "ragged": _create([[0.0, 1.0], [0.0, 1.0, 2.0]], free=True),
    "no positions": _create([], free=True),
    "positions as text": _create("abc", free=True),
    "one node without extent": _create([[0.0, 0.0]], free=True),
    "extent of three": _create([[0.0, 0.0], [0.1, 0.1]], free=True, extent=[1.0, 1.0, 1.0]),
    "extent as number": _create([[0.0, 0.0], [0.1, 0.1]], free=True, extent=1.0),
    "outside": _create([[0.0, 0.0], [1.5, 0.2]], free=True, extent=[1.0, 1.0]),
    "num_dimensions with positions": _create([[0.0, 0.0], [1.0, 1.0]], free=True, num_dimensions=2),
    "extent and num_dimensions": _create(lambda n: n.random.uniform(), free=True, extent=[1.0, 1.0], num_dimensions=2),
    "no dimensions": _create(lambda n: n.random.uniform(), free=True, n_nodes=4),
    "too many dimensions": _create(lambda n: n.random.uniform(), free=True, n_nodes=4, num_dimensions=4),
    "Parameter and number": _create(lambda n: [n.random.uniform(), 2.0], free=True, n_nodes=4),
    "positions from positions": _create(lambda n: [n.spatial.pos.x] * 2, free=True, n_nodes=4),
    "no nodes": _create(lambda n: n.random.uniform(), free=True, n_nodes=0, num_dimensions=2),
    "edge_wrap as integer": _create([[0.0, 0.0], [1.0, 1.0]], free=True, edge_wrap=1),
    **{f"grid of {shape}": _create(shape) for shape in ([2], [2] * 4, 2, [2.0, 2.0], [0, 2], [-1, 2], [], "ab", None)},
    "grid and n": _create([2, 2], n_nodes=4),
    "grid and list of parameters": _create([2, 2], params=[{}] * 4),
    "grid, wrong center": _create([2, 2], center=[1, 1, 1]),
    "grid, wrong extent": _create([2, 2], extent=[1, 1, 1]),
    "grid, edge_wrap as text": _create([2, 2], edge_wrap="a"),
    "grid, unknown parameter": _create([2, 2], params={"foo": 1.0}),
    "list as positions": lambda n: n.Create(NEURON, positions=[[0.0, 0.0]]),
    "unknown model": lambda n: n.Create("foo", positions=n.spatial.grid([2, 2])),
    "radius as text": _mask("circular", radius="a"),
    "radius 0": _mask("circular", radius=0.0),
    "no radius": _mask("circular"),
    "unknown mask": _mask("foo"),
    "mask without dictionary": lambda n: n.CreateMask("circular", None),
    "mask with list": lambda n: n.CreateMask("circular", [1]),
    "unknown entry": _mask("circular", radius=1.0, foo=2),
    "anchor of integers": _mask("circular", [1, 2], radius=1.0),
    "anchor of three": _mask("circular", [1.0, 2.0, 3.0], radius=1.0),
    "anchor of one": _mask("circular", [1.0], radius=1.0),
    "anchor as text": _mask("circular", "ab", radius=1.0),
    "empty rectangle": _mask("rectangular", lower_left=[-1.0, 1.0], upper_right=[1.0, 1.0]),
    "half a rectangle": _mask("rectangular", lower_left=[-1.0, 1.0]),
    "rectangle in space": _mask("rectangular", lower_left=[-1.0] * 3, upper_right=[1.0] * 3),
    "polar rectangle": _mask("rectangular", lower_left=[-1.0] * 2, upper_right=[1.0] * 2, polar_angle=0.0),
    "flat box": _mask("box", lower_left=[-1.0] * 2, upper_right=[1.0] * 2),
    "doughnut inside out": _mask("doughnut", inner_radius=1.0, outer_radius=1.0),
    "ellipse, wrong order": _mask("elliptical", major_axis=1.0, minor_axis=2.0),
    "ellipse, negative": _mask("elliptical", major_axis=1.0, minor_axis=-2.0),
    "polar ellipse": _mask("elliptical", major_axis=2.0, minor_axis=1.0, polar_axis=1.0),
    "ellipse with polar angle": _mask("elliptical", major_axis=2.0, minor_axis=1.0, polar_angle=1.0),
    "flat ellipsoid": _mask("ellipsoidal", major_axis=2.0, minor_axis=1.0, polar_axis=0.0),
    "grid mask of floats": _mask("grid", shape=[2.0, 2.0]),
    "grid mask, anchor of floats": _mask("grid", [1.0, 1.0], shape=[2, 2]),
    **{
        f"ask {question}": _ask(question)
        for question in (
            *("m.Inside([1.0, 2.0, 3.0])", "m & 3", "n.Mask(3)", "m & n.CreateMask('spherical', {'radius': 1.0})"),
            *("n.CreateMask('grid', {'shape': [2, 2]}) & m", "m & n.CreateMask('grid', {'shape': [2, 2]})"),
            "n.CreateMask('grid', {'shape': [2, 2]}).Inside([0.0, 0.0])",
            *("n.GetPosition(3)", "n.GetPosition(f)", "g + f", "g[:3] + g[3:]", "g[:5][1:3]", "n.spatial.foo"),
            *(
                "n.Distance(g[:3], g[:4])",
                "n.Distance([0.3, 0.4], g)",
                "n.Distance([[0.1] * 3], g)",
                "n.Distance(3, g)",
            ),
            *("n.Distance(f, g[:3])", "n.Distance(g[0], f)", "n.Distance(g[0], t)", "n.Displacement(g, 3)"),
            *(
                "n.FindNearestElement(g, 3)",
                "n.FindNearestElement(f, [0.0, 0.0])",
                "n.FindNearestElement(3, [0.0, 0.0])",
            ),
            *("n.FindNearestElement(g, [0.0] * 3)", "n.FindCenterElement(f)", "n.FindCenterElement(3)"),
            *(
                "n.SelectNodesByMask(g, [0.0] * 3, m)",
                "n.SelectNodesByMask(g, [0.0], m)",
                "n.SelectNodesByMask(3, [0.0] * 2, m)",
            ),
            *("n.SelectNodesByMask(f, [0.0] * 2, m)", "n.SelectNodesByMask(g, [0.0] * 2, 3)"),
            *("n.SelectNodesByMask(t, [0.0] * 3, m)", "n.GetTargetNodes(3, g)", "n.GetSourcePositions(g, 3)"),
            *(
                "n.GetTargetPositions(g, f)",
                "n.DumpLayerNodes(3, 'x')",
                "n.DumpLayerConnections(g, 3, 'static_synapse', 'x')",
            ),
            *(
                "n.spatial.pos.x.apply(f)",
                "n.spatial.distance.apply(g)",
                "n.spatial.distance.apply(f[0], [[0.0, 0.0]])",
            ),
            *("n.spatial.pos.x.apply(g[0], [[0.0, 0.0]])", "n.spatial.distance.apply(g[0], [[0.0] * 3])"),
            *("n.spatial.distance.apply(g[0], [])", "n.spatial.distance.apply(g, [[0.0] * 2])"),
            *(
                "n.spatial.distance.apply(g[0], np.zeros((1, 2)))",
                "n.spatial.distance.GetValue()",
                "n.spatial.pos.x.GetValue()",
            ),
            *("g.set(V_m=n.spatial.pos.z)", "f.set(V_m=n.spatial.pos.x)", "g.set(V_m=n.spatial.distance)"),
            *("n.spatial.distance.n(-1)", "n.spatial.pos.n(-1)", "n.spatial.distance.n(4).apply(g[0], [[0.0, 0.0]])"),
            *("n.PlotLayer(3)", "n.PlotTargets(g, g)", "n.PlotSources(g, g)", "n.PlotProbabilityParameter(g[0])"),
        )
    },
    **{
        f"mask {mask}": _connect(BERNOULLI | {"mask": mask})
        for mask in (
            "abc",
            None,
            {"spherical": {"radius": 1.0}},
            {"circular": {"radius": 2.0}},
            {"grid": {"shape": [5, 2]}},
        )
    },
    "grid mask without grid": _connect(
        BERNOULLI | {"mask": {"grid": {"shape": [2, 2]}}}, layers=lambda n: (_free(n),) * 2
    ),
    "plane to space": _connect(BERNOULLI | {"use_on_source": True}, layers=lambda n: (_grid(n), _free(n, 4, 3))),
    "no positions of sources": _connect(_MASKED, layers=lambda n: (n.Create(NEURON, 3), _grid(n))),
    "no positions of targets": _connect(_MASKED, layers=lambda n: (_grid(n), n.Create(NEURON, 3))),
    **{
        f"rule {rule}": _connect({"rule": rule, "mask": CIRCLE})
        for rule in ("one_to_one", "all_to_all", "foo", "fixed_indegree")
    },
    **{
        f"option {key}": _connect(_MASKED | {key: 1})
        for key in ("foo", "make_symmetric", "N", "indegree", "allow_autapses")
    },
    **{f"indegree {k}": _connect(_INDEGREE | {"indegree": k}) for k in (1.0, -1)},
    "indegree and outdegree": _connect(_INDEGREE | {"outdegree": 1}),
    "indegree too large": _connect(_INDEGREE | {"indegree": 10, "allow_multapses": False}),
    "outdegree too large": _connect({"rule": "fixed_outdegree", "outdegree": 13, "p": 1.0, "allow_multapses": False}),
    "indegree on source": _connect(_INDEGREE | {"use_on_source": True}),
    "poisson on source": _connect({"rule": "pairwise_poisson", "pairwise_avg_num_conns": 1.0, "use_on_source": True}),
    **{f"p {p}": _connect(_MASKED | {"p": p}) for p in ("x", [1.0], None)},
    "allow_oversized_mask as integer": _connect(_MASKED | {"allow_oversized_mask": 1}),
    "only allow_oversized_mask": _connect(BERNOULLI | {"allow_oversized_mask": True}),
    **{
        f"synapse {spec}": _connect(_MASKED, spec)
        for spec in (
            *({"weight": [1.0, 2.0]}, {"weight": "a"}, {"weight": None}, {"receptor_type": 3}, {"receptor_type": 0.0}),
            *({"synapse_model": "foo"}, {"synapse_model": "stdp_synapse", "tau_plus": 2.0}, {"delay": 0.0}),
            *({"synapse_model": "static_synapse_hom_w"}, {"synapse_model": "static_synapse_hom_w", "weight": 2.0}),
        )
    },
    "random receptor": _connect(_MASKED, lambda n: {"receptor_type": n.random.uniform_int(1)}),
    "collocated, unknown": _connect(_MASKED, lambda n: n.CollocatedSynapses({"weight": 1.0}, {"tau_plus": 3.0})),
    "bernoulli to recorders": _connect(_MASKED, layers=_recorders),
    "indegree to recorders": _connect(_INDEGREE, layers=_recorders),
    "outdegree to recorders": _connect({"rule": "fixed_outdegree", "outdegree": 1, "p": 1.0}, layers=_recorders),
    "recorders as sources": _connect(_MASKED, layers=lambda n: _recorders(n)[::-1]),
    "distance.z in a plane": _connect(BERNOULLI | {"p": lambda n: n.spatial.distance.z}),
    "pos.x as p": _connect(BERNOULLI | {"p": lambda n: n.spatial.pos.x}),
    "indegree from pos": _connect(_INDEGREE | {"indegree": lambda n: n.spatial.pos.x}),
    "outdegree from source_pos": _connect({"rule": "fixed_outdegree", "outdegree": lambda n: n.spatial.source_pos.x}),
    "all_to_all, distance": _connect({"rule": "all_to_all"}, lambda n: {"weight": n.spatial.distance}),
    "no rule, distance": lambda n: n.Connect(_grid(n), _grid(n), None, {"weight": n.spatial.distance}),
}
"""What goes wrong, by name."""
