"""The benchmark command runs, and writes a table and a plot; nothing here depends on how long it takes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from validation.performance import report
from validation.performance.accelerator import deviation
from validation.performance.measurement import spread

ROOT = Path(__file__).parents[1]

NEST = "import sys, jaxnest; sys.modules['nest'] = jaxnest"


@pytest.fixture
def nest(tmp_path: Path) -> str:
    """A Python that has a module `nest`, which stands in for NEST."""
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / "nest.py").write_text(NEST)
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nPYTHONPATH="{tmp_path}/modules:{ROOT}" exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    return str(python)


@pytest.mark.slow
def test_quick_run(nest: str, tmp_path: Path) -> None:
    page, plot, numbers = tmp_path / "page.md", tmp_path / "plot.png", tmp_path / "numbers.json"
    page.write_text("before\n<!-- measurements: begin -->\nold\n<!-- measurements: end -->\nafter\n")
    command = [sys.executable, "-m", "validation.performance", "--nest", nest, "--quick", "--threads", "1"]
    command += ["--loads", "brunel_alpha_50", "cuba_100", "startup", "steps", "--backends", "native"]
    command += ["--page", str(page), "--plot", str(plot), "--json", str(numbers)]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert result.returncode == 0, result.stderr
    assert "memory bandwidth" in result.stdout
    assert "bytes per event" in result.stdout
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert "| NEST / jaxnest | threads | synaptic events per second: native |" in text
    assert "| CUBA, 100 neurons | 1 | per biological second | s |" in text
    assert plot.read_bytes().startswith(b"\x89PNG")
    for row in ("One neuron | peak memory", "Steps of 1 ms, 20 neurons | Connect two neurons; Simulate(1)"):
        assert f"| {row} |" in text
        assert row in result.stdout
    *networks, start, steps = json.loads(numbers.read_text())["results"]
    assert len(networks) == 2
    for load in networks:
        rates = [values["rate"]["median"] for values in load["simulators"].values()]
        assert rates[0] > 0
        assert rates == pytest.approx([rates[0]] * 2, rel=0.05)
        ratio = load["ratios"]["native"]["seconds_per_biological_second"]
        assert 0 < ratio["min"] <= ratio["median"] <= ratio["max"]
    for load, quantity in ((start, "process"), (steps, "step_weight")):
        assert load["threads"] == 1
        ours, theirs = (load["simulators"][name][quantity]["median"] for name in ("native", "nest"))
        assert load["ratios"]["native"][quantity]["median"] == pytest.approx(theirs / ours)


def result(ours: float, theirs: float) -> dict[str, Any]:
    """What was measured of a load with one goal of each kind."""
    values = {"nest": theirs, "native": ours}
    return {
        "title": "Load",
        "threads": 1,
        "simulators": {k: {"process": spread([v]), "first_neuron": spread([v])} for k, v in values.items()},
        "ratios": {"native": {"process": spread([theirs / ours]), "first_neuron": spread([theirs / ours])}},
        "at_least": {"process": 0.5},
        "at_most": {"first_neuron": 1.5},
    }


@pytest.mark.parametrize(("ours", "theirs", "fast", "short"), [(1.0, 0.6, True, True), (2.0, 0.6, False, False)])
def test_goals_are_judged(ours: float, theirs: float, fast: bool, short: bool) -> None:
    *_, ratio, limit = report.goals([result(ours, theirs)])
    assert ratio.endswith("| at least 0.5 | yes |" if fast else "| at least 0.5 | **no** |")
    assert limit.endswith("| at most 1.5 s | yes |" if short else "| at most 1.5 s | **no** |")


def test_unknown_loads_are_named(nest: str) -> None:
    command = [sys.executable, "-m", "validation.performance", "--nest", nest, "--loads", "brunel"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 2
    assert "unknown loads brunel; known are networks, sessions, tables, brunel_alpha_50" in result.stderr


@pytest.mark.slow
def test_accelerator_script_runs_on_what_is_there(tmp_path: Path) -> None:
    numbers = tmp_path / "numbers.json"
    command = [sys.executable, "-m", "validation.performance.accelerator", "--json", str(numbers)]
    result = subprocess.run(
        [*command, "--runs", "brunel_1000"], cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "WRONG" not in result.stdout
    assert json.loads(numbers.read_text())["brunel_1000"]["rate"] > 0


def test_rates_are_compared_with_recorded_ones() -> None:
    assert deviation(10.0, [9.0, 11.0, 10.0, 10.0]) == 0.0
    assert deviation(13.0, [9.0, 11.0, 10.0, 10.0]) == pytest.approx(3.0 / (2.0 / 3.0) ** 0.5)
    assert deviation(11.0, [10.0]) == pytest.approx(10.0)  # one alone: hundredths of the rate
