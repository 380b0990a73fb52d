"""What changes during a run can be kept and put back: then the run comes to the same state again."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import pytest

import jaxnest as nest
from jaxnest.engine.neurons.vector_columns import VectorColumns
from jaxnest.engine.session import Session
from jaxnest.kernel.kernel import kernel
from nest_reference.simulations import run

KINDS = (
    "compartments", "eprop", "eprop_events", "networks", "neurons", "nmda", "ode", "precise", "predictions",
    "secondary", "structural", "synapses", "third_factor", "voltage_synapses",
)  # fmt: skip
MODULES = {kind: import_module(f"nest_reference.simulations.{kind}") for kind in KINDS}
CASES = [(kind, name) for kind, module in MODULES.items() for name in module.CASES]
QUICK = {"precise", "structural", "synapses", "third_factor"}


def state_of(session: Session) -> dict[str, np.ndarray]:
    """Return the state without what fills blocks of neurons up."""
    values = session.state().copy()
    for s, neurons in enumerate(session._runner.neurons):
        for b, columns in enumerate(neurons):
            if isinstance(columns, VectorColumns):
                values[f"/neurons/{s}/{b}/state"] = np.array([*columns.dynamic_state().values()])
    return values


@pytest.mark.parametrize(
    ("kind", "name"), [pytest.param(*c, marks=[] if c[0] in QUICK else pytest.mark.slow) for c in CASES]
)
def test_runs_are_repeated(kind: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a run changes is part of the state, in every model."""
    once: Callable[..., int] = Session.run
    changed: set[str] = set()

    def twice(session: Session, *arguments: Any, **named: Any) -> int:
        if session._waiting:  # connections have changed inside the slice
            return once(session, *arguments, **named)
        kept, before = session.state().copy(), state_of(session)
        once(session, *arguments, **named)
        after = state_of(session)
        session.state().take(kept)
        reached = once(session, *arguments, **named)
        for place, values in state_of(session).items():
            n = len(after[place])  # tables may have become longer
            np.testing.assert_array_equal(values[:n], after[place], err_msg=place)
        changed.update(p for p, v in before.items() if v.shape != after[p].shape or (v != after[p]).any())
        return reached

    monkeypatch.setattr(Session, "run", twice)
    run(nest, MODULES[kind].CASES[name], 11)
    assert changed


def test_states_of_other_networks_are_refused() -> None:
    def network(n: int) -> Session:
        nest.ResetKernel()
        nest.Create("iaf_psc_alpha", n, {"I_e": 400.0})
        nest.Simulate(10.0)
        session = kernel.simulation._session
        assert session is not None
        return session

    kept = network(2).state().copy()
    session = network(200)
    before = state_of(session)
    with pytest.raises(nest.NESTErrors.KernelException, match="has the shape"):
        session.state().take(kept)
    with pytest.raises(nest.NESTErrors.KernelException, match="only one of the two has /neurons/0/0/state"):
        session.state().take({place: values for place, values in kept.items() if "neurons/0/0/state" not in place})
    for place, values in state_of(session).items():
        np.testing.assert_array_equal(values, before[place])
