"""What a distribution contains, and what is said where something is missing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from jaxnest.extras import needed

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def run(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg"}
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, env=environment, cwd=folder, capture_output=True, text=True, timeout=300, check=False
    )


def test_the_package_is_typed() -> None:
    assert (ROOT / "jaxnest" / "py.typed").exists()
    assert "Typing :: Typed" in PROJECT["project"]["classifiers"]


def test_the_source_distribution_has_everything() -> None:
    """Without a list of its own it has all that git does not ignore: tests, pages of the documentation, scripts."""
    assert "sdist" not in PROJECT["tool"]["hatch"]["build"]["targets"]


def test_links_work_where_there_are_no_files() -> None:
    """The package index shows the text without the files around it, and links of the project."""
    text = (ROOT / PROJECT["project"]["readme"]).read_text(encoding="utf-8")
    links = [*re.findall(r"\]\(([^)]*)\)", text), *re.findall(r"(?:src|href)=\"([^\"]*)\"", text)]
    assert links
    assert [link for link in [*links, *PROJECT["project"]["urls"].values()] if not link.startswith("https://")] == []
    named = re.findall(r"`([\w/]+\.(?:md|sh))`", text)
    assert len(named) > 5
    assert [name for name in named if not (ROOT / name).exists()] == []


def first_example() -> tuple[str, str]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    found = re.search(r"    pip install '\.\[(\w+)\]'\n\n```python\n(.*?)```", text, re.DOTALL)
    assert found is not None
    return found[1], found[2]


def test_the_first_example_works_and_shows_its_picture(tmp_path: Path) -> None:
    extra, example = first_example()
    assert any("matplotlib" in package for package in PROJECT["project"]["optional-dependencies"][extra])
    shown = """
import matplotlib.pyplot as plt
plt.show = lambda: print("shown", len(plt.gcf().axes[0].lines[0].get_xdata()))
"""
    done = run(shown + example, tmp_path)
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["shown 999"]), done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("module", "extra", "call"),
    [
        ("matplotlib", "plot", "nest.voltage_trace.from_device(meter)"),
        ("matplotlib", "plot", "nest.raster_plot.from_data([[1, 2.0]])"),
        ("matplotlib", "plot", "nest.PlotLayer(nest.Create('parrot_neuron', positions=nest.spatial.grid([2, 2])))"),
        ("pydot", "plot", "nest.visualization.plot_network(neuron, 'network.pdf')"),
        ("h5py", "sonata", "nest.SonataNetwork('config.json')"),
    ],
)
def test_missing_packages_are_named_with_what_to_do(module: str, extra: str, call: str, tmp_path: Path) -> None:
    assert any(module in package for package in PROJECT["project"]["optional-dependencies"][extra])
    done = run(
        f"""
import sys
sys.modules["{module}"] = None
import jaxnest as nest
neuron, meter = nest.Create("iaf_psc_alpha"), nest.Create("voltmeter")
nest.Connect(meter, neuron)
nest.Simulate(5.0)
try:
    {call}
except ModuleNotFoundError as error:
    print(error.name, error)
""",
        tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith(f"{module} ")
    assert f"{module}, which is not installed: pip install 'jaxnest[{extra}]'" in done.stdout


def test_other_errors_of_imports_are_not_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken_package.py").write_text("import a_module_that_is_not_there")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModuleNotFoundError, match="a_module_that_is_not_there") as caught:
        needed("broken_package", "Tests")
    assert "jaxnest[plot]" not in str(caught.value)
