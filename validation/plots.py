"""Plots of the traces with the largest errors and of the distributions in a balanced network."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np

from validation import statistics
from validation.comparison import Report

matplotlib.use("Agg")
from matplotlib import pyplot as plt

N_TRACES = 4
COLOURS = ("#0b5fa5", "#d1495b")


def worst(report: Report, path: Path) -> None:
    """Plot the traces with the largest errors in units of their tolerance, and these errors."""
    rows = [
        row for row in report.rows.values() if (row.subject, row.quantity) in report.traces and row.backend == "xla"
    ]
    rows.sort(key=lambda row: -row.relative / row.tolerance)
    chosen = rows[:N_TRACES]
    if not chosen:
        return
    figure, axes = plt.subplots(2, len(chosen), figsize=(3.4 * len(chosen), 4.4), squeeze=False, layout="constrained")
    for column, row in enumerate(chosen):
        ours, theirs = report.traces[row.subject, row.quantity]
        scale = np.max(np.abs(theirs)) or 1.0
        node = int(np.argmax(np.max(np.abs(ours - theirs), axis=0)))
        upper, lower = axes[:, column]
        upper.plot(theirs[:, node], color=COLOURS[1], lw=2.4, label="NEST")
        upper.plot(ours[:, node], color=COLOURS[0], lw=1.0, label="jaxnest, xla")
        upper.set_title(f"{row.subject}\n{row.quantity.removeprefix('sampled ')}", fontsize=9)
        lower.semilogy(np.maximum(np.abs(ours - theirs)[:, node] / scale, 1e-17), color=COLOURS[0])
        lower.axhline(row.tolerance, color="grey", ls="--", lw=1)
        lower.set_xlabel("sample")
    axes[0, 0].legend(fontsize=7)
    axes[1, 0].set_ylabel("relative error")
    figure.savefig(path, dpi=110)
    plt.close(figure)


def distributions(path: Path) -> None:
    """Plot the distributions of NEST's seeds and of the default back end."""
    cases = statistics.module(statistics.CASES)
    ours = cases.measures(*cases.simulate(statistics.nest, statistics.SEED, compute_backend="xla"))
    references = statistics.load()
    figure, axes = plt.subplots(1, len(references), figsize=(10, 2.8), layout="constrained")
    for axis, (name, samples) in zip(axes, references.items(), strict=True):
        for sample in samples:
            axis.plot(np.sort(sample), np.linspace(0, 1, len(sample)), color=COLOURS[1], lw=0.7, alpha=0.6)
        axis.plot(np.sort(ours[name]), np.linspace(0, 1, len(ours[name])), color=COLOURS[0], lw=1.4)
        axis.set_xlabel(name)
    axes[0].set_ylabel("fraction")
    axes[0].set_title("red: ten seeds of NEST, blue: jaxnest", fontsize=9, loc="left")
    figure.savefig(path, dpi=110)
    plt.close(figure)
