"""What is compiled, and what is kept between processes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jaxnest.compile import caching
from jaxnest.compile.compiling import njit
from jaxnest.engine.functions import fingerprints
from jaxnest.engine.functions.fingerprints import fingerprint

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

WATCH = """
from numba.core import event
from jaxnest.compile import caching, compiler
from jaxnest.engine.functions import fingerprints

class Inside(event.Listener):
    \"\"\"Which functions become part of compiled ones without being among what these depend on.\"\"\"
    allowed, missing, n = set(), set(), 0
    of_models = set()

    def on_start(self, event):
        file = event.data["dispatcher"].py_func.__code__.co_filename
        if "/jaxnest/" in file:
            self.n += 1
            self.missing |= {file} - self.allowed - self.of_models

    def on_end(self, event):
        pass

inside = Inside()
event.register("numba:compile", inside)
content = fingerprints._content

def content_and_files(model):
    files = fingerprints.files_of(model) + caching.imports_of(fingerprints.implementations())
    inside.of_models |= set(caching.sources(files))
    return content(model)

fingerprints._content = content_and_files
translate = compiler.translate

def translate_and_note(function, *arguments):
    file = function.py_func.__code__.co_filename
    inside.allowed = set(caching.sources([file]))
    return translate(function, *arguments)

compiler.translate = translate_and_note
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


def run(code: str, folder: Path, compilers: int = 1) -> tuple[list[int], str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "JAXNEST_CACHE_DIR": str(folder)}
    environment["JAXNEST_COMPILERS"] = str(compilers)
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert result.returncode == 0, result.stderr
    *_, before, last = ["", *result.stdout.splitlines()]
    return [int(word) for word in last.split()], before


def test_a_function_that_compiled_code_calls_gets_no_machine_code() -> None:
    assert total(np.array([1.0, 2.0])) == 3.0 + 7.0 + 1.0 + 5.0 + 11.0 + 5.0
    assert len(scaled.dispatcher.overloads) == 0
    assert len(scaled.dispatcher.part.overloads) == 1, "compiled for each literal"


def test_the_same_function_runs_from_python() -> None:
    assert scaled(1.0, 2) == 7.0
    assert [tuple(map(str, types)) for types in scaled.dispatcher.signatures] == [("float64", "int64")]


@pytest.mark.slow
def test_a_small_network_compiles_little_and_only_once(tmp_path: Path) -> None:
    watched = WATCH + COUNT + SMALL_NETWORK + "print(inside.n, *inside.missing, sep='|')\nprint(*printed)"
    watched = watched.replace("print(counter", "printed = (counter")
    (compiled, translated, spikes), inside = run(watched, tmp_path)
    n_inside, _, missing = inside.partition("|")
    assert int(n_inside) > 20
    assert missing == "", "compiled functions contain others without depending on their files"
    assert 0 < translated <= 20
    assert compiled <= 80
    (again, _, same_spikes), _ = run(COUNT + SMALL_NETWORK, tmp_path)
    assert again == 0
    assert same_spikes == spikes > 0


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="makes copies of the process, which other systems cannot")
def test_several_processes_compile_for_one(tmp_path: Path) -> None:
    (_, alone, spikes), _ = run(COUNT + SMALL_NETWORK, tmp_path / "alone")
    (_, together, same_spikes), _ = run(COUNT + SMALL_NETWORK, tmp_path / "together", compilers=2)
    assert 0 < together < alone
    assert spikes == same_spikes > 0
    kept, expected = (
        {path.name.rpartition("-")[0] for path in (tmp_path / way / "code").iterdir()} for way in ("together", "alone")
    )
    assert kept == expected, "each is made by one of them, and nothing else is left"


def test_of_several_processes_one_makes_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(caching, "cache_folder", lambda: tmp_path)
    with caching.alone_with("name") as mine:
        assert mine
        with caching.alone_with("name", 0.01) as too, caching.alone_with("another") as other:
            assert (too, other) == (False, True)
    with caching.alone_with("name", 0.0) as again:
        assert again
    assert list((tmp_path / "code").iterdir()) == []


def test_compiled_functions_depend_on_the_source_that_they_may_contain_and_on_nothing_else(tmp_path: Path) -> None:
    package = tmp_path / "jaxnest"

    def digest(changed: str) -> str:
        shutil.rmtree(package, ignore_errors=True)
        shutil.copytree(ROOT / "jaxnest", package, ignore=shutil.ignore_patterns("__pycache__"))
        if changed:
            with (package / changed).open("a") as text:
                text.write("# changed\n")
        for cached in (caching._content, caching._hash, caching._imported, caching._modules):
            cached.cache_clear()
        return caching.digest_of_files([str(package / "engine" / "spikes" / "events.py")], package)

    original = digest("")
    for changed in (
        "engine/spikes/events.py",
        "compile/operations.py",
        "engine/layout.py",
        "random/numbers/cipher.py",
        "compile/compiling.py",
    ):
        assert digest(changed) != original, changed
    for changed in (
        "engine/session.py",
        "kernel/connect/connecting.py",
        "models/neurons/iaf_psc_exp.py",
        "__init__.py",
    ):
        assert digest(changed) == original, changed


def test_all_forms_of_imports_count() -> None:
    text = """
from jaxnest.engine.accelerated import pure  # from jaxnest import errors
from jaxnest.engine import layout as words  # from jaxnest import errors
from jaxnest.engine.spikes.events import post
def late():
    from jaxnest import errors
from . import cipher
from ...models.contract.base import Node
from numba import types
"""
    found = {path.split("jaxnest/")[-1] for path in caching.imports_of(text, ["random", "numbers"])}
    assert found == {
        "engine/accelerated/pure.py",
        "engine/layout.py",
        "engine/spikes/events.py",
        "errors.py",
        "models/contract/base.py",
        "random/numbers/cipher.py",
    }


def test_modules_that_implement_functions_of_models_are_known() -> None:
    text = re.compile(r"@overload\((?!_)")  # what begins with an underscore is no function of models
    files = [p for p in (ROOT / "jaxnest" / "engine").rglob("*.py") if text.search(p.read_text(encoding="utf-8"))]
    overloading = {f"{path.parent.name}.{path.stem}" for path in files}
    assert overloading == set(fingerprints.OVERLOADING)


def test_a_models_own_functions_are_part_of_its_fingerprint() -> None:
    source = """
RATE = {rate}
def helper(x):
    return x + {added}
def update(v, s, x):
    return (helper(s.V) * RATE,), 0
recordables = {{"V": lambda v, s: s.V * {factor}}}
model = type("typed_in", (), {{"update": staticmethod(update), "recordables": recordables, "dynamic": ("V",)}})
"""

    def of(**values: float) -> str:
        names: dict[str, Any] = {"__name__": "__main__"}
        exec(source.format(**({"rate": 1.0, "added": 2.0, "factor": 3.0} | values)), names)
        return fingerprint(names["model"])

    assert of() == of()
    assert len({of(), of(rate=1.5), of(added=2.5), of(factor=3.5)}) == 4


def test_loops_depend_on_what_functions_of_models_mean(monkeypatch: Any) -> None:
    from jaxnest.models.contract.registry import implementation

    model = implementation("iaf_chxk_2008")
    before = fingerprint(model)
    monkeypatch.setattr(fingerprints, "implementations", lambda: "import math\n")
    fingerprints._content.cache_clear()
    try:
        assert fingerprint(model) != before
    finally:
        fingerprints._content.cache_clear()


NEURON_WITH_VECTORS = """
import jaxnest as nest
nest.Create("gif_psc_exp")
nest.Simulate(1.0)
print(counter.n)
"""


@pytest.mark.slow
def test_code_with_operations_of_arrays_is_kept(tmp_path: Path) -> None:
    (compiled,), _ = run(COUNT + NEURON_WITH_VECTORS, tmp_path)
    assert compiled > 0
    assert run(COUNT + NEURON_WITH_VECTORS, tmp_path)[0] == [0]


GROWTH = """
import jaxnest as nest
nest.Create("parrot_neuron")  # whose code never allocates memory
nest.Simulate(1.0)
nest.ResetKernel()
nest.Create("gif_psc_exp", 30)
nest.Simulate(100.0)
def memory():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))
before = memory()
nest.Simulate(1000.0)
print(memory() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="reads the memory of the process from /proc")
def test_machine_code_frees_what_it_allocates(tmp_path: Path) -> None:
    for _ in ("compiled", "kept"):
        (kilobytes,), _ = run(GROWTH, tmp_path)
        assert kilobytes < 4000


PLASTIC_NETWORK = """
import jaxnest as nest
neurons = nest.Create("iaf_psc_alpha", 2, {"I_e": 500.0})
nest.Connect(neurons[0], neurons[1], syn_spec={"synapse_model": "stdp_synapse"})
nest.Simulate(50.0)
print(counter.n)
"""


@pytest.mark.slow
def test_plastic_synapses_compile_the_one_delivery_that_is_used(tmp_path: Path) -> None:
    (compiled,), _ = run(COUNT + PLASTIC_NETWORK, tmp_path)
    kept = [path.name for path in (tmp_path / "code").iterdir()]
    assert len([name for name in kept if "deliver_alike" in name or "deliver_apart" in name]) == 1
    assert 0 < compiled <= 55


MADE_BY_ONE_FUNCTION = """
import sys
import numpy as np
from jaxnest.compile.compiling import njit
from jaxnest.compile.operations import Operation

def made(power):
    @njit(error_model="numpy")
    def raised(x, n):  # a loop that is not inlined
        total = np.zeros(n)
        for i in range(n):
            total[i] = (total[i - 1] if i else 1.0) * (x + i) ** power
        return np.sort(total)[n - 1]

    def entry(out, x, n):
        out[0] = raised(x, n) + raised(x, n + 1)

    return Operation(lambda: entry, {"out": "F8", "x": "float", "n": "int"}, f"_{power}")

for power in sys.argv[1:]:
    out = np.zeros(1)
    made(int(power))(out, 2.0, 3)
    print(out[0])
"""


@pytest.mark.slow
def test_machine_code_of_several_processes_comes_together(tmp_path: Path) -> None:
    (tmp_path / "functions.py").write_text(MADE_BY_ONE_FUNCTION, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "JAXNEST_CACHE_DIR": str(tmp_path)}

    def results(*powers: str) -> list[float]:
        command = [sys.executable, str(tmp_path / "functions.py"), *powers]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=True)
        return [float(word) for word in done.stdout.split()]

    (first,), (second,) = results("1"), results("2")
    assert first == 2 * 3 * 4 + 2 * 3 * 4 * 5
    assert second == (2 * 3 * 4) ** 2 + (2 * 3 * 4 * 5) ** 2
    assert results("1", "2") == [first, second]
    assert results("2", "1") == [second, first]
