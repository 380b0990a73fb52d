"""Raster plots of spikes, from a recorder, from files or from arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import jaxnest as nest
from jaxnest.extras import needed

__all__ = ["extract_events", "from_data", "from_device", "from_file", "from_file_numpy", "from_file_pandas"]

HEADER_LINES = 3


def extract_events(data: Any, time: Sequence[float] | None = None, sel: Sequence[int] | None = None) -> np.ndarray:
    """Return the events of some nodes within some time.

    Parameters
    ----------
    data
        Array of events with the columns node id and time.
    time
        ``[t_max]`` selects t < t_max (and t >= 0), ``[t_min, t_max]`` selects t_min <= t < t_max.
    sel
        Ids of the nodes to select; all if empty or None.

    Returns
    -------
    numpy.ndarray
        The rows of `data` that are selected.
    """
    rows = np.asarray(data)
    if len(rows) == 0:
        return rows
    start, stop = 0.0, float("inf")
    if time is not None and len(time):
        start, stop = (time[0] if len(time) > 1 else start), time[-1]
    keep = (rows[:, 1] >= start) & (rows[:, 1] < stop)
    if sel is not None and len(sel):
        keep &= np.isin(rows[:, 0], np.asarray(sel))
    return rows[keep]


def from_data(data: Any, sel: Sequence[int] | None = None, **kwargs: Any) -> Any:
    """Plot events given as an array with the columns node id and time.

    Parameters
    ----------
    data
        The events.
    sel
        Ids of the nodes to show; the histogram counts the spikes of all nodes.
    kwargs
        ``hist``, ``hist_binwidth`` (ms), ``grayscale``, ``title``, ``xlabel``.

    Returns
    -------
    list of matplotlib.lines.Line2D
    """
    rows = np.asarray(data)
    if len(rows) == 0:
        raise ValueError("No data to plot.")
    shown = extract_events(rows, sel=sel)
    return _plot(rows[:, 1], shown[:, 1], shown[:, 0], rows[:, 0], **kwargs)


def from_file(fname: str | list[str] | tuple[str, ...], **kwargs: Any) -> Any:
    """Plot the events in one file or several, as the recording backend `ascii` writes them.

    Parameters
    ----------
    fname
        Name or names of files; their events are put together.
    kwargs
        As for `from_data`.
    """
    names = [fname] if isinstance(fname, str) else fname
    if not isinstance(names, (list, tuple)):
        print("fname should be one of str/list(str)/tuple(str).")
        return None
    return from_file_pandas(names, **kwargs)


def from_file_pandas(fname: Sequence[str], **kwargs: Any) -> Any:
    """Plot the events in files, read with pandas."""
    import pandas

    tables = [pandas.read_table(name, header=HEADER_LINES - 1, skipinitialspace=True).to_numpy() for name in fname]
    return from_data(np.concatenate(tables), **kwargs)


def from_file_numpy(fname: Sequence[str], **kwargs: Any) -> Any:
    """Plot the events in files, read with NumPy."""
    tables = [np.loadtxt(name, skiprows=HEADER_LINES, ndmin=2) for name in fname]
    return from_data(np.concatenate([table for table in tables if table.size] or tables), **kwargs)


def from_device(detec: Any, **kwargs: Any) -> Any:
    """Plot what a spike recorder has recorded in memory or in files.

    Parameters
    ----------
    detec
        NodeCollection of one spike recorder.
    kwargs
        As for `from_data`.
    """
    if nest.GetDefaults(detec.get("model"), "type_id") != "spike_recorder":
        raise TypeError("Please provide a 'spike_recorder'.")
    backend = detec.get("record_to")
    if backend == "ascii":
        return from_file(detec.get("filenames"), **kwargs)
    if backend != "memory":
        raise ValueError("No data to plot. Make sure that 'record_to' is set to either 'ascii' or 'memory'.")
    events = detec.get("events")
    times, senders = events["times"], events["senders"]
    if not len(times):
        raise ValueError("No events recorded by 'spike_recorder'.")
    kwargs.setdefault("title", f"Raster plot from device '{detec.get('global_id')}'")
    xlabel = "Steps" if detec.get("time_in_steps") else "Time (ms)"
    return _plot(times, times, senders, senders, xlabel=xlabel, **kwargs)


def _plot(
    all_times: np.ndarray,
    times: np.ndarray,
    senders: np.ndarray,
    all_senders: np.ndarray,
    hist: bool = True,
    hist_binwidth: float = 5.0,
    grayscale: bool = False,
    title: str | None = None,
    xlabel: str | None = None,
) -> Any:
    """Draw the raster and, below it, the rate of all spikes."""
    plt = needed("matplotlib.pyplot", "Plots")

    plt.figure()
    marker, bar_color = (".k", "gray") if grayscale else (".", "blue")
    raster = plt.axes((0.1, 0.3, 0.85, 0.6)) if hist else plt.axes()
    lines = raster.plot(times, senders, marker)
    raster.set_ylabel("Neuron ID")
    bottom = raster
    if hist:
        raster.set_xticks([])
        limits = raster.get_xlim()
        bottom = plt.axes((0.1, 0.1, 0.85, 0.17))
        starts, heights = _rates(all_times, float(hist_binwidth), len(np.unique(all_senders)))
        bottom.bar(starts, heights, width=hist_binwidth, color=bar_color, edgecolor="black")
        highest = int(heights.max(initial=0.0) * 1.1) + 5
        bottom.set_yticks([int(tick) for tick in np.linspace(0.0, highest, 4)])
        bottom.set_ylabel("Rate (spks/s)")
        bottom.set_xlim(limits)
    bottom.set_xlabel("Time (ms)" if xlabel is None else xlabel)
    plt.sca(raster)
    plt.title("Raster plot" if title is None else title)
    plt.draw()
    return lines


def _rates(times: np.ndarray, width: float, neurons: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the left edges of the bins and the mean rate of a neuron in each, in spikes per second."""
    first, last = np.amin(times), np.amax(times)
    starts = np.arange(first, last, width) if last > first else np.array([first])
    counts, _ = np.histogram(times, bins=np.append(starts, np.inf))
    return starts, 1000.0 * counts / (width * neurons)
