"""Large chaotic networks agree in distribution: rates, irregularity and correlations, judged against NEST's spread.

Two samples are compared by their Kolmogorov-Smirnov distance. What is allowed follows from NEST itself: the distances
of each of its seeds from all the others. Nothing here depends on which random numbers were drawn, so that streams that
NEST does not have are judged by the same measure.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any, final

import numpy as np

import jaxnest as nest
from nest_reference import statistics_cases
from validation.comparison import Report
from validation.places import REFERENCE

SEED = 11
"""A seed that NEST's recordings do not have."""
DEVIATIONS = 3.0
"""Standard deviations above the mean distance between NEST's seeds that are allowed."""


@final
@dataclass(frozen=True)
class Verdict:
    """Mean distance from NEST's seeds, the mean and the largest one among these, and what is allowed."""

    distance: float
    usual: float
    allowed: float

    @property
    def passed(self) -> bool:
        """Whether the sample is as close to NEST's as they are to each other."""
        return self.distance <= self.allowed


def kolmogorov_smirnov(a: np.ndarray, b: np.ndarray) -> float:
    """Return the largest difference between the empirical distribution functions of two samples."""
    places = np.concatenate([a, b])
    below = (np.searchsorted(np.sort(x), places, side="right") / len(x) for x in (a, b))
    return float(np.max(np.abs(np.subtract(*below))))


def judge(sample: np.ndarray, references: list[np.ndarray]) -> Verdict:
    """Compare a sample with those of several seeds of NEST."""
    spread = [
        np.mean([kolmogorov_smirnov(a, b) for j, b in enumerate(references) if j != i])
        for i, a in enumerate(references)
    ]
    allowed = float(np.mean(spread) + DEVIATIONS * np.std(spread, ddof=1))
    distance = float(np.mean([kolmogorov_smirnov(sample, b) for b in references]))
    return Verdict(distance, float(np.mean(spread)), allowed)


def load() -> dict[str, list[np.ndarray]]:
    """Return NEST's samples of each measure, one for each seed."""
    found: dict[str, list[np.ndarray]] = {}
    with np.load(REFERENCE / "statistics" / "brunel.npz") as archive:
        for key, values in archive.items():
            found.setdefault(key.partition("/")[2], []).append(values)
    return found


def sample(rng_type: str, seed: int = SEED, **attributes: Any) -> dict[str, np.ndarray]:
    """Simulate the network with the default back end and return all measures."""
    return statistics_cases.measures(
        *statistics_cases.simulate(nest, seed, rng_type=rng_type, compute_backend="native", **attributes)
    )


def rng_types() -> list[str]:
    """Return the random streams to judge: NEST's default, and the one that NEST does not have, if it is there."""
    return ["mt19937_64", *(name for name in nest.rng_types if name == "jax")]


def recorded(report: Report, rng_type: str) -> None:
    """Judge the default back end with one kind of random streams."""
    found = sample(rng_type)
    report.samples[rng_type] = found
    verdicts = {name: judge(found[name], references) for name, references in load().items()}
    for name, verdict in verdicts.items():
        text = f"distance {verdict.distance:.4f}, NEST's seeds {verdict.usual:.4f}, allowed {verdict.allowed:.4f}"
        case = f"seed {SEED}"
        report.check("statistics", f"balanced network, {rng_type}", "native", name, case, verdict.passed, text)
    facts = {name: dataclasses.asdict(verdict) for name, verdict in verdicts.items()}
    report.facts[f"statistics, {rng_type}"] = facts
