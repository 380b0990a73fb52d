from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

import jaxnest as nest

WITHOUT_VALUE = {"cycle_time_log", "server"}


def test_all_names_of_nest_exist(recorded: Callable[[str], Any]) -> None:
    names = recorded("names")
    assert set(names) <= set(nest.__all__)
    assert set(names) <= set(dir(nest))
    for name in set(names) - WITHOUT_VALUE:
        getattr(nest, name)


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


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("PlotLayer", (None,)),
        ("GetPosition", (None,)),
        ("CreateMask", ("circular", {"radius": 1.0})),
        ("SonataNetwork", ("config.json",)),
        ("EnableStructuralPlasticity", ()),
        ("Install", ("mymodule",)),
        ("SetMaxBuffered", ("port", 5)),
    ],
)
def test_what_is_not_there_yet_says_so(name: str, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(nest.NESTErrors.NotImplemented, match=name):
        getattr(nest, name)(*arguments)


def test_models_that_are_not_there_yet_say_so() -> None:
    with pytest.raises(nest.NESTErrors.NotImplemented, match="hh_psc_alpha_gap"):
        nest.Create("hh_psc_alpha_gap")


def test_unknown_names_come_with_a_hint() -> None:
    with pytest.raises(nest.NESTErrors.UnknownModelName, match="Did you mean 'iaf_psc_alpha'"):
        nest.Create("iaf_psc_alhpa")
    with pytest.raises(AttributeError, match="resolution"):
        nest.resolutoin = 0.2  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="Create"):
        nest.Crate  # type: ignore[attr-defined]  # noqa: B018
