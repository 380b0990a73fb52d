"""Questions about layers, for `record_spatial.py` and the tests."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

NEURON = "iaf_psc_alpha"
Ask = Callable[[Any], Any]


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
