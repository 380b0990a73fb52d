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


@pytest.mark.parametrize(
    ("current", "expected"),
    [
        (0.376 * u.nA, 376.0),
        (1.001 * u.nA, 1001.0),
        (0.07 * u.nA, 70.0),
        (2.5e-7 * u.mA, 250.0),
        (1e-9 * u.amp, 1000.0),
        (3 * u.nA, 3000.0),
        ([0.1, 0.2] * u.nA, [100.0, 200.0]),
        (np.array([1.001, 2.0007]) * u.nA, [1001.0, 2000.7]),
    ],
)
def test_numbers_keep_their_digits_in_every_unit(current: object, expected: float | list[float]) -> None:
    nodes = nest.Create("iaf_psc_alpha", 2, {"I_e": current})
    assert nodes.I_e == (tuple(expected) if isinstance(expected, list) else (expected, expected))


def test_rates_are_given_in_hertz_or_per_time() -> None:
    assert nest.Create("iaf_psc_exp", params={"rho": 0.01 * u.Hz}).rho == 0.01
    assert nest.Create("gif_psc_exp", params={"lambda_0": 1 / u.ms}).lambda_0 == 1000.0
    assert nest.Create("poisson_generator", params={"rate": 0.8 / u.ms}).rate == 800.0
    astrocyte = nest.Create("astrocyte_lr_1994", params={"rate_IP3R": 6 / u.second, "k_IP3R": 2 / u.uM / u.second})
    assert astrocyte.get(["rate_IP3R", "k_IP3R"]) == {"rate_IP3R": 0.006, "k_IP3R": 0.002}


@pytest.mark.parametrize("model", ["eprop_iaf_bsshslm_2020", "eprop_iaf_adapt_bsshslm_2020"])
def test_target_rates_are_set_in_hertz(model: str) -> None:
    """NEST shows the number in 1/ms: 20.0 is read as 0.02."""
    assert nest.Create(model, params={"f_target": 20 * u.Hz}).f_target == 0.02


def test_units_that_are_no_powers_of_ten() -> None:
    assert nest.Create("iaf_psc_alpha", params={"tau_m": 1 * u.minute}).tau_m == 60000.0
    assert nest.Create("ac_generator", params={"phase": np.pi * u.radian}).phase == 180.0
    nest.update_time_limit = 500 * u.ms
    assert nest.update_time_limit == 0.5


def test_currents_of_generalized_neurons() -> None:
    neuron = nest.Create("gif_psc_exp", params={"tau_stc": [5.0], "q_stc": [20] * u.pA})
    assert neuron.q_stc.tolist() == [20.0]
    neuron.q_stc = [0.03] * u.nA
    assert neuron.q_stc.tolist() == [30.0]


def test_matrices_of_weights() -> None:
    nodes = nest.Create("iaf_psc_alpha", 2)
    nest.Connect(nodes, nodes, syn_spec={"weight": np.array([[0.376, 1.001], [0.1, 0.2]]) * u.nA})
    assert nest.GetConnections().weight == [376.0, 100.0, 1001.0, 200.0]
