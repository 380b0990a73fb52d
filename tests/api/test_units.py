"""Values with units stand wherever numbers stand."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import jaxnest as nest

u = pytest.importorskip("brainunit")


def test_parameters_are_converted_to_their_units() -> None:
    nodes = nest.Create(
        "iaf_psc_alpha",
        3,
        {
            "V_m": -55 * u.mV,
            "C_m": 0.25 * u.nF,
            "tau_m": [10 * u.ms, 0.02 * u.second, 5.0],
            "I_e": np.arange(3.0) * u.nA,
        },
    )
    assert nodes.V_m == (-55.0,) * 3
    assert nodes.C_m == pytest.approx((250.0,) * 3)
    assert nodes.tau_m == pytest.approx((10.0, 20.0, 5.0))
    assert nodes.I_e == pytest.approx((0.0, 1000.0, 2000.0))
    nodes.V_th = -0.05 * u.volt
    assert nodes.V_th == pytest.approx((-50.0,) * 3)
    nodes.set([{"V_m": -60 * u.mV}, {"V_m": -61.0}, {"V_m": -62 * u.mV}])
    assert nodes.V_m == (-60.0, -61.0, -62.0)


def test_a_wrong_dimension_is_refused() -> None:
    node = nest.Create("iaf_psc_alpha")
    with pytest.raises(nest.NESTErrors.BadProperty, match="V_m has to be given in mV"):
        node.V_m = 3 * u.ms
    with pytest.raises(nest.NESTErrors.BadProperty, match="resolution has to be given in ms"):
        nest.SetKernelStatus({"resolution": 1 * u.mV})
    with pytest.raises(nest.NESTErrors.BadProperty, match="in ms"):
        nest.Simulate(3 * u.mV)
    with pytest.raises(nest.NESTErrors.BadProperty, match="without a unit"):
        nest.set(rng_seed=3 * u.mV)
    assert node.V_m == -70.0


def test_models_devices_and_kernel() -> None:
    nest.resolution = 200 * u.us
    assert nest.resolution == 0.2
    nest.SetDefaults("iaf_psc_alpha", {"V_th": -50 * u.mV})
    assert nest.GetDefaults("iaf_psc_alpha", "V_th") == -50.0
    nest.CopyModel("iaf_psc_alpha", "slow", {"tau_m": 0.03 * u.second})
    assert nest.GetDefaults("slow", "tau_m") == pytest.approx(30.0)
    assert nest.Create("poisson_generator", {"rate": 8 * u.kHz}).rate == 8000.0
    trains = nest.Create("spike_generator", {"spike_times": np.array([1.0, 2.0]) * u.ms})
    assert trains.spike_times.tolist() == [1.0, 2.0]


def test_connections() -> None:
    nodes = nest.Create("iaf_psc_alpha", 2)
    nest.Connect(nodes, nodes, "one_to_one", {"weight": 0.02 * u.nA, "delay": 1500 * u.us})
    connections = nest.GetConnections()
    assert connections.weight == pytest.approx([20.0, 20.0])
    assert connections.delay == [1.5, 1.5]
    with pytest.raises(nest.NESTErrors.BadProperty, match="delay has to be given in ms"):
        nest.Connect(nodes, nodes, "one_to_one", {"delay": 3 * u.mV})


def test_scripts_without_units_do_not_pay() -> None:
    code = (
        "import sys, jaxnest; jaxnest.Create('iaf_psc_alpha', params={'V_m': -60.0}); print('brainunit' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
