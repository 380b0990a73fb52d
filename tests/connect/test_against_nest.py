"""The same connections, in the same order and with the same values, as NEST makes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

import jaxnest as nest

from .conftest import RECORD

table, name_of_error = RECORD["table"], RECORD["name_of_error"]


@pytest.mark.parametrize("network", RECORD["NETWORKS"])
def test_connections_are_those_of_nest(network: str, tables: Mapping[str, np.ndarray]) -> None:
    mine = {key: expected for key, expected in tables.items() if key.startswith(f"{network}; ")}
    assert mine
    for key, expected in mine.items():
        found = table(nest, network, json.loads(key.partition("; ")[2]))
        np.testing.assert_array_equal(found, expected, err_msg=key)


@pytest.mark.parametrize("mistake", RECORD["MISTAKES"])
def test_mistakes_have_the_errors_of_nest(mistake: str, mistakes: Mapping[str, str]) -> None:
    assert name_of_error(RECORD["MISTAKES"][mistake], nest) == mistakes[mistake]


def test_everything_that_is_recorded_is_tested(recording: Path, mistakes: Mapping[str, str]) -> None:
    provenance = json.loads((recording / "provenance.json").read_text(encoding="utf-8"))
    assert provenance["NEST"] == "3.10.0"
    assert mistakes.keys() == RECORD["MISTAKES"].keys()


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("name", RECORD["QUERIES"])
def test_queries_find_what_nest_finds(name: str, threads: int, recording: Path) -> None:
    with np.load(recording / "queries.npz") as queries:
        expected = queries[f"{name}; {threads}"]
    np.testing.assert_array_equal(RECORD["query"](nest, name, threads), expected)
