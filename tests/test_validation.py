"""The comparison with NEST: it holds for all recorded models, and it notices when something is wrong."""

from __future__ import annotations

import fnmatch
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jaxnest.kernel.connect import connecting, connection_query, connections, patterns
from jaxnest.kernel.synapses import delays
from jaxnest.models.contract import registry
from jaxnest.random.numbers import engines
from jaxnest.random.numbers.streams import RandomStreams
from validation import __main__ as command
from validation import comparison, models, places, statistics, tables, tolerances, work
from validation.nest_suite import reasons

MODELS = models.available(["*"])
SMOKE = ("iaf_psc_alpha", "aeif_cond_exp", "stdp_synapse", "tanh_rate_ipn")
"""Models of several kinds; all others are compared by ``python -m validation``, which belongs to the checks, too."""
VARIANTS = ("_hpc", "_lbl")
PAGE, REPORT = places.DOCS / "validation.md", places.DOCS / "validation.json"


def assert_right(report: comparison.Report) -> None:
    assert report.rows
    assert not [f"{r.subject} {r.backend} {r.quantity} {r.worst}: {r.note}" for r in report.failed()]


@pytest.mark.parametrize("backend", ["native"])
@pytest.mark.parametrize("name", SMOKE)
def test_models_agree_with_what_is_recorded(name: str, backend: str) -> None:
    report = comparison.Report()
    models.recorded(report, [backend], [name])
    assert_right(report)


def test_public_names_are_those_of_nest() -> None:
    report = comparison.Report()
    tables.signatures(report)
    assert_right(report)


@pytest.fixture(scope="module")
def answers(nest_python: str, live_seed: Callable[[str, int], int]) -> models.Answers:
    """What a live NEST makes of descriptions of all models that are drawn now."""
    names = [name for name in MODELS if not name.endswith(VARIANTS)]
    return models.ask(nest_python, [d for n in names for d in models.drawn(n, live_seed(f"models {n}", 2**31))])


@pytest.mark.nest
@pytest.mark.parametrize("name", [name for name in MODELS if not name.endswith(VARIANTS)])
def test_drawn_cases_equal_live_nest(name: str, answers: models.Answers) -> None:
    report = comparison.Report()
    models.live(report, ["native"], [answer for answer in answers if answer[0]["model"] == name])
    assert_right(report)


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
    right, right_of_one = delays.to_steps, delays.steps_of
    for part in (connecting, connection_query):
        monkeypatch.setattr(part, "to_steps", lambda clock, ms: right(clock, ms) + np.int32(1))
    for part in (connecting, connections, patterns):
        monkeypatch.setattr(part, "steps_of", lambda clock, ms: right_of_one(clock, ms) + 1)


def wrong_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    right = RandomStreams._new

    def new(self: RandomStreams, *arguments: Any) -> np.ndarray:
        stream = right(self, *arguments)
        engines.drand(stream)
        return stream

    monkeypatch.setattr(RandomStreams, "_new", new)


@pytest.mark.parametrize("backend", ["native"])
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
    report.compare("models", "iaf_psc_alpha", "a", "native", {"x": np.ones(2)}, {"y": np.ones(2)})
    assert {row.note for row in report.failed()} == {"only NEST has it", "NEST does not have it"}


def test_every_wider_tolerance_has_a_reason() -> None:
    subjects = {*MODELS, *(path.stem for path in places.REFERENCE.rglob("*.npz"))}
    for deviation in tolerances.EXCEPTIONS:
        assert len(deviation.tolerance.reason) > 20
        assert any(fnmatch.fnmatchcase(name, deviation.subject) for name in subjects)


def test_distances_between_distributions() -> None:
    a, b = np.arange(10.0), np.arange(10.0) + 5.0
    assert statistics.kolmogorov_smirnov(a, a) == 0.0
    assert statistics.kolmogorov_smirnov(a, b) == pytest.approx(0.5)
    draw = np.random.default_rng(1)
    references = [draw.normal(size=500) for _ in range(10)]
    assert statistics.judge(draw.normal(size=500), references).passed
    assert not statistics.judge(draw.normal(0.3, 1.0, 500), references).passed


def test_distances_of_every_kind_of_random_streams_are_judged() -> None:
    assert statistics.rng_types() == ["mt19937_64", "jax"]
    assert {len(samples) for samples in statistics.load().values()} == {10}


def test_models_without_comparison_are_found() -> None:
    report = comparison.Report()
    report.users = {name: {("devices", "x")} for name in registry.NODE_MODELS if name != "iaf_psc_alpha"}
    for name in registry.SYNAPSE_MODELS:
        report.check("models", name, "native", "weight", "x", True, "")
    assert work.missing(report) == {"iaf_psc_alpha"}


@pytest.mark.slow
def test_processes_share_the_work(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    only = [x for name in ("parrot_neuron", "static_synapse") for x in ("--only", name)]
    command_line = [sys.executable, "-m", "validation", "--section", "models", *only, "-j", "2", "--json", str(path)]
    subprocess.run(command_line, check=True, cwd=places.ROOT)
    assert list(json.loads(path.read_text(encoding="utf-8"))["sections"]["models"]) == [
        "parrot_neuron",
        "static_synapse",
    ]


def test_files_of_nests_suite_that_fail_have_a_reason() -> None:
    counts = reasons.counts()
    assert all(reasons.reason(name) for name, (here, there) in counts.items() if here < there)
    assert "NEST's own tests" in reasons.page()


def test_the_report_in_the_documentation_has_nothing_that_fails() -> None:
    """``python -m validation --page`` writes it anew."""
    report = json.loads(REPORT.read_text(encoding="utf-8"))
    page = PAGE.read_text(encoding="utf-8")
    assert report["failed"] == 0
    compared = {*report["sections"]["models"], *report["users"]}
    assert compared <= {*registry.NODE_MODELS, *registry.SYNAPSE_MODELS}
    assert len(compared) > 150
    assert all(f"`{name}`" in page for name in compared & {*registry.NODE_MODELS})
    assert all((places.DOCS / path).exists() for path in re.findall(r"\]\((images/.*?)\)", page))
