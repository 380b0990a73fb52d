"""Plots of the distributions in a balanced network."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np

from validation import statistics
from validation.comparison import Report

matplotlib.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

N_TRACES = 4
OURS, THEIRS, LIMIT = "#0b5fa5", "#e07b39", "#888888"
SMALLEST = 1e-17
"""What errors of zero are drawn as."""


def tidy(axis: Axes) -> None:
    """Take away what is no data."""
    axis.spines[["top", "right"]].set_visible(False)
    axis.tick_params(labelsize=8)


def distributions(report: Report, path: Path) -> None:
    """Plot the distributions of NEST's seeds and of jaxnest with each kind of random streams."""
    if not report.samples:
        return
    references = statistics.load()
    figure, axes = plt.subplots(1, len(references), figsize=(10, 3.0), layout="constrained", sharey=True)
    for axis, (name, samples) in zip(axes, references.items(), strict=True):
        for number, sample in enumerate(samples):
            label = "NEST, ten seeds" if number == 0 else None
            axis.plot(np.sort(sample), np.linspace(0, 1, len(sample)), color=THEIRS, lw=0.8, alpha=0.7, label=label)
        for style, (rng_type, ours) in zip(("-", "--"), sorted(report.samples.items(), reverse=True), strict=False):
            values = np.sort(ours[name])
            axis.plot(values, np.linspace(0, 1, len(values)), style, color=OURS, lw=1.5, label=f"jaxnest, {rng_type}")
        axis.set_xlabel({"rate": "rate (Hz)"}.get(name, name), fontsize=9)
        tidy(axis)
    axes[0].set_ylabel("fraction of neurons", fontsize=9)
    axes[-1].set_ylabel("fraction of pairs", fontsize=9)
    axes[0].legend(fontsize=8, frameon=False)
    figure.savefig(path, dpi=110)
    plt.close(figure)
