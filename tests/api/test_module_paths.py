"""The modules of PyNEST from which published code imports; their public names were listed with NEST 3.10."""

from __future__ import annotations

import importlib
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import jaxnest as nest
from jaxnest.lib import hl_api_helper as helper

PUBLIC = {
    "ll_api": "KernelAttribute set_communicator",
    "raster_plot": "extract_events from_data from_device from_file from_file_numpy from_file_pandas",
    "voltage_trace": "from_device from_file",
    "lib.hl_api_connections": "Connect Disconnect GetConnections TripartiteConnect",
    "lib.hl_api_connection_helpers": "",
    "lib.hl_api_helper": "SuppressedDeprecationWarning broadcast deprecated get_parameters "
    "get_parameters_hierarchical_addressing get_wrapped_text is_iterable load_help model_deprecation_warning "
    "restructure_data show_deprecation_warning show_help_with_pager stringify_path",
    "lib.hl_api_info": "GetStatus SetStatus VerbosityLevel get_verbosity help message set_verbosity",
    "lib.hl_api_models": "ConnectionRules CopyModel GetDefaults Models SetDefaults",
    "lib.hl_api_nodes": "Create GetLocalNodeCollection GetNodes PrintNodes",
    "lib.hl_api_parallel_computing": "GetLocalVPs NumProcesses Rank SetAcceptableLatency SetMaxBuffered SyncProcesses",
    "lib.hl_api_simulation": "Cleanup DisableStructuralPlasticity EnableStructuralPlasticity GetKernelStatus Install "
    "Prepare ResetKernel Run RunManager SetKernelStatus Simulate",
    "lib.hl_api_sonata": "SonataNetwork",
    "lib.hl_api_spatial": "CreateMask Displacement Distance DumpLayerConnections DumpLayerNodes FindCenterElement "
    "FindNearestElement GetPosition GetSourceNodes GetSourcePositions GetTargetNodes GetTargetPositions PlotLayer "
    "PlotProbabilityParameter PlotSources PlotTargets SelectNodesByMask",
    "lib.hl_api_types": "CollocatedSynapses Compartments CreateParameter Mask NodeCollection Parameter Receptors "
    "SynapseCollection serialize_data to_json",
    "logic.hl_api_logic": "conditional",
    "math.hl_api_math": "cos exp max min redraw sin",
    "random.hl_api_random": "exponential lognormal normal uniform uniform_int",
    "spatial.hl_api_spatial": "free grid pos source_pos target_pos",
    "spatial_distributions.hl_api_spatial_distributions": "exponential gabor gamma gaussian gaussian2D",
    "nestkernel_api": "NESTErrors VerbosityLevel NodeCollectionObject ConnectionObject ParameterObject MaskObject",
}


@pytest.mark.parametrize("path", PUBLIC)
def test_names_are_where_published_code_imports_them(path: str) -> None:
    module = importlib.import_module(f"jaxnest.{path}")
    names = PUBLIC[path].split()
    assert set(names) <= set(module.__all__)
    for name in names:
        found = getattr(module, name)
        if path.startswith("lib.") and name in nest.__all__:
            assert found is getattr(nest, name)


@pytest.mark.parametrize("module", ["logic", "math", "random", "spatial", "spatial_distributions"])
def test_modules_of_functions_have_nests_submodule(module: str) -> None:
    owner = getattr(nest, module)
    assert getattr(owner, f"hl_api_{module}") is importlib.import_module(f"jaxnest.{module}.hl_api_{module}")
    with pytest.raises(AttributeError, match="hl_api_other"):
        owner.hl_api_other  # noqa: B018


def test_the_alias_leads_there() -> None:
    code = (
        "import jaxnest.alias; jaxnest.alias.install(); import nest\n"
        "from nest.lib.hl_api_nodes import Create; from nest.lib.hl_api_types import NodeCollection\n"
        "import nest.random.hl_api_random as r; from nest.ll_api import nestkernel\n"
        "assert Create is nest.Create and isinstance(Create('iaf_psc_alpha'), NodeCollection)\n"
        "assert r.normal is nest.random.normal\n"
        "assert nest.ll_api.nestkernel.llapi_get_kernel_status()['resolution'] == 0.1\n"
        "assert not hasattr(nest, 'version') and not hasattr(nestkernel, 'llapi_join_nc')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_helpers() -> None:
    assert helper.broadcast(3, 2, (int,)) == (3, 3)
    assert helper.broadcast([3], 2, (int,)) == [3, 3]
    with pytest.raises(TypeError, match="'x' must be one value, or a list of 1 or 2 of them, but it has 3"):
        helper.broadcast([1, 2, 3], 2, (int,), "x")
    assert helper.is_iterable("ab")
    assert not helper.is_iterable(3)
    assert helper.get_wrapped_text("a  b\nccc ddd", 3) == "a b\nccc\nddd"
    assert helper.stringify_path(Path("a")) == "a"
    assert helper.restructure_data([{"a": 1}, {"b": 2}], None) == {"a": [1, None], "b": [None, 2]}
    assert helper.restructure_data([{"a": 1}, {"b": 2}], "a") == [1, None]
    assert helper.restructure_data([[1, 2], [3, 4]], ["a", "b"]) == {"a": [1, 3], "b": [2, 4]}
    with pytest.raises(FileNotFoundError, match="no help for 'nothing'"):
        helper.load_help("nothing")
    nodes = nest.Create("iaf_psc_alpha", 2)
    assert helper.get_parameters(nodes, "V_m") == (-70.0, -70.0)
    recorder = nest.Create("spike_recorder")
    assert helper.get_parameters_hierarchical_addressing(recorder, ("events", ["times"]))["times"].size == 0


DEPRECATED = """
import warnings
import jaxnest as nest
from jaxnest.lib.hl_api_helper import SuppressedDeprecationWarning
n = nest.Create("iaf_psc_alpha", 2)
calls = [lambda: nest.GetStatus(n, "V_m"), lambda: nest.SetStatus(n, {"V_m": -60.0}), nest.Models,
         nest.ConnectionRules, lambda: nest.GetLocalNodeCollection(n), nest.get_verbosity,
         lambda: nest.set_verbosity("M_ERROR")]
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    with SuppressedDeprecationWarning(["GetStatus", "SetStatus"]):
        calls[0](), calls[1]()
    for call in calls + calls:
        call()
print([w.category.__name__ for w in caught].count("UserWarning"), len(caught), {w.filename for w in caught})
"""


def test_deprecated_functions_warn_once() -> None:
    done = subprocess.run([sys.executable, "-c", DEPRECATED], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "7 7 {'<string>'}"


def test_other_functions_do_not_warn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        helper.model_deprecation_warning("iaf_psc_alpha")
        nest.GetDefaults("iaf_psc_alpha")
