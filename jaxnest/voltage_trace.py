"""Plots of membrane potentials, from a meter or from files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

import jaxnest as nest
from jaxnest.extras import needed

__all__ = ["from_device", "from_file"]


def from_file(fname: str | Sequence[str], title: str | None = None, grayscale: bool = False) -> Any:
    """Plot potentials from files.

    Parameters
    ----------
    fname
        Name or names of files with one column (potential), two (node id, potential) or three
        (node id, time, potential).
    title
        Title of the plot.
    grayscale
        Draw black lines.

    Returns
    -------
    list
        What `matplotlib.pyplot.plot` returned.
    """
    plt = needed("matplotlib.pyplot", "Plots")

    names = [fname] if isinstance(fname, str) else list(fname)
    data = np.concatenate([_read(name) for name in names])
    style = "k" if grayscale else ""
    columns = data.shape[1]
    if columns == 1:
        print("INFO: only found 1 column in the file. Assuming that only one neuron was recorded.")
        lines: Any = plt.plot(data[:, 0], style)
    elif columns == 2:
        print("INFO: found 2 columns in the file. Assuming them to be node ID, pot.")
        lines = [plt.plot(data[rows, 1], style, label=_label(node)) for node, rows in _groups(data[:, 0])]
    elif columns == 3:
        lines = [plt.plot(*data[rows, 1:].T, style, label=_label(node)) for node, rows in _groups(data[:, 0])]
    else:
        raise ValueError(f"Inappropriate data shape {data.shape}!")
    if columns > 1:
        plt.legend()
    plt.xlabel("Time (ms)" if columns == 3 else "Time (steps of length interval)")
    plt.title(title or f"Membrane potential from file '{fname}'")
    plt.ylabel("Membrane potential (mV)")
    plt.draw()
    return lines


def from_device(
    detec: Any,
    neurons: Iterable[int] | None = None,
    title: str | None = None,
    grayscale: bool = False,
    timeunit: str = "ms",
) -> Any:
    """Plot the potentials that a voltmeter or multimeter has recorded in memory or in files.

    Parameters
    ----------
    detec
        NodeCollection of one meter.
    neurons
        Ids of the neurons to show; all by default.
    title
        Title of the plot.
    grayscale
        Draw black lines.
    timeunit
        ``ms`` or ``s``.

    Returns
    -------
    list
        What `matplotlib.pyplot.plot` returned for each neuron.
    """
    _check(detec)
    backend = detec.get("record_to")
    if backend == "ascii":
        return from_file(detec.get("filenames"), title, grayscale)
    if backend != "memory":
        raise ValueError("Provided device neither records to ascii file nor to memory.")
    plt = needed("matplotlib.pyplot", "Plots")

    events = detec.get("events")
    traces = {int(node): rows for node, rows in _groups(events["senders"])}
    if not traces:
        raise ValueError("No events recorded.")
    in_steps = detec.get("time_in_steps")
    in_seconds = timeunit == "s" and not in_steps
    times = events["times"] / 1000.0 if in_seconds else events["times"]
    lines = []
    for node in traces if neurons is None else neurons:
        if node in traces:
            rows = traces[node]
            lines.append(plt.plot(times[rows], events["V_m"][rows], "k" if grayscale else "", label=_label(node)))
        else:
            print(f"INFO: Wrong ID: {node}")
    plt.title(title or "Membrane potential")
    plt.ylabel("Membrane potential (mV)")
    plt.xlabel("Steps" if in_steps else f"Time ({'s' if in_seconds else 'ms'})")
    plt.legend(loc="best")
    plt.draw()
    return lines


def _check(detec: Any) -> None:
    """Refuse everything but one meter that has recorded potentials where they can be found."""
    if len(detec) > 1:
        raise ValueError("Please provide a single 'voltmeter' or 'multimeter'.")
    kind = nest.GetDefaults(detec.get("model"), "type_id")
    if kind not in ("voltmeter", "multimeter"):
        raise TypeError("Please provide a 'voltmeter' or a 'multimeter' measuring V_m.")
    recorded = detec.get("record_from")
    if "V_m" not in recorded:
        raise ValueError("Please provide a 'multimeter' measuring 'V_m'.")
    if detec.get("record_to") != "memory" and len(recorded) > 1:
        raise ValueError("Please provide a 'multimeter' measuring only 'V_m' or record to memory.")


def _groups(ids: np.ndarray) -> list[tuple[Any, np.ndarray]]:
    """Return each id, in order of appearance, with the rows that have it."""
    ids = np.asarray(ids)
    return [(node, np.flatnonzero(ids == node)) for node in dict.fromkeys(ids.tolist())]


def _label(node: float) -> str:
    return f"Neuron {int(node)}"


def _read(name: str) -> np.ndarray:
    """Read a table, with the header of the recording backend `ascii` or without."""
    with open(name, encoding="utf-8") as file:
        lines = [line for line in file if line.strip() and not line.startswith(("#", "sender"))]
    table = np.array([line.split() for line in lines], dtype=np.float64)
    return table.reshape(len(lines), -1) if lines else np.empty((0, 3))
