"""What single calls take of the processor: creating, connecting, reading, setting. Best of several turns."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from session import main

TURNS = 5
MANY = 1000
Call = Callable[[], object]


def calls(nest: Any) -> dict[str, tuple[int, Callable[[], Call]]]:
    """Return for each kind of call how often it is made in a turn, and what makes it ready."""

    def connecting(*spec: Any) -> Callable[[], Call]:
        def begin() -> Call:
            nodes = nest.Create("iaf_psc_alpha", 2)
            source, target = nodes[0], nodes[1]
            return lambda: nest.Connect(source, target, *spec)

        return begin

    def on(n: int, call: Callable[[Any], object]) -> Callable[[], Call]:
        def begin() -> Call:
            nodes = nest.Create("iaf_psc_alpha", n)
            return lambda: call(nodes)

        return begin

    values = [{"V_m": -60.0 - 1e-3 * i, "I_e": float(i)} for i in range(MANY)]
    return {
        "call_create": (100, lambda: lambda: nest.Create("iaf_psc_alpha")),
        "call_create_set": (100, lambda: lambda: nest.Create("iaf_psc_alpha", 1, {"I_e": 300.0, "V_th": -50.0})),
        "call_connect": (100, connecting()),
        "call_connect_spec": (100, connecting("one_to_one", {"weight": 2.0, "delay": 1.5})),
        "call_get_status": (100, on(1, nest.GetStatus)),
        "call_get": (100, on(1, lambda nodes: nodes.V_m)),
        "call_set": (100, on(1, lambda nodes: nodes.set(V_m=-60.0))),
        "call_get_many": (3, on(MANY, lambda nodes: nodes.get())),
        "call_set_many": (3, on(MANY, lambda nodes: nest.SetStatus(nodes, values))),
        "call_set_defaults": (100, lambda: lambda: nest.SetDefaults("iaf_psc_alpha", {"I_e": 300.0})),
        "call_get_connections": (100, on(3, lambda nodes: nest.GetConnections(nodes))),
        "call_reset": (10, lambda: nest.ResetKernel),
    }


def measure(nest: Any) -> dict[str, float]:
    """Return seconds per call."""
    result = {}
    for name, (n, begin) in calls(nest).items():
        durations = []
        for _ in range(TURNS):
            nest.ResetKernel()
            call = begin()
            call()
            started = time.process_time()
            for _ in range(n):
                call()
            durations.append((time.process_time() - started) / n)
        result[name] = min(durations)
    return result


if __name__ == "__main__":
    main(measure)
