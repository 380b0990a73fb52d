"""What the detectors of correlations have in common: nodes that get spikes as neurons do and evaluate them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, NamedTuple, final

import numpy as np

from jaxnest import errors
from jaxnest.models import ops
from jaxnest.models.contract.base import INFINITE_TIME, Quantity, hidden
from jaxnest.models.contract.device import Device, is_number

RECEPTOR, STAMP, MULTIPLICITY = range(3)
"""Columns of the spikes that arrive; stamps are in steps."""
WIDTH, LONGEST, MIN_DELAY, BEGIN, END = range(5)
"""What limits counting, in steps: width of a bin, largest time difference, steps of a slice, and the first and last
stamp that count."""
OLD_STAMP, OLD_CHANNEL, OLD_BEGIN = range(3)
"""Columns of what is remembered; pulses have a beginning."""


class Memory(NamedTuple):
    """What a detector remembers: queues in the order of stamps."""

    ends: np.ndarray
    """First row of each queue, and the row behind its last one."""
    recent: np.ndarray
    amounts: np.ndarray
    """Weights of what is remembered."""
    signals: np.ndarray
    """What is known of binary signals."""

    def with_room(self, n: int) -> Memory:
        """Return a copy with room for `n` more in each queue."""
        size = n + int(np.max(self.ends[:, 1] - self.ends[:, 0]))
        ends = np.zeros_like(self.ends)
        recent = np.zeros((size * len(ends), 3), np.int64)
        amounts = np.zeros(size * len(ends))
        for queue, (first, last) in enumerate(self.ends.tolist()):
            ends[queue] = size * queue, size * queue + last - first
            recent[slice(*ends[queue])] = self.recent[first:last]
            amounts[slice(*ends[queue])] = self.amounts[first:last]
        return Memory(ends, recent, amounts, self.signals.copy())


def nothing_remembered(queues: int = 1, signals: tuple[int, ...] = ()) -> Memory:
    """Return an empty memory."""
    ends, recent = np.zeros((queues, 2), np.int64), np.zeros((0, 3), np.int64)
    return Memory(ends, recent, np.zeros(0), np.array(signals, np.int64))


@ops.helper
def remember(
    ends: Any, recent: Any, amounts: Any, queue: int, stamp: int, channel: int, begin: int, amount: float
) -> None:
    """Insert a row into a queue, behind those with the same stamp."""
    k = ends[queue, 1]
    while k > ends[queue, 0] and recent[k - 1, OLD_STAMP] > stamp:
        recent[k], amounts[k] = recent[k - 1], amounts[k - 1]
        k -= 1
    recent[k, OLD_STAMP], recent[k, OLD_CHANNEL], recent[k, OLD_BEGIN], amounts[k] = stamp, channel, begin, amount
    ends[queue, 1] += 1


class Detector(Device, abstract=True):
    """A device that counts coincidences of the spikes at its receptors while it is active.

    A change of a parameter lets it start anew.
    """

    element_type = "recorder"
    has_proxies = True
    default_steps = {"delta_tau": 5}
    odd_bins: ClassVar[bool] = False
    """The width of a bin has to be an odd number of steps."""
    counted: ClassVar[tuple[str, ...]]
    """Names of the arrays that `count` changes."""
    parameters = {
        "delta_tau": Quantity(0.5, "ms", "Width of a bin"),
        "tau_max": Quantity(5.0, "ms", "Largest time difference"),
        "Tstart": Quantity(0.0, "ms", "Beginning of counting"),
        "Tstop": Quantity(INFINITE_TIME, "ms", "End of counting"),
    }
    state = {"memory": hidden(None, "Recent spikes; None before the first run")}
    dynamic = ()  # `count` changes what `counted` says

    @staticmethod
    def receptor_count(stored: Mapping[str, Any]) -> int:
        """Return the number of receptors of a node with these stored values."""
        raise NotImplementedError

    @staticmethod
    def reset(p: Any, clock: Any) -> dict[str, Any]:
        """Return the state before the first spike."""
        raise NotImplementedError

    @staticmethod
    def count(
        spikes: Any, weights: Any, limits: Any, ends: Any, recent: Any, amounts: Any, signals: Any, *results: Any
    ) -> None:
        """Evaluate spikes in the order in which they arrive; compiled by numba.

        Parameters
        ----------
        spikes, weights
            `RECEPTOR`, `STAMP` and `MULTIPLICITY` of each spike, and its weight.
        limits
            `WIDTH`, `LONGEST`, ...
        ends, recent, amounts, signals
            The `Memory`.
        results
            The values that `counted` names.
        """
        raise NotImplementedError

    @classmethod
    def regulate(
        cls, changes: Mapping[str, Any], stored: Mapping[str, Any], clock: Any, connected: bool
    ) -> dict[str, Any]:
        """Return `changes` as they are stored: times rounded to tics, and the state of a new beginning."""
        result = dict(super().regulate(changes, stored, clock, connected))
        mine = [k for k in ("delta_tau", "tau_max", "Tstart", "Tstop", "N_channels") if k in changes]
        if not mine:
            return result
        for name in mine:
            check = cls.parameters[name].check
            if check is not None and is_number(changes[name]) and check.violated(changes[name]):
                raise errors.BadProperty(f"{check.message} ({name} = {changes[name]})")
            if name != "N_channels" and is_number(changes[name]):
                result[name] = _in_tics(changes[name], clock)
        now = {k: result.get(k, stored[k]) for k in stored}
        _check_bins(cls, now, clock)
        return result | cls.reset(Values(now), clock) | {"memory": None}


@final
class Values:
    """Values as attributes."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.__dict__.update(values)


def _in_tics(ms: float, clock: Any) -> float:
    return clock.ms_per_tic * clock.to_tics(ms) if clock.is_finite(ms) else INFINITE_TIME


def _check_bins(model: type[Detector], values: Mapping[str, Any], clock: Any) -> None:
    delta, longest = (clock.to_tics(values[k]) for k in ("delta_tau", "tau_max"))
    texts = {k: _described(k, values[k], clock) for k in ("delta_tau", "tau_max")}
    if longest % delta:
        raise errors.TimeMultipleRequired(
            f"In model {model.name}, the time property {texts['tau_max']} must be multiple of time property "
            f"{texts['delta_tau']}."
        )
    if model.odd_bins and delta // clock.tics_per_step % 2 != 1:
        raise errors.BadProperty("/delta_tau must be odd multiple of resolution.")


def _described(name: str, ms: float, clock: Any) -> str:
    steps = clock.to_steps(ms)
    return f"{name} = {ms:g} ms (= {clock.to_tics(ms)} tics = {steps} step{'s' * (steps != 1)})"


def bins(p: Any, clock: Any) -> tuple[int, int]:
    """Return width of a bin and largest time difference in steps."""
    return clock.to_steps(p.delta_tau), clock.to_steps(p.tau_max)


def limits(p: Any, clock: Any, min_delay: int) -> np.ndarray:
    """Return `WIDTH`, `LONGEST`, ... of a detector."""
    begin, end = clock.to_steps(p.Tstart), clock.to_tics(p.Tstop) // clock.tics_per_step
    return np.array([*bins(p, clock), min_delay, begin, end], np.int64)


def whole(values: Any) -> np.ndarray:
    """Return integers."""
    return np.asarray(values, np.int64)
