"""The same layers, connections, answers and errors as NEST's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import jaxnest as nest
from nest_reference import record_spatial


@pytest.mark.parametrize("network", record_spatial.NETWORKS)
def test_connections_are_those_of_nest(network: str, tables: Mapping[str, np.ndarray]) -> None:
    mine = {key: expected for key, expected in tables.items() if key.startswith(f"{network}; ")}
    assert mine
    for key, expected in mine.items():
        found = record_spatial.table(nest, network, json.loads(key.partition("; ")[2]))
        np.testing.assert_array_equal(found, expected, err_msg=key)


@pytest.mark.parametrize("question", record_spatial.QUESTIONS)
def test_answers_are_those_of_nest(question: str, answers: Mapping[str, Any]) -> None:
    assert record_spatial.answer(nest, question) == answers[question]


@pytest.mark.parametrize("mistake", record_spatial.MISTAKES)
def test_mistakes_have_the_errors_of_nest(mistake: str, errors: Mapping[str, str]) -> None:
    assert record_spatial.error(nest, mistake) == errors[mistake]


def test_everything_that_is_recorded_is_tested(recording: Path, tables: Mapping[str, np.ndarray]) -> None:
    provenance = json.loads((recording / "provenance.json").read_text(encoding="utf-8"))
    assert provenance["NEST"] == "3.10.0"
    assert {key.partition("; ")[0] for key in tables} == record_spatial.NETWORKS.keys()
