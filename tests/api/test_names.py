from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import jaxnest as nest
from jaxnest.kernel.settings.attribute_table import ATTRIBUTES
from jaxnest.models.nest import nest_names

WITHOUT_VALUE = {"cycle_time_log"}


def test_all_names_of_nest_exist(recorded: Callable[[str], Any]) -> None:
    names = set(recorded("names"))
    assert set(nest.__all__) == names
    of_modules = "all builtins cached doc file loader name package path spec version"
    listed = set(dir(nest)) - {"__main__"}  # which is there once the command line has been used
    assert listed == names | {"NestModule"} | {f"__{name}__" for name in of_modules.split()}
    for name in names - WITHOUT_VALUE:
        getattr(nest, name)


def test_own_names_are_there_without_being_listed() -> None:
    assert nest.compute_backend == nest.get("compute_backend") == nest.GetKernelStatus(["compute_backend"])[0]
    assert "compute_backend" not in nest.get()
    assert "compute_backend" not in nest.kernel_status
    assert callable(nest.Explain)
    names = dir(nest.NESTErrors)
    for name in names:
        assert name.startswith("__") or issubclass(getattr(nest.NESTErrors, name), nest.NESTError)
    assert "UnknownSynapseType" in names


def test_type_checkers_know_all_kernel_attributes() -> None:
    tree = ast.parse(Path(nest.__file__ or "").read_text())
    (block,) = (n for n in tree.body if isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING")
    declared = {n.target.id for n in block.body if isinstance(n, ast.AnnAssign) and isinstance(n.target, ast.Name)}
    attributes = {name for name, attribute in ATTRIBUTES.items() if not attribute.status_only}
    assert declared - {"userdict", "server"} == attributes


def plain_signature(item: Any) -> str:
    """Return a signature without annotations."""
    signature = inspect.signature(item)
    parameters = [p.replace(annotation=inspect.Parameter.empty) for p in signature.parameters.values()]
    text = str(signature.replace(parameters=parameters, return_annotation=inspect.Signature.empty))
    return re.sub(r"<VerbosityLevel\.(\w+): \d+>", r"\1", text)


def test_signatures_are_those_of_nest(recorded: Callable[[str], Any]) -> None:
    special = {"NESTError", "NESTErrors", "VerbosityLevel", "Parameter", "SynapseCollection", "set_communicator"}
    wrong = {}
    for name, signature in recorded("names").items():
        if signature is None or name in special:
            continue
        mine = plain_signature(getattr(nest, name))
        if mine != re.sub(r"<VerbosityLevel\.(\w+): \d+>", r"\1", signature):
            wrong[name] = (mine, signature)
    assert not wrong


def test_modules_of_models_cannot_be_loaded() -> None:
    for name in ("mymodule", "mymodule.so"):
        with pytest.raises(nest.NESTErrors.DynamicModuleManagementError, match=f"Module '{name}' could not be opened"):
            nest.Install(name)
    with pytest.raises(nest.NESTErrors.DynamicModuleManagementError, match="must not be empty"):
        nest.Install("")
    for wrong in (5, None, b"mymodule"):
        with pytest.raises(AttributeError):
            nest.Install(wrong)  # type: ignore[arg-type]
    assert nest.get("modules") == []


def test_functions_of_music_answer_as_without_it() -> None:
    for call in (lambda: nest.SetAcceptableLatency("port", 1.0), lambda: nest.SetMaxBuffered("port", 5)):
        with pytest.raises(NotImplementedError, match="MUSIC"):
            call()


def test_communicators_need_their_package() -> None:
    with pytest.raises(ModuleNotFoundError, match="No module named 'mpi4py'"):
        nest.set_communicator()


def test_models_that_are_not_there_yet_say_so() -> None:
    missing = sorted(set(nest_names.NODE_MODELS) - set(nest.node_models))
    for model in missing[:1]:
        with pytest.raises(nest.NESTErrors.NotImplemented, match=model):
            nest.Create(model)


def test_unknown_names_come_with_a_hint() -> None:
    with pytest.raises(nest.NESTErrors.UnknownModelName, match="Did you mean 'iaf_psc_alpha'"):
        nest.Create("iaf_psc_alhpa")
    with pytest.raises(AttributeError, match="resolution"):
        nest.resolutoin = 0.2  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="Create"):
        nest.Crate  # type: ignore[attr-defined]  # noqa: B018


def test_hints_for_attributes_name_what_can_be_set() -> None:
    with pytest.raises(AttributeError) as caught:
        nest.prepared = True  # type: ignore[attr-defined]
    assert "prepared'?" not in str(caught.value)


def test_parameters_have_nests_type_names() -> None:
    assert type(nest.random.normal()) is nest.Parameter
    assert type(nest.spatial.pos.x * 2 + nest.spatial.distance.x).__name__ == "Parameter"
    assert type(nest.spatial.distance).__name__ == "DistanceParameter"
    assert isinstance(nest.spatial.distance, nest.Parameter)
    assert type(nest.logic.conditional(nest.random.uniform() > 0.5, 1.0, 2.0)) is nest.Parameter
    with pytest.raises(TypeError, match="CreateParameter"):
        nest.Parameter(3)  # type: ignore[arg-type]
