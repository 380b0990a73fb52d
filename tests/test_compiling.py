"""What is compiled, and what is kept between processes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np

from jaxnest.caching import source_digest
from jaxnest.compiling import njit

ROOT = Path(__file__).parents[1]

COUNT = """
from numba.core import event

class Counter(event.Listener):
    n = translated = 0

    def on_start(self, event):
        self.n += 1
        self.translated += event.data["dispatcher"].__class__.__name__ != "_PartDispatcher"

    def on_end(self, event):
        pass

counter = Counter()
event.register("numba:compile", counter)
"""

SMALL_NETWORK = """
import jaxnest as nest
neurons = nest.Create("iaf_psc_alpha", 30)
noise = nest.Create("poisson_generator", params={"rate": 8000.0})
nest.Connect(noise, neurons, syn_spec={"weight": 80.0})
nest.Connect(neurons, neurons, {"rule": "fixed_indegree", "indegree": 3}, {"weight": 10.0})
nest.Simulate(20.0)
print(counter.n, counter.translated, nest.local_spike_counter)
"""


@njit
def scaled(x: float, power: int) -> float:
    for _ in range(power):
        x = 2.0 * x + 1.0
    return x


@njit(nogil=True)
def total(x: np.ndarray) -> float:
    result = 0.0
    for i in range(len(x)):
        result += scaled(x[i], 1) + scaled(x[i], power=2) + scaled(x[i], i)
    return result


def run(code: str, folder: Path) -> list[int]:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "JAXNEST_CACHE_DIR": str(folder)}
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert result.returncode == 0, result.stderr
    return [int(word) for word in result.stdout.split("\n")[-2].split()]


def test_a_function_that_compiled_code_calls_gets_no_machine_code() -> None:
    assert total(np.array([1.0, 2.0])) == 3.0 + 7.0 + 1.0 + 5.0 + 11.0 + 5.0
    assert len(scaled.overloads) == 0
    assert len(scaled.part.overloads) == 1, "compiled for each literal"


def test_the_same_function_runs_from_python() -> None:
    assert scaled(1.0, 2) == 7.0
    assert [tuple(map(str, types)) for types in scaled.signatures] == [("float64", "int64")]


def test_a_small_network_compiles_little_and_only_once(tmp_path: Path) -> None:
    compiled, translated, spikes = run(COUNT + SMALL_NETWORK, tmp_path)
    assert 0 < translated <= 50
    assert compiled <= 160
    again, _, same_spikes = run(COUNT + SMALL_NETWORK, tmp_path)
    assert again == 0
    assert same_spikes == spikes > 0


def test_compiled_functions_depend_on_all_source_that_they_may_contain(tmp_path: Path) -> None:
    package = tmp_path / "jaxnest"
    files = ("engine/ffi.py", "random/engines.py", "models/ops.py", "models/neurons/iaf_psc_exp.py")

    def digest(changed: str) -> str:
        for file in files:
            (package / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / "jaxnest" / file, package / file)
            if file == changed:
                with (package / file).open("a") as text:
                    text.write("# changed\n")
        source_digest.cache_clear()
        return source_digest(package)

    digests = [digest(changed) for changed in ("", *files)]
    source_digest.cache_clear()
    assert len(set(digests)) == 4
    assert digests[4] == digests[0], "the file of a model goes with what is generated for it"


def test_without_a_folder_to_write_to_functions_are_compiled_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    code = (
        "import numpy; from jaxnest.kernel.sort import nest_order; print(nest_order(numpy.arange(40)[::-1].copy())[0])"
    )
    assert run(code, file) == [39]
