"""What steers execution follows from the functions of models: nobody declares it."""

from __future__ import annotations

import math
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from jaxnest.models import ArchivingNeuron, Quantity, State, hidden, ops
from jaxnest.models.contract import registry
from jaxnest.models.contract.base import Neuron
from jaxnest.models.contract.device import Sender
from jaxnest.models.contract.ode import OdeNeuron, OdeNode
from jaxnest.models.contract.synapse import Synapse
from jaxnest.models.functions import draws
from jaxnest.models.histories import history
from jaxnest.models.ops import exp

registry.load_all()
IN_BLOCKS = """aeif_cond_alpha aeif_cond_alpha_astro aeif_cond_exp aeif_psc_alpha aeif_psc_delta aeif_psc_delta_clopath
    aeif_psc_exp amat2_psc_exp hh_cond_exp_traub hh_psc_alpha hh_psc_alpha_clopath iaf_cond_alpha iaf_cond_beta
    iaf_cond_exp iaf_cond_exp_sfa_rr iaf_psc_alpha iaf_psc_delta iaf_psc_exp iaf_psc_exp_htum ignore_and_fire izhikevich
    mat2_psc_exp"""
LONG_EQUATIONS = """hh_cond_beta_gap_traub hh_cond_exp_traub hh_psc_alpha hh_psc_alpha_clopath hh_psc_alpha_gap
    ht_neuron iaf_cond_alpha_mc"""
DRAWING = """erfc_neuron gif_cond_exp gif_cond_exp_multisynapse gif_pop_psc_exp gif_psc_exp gif_psc_exp_multisynapse
    ginzburg_neuron iaf_bw_2001 iaf_tum_2000 mcculloch_pitts_neuron pp_cond_exp_mc_urbanczik pp_psc_delta"""
NOISY = """gauss_rate_ipn lin_rate_ipn lin_rate_opn sigmoid_rate_gg_1998_ipn sigmoid_rate_ipn tanh_rate_ipn
    tanh_rate_opn threshold_lin_rate_ipn threshold_lin_rate_opn"""
RESTARTING = """ac_generator noise_generator poisson_generator_ps pulsepacket_generator sinusoidal_gamma_generator
    sinusoidal_poisson_generator"""
READING_SPIKES = """clopath jonke stdp_dopamine stdp_facetshw stdp_nn_pre_centered stdp_nn_restr stdp_nn_symm stdp_pl
    stdp stdp_triplet urbanczik vogels_sprekeler"""


def names(base: type[Any], hint: str) -> list[str]:
    """Return the models of a kind for which a hint holds."""
    models: Any = registry.SYNAPSE_MODELS if base is Synapse else registry.NODE_MODELS
    return sorted(name for name, model in models.items() if issubclass(model, base) and getattr(model, hint))


@pytest.mark.parametrize(
    ("base", "hint", "expected"),
    [
        (Neuron, "side_by_side", IN_BLOCKS),
        (Neuron, "draws", DRAWING),
        (Neuron, "noise", NOISY),
        (Neuron, "one_by_one", "cm_default"),
        (OdeNode, "loops_stages", LONG_EQUATIONS),
        (OdeNode, "driven", "hh_cond_beta_gap_traub hh_psc_alpha_gap"),
        (Sender, "restarts", RESTARTING),
        (Sender, "allocates", "pulsepacket_generator"),
    ],
)
def test_models_are_executed_as_they_were_measured(base: type[Any], hint: str, expected: str) -> None:
    assert names(base, hint) == sorted(expected.split())


def test_synapses_need_what_they_read() -> None:
    kinds = {name.split("_synapse")[0] for name in names(Synapse, "needs_archive")}
    assert kinds == set(READING_SPIKES.split())
    assert {name.split("_synapse")[0] for name in names(Synapse, "is_stochastic")} == {"bernoulli", "quantal_stp"}
    assert {name.split("_synapse")[0] for name in names(Synapse, "needs_voltages")} == {"clopath"}
    assert {name.split("_synapse")[0] for name in names(Synapse, "needs_predictions")} == {"urbanczik"}


def drawn(inputs: Any) -> float:
    return draws.uniform(inputs.random)


def test_inputs_are_what_functions_ask_for() -> None:
    drawing = blocked(lambda v, s, x: (State(V_m=draws.uniform(x.random), current=x.I), 0))
    helped = blocked(lambda v, s, inputs: (State(V_m=drawn(inputs), current=inputs.I), 0))
    noisy = blocked(lambda v, s, x: (State(V_m=x.noise, current=x.I), 0))
    others = blocked(lambda v, s, x: (State(V_m=v.noise + s.random, current=x.I), 0))
    assert [(m.draws, m.noise) for m in (drawing, helped, noisy, others)] == [
        (True, False), (True, False), (False, True), (False, False)
    ]  # fmt: skip


def test_arrays_that_are_written_to_and_not_made_are_states() -> None:
    def changing(v: Any, s: Any, x: Any) -> Any:
        s.V_m[0] = v.tau
        return s, 0

    def copying(v: Any, s: Any, x: Any) -> Any:
        changed = s.V_m.copy()
        changed[0] = v.tau
        return State(V_m=changed, current=x.I), 0

    assert (blocked(changing).one_by_one, blocked(copying).one_by_one) == (True, False)


def test_currents_and_flags() -> None:
    models: Any = registry.NODE_MODELS
    assert models["iaf_psc_delta"].switches == ("refractory_input", "ignore_and_spike")
    assert models["iaf_psc_exp"].echoes == {"I_stim": "current", "I_filtered": "filtered_current"}
    assert models["glif_psc"].echoes == {}, "it is advanced one by one"
    assert set(names(Neuron, "switches")) == {"iaf_psc_delta"}


@ops.helper
def grown(s: Any, x: Any) -> Any:
    """Return a potential and its input."""
    return s.V_m * 0.9 + x.spikes


def blocked(update: Any) -> Any:
    """Return a model with this function that nobody registers."""

    class own(ArchivingNeuron):
        parameters = {"tau": Quantity(1.0), "eager": Quantity(False), "lazy": Quantity(False)}
        state = {"V_m": Quantity(0.0), "current": hidden()}
        spike_receptors = {0: ("spikes", "spikes")}
        current_receptors = {0: "I"}

    own.update = staticmethod(update)
    return own


def plain(v: Any, s: Any, x: Any) -> Any:
    return State(V_m=ops.where(s.V_m > 1.0, exp(-s.V_m), grown(s, x)), current=x.I), ops.crosses(s.V_m, v.eager)


def test_a_model_of_ones_own() -> None:
    model = blocked(plain)
    assert model.side_by_side
    assert model.echoes == {"current": "I"}
    assert model.switches == ("eager",)


@pytest.mark.parametrize(
    "update",
    [
        lambda v, s, x: (State(V_m=ops.log(s.V_m), current=x.I), 0),
        lambda v, s, x: (State(V_m=s.V_m if v.tau else 1.0, current=x.I), 0),
        lambda v, s, x: (State(V_m=sum([s.V_m, x.spikes]), current=x.I), 0),
        lambda v, s, x: (State(V_m=ops.maximum(*(s.V_m, 1.0)), current=x.I), 0),
        lambda v, s, x: (State(V_m=s.V_m**2, current=x.I), 0),
        lambda v, s, x: (State(V_m=abs(s.V_m), current=x.I), 0),
        lambda v, s, x: (State(V_m=math.exp(s.V_m), current=x.I), 0),
        lambda v, s, x: (State(V_m=s.V_m, current=x.I), 0),
    ],
)
def test_functions_for_single_neurons(update: Any) -> None:
    assert not blocked(update).side_by_side


def test_what_a_function_is_closed_over_stays_as_it_is() -> None:
    def closed(function: Any) -> Any:
        return blocked(lambda v, s, x: (State(V_m=function(s, x), current=x.I), 0))

    assert not closed(grown).side_by_side


def test_what_a_class_says_counts() -> None:
    model = blocked(plain)
    model.side_by_side = False
    assert not model.side_by_side
    assert model.switches == ()


def test_states_that_change_what_came_in_are_no_echoes() -> None:
    model = blocked(lambda v, s, x: (State(V_m=grown(s, x), current=2.0 * x.I), 0))
    assert model.side_by_side
    assert model.echoes == {}


def test_equations_of_ones_own() -> None:
    class short(OdeNeuron):
        state = {"V_m": Quantity(0.0)}
        ode = ("V_m",)
        dynamics: Any = staticmethod(lambda v, s, x, t: (ops.exp(s.V_m),))
        finish: Any = staticmethod(lambda v, s, x, V: (State(V_m=s.V_m, refractory=0.0, I_stim=x.I), 0))

    class long(short):
        dynamics: Any = staticmethod(lambda v, s: (sum((s.V_m for _ in range(70)), 0.0),))

    assert (short.driven, short.loops_stages, short.side_by_side) == (True, False, True)
    assert (long.driven, long.loops_stages, long.side_by_side) == (False, True, False)


def test_stimulators_of_ones_own() -> None:
    class source(Sender):
        advance = staticmethod(lambda v, s, step, active, context: ((), ops.where(active, v.rate, 0.0), 1.0, False))

    class sorter(source):
        advance = staticmethod(lambda v, s, step, active, context: ((), np.sort(v.times)[0], 1.0, False))
        restart = staticmethod(lambda p, clock, step: {"next": 0.0})

    assert (source.allocates, source.restarts) == (False, False)
    assert (sorter.allocates, sorter.restarts) == (True, True)


def test_synapses_of_ones_own() -> None:
    class reader(Synapse):
        @staticmethod
        def send(p: Any, s: Any, x: Any) -> Any:
            return (), s.weight * history.trace(x, x.t), draws.uniform(x) < 0.5

    assert reader.needs_archive
    assert reader.is_stochastic


def test_nothing_else_is_imported_for_it() -> None:
    code = """
import sys
from jaxnest.models.contract import registry
from jaxnest.models.contract.base import Neuron
registry.load_all()
found = [m.side_by_side for m in registry.NODE_MODELS.values() if issubclass(m, Neuron)]
print(any(found), "jax" in sys.modules, "numba" in sys.modules)
"""
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.split()[-3:] == ["True", "False", "False"]
