"""Single models: subthreshold, spiking and edge cases, recorded or drawn at random."""

from __future__ import annotations

import fnmatch
import json
import math
import random
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import jaxnest as nest
from jaxnest.models.contract import registry
from nest_reference import model_cases
from validation.comparison import Report
from validation.places import REFERENCE, ROOT
from validation.tolerances import UNPREDICTABLE

RECORDED = REFERENCE / "models"
RECORDED_SECTION, LIVE_SECTION = "models", "models, drawn at random"
DRAWN = 3
"""Descriptions drawn for each model."""

OTHER_ERRORS = {"ht_neuron": "refuses all values with BadParameter; NEST those of the base class with BadProperty"}
"""Models of which only is compared which values they refuse, not with which error, and the reason."""

Description = dict[str, Any]


def available(patterns: list[str]) -> list[str]:
    """Return the names of models that jaxnest has and that are recorded."""
    names = [path.stem for path in sorted(RECORDED.glob("*.npz"))]
    have = {*registry.NODE_MODELS, *registry.SYNAPSE_MODELS}
    return [n for n in names if n in have and any(fnmatch.fnmatchcase(n, p) for p in patterns)]


def load(name: str) -> tuple[list[Description], dict[str, Any], dict[str, np.ndarray]]:
    """Return descriptions, refused values and results of a recorded model."""
    with np.load(RECORDED / f"{name}.npz") as archive:
        arrays = dict(archive)
    content = json.loads(str(arrays.pop("description")))
    return content["descriptions"], content["refused"], arrays


def part(arrays: dict[str, np.ndarray], number: int) -> dict[str, np.ndarray]:
    """Return the results of one description."""
    return {k.partition("/")[2]: v for k, v in arrays.items() if k.startswith(f"{number}/")}


def compare(report: Report, section: str, backend: str, description: Description, theirs: dict[str, Any]) -> None:
    """Run one description and compare the results with NEST's."""
    case = description.get("case", f"resolution {description['resolution']}")
    if backend != "native" and (description["model"], case) in UNPREDICTABLE:
        return
    ours = model_cases.outcome(nest, description, compute_backend=backend)
    if "error" in ours or "error" in theirs:
        ours, theirs = ({"error": x.get("error", np.array("none"))} for x in (ours, theirs))
    interval = max(description["resolution"], description.get("interval", 1.0))
    report.compare(section, description["model"], case, backend, ours, theirs, interval)


def recorded(report: Report, backends: list[str], patterns: list[str], resolutions: list[float] | None = None) -> None:
    """Compare all recorded models with both back ends."""
    for name in available(patterns):
        descriptions, refused, arrays = load(name)
        for number, description in enumerate(descriptions):
            if resolutions is None or description["resolution"] in resolutions:
                for backend in backends:
                    compare(report, RECORDED_SECTION, backend, description, part(arrays, number))
        found = model_cases.refused(nest, name)
        for quantity, expected in refused.items():
            got = found.get(quantity)
            if name in OTHER_ERRORS and got is not None:
                got, expected = ({value: bool(error) for value, error in x.items()} for x in (got, expected))
            note = f"{quantity}: {got}, NEST {expected}"
            report.check(RECORDED_SECTION, name, "both", "refused values", quantity, got == expected, note)


def drawn(name: str, seed: int) -> Iterator[Description]:
    """Yield descriptions of a model whose parameters, inputs and resolution are drawn at random."""
    descriptions, refused, _ = load(name)
    for number in range(DRAWN):
        draw = random.Random(f"{seed} {name} {number}")
        new = json.loads(json.dumps(draw.choice(descriptions)))
        new["seed"] = draw.randrange(1, 1 << 31)
        new["case"] = f"seed {seed}, number {number}"
        if new["kind"] == "neuron":
            new["resolution"] = draw.choice([0.05, 0.1, 0.1, 0.2, 0.5])
            new["interval"] = 1.0
            new["runs"] = [float(draw.randint(5, 40)), float(draw.randint(20, 60))]
            draw_neurons(new, refused, draw)
        else:
            for chosen in new["sets"]:
                chosen["delay_steps"] = draw.randint(1, 30)
        yield new


def draw_neurons(new: Description, refused: dict[str, Any], draw: random.Random) -> None:
    """Draw parameters inside their bounds and new input trains."""
    defaults = nest.GetDefaults(new["model"])
    own = [n for n in refused if n in registry.NODE_MODELS[new["model"]].parameters and math.isfinite(defaults[n])]
    for parameters in new["nodes"]:
        for name in own:
            if name not in parameters and draw.random() < 0.4:
                parameters[name] = defaults[name] * draw.uniform(0.8, 1.25)
    for way in new["inputs"]:
        way["weights"] = [w * draw.uniform(0.7, 1.3) for w in way["weights"]]
        if "spike_times" in way["parameters"]:
            way["parameters"]["spike_times"] = sorted(float(draw.randint(1, 90)) for _ in range(draw.randint(5, 60)))


Answers = list[tuple[Description, dict[str, Any]]]
"""Descriptions and what NEST made of them."""


def ask(python: str, descriptions: list[Description]) -> Answers:
    """Let a live NEST run descriptions, all in one process."""
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "in.json", Path(folder) / "out.npz"
        source.write_text(json.dumps(descriptions), encoding="utf-8")
        command = [python, "-m", "nest_reference.model_cases", str(source), str(out)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if not out.exists():
            names = ", ".join(dict.fromkeys(description["model"] for description in descriptions))
            raise RuntimeError(f"NEST could not run {names}:\n{done.stderr[-2000:]}")
        with np.load(out) as archive:
            arrays = dict(archive)
    return [(description, part(arrays, number)) for number, description in enumerate(descriptions)]


def live(report: Report, backends: list[str], answers: Answers) -> None:
    """Compare with what a live NEST made of freshly drawn descriptions."""
    for description, theirs in answers:
        for backend in backends:
            compare(report, LIVE_SECTION, backend, description, theirs)
