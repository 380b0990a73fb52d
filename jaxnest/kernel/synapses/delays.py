"""Delays in steps, and the extrema that decide how long a slice of the simulation is."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import final

import numpy as np

from jaxnest import errors
from jaxnest.kernel.settings.clock import Clock

LONGEST_DELAY = (1 << 21) - 1
"""NEST's connections have 21 bits for the delay."""


def to_steps(clock: Clock, ms: np.ndarray) -> np.ndarray:
    """Return delays in steps, half steps rounded up; what is no number comes out as 0."""
    steps = np.asarray(ms, np.float64) * (1 / clock.ms_per_step)
    steps = np.floor(steps + 0.5)
    if not (steps.size and steps.min() >= 0 and steps.max() <= LONGEST_DELAY):
        steps = np.where(np.isfinite(steps), np.clip(steps, 0, LONGEST_DELAY + 1), 0)
    return steps.astype(np.int32)


def steps_of(clock: Clock, ms: float) -> int:
    """Return one delay in steps, as `to_steps` does."""
    return min(max(clock.delay_steps(ms), 0), LONGEST_DELAY + 1) if math.isfinite(ms) else 0


def split(clock: Clock, ms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Split delays into the next whole number of steps and what they are shorter than these, in ms."""
    fraction, whole = np.modf(ms / clock.resolution)
    exact = fraction == 0
    return np.where(exact, to_steps(clock, ms), whole.astype(np.int64) + 1), np.where(
        exact, 0.0, clock.resolution * (1.0 - fraction)
    )


@final
class DelayLimits:
    """Smallest and largest delay: of all that were ever used, set by the user, or frozen by a run."""

    def __init__(self) -> None:
        self._used: tuple[int, int] | None = None
        self._frozen: tuple[int, int] | None = None
        self.set_by_user = False
        self.planned: Callable[[], tuple[int, int] | None] = lambda: None
        """Returns the shortest and longest delay of connections that are still to be made, None if there are none."""

    @property
    def minimum(self) -> int:
        """Smallest delay in steps, 1 before any connection."""
        return (self._frozen or self._extrema())[0]

    @property
    def maximum(self) -> int:
        """Largest delay in steps, 1 before any connection."""
        return (self._frozen or self._extrema())[1]

    def _extrema(self) -> tuple[int, int]:
        planned = None if self.set_by_user else self.planned()
        if planned is None or self._used is None:
            return self._used or planned or (1, 1)
        return min(self._used[0], planned[0]), max(self._used[1], planned[1])

    def freeze(self) -> None:
        """Fix the extrema, at the end of the first run."""
        self._frozen = self._frozen or (self.minimum, self.maximum)

    @property
    def is_frozen(self) -> bool:
        """Whether there was a run of positive length."""
        return self._frozen is not None

    def set(self, clock: Clock, minimum: float, maximum: float) -> None:
        """Let the user set both extrema, in ms: the minimum is rounded down to the grid, the maximum up.

        Raises
        ------
        BadDelay
            If they are below the resolution or in the wrong order.
        """
        low, high = clock.to_steps(minimum), clock.to_steps(maximum)
        if clock.to_ms(low) > minimum:
            low -= 1
        if low < 1:
            raise errors.BadDelay(f"min_delay = {minimum} ms has to be at least the resolution {clock.resolution} ms.")
        if high < low:
            raise errors.BadDelay(
                f"min_delay = {minimum} ms has to be smaller than or equal to max_delay = {maximum} ms."
            )
        self._used = (low, high)
        self.set_by_user = True

    def regrid(self, old: Clock, new: Clock) -> None:
        """Move what the user has set to another grid.

        Raises
        ------
        BadDelay
            If the minimum is below the new resolution. What is then set holds on the new grid.
        """
        shortest, longest = old.to_ms(self.minimum), old.to_ms(self.maximum)
        least = max(shortest, new.resolution)
        self.set(new, least, max(longest, least))
        if shortest < new.resolution:
            raise errors.BadDelay(
                f"min_delay = {shortest} ms, which was set before, has to be at least the resolution "
                f"{new.resolution} ms: set resolution first."
            )

    def first_bad(self, steps: np.ndarray) -> int:
        """Return the index of the first delay that is not allowed, or their number."""
        low, high = self._bounds()
        bad = (steps < low) | (steps > high)
        return int(np.argmax(bad)) if bad.any() else len(steps)

    def allow(self, steps: int) -> bool:
        """True if a delay is allowed."""
        low, high = self._bounds()
        return low <= steps <= high

    def _bounds(self) -> tuple[int, int]:
        if self._frozen or (self.set_by_user and self._used):
            return max(self.minimum, 1), self.maximum
        return 1, LONGEST_DELAY

    def use(self, steps: np.ndarray) -> None:
        """Widen the extrema to hold these delays."""
        if len(steps):
            self.use_between(int(steps.min()), int(steps.max()))

    def use_between(self, low: int, high: int) -> None:
        """Widen the extrema to hold these two delays."""
        if not self.set_by_user:
            self._used = (low, high) if self._used is None else (min(self._used[0], low), max(self._used[1], high))

    def error(self, clock: Clock, ms: float, default_of: str | None = None) -> errors.BadDelay:
        """Return the error for a delay that `first_bad` found."""
        low, high = self._bounds()
        of = f"default delay of '{default_of}'" if default_of else "delay"
        if high == LONGEST_DELAY and low == 1:
            limit = f"Delay must be greater than or equal to resolution, {clock.resolution} ms"
            limit += f", and at most {clock.delay_ms(high)} ms." if ms > 1 else "."
        elif self._frozen:
            limit = (
                f"It has to be between min_delay {clock.delay_ms(low)} and max_delay {clock.delay_ms(high)}, "
                "which cannot be changed after Simulate has been called."
            )
        else:
            limit = (
                f"It has to be between min_delay {clock.delay_ms(low)} and max_delay {clock.delay_ms(high)}, "
                "which may be set before connections are made."
            )
        return errors.BadDelay(f"{ms} ms is not a valid {of}. {limit}")
