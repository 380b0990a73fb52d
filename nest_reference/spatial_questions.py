"""Questions about layers, and mistakes, for `record_spatial.py` and the tests."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
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


def _layer(n: Any, *args: Any, **kwargs: Any) -> Any:
    return n.Create(NEURON, positions=n.spatial.free(*args, **kwargs)).spatial


def _random_layer(n: Any, make: Ask, size: int = 4, **kwargs: Any) -> Any:
    nodes = n.Create(NEURON, size, positions=n.spatial.free(make(n), **kwargs))
    return nodes.spatial, n.GetPosition(nodes[1:])


def _grid_layer(n: Any, *args: Any, **kwargs: Any) -> Any:
    nodes = n.Create(NEURON, positions=n.spatial.grid(*args, **kwargs))
    return nodes.spatial, n.GetPosition(nodes)


def _ids(answer: Any) -> Any:
    if isinstance(answer, list | tuple):
        return [_ids(a) for a in answer]
    return answer.tolist()


def _measured(n: Any, function: str) -> Any:
    measure, g, f = getattr(n, function), _grid(n), _free(n, 5)
    pairs = (
        (g[0], g[11]),
        (g[:3], g[11]),
        (g[2], g[::3]),
        (g[:3], g[3:6]),
        (g[:3], f[:3]),
        (f[:3], g[:3]),
        (g[0], g[6]),
        (g[6], g[0]),
        ([[0.1, 0.1]], g),
        ([(0, 1)], g[:2]),
        ([[0.1, 0.1], [1.0, 1.0]], g[:2]),
        ([[0.1, 0.1], [1.0, 1.0]], g[0]),
        (np.array([0.3, 0.4]), g[:2]),
    )
    return [measure(a, b) for a, b in pairs]


def _nearest(n: Any) -> Any:
    g, f = _grid(n), _free(n)
    return [
        _ids(n.FindNearestElement(g, [0.0, 0.0])),
        _ids(n.FindNearestElement(g, [[0.0, 0.0], [1.0, 1.0]])),
        _ids(n.FindNearestElement(g, [0.0, 0.0], find_all=True)),
        _ids(n.FindNearestElement(g, [[0.0, 0.0], [-2.0, 1.5]], find_all=True)),
        _ids(n.FindNearestElement(g[3:7], np.array([0.4, 0.1]))),
        *(_ids(n.FindCenterElement(nodes)) for nodes in (g, f, g[4:8])),
    ]


def _inside(n: Any) -> Any:
    rng = np.random.default_rng(1)
    corners = {"lower_left": [-0.5, -0.2], "upper_right": [0.3, 0.6]}
    masks = [
        n.CreateMask("circular", {"radius": 0.6, "anchor": [0.1, 0.2]}),
        n.CreateMask("rectangular", corners),
        n.CreateMask("rectangular", corners | {"azimuth_angle": 30.0}, anchor=[0.1, 0.1]),
        n.CreateMask("doughnut", {"inner_radius": 0.3, "outer_radius": 0.7}),
        n.CreateMask("elliptical", {"major_axis": 1.2, "minor_axis": 0.5, "azimuth_angle": 70.0}),
    ]
    masks += [masks[0] & masks[1], masks[2] | masks[3], (masks[3] - masks[4]) & masks[0]]
    flat = [[mask.Inside(p) for p in rng.uniform(-1, 1, (60, 2)).tolist()] for mask in masks]
    corners = {"lower_left": [-0.5, -0.2, -0.4], "upper_right": [0.3, 0.6, 0.3]}
    masks = [
        n.CreateMask("spherical", {"radius": 0.8}),
        n.CreateMask("box", corners | {"azimuth_angle": 30.0, "polar_angle": 50.0}),
        n.CreateMask("ellipsoidal", {"major_axis": 1.8, "minor_axis": 0.9, "polar_axis": 1.4, "polar_angle": 30.0}),
        n.CreateMask("ellipsoidal", {"major_axis": 1.8, "minor_axis": 0.9}),
    ]
    return flat + [[mask.Inside(p) for p in rng.uniform(-1, 1, (60, 3)).tolist()] for mask in masks]


def _selected(n: Any) -> Any:
    g, f, b = _grid(n), _free(n, 300), _free(n, 200, 3)
    circle = n.CreateMask("circular", {"radius": 1.2})
    moved = n.CreateMask("circular", {"radius": 0.5}, anchor=[0.15, 0.1])
    bar = n.CreateMask("rectangular", {"lower_left": [-0.05, -0.4], "upper_right": [0.05, 0.4], "azimuth_angle": 20.0})
    combined = ((circle & moved) | bar) - n.CreateMask("elliptical", {"major_axis": 0.4, "minor_axis": 0.3})
    return [
        n.SelectNodesByMask(f, [0.5, 0.5], combined).tolist(),
        n.SelectNodesByMask(g, [0.5, 0.5], combined).tolist(),
        n.SelectNodesByMask(g, [0.0, 0.0], circle).tolist(),
        n.SelectNodesByMask(g, (-2.0, 1.5), circle).tolist(),
        n.SelectNodesByMask(g, np.array([0.2, 0.0]), n.CreateMask("circular", {"radius": 0.1})).tolist(),
        n.SelectNodesByMask(g, [-1.5, 1.0], n.CreateMask("grid", {"shape": [2, 2]})).tolist(),
        n.SelectNodesByMask(f, [0.5, 0.5], n.CreateMask("circular", {"radius": 0.3})).tolist(),
        n.SelectNodesByMask(b, [0.5, 0.5, 0.5], n.CreateMask("spherical", {"radius": 0.4})).tolist(),
    ]


def _partners(n: Any) -> Any:
    a, b = _free(n), _grid(n)
    n.Connect(a, b, {"rule": "fixed_indegree", "indegree": 3, "p": 1.0}, {"weight": n.random.uniform()})
    n.Connect(a, b[:3], {"rule": "fixed_indegree", "indegree": 1, "p": 1.0}, {"synapse_model": "stdp_synapse"})
    return [
        _ids(n.GetTargetNodes(a[:4], b)),
        _ids(n.GetTargetNodes(a, b[2:7], "stdp_synapse")),
        _ids(n.GetSourceNodes(a, b[:5])),
        n.GetTargetPositions(a[:4], b),
        n.GetTargetPositions(a[:4], b[2:]),
        n.GetSourcePositions(a, b[1:9:2], "static_synapse"),
        np.atleast_1d(n.GetConnections().distance),
    ]


def _dumped(n: Any) -> Any:
    a, b = _free(n), _grid(n)
    n.Connect(a, b, {"rule": "fixed_indegree", "indegree": 2, "p": 1.0}, {"weight": n.random.uniform(), "delay": 2.3})
    texts = []
    with tempfile.TemporaryDirectory() as folder:
        name = os.path.join(folder, "dump")
        for dump, arguments in (
            (n.DumpLayerNodes, (a,)),
            (n.DumpLayerNodes, (b,)),
            (n.DumpLayerConnections, (a, b, "static_synapse")),
            (n.DumpLayerConnections, (a[2:4], b, "static_synapse")),
            (n.DumpLayerConnections, (b, a, "static_synapse")),
        ):
            dump(*arguments, name)
            texts.append(Path(name).read_text(encoding="utf-8").split("\n"))
    return texts


def _applied(n: Any) -> Any:
    s, g, f = n.spatial, _grid(n), _free(n)
    points = [[0.0, 0.0], [3.0, 1.0], [-1.0, 0.5]]
    return [
        s.pos.x.apply(g),
        s.pos.y.apply(g[1:4]),
        (s.pos.n(1) + n.random.uniform()).apply(f),
        *(p.apply(g[3], points) for p in (s.distance, s.distance.x, s.distance.n(2), s.target_pos.x, s.source_pos.y)),
        n.spatial_distributions.gaussian(s.distance, std=0.5).apply(g[0], [np.array([0.1, 0.2])]),
        n.random.uniform().apply(g[0], points),
    ]


def _parameters(n: Any) -> Any:
    nodes = n.Create(NEURON, params={"V_m": -60.0 + n.spatial.pos.y}, positions=n.spatial.grid([2, 3]))
    first = nodes.V_m
    nodes.set(V_m=n.spatial.pos.x * n.random.uniform())
    nodes[1:3].V_m = n.spatial.pos.y
    space = n.Create(NEURON, 5, {"I_e": n.spatial.pos.z}, n.spatial.free(n.random.normal(), num_dimensions=3))
    return first, nodes.V_m, space.I_e


def _collections(n: Any) -> Any:
    f, k = _free(n), n.Create(NEURON, 3)
    parts = [f, f[0], f[1:4], f[::2], f[2:5][1], f[[0, 2]], n.NodeCollection([1, 2, 4]), n.GetNodes(), k]
    return [(str(part), part.spatial) for part in parts], f[:3] == f[:3], f[0] == n.NodeCollection([1]), k.spatial


QUESTIONS: dict[str, Ask] = {
    "positions as integers": lambda n: _layer(n, [[0, 0], [1, 1]]),
    "positions as tuples": lambda n: _layer(n, ((0.5, 0.0), (1, 1.2))),
    "positions as list of arrays": lambda n: _layer(n, [np.array([0.0, 0.0]), np.array([1.0, 2.0])]),
    "positions in space": lambda n: _layer(n, [[0.0, 0.1, 0.2], [1.0, 2.0, 3.3]], edge_wrap=True),
    "extent": lambda n: _layer(n, [[0.0, 0.0], [0.1, 0.1]], extent=(1, 1)),
    "one node": lambda n: _layer(n, [[0.0, 0.0]], extent=[1.0, 1.0]),
    "random positions": lambda n: _random_layer(n, lambda n: n.random.uniform(0.0, 1.0), num_dimensions=2),
    "random positions in space": lambda n: _random_layer(
        n, lambda n: [n.random.uniform(0.0, 1.0), n.random.uniform(2.0, 3.0), n.random.normal()]
    ),
    "shared normal positions": lambda n: _random_layer(n, lambda n: n.random.normal(), num_dimensions=3),
    "random positions, extent": lambda n: _random_layer(n, lambda n: n.random.uniform(), extent=[3.0, 2.0]),
    "equal positions": lambda n: _random_layer(
        n, lambda n: n.CreateParameter("constant", {"value": 1.0}), num_dimensions=2
    ),
    "grid": lambda n: _grid_layer(n, [2, 3]),
    "grid with center": lambda n: _grid_layer(n, (3, 2), center=[1, 1], extent=[2, 2.5], edge_wrap=True),
    "grid in space": lambda n: _grid_layer(n, np.array([2, 3, 2]), extent=[1, 2, 3], center=[1.0, 2.0, 3.0]),
    "Distance": lambda n: _measured(n, "Distance"),
    "Displacement": lambda n: _measured(n, "Displacement"),
    "FindNearestElement and FindCenterElement": _nearest,
    "Inside": _inside,
    "SelectNodesByMask": _selected,
    "partners": _partners,
    "dumped": _dumped,
    "Parameter.apply": _applied,
    "parameters of nodes": _parameters,
    "collections": _collections,
}
"""What is asked, by name. Each question builds a network of its own."""


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
