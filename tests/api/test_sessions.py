"""Every statement of `nest_reference/api_sessions.py` returns, prints or raises what it does in NEST."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nest_reference.status_cases import outcome


@pytest.mark.parametrize(
    "session",
    ["get_and_set", "collections_and_create", "models_and_older_spelling", "more_get_and_set", "threads", "kernel"],
)
@pytest.mark.filterwarnings("ignore")
def test_answers_are_those_of_nest(session: str, recorded: Callable[[str], Any]) -> None:
    names: dict[str, Any] = {}
    exec("import jaxnest as nest\nimport numpy as np", names)
    different = []
    for statement, expected in recorded("sessions")[session]:
        answer = outcome(statement, names)
        if answer != expected:
            different.append(f"{statement}\n    NEST:    {expected}\n    jaxnest: {answer}")
    assert not different, "\n" + "\n".join(different)
