"""Every entry of every dictionary is set to the value that it has: NEST and jaxnest refuse the same, alike."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

import jaxnest as nest

pytestmark = [pytest.mark.nest, pytest.mark.slow]

SCRIPT = """
import json, sys, warnings
{import_}
warnings.simplefilter("ignore")
nest.verbosity = nest.VerbosityLevel.QUIET
nodes, synapses, pairs = json.loads(sys.argv[1])
found = {{}}

def note(name, function, *arguments, **named):
    try:
        function(*arguments, **named)
        found[name] = "accepted"
    except Exception as error:
        found[name] = type(error).__name__

for model in nodes:
    for state in ("new", "simulated"):
        nest.ResetKernel()
        node = nest.Create(model)
        if state == "simulated":
            if node.element_type not in ("recorder", "stimulator"):
                continue
            nest.Simulate(2.0)
        for key, value in node.get().items():
            note(f"{{model}} {{state}} {{key}}", node.set, {{key: value}})
    for key, value in nest.GetDefaults(model).items():
        nest.ResetKernel()
        note(f"{{model}} default {{key}}", nest.SetDefaults, model, {{key: value}})
        note(f"{{model}} created {{key}}", nest.Create, model, params={{key: value}})
for model in synapses:
    nest.ResetKernel()
    for key, value in nest.GetDefaults(model).items():
        nest.ResetKernel()
        note(f"{{model}} default {{key}}", nest.SetDefaults, model, {{key: value}})
    nest.ResetKernel()
    source, target = map(nest.Create, pairs.get(model, ["parrot_neuron", "iaf_psc_alpha"]))
    nest.CopyModel(model, "copied")
    try:
        nest.Connect(source, target, syn_spec={{"synapse_model": model}})
    except nest.NESTErrors.KernelException as error:
        found[f"{{model}} connected"] = type(error).__name__
        continue
    connection = nest.GetConnections()
    for key, value in connection.get().items():
        note(f"{{model}} {{key}}", connection.set, {{key: value}})
for key, value in nest.GetKernelStatus().items():
    nest.ResetKernel()
    note(f"set {{key}}", nest.set, **{{key: value}})
    nest.ResetKernel()
    note(f"attribute {{key}}", setattr, nest, key, value)
print("RESULT " + json.dumps(list(found.items())))
"""

PAIRS = {
    "gap_junction": ["hh_psc_alpha_gap"] * 2,
    "rate_connection_instantaneous": ["lin_rate_ipn"] * 2,
    "rate_connection_delayed": ["lin_rate_ipn"] * 2,
    "diffusion_connection": ["siegert_neuron"] * 2,
    "sic_connection": ["astrocyte_lr_1994", "aeif_cond_alpha_astro"],
    "clopath_synapse": ["parrot_neuron", "hh_psc_alpha_clopath"],
    "eprop_synapse": ["eprop_iaf"] * 2,
    "eprop_learning_signal_connection": ["eprop_readout", "eprop_iaf"],
    "eprop_synapse_bsshslm_2020": ["eprop_iaf_bsshslm_2020"] * 2,
    "eprop_learning_signal_connection_bsshslm_2020": ["eprop_readout_bsshslm_2020", "eprop_iaf_bsshslm_2020"],
}


def test_own_values_are_taken_or_refused_as_by_nest(nest_python: str) -> None:
    synapses = [name for name in nest.synapse_models if not name.endswith(("_hpc", "_lbl"))]
    models = json.dumps([list(nest.node_models), synapses, PAIRS])

    def found(python: str, import_: str) -> dict[str, Any]:
        command = [python, "-c", SCRIPT.format(import_=import_), models]
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout.split("RESULT ")[1]))

    ours, theirs = found(sys.executable, "import jaxnest as nest"), found(nest_python, "import nest")
    different = {key: (ours.get(key), theirs.get(key)) for key in ours | theirs if ours.get(key) != theirs.get(key)}
    assert not different
    assert len(theirs) > 10_000
