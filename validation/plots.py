"""Plots of the largest errors, of the traces behind them, and of the distributions in a balanced network."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np

from validation import statistics
from validation.comparison import Report, Row

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


def inexact(report: Report) -> list[Row]:
    """Return for each model the row that comes nearest to its tolerance, the nearest first."""
    rows: dict[str, Row] = {}
    for row in report.rows.values():
        if row.section == "models" and row.backend == "xla" and row.relative and row.tolerance:
            best = rows.get(row.subject)
            if best is None or row.relative / row.tolerance > best.relative / best.tolerance:
                rows[row.subject] = row
    return sorted(rows.values(), key=lambda row: -row.relative / row.tolerance)


def errors(report: Report, path: Path) -> None:
    """Plot the largest error of each model that is not equal to the last bit, and its tolerance."""
    rows = sorted(inexact(report), key=lambda row: row.relative)
    figure, axis = plt.subplots(figsize=(8.0, 0.8 + 0.17 * max(len(rows), 1)), layout="constrained")
    places = np.arange(len(rows))
    axis.hlines(places, [row.relative for row in rows], [row.tolerance for row in rows], color="#dddddd", lw=1)
    axis.plot([row.tolerance for row in rows], places, "|", color=LIMIT, ms=8, label="tolerance")
    axis.plot([row.relative for row in rows], places, "o", color=OURS, ms=4, label="largest error, xla")
    axis.set_yticks(places, [row.subject for row in rows])
    axis.set_xscale("log")
    axis.set_xlabel("relative error (models that are not listed: none)", fontsize=9)
    axis.set_ylim(-1, len(rows))
    axis.grid(axis="x", color="#eeeeee")
    axis.legend(fontsize=8, loc="lower right", frameon=False)
    tidy(axis)
    axis.tick_params(axis="y", labelsize=7)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def worst(report: Report, path: Path) -> None:
    """Plot the traces of the models that come nearest to their tolerance, and their errors."""
    chosen = [row for row in inexact(report) if (row.subject, row.quantity) in report.traces][:N_TRACES]
    if not chosen:
        return
    size = (3.4 * len(chosen), 4.6)
    figure, axes = plt.subplots(2, len(chosen), figsize=size, squeeze=False, layout="constrained", sharex="col")
    for column, row in enumerate(chosen):
        trace = report.traces[row.subject, row.quantity]
        scale = np.max(np.abs(trace.theirs)) or 1.0
        distance = np.abs(trace.ours - trace.theirs)
        node = int(np.argmax(np.max(distance, axis=0)))
        times = trace.interval * np.arange(1, len(distance) + 1)
        upper, lower = axes[:, column]
        upper.plot(times, trace.theirs[:, node], color=THEIRS, lw=3.0, label="NEST")
        upper.plot(times, trace.ours[:, node], color=OURS, lw=1.0, label="jaxnest, xla")
        upper.set_title(f"{row.subject}\n{row.quantity.removeprefix('sampled ')}, {trace.case}", fontsize=9)
        lower.semilogy(times, np.maximum(distance[:, node] / scale, SMALLEST), color=OURS, lw=1.0)
        lower.axhline(row.tolerance, color=LIMIT, ls="--", lw=1)
        lower.set_xlabel("time (ms)", fontsize=9)
        tidy(upper)
        tidy(lower)
    axes[0, 0].legend(fontsize=8, frameon=False)
    axes[0, 0].set_ylabel("trace", fontsize=9)
    axes[1, 0].set_ylabel("relative error", fontsize=9)
    figure.savefig(path, dpi=110)
    plt.close(figure)


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
