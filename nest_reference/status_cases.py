"""How what NEST answers is written down, so that jaxnest's answers can be written down the same way."""

from __future__ import annotations

import contextlib
import io
import re
from typing import Any

MODELS = (
    "iaf_psc_alpha",
    "iaf_psc_exp",
    "iaf_psc_delta",
    "iaf_psc_alpha_multisynapse",
    "iaf_psc_exp_multisynapse",
    "parrot_neuron",
    "poisson_generator",
    "noise_generator",
    "dc_generator",
    "ac_generator",
    "step_current_generator",
    "spike_generator",
    "spike_recorder",
    "multimeter",
    "voltmeter",
    "weight_recorder",
)
"""Node models whose dictionaries are recorded."""

SYNAPSES = tuple(f"static_synapse{kind}{variant}" for kind in ("", "_hom_w") for variant in ("", "_hpc", "_lbl"))


def written(value: Any) -> Any:
    """Return a value with its type, in terms that JSON knows."""
    kind = type(value).__name__
    if kind == "ndarray":
        return [f"ndarray {value.dtype}", value.tolist()]
    if kind == "NodeCollection":
        return [kind, value.tolist()]
    if isinstance(value, dict):
        return {str(key): written(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [kind, [written(item) for item in value]]
    return [kind, str(value) if kind == "VerbosityLevel" else value]


def outcome(statement: str, names: dict[str, Any]) -> str:
    """Run one statement; return what it returns or prints, or the class of the error that it raises."""
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            try:
                code = compile(statement, "<session>", "eval")
            except SyntaxError:
                exec(compile(statement, "<session>", "exec"), names)
                return printed.getvalue()
            answer = eval(code, names)
    except Exception as error:
        kind = type(error)
        return f"{'' if kind.__module__ == 'builtins' else kind.__module__ + '.'}{kind.__name__}"
    text = "\n".join(line for line in printed.getvalue().splitlines() if not line.startswith("["))
    return f"{text}{re.sub(r' at 0x[0-9a-f]+', '', repr(answer))}"
