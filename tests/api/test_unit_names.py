from __future__ import annotations

import pytest

from jaxnest.models.contract import registry
from jaxnest.models.contract.base import Quantity
from jaxnest.models.quantities.unit_names import NAMES, alternatives, factors


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("", ()),
        ("mV", (("mvolt", 1),)),
        ("1/s", (("second", -1),)),
        ("spikes/s", (("second", -1),)),
        ("mV^2", (("mvolt", 2),)),
        ("pA/ms", (("pampere", 1), ("msecond", -1))),
        ("1/(uM*ms)", (("umolar", -1), ("msecond", -1))),
        ("nS mV * MOhm", (("nsiemens", 1), ("mvolt", 1), ("Mohm", 1))),
        ("mM", (("mmolar", 1),)),
        ("mmol/l", (("mmol", 1), ("liter", -1))),
        ("deg", (("degree", 1),)),
    ],
)
def test_units_are_read_as_nest_writes_them(unit: str, expected: tuple[tuple[str, int], ...]) -> None:
    assert factors(unit) == expected


@pytest.mark.parametrize("unit", ["mv", "sec", "pA/", "min_delay", "(mV", "ms^", "mV+pA", "2", "ms?"])
def test_a_declaration_with_an_unknown_unit_is_an_error(unit: str) -> None:
    with pytest.raises(ValueError, match="is no unit"):
        Quantity(1.0, unit)


def test_the_nearest_unit_is_named() -> None:
    with pytest.raises(ValueError, match=r"'mv' is unknown\. Did you mean 'mV'"):
        Quantity(1.0, "mv")


def test_libraries_of_units_have_all_names() -> None:
    brainunit = pytest.importorskip("brainunit")
    assert not [name for name in NAMES.values() if not hasattr(brainunit, name)]


def test_units_of_all_models_are_known() -> None:
    registry.load_all()
    for model in (*registry.NODE_MODELS.values(), *registry.SYNAPSE_MODELS.values()):
        for quantity in (model.parameters | model.state | getattr(model, "common", {})).values():
            alternatives(quantity.unit)
