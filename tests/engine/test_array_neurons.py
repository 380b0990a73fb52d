"""All neurons are advanced by array operations as by compiled loops: the same spikes, and the same recordables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import jaxnest as nest
from jaxnest.models.contract import registry
from jaxnest.models.contract.base import Neuron

pytestmark = pytest.mark.slow
registry.load_all()

OFF_GRID = """iaf_bw_2001 iaf_chxk_2008 iaf_psc_alpha_ps iaf_psc_delta_ps iaf_psc_exp_ps iaf_psc_exp_ps_lossless
    iaf_tum_2000 parrot_neuron_ps"""
"""These have tests of their own (`test_array_precise`)."""
REFUSED = {
    "Learning by gradients": """eprop_iaf eprop_iaf_adapt eprop_iaf_adapt_bsshslm_2020 eprop_iaf_bsshslm_2020
        eprop_iaf_psc_delta eprop_iaf_psc_delta_adapt eprop_readout eprop_readout_bsshslm_2020""",
}
"""What array operations cannot do yet, and the models that need it."""
WITHOUT = {name for names in (OFF_GRID, *REFUSED.values()) for name in names.split()}
MODELS: list[str] = sorted(
    name for name, model in registry.NODE_MODELS.items() if issubclass(model, Neuron) and name not in WITHOUT
)
PARAMETERS: dict[str, dict[str, Any]] = {
    "aeif_cond_alpha_multisynapse": {"E_rev": [0.0, -85.0], "tau_syn": [2.0, 5.0]},
    "aeif_cond_beta_multisynapse": {"E_rev": [0.0, -85.0], "tau_rise": [0.5, 2.0], "tau_decay": [2.0, 5.0]},
    "cm_default": {
        "compartments": [
            {"parent_idx": -1, "params": {"gbar_Na": 1.0, "gbar_K": 0.5}},
            {"parent_idx": 0},
            {"parent_idx": 1},
        ],
        "receptors": [
            {"comp_idx": 1, "receptor_type": "AMPA"},
            {"comp_idx": 2, "receptor_type": "AMPA_NMDA"},
            {"comp_idx": 0, "receptor_type": "GABA"},
        ],
    },
    "erfc_neuron": {"tau_m": 2.0, "sigma": 2.0},
    "gif_cond_exp": {"I_e": 500.0, "lambda_0": 20.0, "tau_sfa": [20.0, 50.0], "q_sfa": [5.0, 1.0]},
    "gif_cond_exp_multisynapse": {"tau_syn": [2.0, 5.0], "E_rev": [0.0, -85.0], "I_e": 500.0, "lambda_0": 20.0},
    "gif_pop_psc_exp": {"N": 100, "I_e": 600.0, "lambda_0": 50.0, "tau_sfa": [20.0], "q_sfa": [50.0], "len_kernel": 60},
    "gif_psc_exp": {"I_e": 500.0, "lambda_0": 20.0, "tau_stc": [10.0], "q_stc": [30.0]},
    "gif_psc_exp_multisynapse": {"tau_syn": [2.0, 5.0], "I_e": 500.0, "lambda_0": 20.0},
    "ginzburg_neuron": {"tau_m": 2.0},
    "glif_psc": {"tau_syn": [2.0, 5.0]},
    "ignore_and_fire": {"phase": 0.3, "rate": 200.0},
    "iaf_psc_alpha_multisynapse": {"tau_syn": [2.0, 5.0], "I_e": 400.0},
    "iaf_psc_exp": {"delta": 3.0, "rho": 30.0, "I_e": 250.0},
    "iaf_psc_exp_multisynapse": {"tau_syn": [2.0, 5.0], "I_e": 400.0},
    "mcculloch_pitts_neuron": {"tau_m": 2.0, "theta": 0.2},
    "pp_psc_delta": {"dead_time": 2.0, "dead_time_random": True, "dead_time_shape": 3, "I_e": 300.0, "tau_sfa": [20.0],
                     "q_sfa": [3.0]},
}  # fmt: skip
DRIVE = {"astrocyte_lr_1994": 0.0, "ht_neuron": 5.0, "izhikevich": 10.0}
"""Constant input of models with other units, or less threshold."""
ADAPTIVE = 1e-6
"""How exact neurons with adaptive integration have to be."""


def test_all_neurons_are_compared() -> None:
    assert {name for name, model in registry.NODE_MODELS.items() if issubclass(model, Neuron)} >= WITHOUT


def receptors(model: str) -> list[int]:
    """Return the receptors of a model for spikes."""
    kind: Any = registry.NODE_MODELS[model]
    if kind.receptor_vector is None:
        return list(kind.spike_receptors)
    n = 3 if model == "cm_default" else len(nest.GetDefaults(model)["tau_syn"]) if "tau_syn" in kind.parameters else 1
    n = len(PARAMETERS.get(model, {}).get("tau_syn", PARAMETERS.get(model, {}).get("tau_rise", [0] * n)))
    return [kind.first_receptor + k for k in range(n)]


def weights(model: str) -> tuple[float, ...]:
    """Return weights that a model accepts, large enough for spikes."""
    kind: Any = registry.NODE_MODELS[model]
    strength = 300.0 if "psc" in model else 15.0
    if model in ("aeif_psc_delta", "iaf_psc_delta", "izhikevich", "pp_psc_delta"):
        strength = 9.0
    if kind.signal_heard == "binary":
        strength = 1.0
    if model == "cm_default":
        strength = 0.05
    return (strength,) if kind.refuses_negative else (strength, -0.3 * strength)


def simulated(
    model: str, backend: str, pieces: tuple[float, ...] = (8.3, 11.7), frozen: bool = False
) -> dict[str, Any]:
    """Simulate three neurons with all kinds of input; return what was recorded."""
    nest.ResetKernel()
    nest.set(rng_type="jax", rng_seed=5, compute_backend=backend)
    kind: Any = registry.NODE_MODELS[model]
    neurons = nest.Create(model, 3, PARAMETERS.get(model, {}))
    if "I_e" in kind.parameters and "I_e" not in PARAMETERS.get(model, {}):
        neurons.I_e = DRIVE.get(model, 600.0)
    if "I_e" in kind.parameters:
        neurons[1].I_e = neurons[1].I_e + 5.0
    connect(model, kind, neurons)
    spikes = nest.Create("spike_recorder")
    names = sorted(neurons[0].get("recordables")) if kind.recordables or kind.numbered else []
    meter = nest.Create("multimeter", params={"record_from": names, "interval": 0.1})
    if names:
        nest.Connect(meter, neurons)
    if kind.emits == "spikes" and receptors(model):
        nest.Connect(neurons, spikes)
    for piece in pieces:
        nest.Simulate(piece)
    found = {f"spikes {k}": np.asarray(v) for k, v in spikes.events.items()}
    order = np.lexsort((found["spikes senders"], found["spikes times"]))
    found = {k: v[order] for k, v in found.items()}
    return found | {name: np.asarray(meter.events[name]) for name in names}


def connect(model: str, kind: Any, neurons: Any) -> None:
    """Give neurons spikes at all receptors, currents, and input from each other."""
    if not kind.spike_receptors and kind.receptor_vector is None:
        synapse = "diffusion_connection" if model == "siegert_neuron" else "rate_connection_delayed"
        nest.Connect(neurons, neurons, syn_spec={"synapse_model": synapse})
        return
    times = [[0.4, 1.0, 2.2, 5.0, 9.1], [0.7, 3.0, 6.0, 12.0]]
    for receptor in receptors(model):
        for weight, spikes in zip(weights(model), times, strict=False):
            source = nest.Create("spike_generator", params={"spike_times": spikes})
            if kind.signal_heard == "binary":  # two spikes are a switch to 1
                source.spike_multiplicities = [2, 1, 2, 1, 2][: len(spikes)]
            nest.Connect(source, neurons, syn_spec={"weight": weight, "delay": 1.0, "receptor_type": receptor})
    currents = () if kind.signal_heard == "binary" else kind.current_receptors
    for receptor in currents if kind.current_vector is None else (0,):
        current = nest.Create("dc_generator", params={"amplitude": 0.01 if kind.current_vector else 20.0, "start": 4.0})
        nest.Connect(current, neurons, syn_spec={"receptor_type": receptor})
    if kind.emits == "spikes" and receptors(model) and not kind.ignores_weight:
        spec = {"weight": weights(model)[0], "delay": 1.5, "receptor_type": receptors(model)[0]}
        nest.Connect(neurons, neurons, {"rule": "all_to_all", "allow_autapses": False}, spec)


@pytest.mark.parametrize("model", MODELS)
def test_neurons_are_advanced_as_in_compiled_loops(model: str) -> None:
    expected, found = (simulated(model, backend) for backend in ("native", "jax"))
    kind: Any = registry.NODE_MODELS[model]
    assert any(len(values) for values in expected.values())
    for name, values in expected.items():
        if name.startswith("spikes"):
            np.testing.assert_array_equal(found[name], values, err_msg=name)
        else:
            tolerance = ADAPTIVE if kind.is_integrated else 1e-9
            np.testing.assert_allclose(found[name], values, rtol=tolerance, atol=tolerance, err_msg=name)


@pytest.mark.parametrize("model", ["gif_psc_exp", "pp_psc_delta", "ginzburg_neuron"])
def test_pieces_of_a_run_are_one_run(model: str) -> None:
    whole, again, pieces = (simulated(model, "jax", cut) for cut in ((20.0,), (20.0,), (3.3, 6.7, 10.0)))
    for name, values in whole.items():
        np.testing.assert_array_equal(again[name], values, err_msg=name)
        np.testing.assert_array_equal(pieces[name], values, err_msg=name)


@pytest.mark.parametrize("reason", REFUSED)
def test_what_is_missing_is_said(reason: str) -> None:
    nest.compute_backend = "jax"
    nest.rng_type = "jax"
    nest.Create(REFUSED[reason].split()[0])
    with pytest.raises(nest.NESTErrors.NotImplemented, match=reason):
        nest.Simulate(1.0)
