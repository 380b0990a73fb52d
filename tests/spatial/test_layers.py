"""Layers, masks and pictures where NEST is no guide, or a bad one."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import matplotlib
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jaxnest as nest
from jaxnest.spatial.containment import compiled_region
from jaxnest.spatial.regions import Ball
from jaxnest.spatial.tree import build, search, work_space

matplotlib.use("Agg")

CIRCLE = {"circular": {"radius": 0.3}}


def layer(n: int = 60, **kwargs: Any) -> nest.NodeCollection:
    return nest.Create("iaf_psc_alpha", n, positions=nest.spatial.free(nest.random.uniform(-0.5, 0.5), **kwargs))


def test_import_is_light() -> None:
    program = "import sys, jaxnest.spatial; print([m for m in ('pandas', 'matplotlib') if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3000), st.sampled_from([2, 3]), st.booleans(), st.floats(0.01, 0.49))
def test_a_tree_finds_what_a_comparison_of_all_finds(
    seed: int, n: int, dimensions: int, wrap: bool, radius: float
) -> None:
    rng = np.random.default_rng(seed)
    positions = rng.uniform(-0.5, 0.5, (n, dimensions)) ** rng.integers(1, 4)
    size = np.ones(dimensions)
    tree, order = build(positions, -0.5 * size, size, size * wrap)
    assert sorted(order.tolist()) == list(range(n))
    center = rng.uniform(-0.5, 0.5, dimensions)
    found = np.empty(n * 8, np.int64)
    region = compiled_region(Ball(dimensions, np.zeros(dimensions), radius))
    k = search(tree, region, np.append(center, 0.0)[:3], work_space(), found)
    distance = positions - center
    distance -= np.round(distance) * wrap
    expected = np.flatnonzero(np.sqrt((distance**2).sum(axis=1)) <= radius)
    assert sorted(order[found[:k]].tolist()) == expected.tolist()


def test_a_slice_is_not_taken_for_another_one() -> None:
    # NEST connects nodes 1 to 3 in the second call, too: it keeps the tree of the first one.
    nodes = nest.Create("iaf_psc_alpha", positions=nest.spatial.grid([4, 4]))
    rule = {"rule": "pairwise_bernoulli", "p": 1.0, "mask": {"circular": {"radius": 3.0}}, "use_on_source": True}
    nest.Connect(nodes[:3], nodes[5:8], rule)
    nest.Connect(nodes[8:12], nodes[10:12], rule)
    assert sorted(set(nest.GetConnections().sources())) == [1, 2, 3, 9, 10, 11, 12]


def test_masks_can_be_combined_in_connect() -> None:
    nodes = layer(extent=[1.2, 1.2])
    ring = nest.CreateMask("circular", {"radius": 0.3}) - nest.CreateMask("circular", {"radius": 0.1})
    nest.Connect(nodes, nodes, {"rule": "pairwise_bernoulli", "p": 1.0, "mask": ring})
    distances = np.array(nest.GetConnections().distance)
    assert len(distances)
    assert distances.min() > 0.1
    assert distances.max() <= 0.3
    doughnut = {"doughnut": {"inner_radius": 0.1, "outer_radius": 0.3}}
    nest.Connect(nodes, nodes, {"rule": "pairwise_bernoulli", "p": 1.0, "mask": doughnut})
    assert nest.num_connections == 2 * len(distances)


def test_arrays_are_positions() -> None:
    where = np.random.default_rng(1).uniform(size=(5, 3))
    nodes = nest.Create("iaf_psc_alpha", positions=nest.spatial.free(where))
    np.testing.assert_array_equal(nest.GetPosition(nodes), where)


def test_nodes_of_a_layer_differ() -> None:
    nodes = layer(4, num_dimensions=2)
    assert nodes[0] != nodes[1]
    assert nodes[:2] == nodes[:2]


def test_too_few_partners_do_not_hang() -> None:
    nodes = layer(4, num_dimensions=2)
    rule = {"rule": "fixed_indegree", "indegree": 4, "p": 1.0, "allow_autapses": False, "allow_multapses": False}
    with pytest.raises(nest.NESTErrors.KernelException, match="Not enough sources"):
        nest.Connect(nodes, nodes, rule)


@pytest.mark.parametrize("wrap", [False, True])
@pytest.mark.parametrize(
    "mask",
    [
        CIRCLE,
        CIRCLE | {"anchor": [0.1, 0.1]},
        {"doughnut": {"inner_radius": 0.1, "outer_radius": 0.3}},
        {"rectangular": {"lower_left": [-0.2, -0.1], "upper_right": [0.2, 0.3], "azimuth_angle": 20.0}},
        {"elliptical": {"major_axis": 0.6, "minor_axis": 0.2, "azimuth_angle": 20.0}},
    ],
)
def test_pictures_of_masks(mask: dict, wrap: bool) -> None:
    from matplotlib import pyplot

    nodes = layer(extent=[1.2, 1.2], edge_wrap=wrap)
    nest.Connect(nodes, nodes, {"rule": "pairwise_bernoulli", "p": 1.0, "mask": mask})
    node = nest.FindCenterElement(nodes)
    probability = nest.spatial_distributions.gaussian(nest.spatial.distance, std=0.2)
    for picture in (
        nest.PlotTargets(node, nodes, mask=mask, probability_parameter=probability),
        nest.PlotSources(nodes, node, mask=mask),
    ):
        axes = picture.axes[0]
        assert len(axes.patches) == 1 + (9 if wrap else 1)
        # The mask covers the partners that are drawn, unless it is seen from the other side.
        covered = axes.transData.inverted().transform_path(
            axes.patches[0].get_transform().transform_path(axes.patches[0].get_path())
        )
        partners = np.asarray(axes.collections[0].get_offsets())
        if picture is pyplot.figure(1) and not wrap:
            assert covered.contains_points(partners).all()
        picture.canvas.draw()
    pyplot.close("all")


@pytest.mark.parametrize("dimensions", [2, 3])
def test_pictures_of_layers(dimensions: int) -> None:
    from matplotlib import pyplot

    nodes = layer(num_dimensions=dimensions)
    nest.Connect(nodes, nodes, {"rule": "pairwise_bernoulli", "p": 0.5, "use_on_source": True})
    picture = nest.PlotLayer(nodes[3:9])
    assert len(np.asarray(picture.axes[0].collections[0].get_offsets())) == 6
    assert nest.PlotTargets(nodes[0], nodes, fig=picture) is picture
    nest.PlotSources(nodes, nodes[0], fig=picture)
    picture.canvas.draw()
    pyplot.close("all")


def test_a_grid_mask_has_no_picture() -> None:
    nodes = nest.Create("iaf_psc_alpha", positions=nest.spatial.grid([3, 3]))
    with pytest.raises(ValueError, match="cannot be plotted"):
        nest.PlotProbabilityParameter(nodes[0], mask={"grid": {"shape": [2, 2]}})
