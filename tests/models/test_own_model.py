"""The example of `docs/own_models.md` works as it stands there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "own_models.md"
CHECKS = """
import numpy as np
assert nest.GetDefaults("jumping_neuron", "tau_m") == 10.0
assert recorder.n_events > 0 and len(set(recorder.events["senders"])) == 3
values = meter.events["V_m"]
assert len(values) == 297 and np.all(values < 15.0) and values.max() > 5.0
try:
    neurons.tau_m = -1.0
except nest.NESTErrors.BadProperty as error:
    assert "tau_m" in str(error) and "ms" in str(error)
else:
    raise AssertionError("a negative time constant was accepted")
print("done", recorder.n_events)
"""


@pytest.mark.parametrize("backend", ["native"])
def test_example(tmp_path: Path, backend: str) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    script = tmp_path / "own_model.py"
    script.write_text(code + CHECKS, encoding="utf-8")
    environment = os.environ | {"JAXNEST_BACKEND": backend, "PYTHONPATH": str(PAGE.parents[1])}
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, env=environment, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("done")
