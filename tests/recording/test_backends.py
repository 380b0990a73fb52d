"""Recording backends: the same files as NEST's, the same status entries, the same refusals."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jaxnest import errors
from jaxnest.recording.base import Events
from jaxnest.recording.recordings import RecorderSettings, Recordings

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "nest_reference" / "ascii"
SCRIPT = ("-m", "nest_reference.record_ascii")
CASES = sorted(folder.name for folder in REFERENCE.iterdir() if folder.is_dir())
VALUES = {
    "spike_recorder": ((), ()),
    "multimeter": (("V_m", "I_syn_ex"), ()),
    "weight_recorder": (("weights",), ("targets", "receptors", "ports")),
}


@dataclass
class Context:
    """A kernel with nothing but what recording needs."""

    data_path: str = ""
    data_prefix: str = ""
    overwrite_files: bool = False
    network_size: int = 5
    num_virtual_processes: int = 1
    has_been_simulated: bool = False
    nest_version: str = "3.10.0"

    def to_ms(self, steps: Any) -> Any:
        return 0.001 * (steps * 100)


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(data_path=str(tmp_path))


def recordings_with(context: Context, model: str = "spike_recorder", **settings: Any) -> Recordings:
    """Return recordings of one recorder, number 5."""
    recordings = Recordings(context)
    recordings.add(5, model, RecorderSettings())
    if settings:
        recordings.set_status(5, settings)
    return recordings


def spikes(senders: list[int], steps: list[int], **values: list[float]) -> Events:
    columns = {name: np.array(column) for name, column in values.items()}
    return Events(np.array(senders), np.array(steps), None, columns)


def chunks_of(case: Mapping[str, Any]) -> dict[int, Events]:
    """Split recorded events by the thread that saw them."""
    columns = {name: np.array(column) for name, column in case["events"].items()}
    placed = columns["targets"] if case["recorder"] == "weight_recorder" else columns["senders"]
    doubles, longs = VALUES[case["recorder"]]
    chunks = {}
    for vp in range(case["threads"]):
        mine = placed % case["threads"] == vp
        values = {name: columns[name][mine] for name in (*doubles, *longs)}
        chunks[vp] = Events(columns["senders"][mine], columns["times"][mine], columns["offsets"][mine], values)
    return chunks


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("pieces", [1, 3])
def test_files_are_those_that_nest_writes(name: str, pieces: int, context: Context, tmp_path: Path) -> None:
    case = json.loads((REFERENCE / name / "events.json").read_text())
    context.data_prefix, context.num_virtual_processes = case["prefix"], case["threads"]
    recordings = recordings_with(context, case["recorder"], record_to="ascii", **case["settings"])
    recordings.declare_values(5, [name for names in VALUES[case["recorder"]] for name in names])
    recordings.prepare()
    for vp, events in chunks_of(case).items():
        for part in np.array_split(np.arange(len(events)), pieces):
            values = {name: column[part] for name, column in events.values.items()}
            assert events.offsets is not None
            recordings.write(5, vp, Events(events.senders[part], events.steps[part], events.offsets[part], values))
    recordings.cleanup()
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert written == {path.name: path.read_bytes() for path in (REFERENCE / name).iterdir() if path.suffix != ".json"}
    status = recordings.get_status(5)
    assert status["n_events"] == len(case["events"]["senders"])
    assert sorted(status["filenames"]) == sorted(str(path) for path in tmp_path.iterdir())


@pytest.mark.nest
@pytest.mark.skipif(not os.environ.get("JAXNEST_NEST_PYTHON"), reason="JAXNEST_NEST_PYTHON names no Python with NEST")
def test_recorded_files_are_those_of_a_live_nest(tmp_path: Path) -> None:
    command = [os.environ["JAXNEST_NEST_PYTHON"], *SCRIPT, tmp_path]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=300)
    live, recorded = (
        {path.relative_to(folder): path.read_text() for path in folder.glob("*/*.*")}
        for folder in (tmp_path, REFERENCE)
    )
    assert live == recorded


def test_files_of_a_simulation_are_those_that_nest_writes(tmp_path: Path) -> None:
    cases = [name for name in CASES if "precise" not in name]
    subprocess.run([sys.executable, "-m", "jaxnest", *SCRIPT, tmp_path, *cases], cwd=ROOT, check=True, timeout=600)
    written, recorded = (
        {path.relative_to(folder): path.read_text() for name in cases for path in (folder / name).glob("*-*.*")}
        for folder in (tmp_path, REFERENCE)
    )
    assert written == recorded


def test_memory_joins_threads_in_order(context: Context) -> None:
    context.num_virtual_processes = 2
    recordings = recordings_with(context)
    recordings.prepare()
    recordings.write(5, 1, spikes([1, 3], [10, 20]))
    recordings.write(5, 0, spikes([2], [30]))
    recordings.write(5, 1, spikes([1], [40]))
    events = recordings.get_status(5)["events"]
    assert list(events) == ["senders", "times"]
    assert events["senders"].tolist() == [2, 1, 3, 1]
    assert events["senders"].dtype == np.int64
    assert events["times"].tolist() == [3.0, 1.0, 2.0, 4.0]


def test_memory_without_events_has_empty_float_arrays(context: Context) -> None:
    recordings = recordings_with(context, "weight_recorder", time_in_steps=True)
    recordings.declare_values(5, ["weights", "targets", "receptors", "ports"])
    events = recordings.get_status(5)["events"]
    assert list(events) == ["offsets", "ports", "receptors", "senders", "targets", "times", "weights"]
    assert all(column.dtype == np.float64 and len(column) == 0 for column in events.values())


def test_memory_in_steps_keeps_integers(context: Context) -> None:
    recordings = recordings_with(context, time_in_steps=True)
    recordings.write(5, 0, Events(np.array([1]), np.array([64]), np.array([0.05])))
    events = recordings.get_status(5)["events"]
    assert (events["times"].dtype, events["times"].tolist(), events["offsets"].tolist()) == (np.int64, [64], [0.05])


def test_times_are_products_with_ms_per_tic(context: Context) -> None:
    recordings = recordings_with(context)
    recordings.write(5, 0, spikes([1], [102]))
    assert recordings.get_status(5)["events"]["times"][0] == 10.200000000000001


def test_setting_the_count_to_zero_forgets_the_events(context: Context) -> None:
    recordings = recordings_with(context, "multimeter")
    recordings.declare_values(5, ["V_m"])
    recordings.write(5, 0, spikes([1], [10], V_m=[-70.0]))
    assert recordings.get_status(5)["n_events"] == 1
    for value in (1, -1):
        with pytest.raises(errors.BadProperty, match="can only be set to 0"):
            recordings.set_status(5, {"n_events": value})
    assert recordings.set_status(5, {"n_events": 0}) == {"n_events"}
    status = recordings.get_status(5)
    assert status["n_events"] == 0
    assert {name: len(column) for name, column in status["events"].items()} == {"V_m": 0, "senders": 0, "times": 0}


def test_another_backend_starts_anew_but_goes_on_counting(context: Context) -> None:
    recordings = recordings_with(context)
    recordings.write(5, 0, spikes([1], [10]))
    recordings.set_status(5, {"record_to": "ascii", "precision": 7})
    assert recordings.get_status(5) | {"filenames": []} == {
        "record_to": "ascii", "label": "", "n_events": 1, "precision": 7, "file_extension": "dat",
        "time_in_steps": False, "filenames": [],
    }  # fmt: skip
    recordings.set_status(5, {"record_to": "memory"})
    status = recordings.get_status(5)
    assert (status["n_events"], len(status["events"]["senders"])) == (1, 0)


def test_screen_prints_as_nest_does(context: Context, capsys: pytest.CaptureFixture[str]) -> None:
    recordings = recordings_with(context, "multimeter", record_to="screen", precision=5, time_in_steps=True)
    recordings.declare_values(5, ["V_m", "I_syn_ex"])
    recordings.write(5, 0, spikes([1, 2], [50, 50], I_syn_ex=[0.0, -np.nan], V_m=[-63.70449, float("nan")]))
    recordings.post_run()
    assert capsys.readouterr().out == "1\t50\t0.00000\t-63.70449\t0.00000\n2\t50\t0.00000\tnan\t-nan\n"
    assert "events" not in recordings.get_status(5)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"record_to": "paper"}, errors.BadProperty),
        ({"record_to": 1}, errors.TypeMismatch),
        ({"label": 1}, errors.TypeMismatch),
        ({"time_in_steps": 1}, errors.TypeMismatch),
        ({"n_events": 0.0}, errors.TypeMismatch),
        ({"record_to": "ascii", "precision": 2.5}, errors.TypeMismatch),
        ({"record_to": "ascii", "precision": True}, errors.TypeMismatch),
        ({"record_to": "ascii", "file_extension": 3}, errors.TypeMismatch),
    ],
)
def test_bad_values_change_nothing(changes: dict[str, Any], error: type[Exception], context: Context) -> None:
    recordings = recordings_with(context)
    recordings.write(5, 0, spikes([1], [10]))
    with pytest.raises(error):
        recordings.set_status(5, {"label": "x"} | changes)
    status = recordings.get_status(5)
    assert (status["record_to"], status["label"], len(status["events"]["times"])) == ("memory", "", 1)


def test_names_of_others_are_left_alone(context: Context) -> None:
    recordings = recordings_with(context)
    assert recordings.set_status(5, {"precision": 3, "start": 1.0, "label": "x", "time_in_steps": True}) == {
        "label",
        "time_in_steps",
    }


def test_format_of_times_is_fixed_by_a_simulation(context: Context) -> None:
    recordings = recordings_with(context)
    context.has_been_simulated = True
    with pytest.raises(errors.BadProperty, match="after Simulate"):
        recordings.set_status(5, {"time_in_steps": False})
    recordings.set_status(5, {"record_to": "ascii"})
    recordings.set_status(5, {"time_in_steps": False})
    with pytest.raises(errors.BadProperty, match="after Simulate"):
        recordings.set_status(5, {"time_in_steps": True})
    recordings.set_status(5, {"record_to": "screen"})
    recordings.set_status(5, {"time_in_steps": True})


def test_nothing_can_be_set_while_prepared(context: Context) -> None:
    recordings = recordings_with(context)
    recordings.prepare()
    with pytest.raises(errors.BadProperty, match="Prepare/Run/Cleanup"):
        recordings.set_status(5, {"label": "x"})
    recordings.cleanup()
    recordings.set_status(5, {"label": "x"})


def test_files_are_only_replaced_on_request(context: Context) -> None:
    recordings = recordings_with(context, record_to="ascii")
    recordings.prepare()
    recordings.write(5, 0, spikes([1], [10]))
    recordings.post_run()
    (filename,) = recordings.get_status(5)["filenames"]
    assert Path(filename).read_text().endswith("time_ms\n1\t1.000\n")
    recordings.cleanup()
    with pytest.raises(errors.IOError, match="already exists"):
        recordings.prepare()
    assert Path(filename).read_text().endswith("1\t1.000\n")
    context.overwrite_files = True
    recordings.prepare()
    recordings.cleanup()
    assert Path(filename).read_text().endswith("time_ms\n")


def test_a_file_that_cannot_be_opened_is_named(context: Context) -> None:
    recordings = recordings_with(context, record_to="ascii", label="missing/x")
    with pytest.raises(errors.IOError, match="missing/x-5-0.dat"):
        recordings.prepare()


def test_file_names_have_leading_zeros(context: Context) -> None:
    context.network_size, context.num_virtual_processes = 100, 12
    recordings = recordings_with(context, "my_recorder", record_to="ascii")
    context.network_size = 1000  # names are fixed when the recorder is made
    names = [Path(name).name for name in recordings.get_status(5)["filenames"]]
    assert (names[0], names[-1], len(names)) == ("my_recorder-005-00.dat", "my_recorder-005-11.dat", 12)


def test_defaults_of_models_reach_recorders(context: Context) -> None:
    settings = RecorderSettings().updated({"record_to": "ascii", "precision": 7, "label": "L"}, context)
    settings = settings.updated({"file_extension": "txt"}, context)
    status = settings.status(context)
    assert {name: status[name] for name in ("record_to", "precision", "file_extension", "label", "n_events")} == {
        "record_to": "ascii", "precision": 7, "file_extension": "txt", "label": "L", "n_events": 0,
    }  # fmt: skip
    assert settings.names() == {
        "label", "n_events", "record_to", "precision", "file_extension", "time_in_steps",
    }  # fmt: skip
    recordings = Recordings(context)
    recordings.add(5, "copy", settings)
    status = recordings.get_status(5)
    assert (status["label"], Path(status["filenames"][0]).name) == ("L", "copy-5-0.txt")
    assert settings.updated({"record_to": "memory"}, context).properties == {}
    assert RecorderSettings().status(context)["events"].keys() == {"senders", "times"}
