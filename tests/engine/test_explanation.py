"""`nest.Explain()` says which form of its model advances each population, and why."""

from __future__ import annotations

import pytest

import jaxnest as nest
from jaxnest.kernel.kernel import kernel


def test_forms_and_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    nest.Create("iaf_psc_alpha", 3)
    nest.Create("hh_psc_alpha", 2)
    nest.Create("iaf_psc_exp_multisynapse", 2)
    nest.Create("iaf_psc_exp", 4)[0].frozen = True
    nest.Create("pp_psc_delta")
    nest.Create("iaf_psc_delta_ps")
    nest.Create("lin_rate_ipn")
    nest.Create("poisson_generator")
    nest.Explain()
    lines = {line.split()[0]: line.split("    ")[-1] for line in capsys.readouterr().out.splitlines()}
    assert lines == {
        "iaf_psc_alpha": "blocks: 16 neurons at a time, with vector instructions",
        "hh_psc_alpha": "loop: fewer than 4 neurons with steps of their own gain nothing",
        "iaf_psc_exp_multisynapse": lines["iaf_psc_exp_multisynapse"],
        "iaf_psc_exp": "loop: some nodes are frozen",
        "pp_psc_delta": "loop: it draws numbers as it goes along",
        "iaf_psc_delta_ps": "loop: its spikes are not bound to the grid of time steps",
        "lin_rate_ipn": "loop: it sends numbers along connections",
    }
    assert lines["iaf_psc_exp_multisynapse"].startswith("loop: ")


def test_what_is_said_is_what_runs() -> None:
    nest.local_num_threads = 2
    nest.Create("iaf_cond_exp", 7)
    nest.Create("iaf_psc_alpha", 2)
    nest.Simulate(1.0)
    from jaxnest.engine.explanation import forms
    from jaxnest.engine.neurons.vector_columns import VectorColumns

    session = kernel.simulation._session
    assert session is not None
    running = [isinstance(columns, VectorColumns) for neurons in session._runner.neurons for columns in neurons]
    assert running == [f.form == "blocks" for f in forms(kernel.nodes, 1, "native")]
    assert True in running
    assert False in running
