from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import jaxnest as nest
from jaxnest.kernel.kernel_status import kernel_status
from jaxnest.kernel.settings.attribute_table import ATTRIBUTES

CHANGED: dict[str, Any] = {
    "adaptive_target_buffers": False,
    "buffer_size_spike_data": 7,
    "buffer_size_target_data": 8,
    "dict_miss_is_error": False,
    "eprop_learning_window": 7.0,
    "eprop_reset_neurons_on_update": False,
    "eprop_update_interval": 77.0,
    "growth_factor_buffer_target_data": 2.0,
    "keep_source_table": False,
    "local_num_threads": 2,
    "max_buffer_size_target_data": 100,
    "max_delay": 5.0,
    "min_delay": 0.5,
    "overwrite_files": True,
    "print_time": True,
    "resolution": 0.25,
    "rng_seed": 77,
    "rng_type": "Philox_32",
    "spike_buffer_grow_extra": 1.0,
    "spike_buffer_shrink_limit": 0.1,
    "spike_buffer_shrink_spare": 0.2,
    "structural_plasticity_update_interval": 5.0,
    "tics_per_ms": 4,
    "total_num_virtual_procs": 2,
    "update_time_limit": 5.0,
    "use_compressed_spikes": False,
    "use_wfr": True,
    "wfr_comm_interval": 2.0,
    "wfr_interpolation_order": 1,
    "wfr_max_iterations": 3,
    "wfr_tol": 1.0,
}
SURVIVORS = {
    "adaptive_target_buffers",
    "buffer_size_spike_data",
    "buffer_size_target_data",
    "eprop_learning_window",
    "eprop_reset_neurons_on_update",
    "eprop_update_interval",
    "growth_factor_buffer_target_data",
    "max_buffer_size_target_data",
}


def test_every_setting_can_be_set_at_once_in_any_order_and_reset() -> None:
    before = nest.GetKernelStatus()
    settable = {name for name, a in ATTRIBUTES.items() if not a.read_only}
    elsewhere = {"biological_time", "data_path", "data_prefix", "structural_plasticity_synapses"}
    elsewhere |= {"compute_backend"}
    assert set(CHANGED) == settable - elsewhere - {"verbosity"}
    nest.set(**dict(reversed(CHANGED.items())))
    assert {name: nest.get(name) for name in CHANGED} == CHANGED
    nest.ResetKernel()
    for name, value in CHANGED.items():
        assert nest.get(name) == (value if name in SURVIVORS else before[name]), name


@pytest.mark.parametrize("name", sorted(name for name, a in ATTRIBUTES.items() if a.read_only and not a.status_only))
def test_read_only_attributes_cannot_be_set(name: str) -> None:
    with pytest.raises(AttributeError, match="read only"):
        setattr(nest, name, 1)
    with pytest.raises(ValueError, match="readonly"):
        nest.SetKernelStatus({name: 1})


def test_attributes_have_documentation() -> None:
    for name, attribute in ATTRIBUTES.items():
        assert attribute.doc
        if not attribute.status_only:
            assert getattr(nest.NestModule, name).__doc__


def test_unknown_attributes_are_errors_or_warnings() -> None:
    with pytest.raises(ValueError, match="`resolutoin` is not a valid kernel parameter. Did you mean 'resolution'"):
        nest.set(resolutoin=0.2)
    with pytest.warns(UserWarning, match="has been ignored"):
        nest.set(dict_miss_is_error=False, unknown=3, rng_seed=5)
    assert nest.rng_seed == 5


def test_data_files_go_where_they_should(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.data_path = str(tmp_path)
    nest.data_path = str(tmp_path / "missing")
    nest.data_prefix = "run_"
    nest.data_prefix = "a/b"
    assert (nest.data_path, nest.data_prefix) == (str(tmp_path), "run_")
    assert capsys.readouterr().err.count("[ERROR]") == 2
    nest.ResetKernel()
    assert (nest.data_path, nest.data_prefix) == (str(tmp_path), "run_")


def test_threads_need_an_untouched_network() -> None:
    with pytest.raises(nest.NESTErrors.BadProperty, match="at least 1"):
        nest.local_num_threads = 0
    nest.CopyModel("iaf_psc_alpha", "copy")
    with pytest.raises(nest.NESTErrors.KernelException, match="Model defaults were modified"):
        nest.local_num_threads = 2
    nest.ResetKernel()
    nest.SetDefaults("static_synapse", {"weight": 3.0})
    with pytest.raises(nest.NESTErrors.KernelException, match="Model defaults were modified"):
        nest.resolution = 0.2
    nest.ResetKernel()
    nest.Create("iaf_psc_alpha")
    nest.Simulate(1.0)
    with pytest.raises(nest.NESTErrors.KernelException, match=r"Nodes exist\. Network has been simulated\."):
        nest.local_num_threads = 2


def test_a_seed_starts_the_streams_anew() -> None:
    nest.rng_seed = 5
    first = [nest.random.uniform().GetValue() for _ in range(3)]
    nest.rng_seed = 5
    assert [nest.random.uniform().GetValue() for _ in range(3)] == first
    with pytest.raises(nest.NESTErrors.BadProperty):
        nest.rng_seed = 0
    nest.rng_seed = 6
    assert nest.random.uniform().GetValue() != first[0]


def test_a_refused_seed_leaves_the_streams() -> None:
    nest.rng_seed = 5
    first = [nest.random.uniform().GetValue() for _ in range(3)]
    nest.rng_seed = 5
    nest.random.uniform().GetValue()
    for value, error in ((0, nest.NESTErrors.BadProperty), (1.0, nest.NESTErrors.TypeMismatch)):
        with pytest.raises(error):
            nest.set(rng_seed=value)
    assert [nest.random.uniform().GetValue() for _ in range(2)] == first[1:]


def test_the_compute_backend_is_fixed_by_the_first_run() -> None:
    assert nest.get("compute_backend") in ("native",)
    with pytest.raises(nest.NESTErrors.BadProperty, match="'native' or 'jax'"):
        nest.set(compute_backend="fast")
    nest.set(compute_backend="native")
    nest.Create("iaf_psc_alpha")
    nest.Simulate(1.0)
    nest.set(compute_backend="native")
    with pytest.raises(nest.NESTErrors.KernelException, match="after the network has been simulated"):
        nest.set(compute_backend="jax")


def test_the_environment_chooses_the_compute_backend() -> None:
    code = "import jaxnest as nest; nest.ResetKernel(); print(nest.get('compute_backend'))"
    for backend in ("native", "jax"):
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"JAXNEST_BACKEND": backend}
        )
        assert done.stdout.strip() == backend


def test_numbering_of_nodes_follows_connect_and_prepare() -> None:
    nodes = nest.Create("iaf_psc_alpha", 3)
    assert nodes.thread_local_id == (-1, -1, -1)
    nest.Prepare()
    nest.Cleanup()
    assert nodes.thread_local_id == (0, 1, 2)
    assert kernel_status.get("prepared") is False


def test_importing_is_light() -> None:
    heavy = ("numba", "jax", "pandas", "matplotlib", "brainunit", "brainevent", "scipy", "tqdm")
    code = f"import sys, jaxnest; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_unknown_entries_are_ignored_on_request() -> None:
    nest.dict_miss_is_error = False
    nest.SetDefaults("iaf_psc_alpha", {"nonsense": 1.0, "C_m": 300.0})
    nodes = nest.Create("iaf_psc_alpha", 2, {"nonsense": 1.0, "tau_m": 8.0})
    nodes.set({"nonsense": 2.0, "I_e": 5.0})
    assert nodes[0].get(["C_m", "tau_m", "I_e"]) == {"C_m": 300.0, "tau_m": 8.0, "I_e": 5.0}
    nest.SetDefaults("stdp_synapse", {"nonsense": 1.0, "alpha": 2.0})
    spec = {"synapse_model": "stdp_synapse", "nonsense": 1.0, "weight": 3.0}
    nest.Connect(nodes, nodes, {"rule": "one_to_one", "nonsense": 1}, spec)
    connections = nest.GetConnections()
    connections.set({"nonsense": 1.0, "synapse_label": 3, "delay": 2.0})
    assert connections.get(["alpha", "weight", "delay"]) == {
        "alpha": [2.0] * 2,
        "weight": [3.0] * 2,
        "delay": [2.0] * 2,
    }
    nest.dict_miss_is_error = True
    with pytest.raises(nest.NESTErrors.UnaccessedDictionaryEntry):
        nodes.set({"nonsense": 1.0})


def test_sizes_of_target_buffers_are_limited() -> None:
    """NEST ignores sizes from the largest on, and takes negative ones for the largest."""
    nest.buffer_size_target_data = 16777215
    nest.buffer_size_target_data = 16777216
    assert nest.buffer_size_target_data == 16777215
    nest.buffer_size_target_data = -1
    assert nest.buffer_size_target_data == 16777216


@pytest.mark.parametrize("name", ["local_num_threads", "total_num_virtual_procs"])
def test_too_many_threads_do_not_fill_the_memory(name: str) -> None:
    with pytest.raises(MemoryError, match="1099511627776 threads"):
        nest.set(**{name: 1 << 40})
    assert nest.local_num_threads == 1
