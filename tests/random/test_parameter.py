from __future__ import annotations

import copy
import gc
import pickle
from types import SimpleNamespace

import numba
import numpy as np
import pytest

import jaxnest.logic
import jaxnest.math
import jaxnest.random
import jaxnest.spatial_distributions
from jaxnest import errors
from jaxnest.random.creation import create_parameter
from jaxnest.random.expressions.geometry import GEOMETRY_SIZE, connection_geometry, node_geometry
from jaxnest.random.expressions.interpreter import DONE, TOO_MANY_REDRAWS, evaluate
from jaxnest.random.expressions.saved_normals import SAVED_NORMALS
from jaxnest.random.numbers.engines import drand
from jaxnest.random.numbers.streams import RandomStreams
from jaxnest.random.parameter import (
    _HOOKS,
    Parameter,
    set_geometry_provider,
    set_streams_provider,
)
from nest_reference import random_cases

NAMESPACE = SimpleNamespace(
    random=jaxnest.random,
    math=jaxnest.math,
    logic=jaxnest.logic,
    spatial_distributions=jaxnest.spatial_distributions,
    CreateParameter=create_parameter,
)


@pytest.fixture
def streams(monkeypatch) -> RandomStreams:
    """The streams of `GetValue` and `apply`."""
    mine = RandomStreams(seed=12)
    monkeypatch.setattr(_HOOKS, "streams", lambda: mine)
    monkeypatch.setattr(_HOOKS, "geometry", None)
    return mine


def nest_like_values(parameter: Parameter, streams: RandomStreams) -> list[float]:
    """Draw what `record_random.record_parameters` has NEST draw for nodes and by GetValue."""
    n = streams.n_threads
    values = [parameter.value(streams.vp_specific[i % n], i % n) for i in range(1, 8)]
    values += [parameter.value(streams.rank_synchronised) for _ in range(3)]
    return values + [parameter.value(streams.vp_specific[i % n], i % n) for i in range(8, 14)]


@pytest.mark.parametrize("name", random_cases.PARAMETERS)
def test_values_are_those_of_nest(recording, name):
    recorded = recording("parameters")
    for seed in recorded["seeds"].tolist():
        for threads in random_cases.THREADS:
            values = nest_like_values(random_cases.PARAMETERS[name](NAMESPACE), RandomStreams(seed, n_threads=threads))
            assert values == recorded[f"{name} {seed} {threads}"].tolist(), f"seed {seed}, {threads} threads"


@pytest.mark.parametrize("name", random_cases.SPATIAL_PARAMETERS)
@pytest.mark.parametrize("wrap", [False, True], ids=["open", "periodic"])
def test_spatial_values_are_those_of_nest(recording, name, wrap):
    recorded = recording("parameters")
    source, targets = np.array([random_cases.SOURCE_POSITION]), np.array(random_cases.TARGET_POSITIONS)
    geometry = connection_geometry(source, targets, np.array(random_cases.EXTENT) if wrap else None)
    stream = RandomStreams(recorded["seeds"].tolist()[0]).rank_synchronised
    parameter = random_cases.SPATIAL_PARAMETERS[name](NAMESPACE)
    assert parameter.is_spatial()
    values = parameter.values(stream, len(targets), geometry=geometry)
    assert values.tolist() == recorded[f"spatial {name} {wrap}"].tolist()


def test_integers_are_those_of_nest(recording):
    expected = dict(zip(random_cases.INTEGERS, recording("parameters")["integers"].tolist(), strict=True))
    assert {name: make(NAMESPACE).is_integer for name, make in random_cases.INTEGERS.items()} == expected


@pytest.mark.parametrize("name", random_cases.MISTAKES)
def test_mistakes_lead_to_the_errors_of_nest(recording, name):
    expected = dict(zip(random_cases.MISTAKES, recording("parameters")["mistakes"].tolist(), strict=True))
    assert expected[name] != ""
    assert random_cases.name_of_error(random_cases.MISTAKES[name], NAMESPACE) == expected[name]


@pytest.mark.parametrize("name", [*random_cases.PARAMETERS, *random_cases.SPATIAL_PARAMETERS])
def test_values_are_drawn_as_one_by_one(name):
    make = (random_cases.PARAMETERS | random_cases.SPATIAL_PARAMETERS)[name]
    geometry = connection_geometry(np.array([[0.1, 0.2]]), np.random.default_rng(1).uniform(size=(50, 2)))
    a, b = (RandomStreams(4).rank_synchronised for _ in range(2))
    one_by_one, at_once = make(NAMESPACE), make(NAMESPACE)
    assert [one_by_one.value(a, geometry=row) for row in geometry] == at_once.values(b, 50, geometry=geometry).tolist()
    assert drand(a) == drand(b)


@numba.njit
def sum_of_values(program, stream, n):
    result = 0.0
    geometry = np.zeros(GEOMETRY_SIZE)
    for _ in range(n):
        result += evaluate(program, stream, geometry)
    return result


@pytest.mark.parametrize("name", random_cases.PARAMETERS)
def test_programs_run_inside_compiled_loops(name):
    a, b = (RandomStreams(4, n_threads=2).vp_specific[1] for _ in range(2))
    compiled, other = (random_cases.PARAMETERS[name](NAMESPACE) for _ in range(2))
    program = compiled.compile(thread=1)
    assert sum_of_values(program, a, 20) == sum(other.value(b, thread=1) for _ in range(20))
    assert program.stack[0] == DONE


def test_exhausted_redraws_are_reported_by_the_status():
    u = jaxnest.random.uniform()
    program = jaxnest.math.redraw(u, 2.0, 3.0).compile()
    a, b = (RandomStreams(4).rank_synchronised for _ in range(2))
    assert np.isnan(evaluate(program, a, np.zeros(GEOMETRY_SIZE)))
    assert program.stack[0] == TOO_MANY_REDRAWS
    u.values(b, 1000)
    assert drand(a) == drand(b)


def test_saved_variates_belong_to_threads():
    p = jaxnest.random.normal()
    streams = RandomStreams(4)
    first = p.value(streams.rank_synchronised, thread=0)
    assert p.value(streams.rank_synchronised, thread=1) != first
    streams.reseed()
    q = jaxnest.random.normal()
    assert q.value(streams.rank_synchronised, thread=3) == first


def test_saved_variates_are_shared_by_expressions_of_one_leaf():
    stream = RandomStreams(4).rank_synchronised
    leaf, fresh = jaxnest.random.normal(), jaxnest.random.normal()
    expected = fresh.values(RandomStreams(4).rank_synchronised, 4)
    assert [p.value(stream) for p in (leaf, leaf * 2, leaf + 1, leaf)] == [
        expected[0],
        expected[1] * 2,
        expected[2] + 1,
        expected[3],
    ]


def test_new_leaves_have_nothing_saved_even_in_used_rows():
    stream = RandomStreams(4).rank_synchronised
    for _ in range(3):
        leaf = jaxnest.random.normal()
        row = leaf.expression.row
        assert SAVED_NORMALS.rows(0)[row].tolist() == [0.0, 0.0]
        leaf.value(stream)
        assert SAVED_NORMALS.rows(0)[row, 0] == 1.0
        del leaf
        gc.collect()


def test_rows_of_many_leaves_are_kept_when_room_is_made():
    stream = RandomStreams(4).rank_synchronised
    first = jaxnest.random.normal()
    first.value(stream)
    saved = SAVED_NORMALS.rows(0)[first.expression.row].copy()
    leaves = [jaxnest.random.normal() for _ in range(600)]
    rows = SAVED_NORMALS.rows(0)
    assert len({leaf.expression.row for leaf in leaves} | {first.expression.row}) == 601
    assert rows[first.expression.row].tolist() == saved.tolist()
    assert max(leaf.expression.row for leaf in leaves) < len(rows)


@pytest.mark.parametrize("name", random_cases.PARAMETERS)
def test_most_parameters_are_not_spatial(name):
    assert not random_cases.PARAMETERS[name](NAMESPACE).is_spatial()


def test_spatial_parts_make_expressions_spatial():
    x, u = create_parameter("position", {"dimension": 0}), jaxnest.random.uniform()
    spatial = [1 + x, x < 0.5, x**2, jaxnest.math.exp(x), jaxnest.math.redraw(x, 0, 1), jaxnest.math.min(x, 1)]
    spatial += [jaxnest.logic.conditional(u < 0.5, 1, x), jaxnest.logic.conditional(x < 0.5, 1, 2)]
    assert all(p.is_spatial() for p in spatial)


def test_positions_of_nodes():
    stream = RandomStreams(4).rank_synchronised
    rows = node_geometry(np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert create_parameter("position", {"dimension": 1}).values(stream, 2, geometry=rows).tolist() == [2.0, 4.0]


def test_places_out_of_reach_are_errors():
    stream = RandomStreams(4).rank_synchronised
    node = node_geometry(np.array([[1.0, 2.0]]))[0]
    no_position = node_geometry(np.zeros((1, 0)))[0]
    connection = connection_geometry(np.zeros((1, 2)), np.ones((1, 2)))[0]
    x, z = (create_parameter("position", {"dimension": i}) for i in (0, 2))
    source_z = create_parameter("position", {"dimension": 2, "synaptic_endpoint": 1})
    distance, distance_z = create_parameter("distance", {}), create_parameter("distance", {"dimension": 3})
    for parameter, geometry, error in (
        (x, no_position, "the node has no position"),
        (z, node, "Node position dimension"),
        (source_z, connection, "Node position dimension"),
        (distance_z, connection, "Spatial distance dimension"),
    ):
        with pytest.raises(errors.KernelException, match=error):
            parameter.value(stream, geometry=geometry)
    for parameter, geometry in ((x, connection), (distance, node), (jaxnest.spatial_distributions.gamma(x), node)):
        with pytest.raises(errors.BadParameterValue):
            parameter.value(stream, geometry=geometry)


def test_branches_that_are_not_taken_need_no_places(streams):
    distance = create_parameter("distance", {})
    assert jaxnest.logic.conditional(jaxnest.random.uniform() < 2, 1, distance).GetValue() == 1.0


def test_periodic_displacements_are_the_shortest():
    rows = connection_geometry(np.array([[0.45, 0.0]]), np.array([[-0.45, 0.3]]), np.array([1.0, 0.0]))
    np.testing.assert_allclose(rows[0, 2:5], [np.hypot(0.1, 0.3), 0.1, 0.3])


def test_get_value_draws_from_the_common_stream(streams):
    p = jaxnest.random.uniform(0.0, 2.0)
    expected = drand(RandomStreams(12).rank_synchronised) * 2.0
    assert p.GetValue() == expected


def test_streams_provider_is_asked_at_every_evaluation(streams):
    p, others = jaxnest.random.uniform(), [RandomStreams(1), RandomStreams(2)]
    set_streams_provider(lambda: others[0])
    first = p.GetValue()
    others.reverse()
    assert [p.GetValue(), first] == [drand(RandomStreams(seed).rank_synchronised) for seed in (2, 1)]


def test_apply_draws_a_value_for_each_node(streams):
    p = jaxnest.random.uniform()
    expected = jaxnest.random.uniform().values(RandomStreams(12).rank_synchronised, 3)
    assert p.apply([1, 2, 3]) == tuple(expected)


def test_apply_asks_for_places(streams):
    asked = []

    def places(nodes, positions):
        asked.append((nodes, positions))
        return connection_geometry(np.zeros((1, 2)), np.array(positions))

    set_geometry_provider(places)
    positions = [[3.0, 4.0], (0.0, 1.0)]
    assert create_parameter("distance", {}).apply([7], positions) == (5.0, 1.0)
    assert asked == [([7], positions)]


@pytest.mark.parametrize(
    ("nodes", "positions", "error"),
    [
        ([1, 2], [[0.0, 0.0]], ValueError),
        ([1], np.zeros((1, 2)), TypeError),
        ([1], ["ab"], TypeError),
        ([1], [[0.0, 0.0], [0.0]], ValueError),
    ],
)
def test_apply_refuses_unsuitable_positions(streams, nodes, positions, error):
    with pytest.raises(error):
        jaxnest.random.uniform().apply(nodes, positions)


def test_parameters_are_not_made_by_hand():
    with pytest.raises(TypeError):
        Parameter(3)  # type: ignore[abstract, call-arg]


def test_copies_are_the_same_parameter():
    p = jaxnest.random.normal()
    assert copy.copy(p) is p
    assert copy.deepcopy({"weight": p})["weight"] is p


def test_pickled_parameters_are_equal_but_have_their_own_leaves():
    p = jaxnest.random.normal(2.0, 0.5) + 1
    q = pickle.loads(pickle.dumps(p))
    assert repr(q) == repr(p)
    assert q.expression.operands[0].row != p.expression.operands[0].row


def test_repr_shows_the_expression():
    p = jaxnest.random.uniform_int(3) + jaxnest.random.uniform(1.0, 3.0)
    assert repr(p) == "Parameter(add(uniform_int(3), uniform(1.0, 2.0)))"


def test_numpy_numbers_combine_from_the_left():
    p = np.float64(2.0) * jaxnest.random.uniform()
    assert isinstance(p, Parameter)
    assert p.value(RandomStreams(12).rank_synchronised) == 2.0 * drand(RandomStreams(12).rank_synchronised)


def test_constants_need_no_stream():
    assert create_parameter("constant", {"value": 2}).values(np.zeros(0), 3).tolist() == [2.0, 2.0, 2.0]


def test_misspelt_names_lead_to_a_hint():
    with pytest.raises(errors.UndefinedName, match="uniform"):
        create_parameter("unifrom", {})
    with pytest.raises(errors.UnaccessedDictionaryEntry, match="'std'"):
        create_parameter("normal", {"sdt": 1.0})
