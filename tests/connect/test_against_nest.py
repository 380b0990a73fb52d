"""The same connections, in the same order and with the same values, as NEST makes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

import jaxnest as nest
from nest_reference import record_connect


@pytest.mark.parametrize("network", record_connect.NETWORKS)
def test_connections_are_those_of_nest(network: str, tables: Mapping[str, np.ndarray]) -> None:
    mine = {key: expected for key, expected in tables.items() if key.startswith(f"{network}; ")}
    assert mine
    for key, expected in mine.items():
        found = record_connect.table(nest, network, json.loads(key.partition("; ")[2]))
        np.testing.assert_array_equal(found, expected, err_msg=key)


@pytest.mark.parametrize("mistake", record_connect.MISTAKES)
def test_mistakes_have_the_errors_of_nest(mistake: str, mistakes: Mapping[str, str]) -> None:
    assert record_connect.name_of_error(record_connect.MISTAKES[mistake], nest) == mistakes[mistake]


def test_everything_that_is_recorded_is_tested(recording: Path, mistakes: Mapping[str, str]) -> None:
    provenance = json.loads((recording / "provenance.json").read_text(encoding="utf-8"))
    assert provenance["NEST"] == "3.10.0"
    assert mistakes.keys() == record_connect.MISTAKES.keys()


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("name", record_connect.QUERIES)
def test_queries_find_what_nest_finds(name: str, threads: int, recording: Path) -> None:
    with np.load(recording / "queries.npz") as queries:
        expected = queries[f"{name}; {threads}"]
    np.testing.assert_array_equal(record_connect.query(nest, name, threads), expected)
