"""What the kernel prints: when, at which level and where, was compared with NEST 3.10."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import jaxnest as nest
from jaxnest.compile.compile_time import compilers
from jaxnest.kernel.settings import messages

LEVELS = nest.VerbosityLevel
Printed = Callable[[], tuple[list[str], list[str]]]


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Printed:
    """Return what was printed since the last call, without times: lines of stdout, and of stderr.

    The word to those who wait for compilers is not among them: what was used before decides about it.
    """
    messages.set_verbosity(LEVELS.INFO)
    monkeypatch.setattr(compilers, "quiet", True)

    def lines() -> tuple[list[str], list[str]]:
        both = capsys.readouterr()
        out, err = (re.sub(r"\[\d{4}-\d\d-\d\d [\d:]+\] ?", "", text).splitlines() for text in both)
        return out, err

    return lines


@pytest.fixture(autouse=True)
def quiet_afterwards() -> Any:
    before = messages.verbosity()
    yield
    messages.set_verbosity(before)


def test_levels_in_both_spellings() -> None:
    nest.set_verbosity("M_WARNING")
    assert nest.verbosity is LEVELS.WARNING
    assert nest.get_verbosity() == 20
    nest.ResetKernel()
    assert nest.verbosity is LEVELS.WARNING
    nest.verbosity = LEVELS.ERROR
    assert nest.get_verbosity() == 30


@pytest.mark.parametrize(
    ("level", "error"),
    [(20, AttributeError), (None, AttributeError), ("ERROR", IndexError), ("M_FOO", AttributeError)],
)
def test_other_spellings_are_errors(level: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="M_ERROR"):
        nest.set_verbosity(level)


@pytest.mark.parametrize("shown", LEVELS)
@pytest.mark.parametrize("level", LEVELS)
def test_messages_of_lower_levels_are_not_shown(shown: Any, level: Any, capsys: pytest.CaptureFixture[str]) -> None:
    nest.verbosity = shown
    nest.message("text", level)
    out, err = capsys.readouterr()
    where = " " + r"\S*test_messages.py:\d+ @ test_messages_of_lower_levels_are_not_shown" if shown <= 5 else ""
    line = rf"\[{level.name}\] \[\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d{where}\] text\n"
    expected = line if level >= shown else ""
    assert re.fullmatch(expected if level < LEVELS.WARNING else "", out)
    assert re.fullmatch(expected if level >= LEVELS.WARNING else "", err)


def test_runs_say_what_they_do(printed: Printed) -> None:
    nest.Create("iaf_psc_alpha")
    nest.Simulate(1.0)
    nest.Simulate(0.0)
    once = ["[INFO] Preparing 1 node for simulation.", "[INFO] Number of local nodes: 1", "Simulation time (ms): 1",
            "Number of OpenMP threads: 1", "Not using MPI", "[INFO] Simulation finished."]  # fmt: skip
    assert printed() == ([*once, once[0]], [])
    nest.verbosity = LEVELS.PROGRESS
    nest.Simulate(1.0)
    assert printed() == ([], [])


def test_devices_count_once_per_thread(printed: Printed) -> None:
    nest.local_num_threads = 2
    nodes = nest.Create("iaf_psc_alpha", 3)
    nest.Create("spike_recorder")
    nest.Create("poisson_generator", 2)
    nodes[0].frozen = True
    nest.Simulate(5.0)
    assert "[INFO] Preparing 8 nodes for simulation." in printed()[0]


def test_times_that_are_no_multiple_of_the_shortest_delay(printed: Printed) -> None:
    nodes = nest.Create("iaf_psc_alpha", 2)
    nest.Connect(nodes, nodes, syn_spec={"delay": 1.5})
    nest.Simulate(3.0)
    assert printed()[1] == []
    nest.Simulate(1.0)
    (warning,) = printed()[1]
    assert warning.startswith("[WARNING] The requested simulation time is not an integer multiple")


def test_changes_of_time_and_delays(printed: Printed) -> None:
    nest.resolution = 0.2
    assert printed()[0] == [
        "[INFO] Default for delta_tau of correlation_detector changed from 0.5 to 1 ms",
        "[INFO] Default for delta_tau of correlomatrix_detector changed from 0.5 to 1 ms",
        "[INFO] Default for delta_tau of correlospinmatrix_detector changed from 0.1 to 0.2 ms",
        "[INFO] Temporal resolution changed from 0.1 to 0.2 ms.",
    ]
    nest.set(resolution=0.1, tics_per_ms=2000)
    assert printed()[0][-1] == (
        "[INFO] Tics per ms and resolution changed from 1000 tics and 0.2 ms to 2000 tics and 0.1 ms."
    )
    nest.set(min_delay=0.5, max_delay=2.0)
    nest.wfr_comm_interval = 0.5
    assert printed()[0] == [
        "[INFO] Minimum and maximum delays were changed to 0.5 ms and 2 ms.",
        "[INFO] Waveform communication interval changed successfully.",
    ]


def connect() -> None:
    nodes = nest.NodeCollection([1, 2])
    nest.Connect(nodes, nodes)


def connect_three() -> None:
    nodes = nest.NodeCollection([1, 2])
    third = {"rule": "third_factor_bernoulli_with_pool"}
    nest.TripartiteConnect(nodes, nodes, nodes, {"rule": "one_to_one"}, third)


@pytest.mark.parametrize(
    ("change", "warns"),
    [
        (connect, True),
        (lambda: nest.Connect([1, 2], [1, 2], "one_to_one", {"weight": [1.0, 2.0], "delay": [1.0, 1.0]}), True),
        (lambda: nest.Disconnect(nest.NodeCollection([1]), nest.NodeCollection([2])), True),
        (lambda: nest.Disconnect(nest.GetConnections()[0]), False),
        (lambda: nest.Simulate(1.0), False),
        (connect_three, True),
    ],
)
def test_connections_that_scripts_have_become_invalid(printed: Printed, change: Callable[[], Any], warns: bool) -> None:
    nest.Create("iaf_psc_alpha", 2)
    connect()
    connect()
    assert printed()[1] == []
    nest.GetConnections()
    change()
    expected = ["[WARNING] Connections change: what GetConnections has returned is now invalid."]
    assert printed()[1] == (expected if warns else [])
    if warns:
        change()
        assert printed()[1] == []


def test_a_connect_that_is_refused_invalidates_nothing(printed: Printed) -> None:
    nodes = nest.Create("iaf_psc_alpha", 2)
    nest.Connect(nodes, nodes)
    nest.GetConnections()
    with pytest.raises(nest.NESTErrors.BadProperty):
        nest.Connect(nodes, nodes, {"rule": "fixed_indegree", "indegree": -1})
    assert printed()[1] == []
    with pytest.raises(nest.NESTErrors.BadDelay):
        nest.Connect(nodes, nodes, syn_spec={"delay": -1.0})
    assert len(printed()[1]) == 1


@pytest.mark.parametrize(
    ("rule", "degree", "autapses", "warned"),
    [
        ("indegree", 8, False, ""),
        ("indegree", 9, True, ""),
        ("indegree", 10, True, "sources and targets overlap"),
        ("indegree", 10, False, "sources and targets overlap"),
        ("outdegree", 9, False, ""),
        ("outdegree", 10, True, "may take long"),
        ("outdegree", 10, False, "sources and targets overlap"),
    ],
)
def test_high_degrees_without_multapses(printed: Printed, rule: str, degree: int, autapses: bool, warned: str) -> None:
    """NEST warns of more than 90 %."""
    nodes = nest.Create("iaf_psc_alpha", 20)
    spec = {"rule": f"fixed_{rule}", rule: degree, "allow_multapses": False, "allow_autapses": autapses}
    nest.Connect(nodes[:10], nodes[10:], spec)
    err = printed()[1]
    assert len(err) == bool(warned)
    assert not warned or (err[0].startswith("[WARNING] Multapses are prohibited") and warned in err[0])


def test_older_names_of_parameters(printed: Printed) -> None:
    nest.Create("lin_rate_ipn", params={"mu": 1.0, "sigma": 0.1})
    nest.Create("gauss_rate_ipn", params={"sigma": 1.0})
    assert printed()[1] == []
    nest.Create("lin_rate_ipn", 2, {"mean": 1.0})
    nest.SetDefaults("lin_rate_opn", {"std": 0.1})
    assert printed()[1] == [
        "[WARNING] The parameter mean of lin_rate_ipn has been renamed to mu.",
        "[WARNING] The parameter std of lin_rate_opn has been renamed to sigma.",
    ]


def test_precise_models_and_models_for_one_resolution(printed: Printed) -> None:
    nest.Create("parrot_neuron_ps")
    assert printed()[0][0] == (
        "[INFO] parrot_neuron_ps has precise spike times: the kernel property off_grid_spiking has been set to true."
    )
    nest.Create("izhikevich", 2, {"consistent_integration": False})
    nest.SetDefaults("izhikevich", {"consistent_integration": False})
    assert printed()[0] == ["[INFO] Use 1.0 ms as resolution for consistency."] * 2
    nest.ResetKernel()
    nest.resolution = 1.0
    printed()
    nest.Create("izhikevich", params={"consistent_integration": False})
    assert printed()[0] == []


def test_delays_that_connect_rounds(printed: Printed) -> None:
    nodes = nest.Create("parrot_neuron_ps", 2)
    nest.SetDefaults("cont_delay_synapse", {"delay": 1.25})
    nest.Connect(nodes, nodes, syn_spec="cont_delay_synapse")
    nest.Connect(nodes, nodes, syn_spec={"delay": 1.33})
    assert printed()[1] == []
    nest.Connect(nodes, nodes, syn_spec={"synapse_model": "cont_delay_synapse", "delay": 1.33})
    (warning,) = printed()[1]
    assert warning.startswith("[WARNING] Connect rounds delays of cont_delay_synapse")


@pytest.mark.parametrize("backend", ["native", "jax"])
def test_waveforms_that_do_not_converge(printed: Printed, backend: str) -> None:
    """NEST warns of each slice, or part of one."""
    nest.set(compute_backend=backend, wfr_max_iterations=1, wfr_tol=1e-15)
    nodes = nest.Create("hh_psc_alpha_gap", 2)
    nodes[0].V_m = -60.0
    nest.Connect(
        nodes, nodes, {"rule": "all_to_all", "allow_autapses": False}, {"synapse_model": "gap_junction", "weight": 5.0}
    )
    nest.Simulate(2.0)
    out, err = printed()
    assert out[0] == "[INFO] Preparing 2 nodes for simulation. 2 of them use iterative solution techniques."
    assert err == [f"[WARNING] Maximum number of iterations reached at interval {i} ms." for i in ("0-1", "1-2")]
    nest.Simulate(1.5)
    nest.Simulate(0.2)
    assert [line.split()[-2] for line in printed()[1] if "iterations" in line] == ["2-3", "3-3.5", "3-3.7"]


def test_what_is_not_set(printed: Printed, tmp_path: Path) -> None:
    nest.data_path = str(tmp_path / "missing")
    nest.data_prefix = "a/b"
    assert [line.split()[0] for line in printed()[1]] == ["[ERROR]"] * 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("update_time_limit", -1.0),
        ("wfr_tol", -1.0),
        ("wfr_max_iterations", 0),
        ("wfr_interpolation_order", 7),
        ("wfr_comm_interval", 0.01),
        ("eprop_update_interval", -1.0),
        ("eprop_learning_window", 1e6),
        ("resolution", -1.0),
    ],
)
def test_what_is_raised_is_not_printed_as_well(name: str, value: float, capfd: pytest.CaptureFixture[str]) -> None:
    """NEST prints what is wrong and raises an exception without a text."""
    nest.verbosity = nest.VerbosityLevel.ALL
    with pytest.raises(nest.NESTErrors.KernelException) as caught:
        setattr(nest, name, value)
    assert str(caught.value)
    for call in (nest.Cleanup, lambda: nest.Run(1.0), lambda: nest.Simulate(-1.0)):
        with pytest.raises(nest.NESTErrors.KernelException):
            call()
    assert "[ERROR]" not in "".join(capfd.readouterr())


@pytest.mark.parametrize(("name", "value"), [("data_path", "/no/such/folder"), ("data_prefix", "a/b")])
def test_what_is_only_printed_is_an_error_line(name: str, value: str, capfd: pytest.CaptureFixture[str]) -> None:
    before = getattr(nest, name)
    nest.verbosity = nest.VerbosityLevel.ALL
    setattr(nest, name, value)
    assert getattr(nest, name) == before
    assert "[ERROR]" in "".join(capfd.readouterr())
