"""Raster plots and voltage traces, drawn from a stand-in for a recorder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jaxnest as nest
from jaxnest import raster_plot, visualization, voltage_trace

plt = pytest.importorskip("matplotlib.pyplot")

REFERENCE = Path(__file__).parents[1] / "nest_reference" / "ascii"
SPIKES = np.array([[1, 10.0], [2, 12.5], [1, 31.0], [3, 47.0]])


@pytest.fixture(autouse=True)
def _no_windows(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    plt.switch_backend("Agg")
    kinds = {"sr": "spike_recorder", "vm": "voltmeter", "mm": "multimeter", "neuron": "neuron"}
    monkeypatch.setitem(vars(nest), "GetDefaults", lambda model, _: kinds[model])
    yield
    plt.close("all")


class Recorder(dict[str, Any]):
    """A collection of one recorder with the status that this dictionary has."""

    def __len__(self) -> int:
        return 1


def spike_recorder(**status: Any) -> Recorder:
    events = {"senders": SPIKES[:, 0].astype(int), "times": SPIKES[:, 1]}
    plain = {"model": "sr", "record_to": "memory", "events": events, "time_in_steps": False, "global_id": 7}
    return Recorder(plain | status)


def voltmeter(**status: Any) -> Recorder:
    events = {
        "senders": np.array([2, 5, 2, 5]),
        "times": np.array([1.0, 1.0, 2.0, 2.0]),
        "V_m": np.array([-70.0, -60.0, -69.0, -59.0]),
    }
    plain = {"model": "vm", "record_to": "memory", "record_from": ["V_m"], "events": events, "time_in_steps": False}
    return Recorder(plain | status)


def test_extract_events() -> None:
    assert np.array_equal(raster_plot.extract_events(SPIKES), SPIKES)
    assert raster_plot.extract_events(SPIKES, time=[31.0])[:, 1].tolist() == [10.0, 12.5]
    assert raster_plot.extract_events(SPIKES, time=[12.5, 47.0], sel=[1]).tolist() == [[1.0, 31.0]]
    assert len(raster_plot.extract_events(SPIKES, sel=[9])) == 0


def test_raster_shows_all_spikes_and_rates() -> None:
    (line,) = raster_plot.from_device(spike_recorder(), hist_binwidth=10.0)
    assert np.array_equal(line.get_xydata(), SPIKES[:, ::-1])
    raster, rates = plt.gcf().axes
    assert (raster.get_title(), rates.get_xlabel()) == ("Raster plot from device '7'", "Time (ms)")
    heights = [bar.get_height() for bar in rates.patches]
    assert np.allclose(heights, np.array([2, 0, 1, 1]) * 1000.0 / (10.0 * 3))


def test_raster_without_histogram() -> None:
    raster_plot.from_data(SPIKES, sel=[1], hist=False, grayscale=True, title="t", xlabel="x")
    (axes,) = plt.gcf().axes
    assert (len(axes.lines[0].get_xdata()), axes.get_title(), axes.get_xlabel()) == (2, "t", "x")


@pytest.mark.parametrize("read", [raster_plot.from_file, raster_plot.from_file_numpy, raster_plot.from_file_pandas])
def test_raster_from_files(read: Any) -> None:
    names = [str(name) for name in sorted((REFERENCE / "spikes_two_threads").glob("*.dat"))]
    (line,) = read(names)
    expected = np.concatenate([np.loadtxt(name, skiprows=3) for name in names])
    assert np.array_equal(line.get_xydata(), expected[:, ::-1])


def test_raster_refuses_what_it_cannot_draw() -> None:
    with pytest.raises(TypeError, match="spike_recorder"):
        raster_plot.from_device(voltmeter())
    with pytest.raises(ValueError, match="record_to"):
        raster_plot.from_device(spike_recorder(record_to="screen"))
    with pytest.raises(ValueError, match="No events"):
        raster_plot.from_device(spike_recorder(events={"senders": np.empty(0), "times": np.empty(0)}))
    with pytest.raises(ValueError, match="No data"):
        raster_plot.from_data([])


def test_traces_of_a_meter() -> None:
    lines = voltage_trace.from_device(voltmeter(), timeunit="s")
    axes = plt.gca()
    assert [line.get_label() for line in axes.lines] == ["Neuron 2", "Neuron 5"]
    assert lines[1][0].get_xydata().tolist() == [[0.001, -60.0], [0.002, -59.0]]
    assert (axes.get_xlabel(), axes.get_title()) == ("Time (s)", "Membrane potential")


def test_traces_of_selected_neurons(capsys: pytest.CaptureFixture[str]) -> None:
    lines = voltage_trace.from_device(voltmeter(time_in_steps=True), neurons=[5, 9], timeunit="s")
    assert len(lines) == 1
    assert "Wrong ID: 9" in capsys.readouterr().out
    assert plt.gca().get_xlabel() == "Steps"


def test_traces_from_files(tmp_path: Path) -> None:
    name = tmp_path / "v.dat"
    name.write_text("# NEST version: 3.10.0\n# version: 2\nsender\ttime_ms\tV_m\n2\t1.0\t-70.0\n5\t1.0\t-60.0\n")
    lines = voltage_trace.from_device(voltmeter(record_to="ascii", filenames=[str(name)]))
    assert [line[0].get_xydata().tolist() for line in lines] == [[[1.0, -70.0]], [[1.0, -60.0]]]
    for columns in (1, 2):
        np.savetxt(name, np.ones((3, columns)))
        plt.figure()
        voltage_trace.from_file(str(name), title="t")
        assert len(plt.gca().lines[0].get_xdata()) == 3


def test_traces_refuse_what_they_cannot_draw() -> None:
    with pytest.raises(TypeError, match="voltmeter"):
        voltage_trace.from_device(spike_recorder())
    with pytest.raises(ValueError, match="measuring 'V_m'"):
        voltage_trace.from_device(voltmeter(model="mm", record_from=["I_syn_ex"]))
    with pytest.raises(ValueError, match="only 'V_m'"):
        voltage_trace.from_device(voltmeter(model="mm", record_from=["V_m", "I"], record_to="ascii"))
    with pytest.raises(ValueError, match="neither"):
        voltage_trace.from_device(voltmeter(record_to="screen"))


def test_drawing_refuses_other_things_than_nodes() -> None:
    with pytest.raises(TypeError, match="NodeCollection"):
        visualization.plot_network([1, 2], "x.png")
