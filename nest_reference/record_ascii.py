"""Record what NEST's recording backend `ascii` writes, together with the events themselves.

Run with a Python that has NEST 3.10:

    python -m nest_reference.record_ascii [folder [case ...]]

For each case below, `<folder>/<case>/` (folder: `nest_reference/ascii`) gets the files that NEST wrote and
`events.json`: the same events as NEST's backend `memory` has them, in steps and offsets, and the recorder's settings.
"""

import json
import shutil
import sys
from pathlib import Path

import nest

from nest_reference import provenance

FOLDER = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "ascii"
DURATION = 30.0

CASES = {
    "spikes": {"recorder": "spike_recorder"},
    "spikes_in_steps": {"recorder": "spike_recorder", "settings": {"time_in_steps": True, "label": "labelled"}},
    "spikes_two_threads": {"recorder": "spike_recorder", "threads": 2, "settings": {"precision": 0}},
    "precise_spikes": {"recorder": "spike_recorder", "neuron": "iaf_psc_exp_ps", "settings": {"precision": 15}},
    "precise_spikes_in_steps": {
        "recorder": "spike_recorder",
        "neuron": "iaf_psc_exp_ps",
        "settings": {"time_in_steps": True, "precision": -1, "file_extension": "txt"},
    },
    "meter": {"recorder": "multimeter", "settings": {"precision": 12}},
    "meter_two_threads": {
        "recorder": "multimeter",
        "threads": 2,
        "settings": {"time_in_steps": True},
        "prefix": "run1_",
    },
    "weights": {"recorder": "weight_recorder"},
    "weights_two_threads": {"recorder": "weight_recorder", "threads": 2, "settings": {"time_in_steps": True}},
}


def record(name, recorder, neuron="iaf_psc_alpha", threads=1, settings=None, prefix=""):
    """Run a network of four neurons with one recorder that writes files and one that keeps its events."""
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    nest.ResetKernel()
    nest.local_num_threads = threads
    nest.data_path = str(folder)
    nest.data_prefix = prefix
    neurons = nest.Create(neuron, 4, {"I_e": [500.0, 600.0, 700.0, 800.0]})
    own = {"record_from": ["V_m", "I_syn_ex"], "interval": 5.0} if recorder == "multimeter" else {}
    to_file = nest.Create(recorder, params={"record_to": "ascii", **own, **(settings or {})})
    to_memory = nest.Create(recorder, params={"time_in_steps": True, **own})
    for device in (to_file, to_memory):
        if recorder == "weight_recorder":
            nest.CopyModel("static_synapse", f"synapse_{device.global_id}", {"weight_recorder": device})
            nest.Connect(neurons, neurons, syn_spec={"synapse_model": f"synapse_{device.global_id}", "weight": 12.3})
        elif recorder == "multimeter":
            nest.Connect(device, neurons)
        else:
            nest.Connect(neurons, device)
    nest.Simulate(DURATION)
    content = {
        "nest_version": nest.build_info["version"],
        "recorder": recorder,
        "device": to_file.global_id,
        "network_size": to_file.global_id,  # when the recorder was made
        "threads": threads,
        "settings": settings or {},
        "prefix": prefix,
        "events": {key: values.tolist() for key, values in to_memory.events.items()},
    }
    (folder / "events.json").write_text(json.dumps(content, indent=1) + "\n")
    files = [path.relative_to(FOLDER).as_posix() for path in folder.iterdir()]
    provenance.write(nest, FOLDER, {file: provenance.settings(nest) for file in files})


if __name__ == "__main__":
    nest.verbosity = nest.VerbosityLevel.ERROR
    for case in sys.argv[2:] or CASES:
        record(case, **CASES[case])
