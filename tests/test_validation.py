"""The comparison with NEST: it holds for all recorded models, and it notices when something is wrong."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jaxnest as nest
from jaxnest.kernel import connecting, connection_query, connections, delays
from jaxnest.models import ode, registry
from jaxnest.random import engines
from jaxnest.random.streams import RandomStreams
from validation import __main__ as command
from validation import comparison, models, statistics, tables, tolerances
from validation.nest_suite import reasons
from validation.places import REFERENCE

MODELS = models.available(["*"])
CLOSED_FORM = [
    n for n in MODELS if n not in registry.NODE_MODELS or not issubclass(registry.NODE_MODELS[n], ode.OdeNode)
]
"""The models whose programs are compiled quickly; the others are compared with both back ends by their own tests."""
SLOW_TO_COMPILE = ("_hpc", "_lbl")


def assert_right(report: comparison.Report) -> None:
    assert report.rows
    assert not [f"{r.subject} {r.backend} {r.quantity} {r.worst}: {r.note}" for r in report.failed()]


@pytest.fixture(autouse=True)
def quiet() -> None:
    nest.verbosity = nest.VerbosityLevel.ERROR


@pytest.mark.parametrize("name", MODELS)
def test_strict_back_end_equals_what_is_recorded(name: str) -> None:
    report = comparison.Report()
    models.recorded(report, ["strict"], [name])
    assert_right(report)


@pytest.mark.parametrize("name", [n for n in CLOSED_FORM if not n.endswith(SLOW_TO_COMPILE)])
def test_default_back_end_agrees_with_what_is_recorded(name: str) -> None:
    report = comparison.Report()
    models.recorded(report, ["xla"], [name], resolutions=[0.1])
    assert_right(report)


def test_public_names_are_those_of_nest() -> None:
    report = comparison.Report()
    tables.signatures(report)
    assert_right(report)


@pytest.mark.nest
@pytest.mark.parametrize("name", [n for n in MODELS if not n.endswith(SLOW_TO_COMPILE)])
def test_drawn_cases_equal_live_nest(name: str, nest_python: str, live_seed: Callable[[str, int], int]) -> None:
    report = comparison.Report()
    models.live(report, ["strict"], [name], nest_python, live_seed(f"models {name}", 2**31))
    assert_right(report)


def test_everything_recorded_has_a_checksum() -> None:
    provenance = json.loads((REFERENCE / "models" / "provenance.json").read_text(encoding="utf-8"))
    assert provenance["NEST"] == "3.10.0"
    assert set(provenance["files"]) == {path.name for path in (REFERENCE / "models").glob("*.npz")}


def run(*arguments: str) -> int:
    return command.main(list(arguments))


def wrong_propagator(monkeypatch: pytest.MonkeyPatch) -> None:
    model: Any = registry.NODE_MODELS["iaf_psc_alpha"]
    right = model.calibrate

    def calibrate(p: Any, clock: Any) -> dict[str, Any]:
        variables = right(p, clock)
        return variables | {"P11_ex": variables["P11_ex"] * (1.0 + 1e-6)}

    monkeypatch.setattr(model, "calibrate", staticmethod(calibrate))


def wrong_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    right = delays.to_steps
    for part in (connecting, connection_query, connections):
        monkeypatch.setattr(part, "to_steps", lambda clock, ms: right(clock, ms) + np.int32(1))


def wrong_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    right = RandomStreams._new

    def new(self: RandomStreams, *arguments: Any) -> np.ndarray:
        stream = right(self, *arguments)
        engines.drand(stream)
        return stream

    monkeypatch.setattr(RandomStreams, "_new", new)


@pytest.mark.parametrize("backend", ["strict", "xla"])
@pytest.mark.parametrize(
    ("mutation", "section", "case"),
    [
        (wrong_propagator, "models", "iaf_psc_alpha"),
        (wrong_delay, "models", "iaf_psc_alpha"),
        (wrong_draws, "networks", "noisy"),
    ],
)
def test_mutations_are_found(
    mutation: Callable[[pytest.MonkeyPatch], None],
    section: str,
    case: str,
    backend: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    arguments = ("--section", section, "--only", case, "--backend", backend, "--json", str(tmp_path / "report.json"))
    assert run(*arguments) == 0
    mutation(monkeypatch)
    assert run(*arguments) == 1
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert report["failed"] > 0


def test_errors_are_relative_to_the_largest_magnitude() -> None:
    theirs = {"sampled V_m": np.array([[-70.0, -50.0]]), "final V_m": np.array([0.5, np.inf])}
    scale = comparison.magnitude(theirs, "final V_m")
    assert scale == 70.0
    assert comparison.errors(np.array([0.6, np.inf]), theirs["final V_m"], scale) == pytest.approx((0.1, 0.1 / 70.0))
    assert comparison.errors(np.array([0.5, 1.0]), theirs["final V_m"], scale) == (np.inf, np.inf)
    assert comparison.errors(np.array([np.nan, np.inf]), theirs["final V_m"], scale) == (np.inf, np.inf)


def test_what_only_one_side_has_is_an_error() -> None:
    report = comparison.Report()
    report.compare("models", "iaf_psc_alpha", "a", "strict", {"x": np.ones(2)}, {"y": np.ones(2)})
    assert {row.note for row in report.failed()} == {"only NEST has it", "NEST does not have it"}


def test_every_wider_tolerance_has_a_reason() -> None:
    for deviation in tolerances.EXCEPTIONS:
        assert len(deviation.tolerance.reason) > 20
        assert any(fnmatch.fnmatchcase(name, deviation.subject) for name in MODELS)


def test_distances_between_distributions() -> None:
    a, b = np.arange(10.0), np.arange(10.0) + 5.0
    assert statistics.kolmogorov_smirnov(a, a) == 0.0
    assert statistics.kolmogorov_smirnov(a, b) == pytest.approx(0.5)
    draw = np.random.default_rng(1)
    references = [draw.normal(size=500) for _ in range(10)]
    assert statistics.judge(draw.normal(size=500), references).passed
    assert not statistics.judge(draw.normal(0.3, 1.0, 500), references).passed


@pytest.mark.slow
@pytest.mark.parametrize("rng_type", statistics.rng_types())
def test_a_balanced_network_has_the_statistics_of_nest(rng_type: str) -> None:
    verdicts = statistics.verdicts(rng_type=rng_type, compute_backend="xla")
    assert {name: verdict for name, verdict in verdicts.items() if not verdict.passed} == {}


def test_files_of_nests_suite_that_fail_have_a_reason() -> None:
    counts = reasons.counts()
    assert all(reasons.reason(name) for name, (here, there) in counts.items() if here < there)
    assert "NEST's own tests" in reasons.page()
