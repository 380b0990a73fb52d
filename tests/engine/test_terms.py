"""Numbers that travel along connections are added in the same order, in whichever way."""

from __future__ import annotations

import numpy as np
import pytest

from jaxnest.engine.layout import FROM, MIN_DELAY, N_LANES, N_SLOTS, ORIGIN, TO
from jaxnest.engine.plan.secondary import Terms
from jaxnest.engine.signals.secondary_kernels import add_many_terms, add_terms

LANES, SLOTS, STEPS, TERMS, ROWS = 40, 16, 7, 300, 9


@pytest.mark.parametrize("latest", [1, 6])
@pytest.mark.parametrize("some", [False, True])
def test_many_terms_are_added_as_few_are(latest: int, some: bool) -> None:
    random = np.random.default_rng(1)
    clock = np.zeros(1 + max(FROM, MIN_DELAY, N_LANES, N_SLOTS, ORIGIN, TO), np.int64)
    clock[[N_SLOTS, N_LANES, ORIGIN, MIN_DELAY, TO]] = SLOTS, LANES, 5 * STEPS, STEPS, STEPS
    row, lane = random.integers(0, ROWS, TERMS), random.choice([3, 7, 8, 21, 33], TERMS)
    none = np.full(TERMS, -1)
    columns = (row, random.normal(size=TERMS), lane, random.integers(0, latest, TERMS), none, np.zeros_like(none))
    terms = Terms.of(columns, [])
    values, ring = random.normal(size=(ROWS, STEPS)), random.normal(size=SLOTS * LANES)
    active = random.integers(0, 2, ROWS) if some else np.empty(0, np.int64)
    together = terms.brought_together(terms.plain, STEPS)
    assert together is not None
    expected = ring.copy()
    add_terms(expected, values, active, row, *columns, 1, clock)
    add_many_terms(ring, together[0], values, active, *together[1:], 1, clock)
    np.testing.assert_array_equal(ring, expected)


def test_few_terms_are_left_where_they_are() -> None:
    columns = (np.arange(6), np.ones(6), np.arange(6), np.zeros(6, np.int64), np.full(6, -1), np.zeros(6, np.int64))
    assert Terms.of(columns, []).brought_together(np.arange(6), STEPS) is None
