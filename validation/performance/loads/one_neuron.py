"""A first script: one neuron with a constant current, and a voltmeter. What counts is the whole process."""

import importlib
import sys
from typing import Any

nest: Any = importlib.import_module(sys.argv[1])

nest.verbosity = nest.VerbosityLevel.ERROR
neuron = nest.Create("iaf_psc_alpha")
voltmeter = nest.Create("voltmeter")
neuron.I_e = 376.0
nest.Connect(voltmeter, neuron)
nest.Simulate(1000.0)
assert len(voltmeter.events["V_m"]) == 999
